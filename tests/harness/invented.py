"""Room: invented numbers and right forms for tests. Nobody has these numbers (contracts 2)."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from typing import Any

from stdnum.cn import ric, uscc

from models import kit
from models.parties import Level, ReviewMode

_seed = random.Random()  # several test processes may share a database: start apart
_offset = _seed.randrange(0, 2_000_000)
_count = itertools.count(1)
_schools = itertools.count(_seed.randrange(0, 400))

INVITE: dict[str, Any] = {
    "school_code": "99001",
    "graduate_name": "王小明",
    "id_number": "110000200501010015",
    "position_category": "13",
    "position_title": "软件工程师",
    "work_place": "广东省深圳市南山区",
    "dispatched": False,
    "report_on": "2027-07-01",
    "monthly_pay": 12000,
    "hukou_settled": False,
    "archive_accepted": False,
    "contact_name": "李经理",
    "contact_mobile": "15400000001",
}
"""A right form `online_signing.invite`, the same each time; for tests without a database."""


def id_number() -> str:
    """An ID number of nobody: the region 110000 is given to no person; the check character is right.

    None of order 999: the simulated EMS says of those that it does not know them.
    """
    number = next(_count) + _offset
    birth = date(1998, 1, 1) + timedelta(days=number // 998 % 3000)
    body = f"110000{birth:%Y%m%d}{number % 998 + 1:03d}"
    return body + ric.calc_check_digit(body + "0")


def mobile() -> str:
    return f"154{(next(_count) + _offset) % 10**8:08d}"


def credit_code() -> str:
    """A USCC whose region (110103) was abolished before such codes existed; the check character is right."""
    body = f"91110103{(next(_count) + _offset) % 10**9:09d}"
    return body + uscc.calc_check_digit(body + "0")


def school_code() -> str:
    """Five digits, 99xxx first."""
    return f"{99999 - next(_schools) % 90000:05d}"


def username(kind: str) -> str:
    return f"{kind}.{kit.new_id().hex[-12:]}"


def settings_form(mode: ReviewMode = ReviewMode.SCHOOL, **values: Any) -> dict[str, Any]:
    """A right form `signing_settings`; keywords override."""
    return {
        "open": True,
        "review_mode": str(mode),
        "termination_limit": 2,
        "invitation_days": 15,
        "sms_fallback": True,
        "desk_phone": "010-62345678",
        "desk_hours": "工作日 9:00-17:00",
        **values,
    }


def handler_form(level: Level = Level.ALL, **values: Any) -> dict[str, Any]:
    """A right form `handler`."""
    return {
        "level": str(level),
        "name": "李经办",
        "phone": "010-62345678",
        "address": "示范市大学路1号就业指导中心",
        "postcode": "100000",
        "confirmed": True,
        **values,
    }


def roster_row(department: str = "计算机学院", **values: str) -> dict[str, str]:
    """A right row of the roster by pinyin columns; keywords override."""
    number = id_number()
    return {
        "ksh": f"99{number[-12:-1]}",
        "xm": f"王{number[-4:-1].translate(str.maketrans('0123456789', '零一二三四五六七八九'))}",
        "sfzh": number,
        "xbdm": "1",
        "mzdm": "01",
        "zzmmdm": "03",
        "szyx": department,
        "xh": number[-9:],
        "xldm": "31",
        "zydm": "080901",
        "zy": "计算机科学与技术",
        "pyfsdm": "1",
        "xz": "4",
        "rxsj": "202309",
        "bysj": "202707",
        "sjh": mobile(),
        "dzyx": "",
        **values,
    }


def employer_form(region: str = "110101", **values: Any) -> dict[str, Any]:
    """A right form `employer_registration`; keywords override."""
    code = credit_code()
    return {
        "employer_name": f"示例科技{code[-8:-1]}有限公司",
        "employer_uscc": code,
        "employer_nature": "39",
        "employer_industry": "34",
        "employer_region": region,
        "employer_address": "示例路8号",
        "employer_postcode": "100000",
        "contact_name": "赵人事",
        "contact_mobile": mobile(),
        **values,
    }


def handover_form(name: str, uscc: str, **values: Any) -> dict[str, Any]:
    """A right form `employer_handover` for this employer; keywords override."""
    return {
        "employer_name": name,
        "employer_uscc": uscc,
        "agent_name": "吴接任",
        "agent_mobile": mobile(),
        "statement": "原经办人已离职",
        **values,
    }


def reject_form(**values: Any) -> dict[str, Any]:
    return {"reason": "employer_data", "reason_text": "单位名称与公章不一致", **values}
