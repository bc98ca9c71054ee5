"""Room: numbers of nobody. Every number in the demo's data is of a kind that is given to no person and no company.

* ID numbers carry the code of a whole province (`330000`): GB 11643 takes that of a county. 810000, 820000 and 830000
  are left out, for residents of Hong Kong, Macau and Taiwan do hold numbers that begin so.
* Mobile numbers begin with 154, under which nobody can subscribe. Fixed lines have a local number that begins with 0.
* School codes begin with 99; those of schools begin with 1, of schools for adults with 5.
* Credit codes (GB 32100, in use since 2015) carry the code of a county that was abolished by 1983.
* Places after which schools and companies are named stand in no edition of GB/T 2260.

`tests/unit/test_invented.py` and `tests/db/test_demo_data.py` hold all of it against the code tables and the database.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from stdnum.cn import ric, uscc

PLACES: Final = ("云汀", "朔原")
"""Invented: names of schools, companies and streets are made from them."""

ORIGINS: Final = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"),
)
"""Provinces from which the graduates are said to come, by the first two digits of GB/T 2260."""

ABOLISHED: Final = MappingProxyType(
    {
        "330120": 1983,
        "332121": 1981,
        "332321": 1981,
        "332521": 1981,
        "512123": 1983,
        "512722": 1983,
        "512126": 1983,
        "512321": 1983,
    }
)
"""Region codes in the demo's credit codes, with the last year in which each was in force."""

NOT_ON_EMS_ROSTER: Final = 999
"""As the order number of an ID number: the simulated EMS does not know this person (`notifier/simulators/ems.py`)."""


def id_number(origin: str, birth: date, order: int) -> str:
    """18 characters with a right check character. `order`: 1-999, odd for men."""
    body = f"{origin}0000{birth:%Y%m%d}{order:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def mobile(number: int) -> str:
    """The mobile number of that running number below 100,000,000."""
    return f"154{number:08d}"


def landline(area: str, number: int) -> str:
    return f"{area}-0{number:07d}"


def credit_code(kind: str, region: str, number: int) -> str:
    """`kind`: `91` for companies, `12` for public institutions; `region` is one of `ABOLISHED`; `number` has 8 digits.

    The simulated registry answers by the last three digits (`notifier/simulators/registry.py`): 404, 410, 411, 412.
    """
    organisation = f"{number:08d}"
    body = f"{kind}{region}{organisation}{_organisation_check(organisation)}"
    return body + str(uscc.calc_check_digit(body + "0"))


def _organisation_check(digits: str) -> str:
    """The ninth character of an organisation code (GB 11714), which stands inside the credit code."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0X987654321"[total % 11]


@dataclass(slots=True)
class Numbers:
    """Gives out numbers, none of them twice. The same seed gives the same numbers."""

    rng: random.Random
    _people: set[str] = field(default_factory=set)
    _mobiles: int = 1000  # those below are the personas' own

    def id_number(self, origin: str, sex: str, born: tuple[date, date]) -> str:
        """A fresh one. `sex`: `1` male, `2` female; `born`: the first and the last day to choose from."""
        while True:
            birth = born[0] + timedelta(days=self.rng.randrange((born[1] - born[0]).days + 1))
            order = 2 * self.rng.randrange(1, 499) + (1 if sex == "1" else 0)
            number = id_number(origin, birth, order)
            if number not in self._people:
                self._people.add(number)
                return number

    def mobile(self) -> str:
        self._mobiles += self.rng.randrange(1, 40)
        return mobile(self._mobiles)


# --- names ---------------------------------------------------------------------------------------

_SURNAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石"
    "金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷段龙黎史陶贺毛郝顾龚邵万钱严武戴莫孔向常汤康易乔赖文施洪辛柯庄温牛葛尤岳齐"
)
_COMPOUND: Final = ("欧阳", "上官", "诸葛", "司徒", "慕容", "夏侯")
_RARE: Final = ("㛃", "𠮷", "䶮")
_GIVEN: Final = MappingProxyType(
    {
        "1": "宇轩浩然子涵博文俊杰明哲天佑嘉诚晨阳思远志强建国伟鹏飞龙海波宏亮瑞霖泽楷承毅家豪景行逸凡一鸣书恒奕辰",
        "2": "雨桐欣怡梓萱诗涵思琪佳慧静雅婉清若曦语嫣梦瑶晓彤雪莹玉洁芷兰心悦可馨紫妍书瑶安然知夏念慈沐晴星若宁悦溪",
    }
)
_UYGHUR: Final = MappingProxyType(
    {
        "1": ("艾力", "买买提", "吐尔逊", "阿迪力"),
        "2": ("阿依古丽", "古丽娜尔", "热依汗", "迪丽达尔"),
    }
)
_TIBETAN: Final = MappingProxyType(
    {"1": ("扎西顿珠", "次仁多吉", "格桑平措"), "2": ("卓玛拉措", "央金措姆", "德吉曲珍")}
)


def person_name(rng: random.Random, sex: str, ethnicity: str = "01") -> str:
    """A believable name; now and then with a rare character, a compound surname or a middle dot."""
    if ethnicity == "05":
        return f"{rng.choice(_UYGHUR[sex])}·{rng.choice(_UYGHUR['1'])}"
    if ethnicity == "04":
        return rng.choice(_TIBETAN[sex])
    # The list runs from frequent to rare; the smaller of two draws leans to its front.
    surname = _SURNAMES[min(rng.randrange(len(_SURNAMES)), rng.randrange(len(_SURNAMES)))]
    if rng.random() < 0.01:
        surname = rng.choice(_COMPOUND)
    given = _GIVEN[sex]
    first = rng.choice(given)
    second = rng.choice(_RARE) if rng.random() < 0.004 else rng.choice(given)
    return surname + (first if rng.random() < 0.15 or first == second else first + second)
