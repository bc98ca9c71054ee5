"""Room: the demo's employers, as data: what each is, whom it looks for, what became of its registration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from models.states import EmployerStatus
from workflows.demo.invented import credit_code

S = EmployerStatus
VERIFIED = S.VERIFIED


@dataclass(frozen=True, slots=True)
class Post:
    """A post for graduates of these fields (`*`: of any). Pay in yuan a month."""

    category: str
    title: str
    fields: tuple[str, ...]
    pay: tuple[int, int]


@dataclass(frozen=True, slots=True)
class EmployerPlan:
    """`weight`: how much of the inviting it does. `note`: the province's word to the employer.

    `verdict`: what the simulated registry says of it, where that is not 存续.
    """

    number: int
    province: str
    region: str
    name: str
    kind: str
    seat: str
    nature: str
    industry: str
    contact: str
    posts: tuple[Post, ...]
    weight: int = 3
    status: EmployerStatus = VERIFIED
    note: str = ""
    verdict: str = ""

    @property
    def username(self) -> str:
        return f"danwei-{self.number:02d}"

    @property
    def uscc(self) -> str:
        return credit_code(self.kind, self.seat, 90000000 + self.number * 1000 + int(self.verdict or "1"))


UNKNOWN, REVOKED = "404", "411"
"""Endings to which the simulated registry answers "unknown" and 吊销."""

CLERK: Final = Post("30", "行政专员", ("*",), (4800, 6500))
TRAINEE: Final = Post("30", "管理培训生", ("*",), (6000, 8500))

EMPLOYERS: Final = (
    EmployerPlan(
        1, "a", "330108", "云汀澜星软件有限公司", "91", "330120", "39", "34", "祝清扬",
        (
            Post("13", "后端开发工程师", ("computing", "maths"), (9000, 16000)),
            Post("13", "算法工程师", ("computing", "maths"), (12000, 22000)),
            Post("13", "测试工程师", ("computing", "electrical"), (7500, 11000)),
            Post("25", "交互设计师", ("arts",), (7000, 10000)),
        ),
        weight=7,
    ),
    EmployerPlan(
        2, "a", "330102", "云汀银行股份有限公司", "91", "332121", "31", "35", "费以宁",
        (
            Post("22", "客户经理", ("business", "languages", "letters"), (7000, 11000)),
            Post("22", "风险管理岗", ("business", "maths"), (8000, 12000)),
            Post("13", "信息科技岗", ("computing",), (9000, 14000)),
        ),
        weight=5,
    ),
    EmployerPlan(
        3, "a", "330203", "云汀第一人民医院", "12", "332521", "23", "43", "曾静姝",
        (
            Post("19", "住院医师", ("medicine",), (8000, 13000)),
            Post("19", "护士", ("medicine",), (6000, 8500)),
        ),
        weight=8,
    ),
    EmployerPlan(
        4, "a", "330602", "云汀实验学校", "12", "332321", "22", "42", "骆怀瑾",
        (
            Post("24", "小学全科教师", ("education", "letters", "maths", "languages"), (6000, 9000)),
            Post("24", "音乐教师", ("arts",), (5800, 8500)),
            Post("24", "幼儿园教师", ("education",), (4500, 6500)),
        ),
        weight=9,
    ),
    EmployerPlan(
        5, "a", "330108", "云汀重工机械股份有限公司", "91", "330120", "31", "22", "阮北辰",
        (
            Post("13", "机械设计工程师", ("engineering", "materials"), (7500, 11000)),
            Post("13", "电气工程师", ("electrical", "engineering"), (7500, 11500)),
            Post("60", "工艺技术员", ("engineering", "materials"), (5500, 8000)),
        ),
        weight=6,
    ),
    EmployerPlan(
        6, "a", "330106", "云汀建工集团有限公司", "91", "332121", "31", "24", "靳长风",
        (
            Post("13", "施工技术员", ("building",), (7000, 10000)),
            Post("13", "建筑设计师", ("building",), (8000, 12000)),
            Post("21", "造价员", ("building", "business"), (6000, 8500)),
        ),
        weight=6,
    ),
    EmployerPlan(
        7, "a", "330102", "云汀晨报文化传媒有限公司", "91", "332321", "39", "44", "梅疏影",
        (
            Post("27", "编辑记者", ("letters", "languages"), (6000, 9000)),
            Post("25", "视觉设计师", ("arts",), (6000, 9000)),
            CLERK,
        ),
        weight=4,
    ),
    EmployerPlan(
        8, "a", "330203", "云汀四季连锁商贸有限公司", "91", "332521", "32", "31", "瞿一苇",
        (
            TRAINEE,
            Post("40", "门店储备干部", ("*",), (5000, 7500)),
            Post("21", "会计", ("business",), (5500, 8000)),
        ),
        weight=4,
    ),
    EmployerPlan(
        9, "b", "510107", "朔原电力设备有限公司", "91", "512722", "31", "22", "宁致远",
        (
            Post("13", "继电保护工程师", ("electrical",), (8000, 12000)),
            Post("13", "嵌入式工程师", ("electrical", "computing"), (8500, 13000)),
            Post("60", "生产技术员", ("electrical", "engineering", "materials"), (5500, 7500)),
        ),
        weight=6,
    ),
    EmployerPlan(
        10, "b", "510104", "朔原新材料研究院", "12", "512123", "20", "38", "荀若虚",
        (
            Post("11", "助理研究员", ("materials",), (9000, 14000)),
            Post("13", "实验工程师", ("materials", "engineering"), (7000, 10000)),
        ),
        weight=5,
    ),
    EmployerPlan(
        11, "b", "510108", "朔原智造科技有限公司", "91", "512126", "39", "22", "阎子腾",
        (
            Post("13", "自动化工程师", ("engineering", "electrical", "building"), (8000, 12000)),
            Post("40", "销售工程师", ("*",), (6000, 15000)),
        ),
        weight=3,
    ),
    EmployerPlan(
        12, "b", "510703", "朔原恒通物流有限公司", "91", "512321", "39", "32", "樊永年",
        (Post("21", "物流管理专员", ("business",), (5500, 8000)), CLERK),
        weight=2,
        verdict=REVOKED,
    ),
    EmployerPlan(
        13, "a", "330602", "云汀星桥教育咨询有限公司", "91", "330120", "39", "42", "佟雨薇",
        (CLERK,), weight=0, status=S.PENDING, verdict=UNKNOWN,
    ),
    EmployerPlan(
        14, "a", "330106", "云汀远帆国际贸易有限公司", "91", "332121", "39", "31", "桑田",
        (CLERK,), weight=0, status=S.RETURNED, note="营业执照名称与填报的单位名称不一致，请核对后重新提交。",
    ),
    EmployerPlan(
        15, "b", "510104", "朔原广联人力资源有限公司", "91", "512722", "39", "37", "甄小满",
        (CLERK, TRAINEE), weight=0, status=S.SUSPENDED, note="接到多名毕业生反映岗位与合同不符，核查期间暂停使用。",
    ),
    EmployerPlan(
        16, "b", "511502", "朔原万利投资咨询有限公司", "91", "512123", "39", "35", "原野",
        (CLERK,), weight=0, status=S.REFUSED, note="登记机关查无此单位，注册申请不予通过。", verdict=UNKNOWN,
    ),
)  # fmt: skip

WARNED: Final = 11
"""Flagged by the first school while it goes on inviting."""
SUSPENDED: Final = 15
"""Could invite in the season's first weeks."""

EMPLOYER_BY_NUMBER: Final[Mapping[int, EmployerPlan]] = MappingProxyType({plan.number: plan for plan in EMPLOYERS})


def suited(field: str) -> list[tuple[EmployerPlan, Post]]:
    """Posts for graduates of this field; each employer once for every unit of its weight, those for any field once."""
    found: list[tuple[EmployerPlan, Post]] = []
    for plan in EMPLOYERS:
        for post in plan.posts if plan.weight else ():
            if field in post.fields:
                found.extend([(plan, post)] * plan.weight)
            elif "*" in post.fields:
                found.append((plan, post))
    return found
