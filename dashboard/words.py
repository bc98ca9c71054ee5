"""Room: how values look on the screen: times in Asia/Shanghai, labels from the catalogue, ages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
EMPTY = "—"

Catalog = Mapping[str, Any]

# Columns that are called otherwise in each menu (dashboard.md 7).
STATE_COLUMNS = {
    "signing": "签约状态",
    "supplementary": "补登状态",
    "termination": "解约状态",
    "destination": "登记状态",
}
PARTY_COLUMNS = {"signing": "签约发起方", "termination": "解约方"}
EMPLOYER_COLUMNS = {
    "signing": "签约单位",
    "supplementary": "签约单位",
    "termination": "解约单位",
    "destination": "去向单位",
}
# The parts of a menu's work as the first page counts them (dashboard.md 3): flow and step of review.
PARTS = {
    ("online_signing", "review"): "单位发起签约",
    ("offline_signing", "agreement_review"): "就业协议审核",
    ("offline_signing", "signing_review"): "签约审核",
    ("supplementary", "review"): "补登审核",
    ("online_termination", "review"): "线上解约",
    ("offline_termination", "review"): "线下解约",
    ("destination", "review"): "去向登记审核",
}
_CODE = re.compile(r"[（(][A-Za-z0-9_.\-]+[）)]")
PARTIES = {"employer": "单位", "graduate": "毕业生"}

# National roster columns (codes.md, Roster and result files) as the comparison of a record with the roster names them.
COLUMNS = {
    "name": "姓名",
    "id_number": "身份证号码",
    "level_code": "学历",
    "department": "所在院系",
    "major": "专业",
    "training_mode": "培养方式",
    "zydm": "专业代码",
    "zyfx": "专业方向",
    "xbdm": "性别",
    "mzdm": "民族",
    "zzmmdm": "政治面貌",
    "xz": "学制（年）",
    "xh": "学号",
    "ksh": "考生号",
    "szbj": "所在班级",
    "rxsj": "入学时间",
    "bysj": "毕业时间",
    "syszddm": "生源所在地",
    "dxhwpdw": "定向或委培单位",
    "knslbdm": "困难生类别",
    "sfslbdm": "师范生类别",
}
COLUMN_TABLES = {
    "level_code": "level",
    "training_mode": "training_mode",
    "xbdm": "sex",
    "mzdm": "ethnicity",
    "zzmmdm": "political_status",
    "knslbdm": "hardship",
    "sfslbdm": "normal_student",
}
REGION_COLUMN = "syszddm"
MONTH_COLUMNS = ("rxsj", "bysj")
EMS_COLUMNS = {
    "byqx": "毕业去向",
    "dwmc": "单位名称",
    "dwzzjgdm": "统一社会信用代码",
    "dwxz": "单位性质",
    "dwhy": "单位行业",
    "dwszd": "单位所在地",
    "gzzwlb": "工作职位类别",
    "gwmc": "岗位名称",
    "dwlxr": "单位联系人",
}


def moment(text: str | None) -> str:
    """`2027-03-05 14:30`, Asia/Shanghai, from the API's UTC."""
    if not text:
        return EMPTY
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def clock(text: str | None) -> str:
    """`14:30:05`, Asia/Shanghai, for what is renewed every few seconds."""
    return datetime.fromisoformat(text).astimezone(SHANGHAI).strftime("%H:%M:%S") if text else EMPTY


def today() -> str:
    """`2027-03-05`, Asia/Shanghai."""
    return datetime.now(SHANGHAI).date().isoformat()


def days_before(day: str, count: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def this_year() -> int:
    return datetime.now(SHANGHAI).year


def age(text: str | None) -> str:
    """How long something has waited: `3 天`, `5 小时`, `不到 1 小时`."""
    if not text:
        return EMPTY
    hours = int((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds() // 3600)
    if hours >= 24:
        return f"{hours // 24} 天"
    return f"{hours} 小时" if hours else "不到 1 小时"


def part(line: Mapping[str, Any], party: str) -> str:
    """What a count of the first page is called; a department's work that has fallen to the school says so."""
    step = line["state"].removesuffix("_department").removesuffix("_school")
    name = PARTS.get((line["flow"], step), line["label"])
    return f"{name}（代院系）" if line["waits_on"] != party else name


def party(name: str) -> str:
    """Who began something."""
    return PARTIES.get(name, EMPTY)


def marks(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reviewer should see of a record before opening it, the worst first; each with its tone."""
    review = item.get("review") or {}
    found = [
        (item["frozen"], "名单失效，已暂停", "bad"),
        (item["employer_suspended"], "单位已停用", "bad"),
        (review.get("warned"), "预警单位", "bad"),
        (review.get("not_operating"), "非正常经营", "bad"),
        (review.get("department_changed"), "院系已变更", "bad"),
        (item.get("roster_changed"), "姓名或证件号有变更", "bad"),
        (review.get("hints"), f"提示 {len(review.get('hints') or ())} 项", "plain"),
        (review.get("resubmitted"), "退回后重交", "plain"),
        (review.get("rejections"), f"曾不通过 {review.get('rejections')} 次", "plain"),
    ]
    return [(text, tone) for holds, text, tone in found if holds]


def spoken(text: str | None) -> str:
    """A cause where it is a sentence; a code of the channel's own, alone or behind it, says nothing to a clerk."""
    told = _CODE.sub("", text or "")
    return told if any("\u4e00" <= letter <= "\u9fff" for letter in told) else EMPTY


def past(text: str) -> bool:
    """Whether a moment of the API has gone by."""
    return datetime.now(UTC) > datetime.fromisoformat(text)


def code(catalog: Catalog, table: str, value: Any) -> str:
    """The label of a code; one that the catalogue does not know is shown with its number."""
    if value in (None, ""):
        return EMPTY
    return str(catalog.get("codes", {}).get(table, {}).get(str(value)) or f"未知代码 {value}")


def choice(catalog: Catalog, form: str, field: str, value: str) -> str:
    """The label of one choice of a form, e.g. of a level or a grant."""
    for described in catalog["forms"][form]["fields"]:
        if described["name"] == field:
            return next((str(o["label"]) for o in described["options"] if o["value"] == value), EMPTY)
    return EMPTY


def level(catalog: Catalog, value: str) -> str:
    """本专科, 研究生, 全部."""
    return choice(catalog, "account", "level", value)


def shown(field: Mapping[str, Any], value: Any, region: Callable[[str], str]) -> str:
    """One answer of a form, as a person reads it; `field`: as the catalogue describes it."""
    if value in (None, ""):
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return f"{len(value)} 个文件" if value else EMPTY
    if field.get("options"):
        return next((str(o["label"]) for o in field["options"] if o["value"] == str(value)), EMPTY)
    if field["kind"] == "region":
        return region(str(value))
    if field["kind"] == "money":
        return f"{int(value):,}"
    return str(value)


def column(catalog: Catalog, name: str, value: Any, region: Callable[[str], str]) -> str:
    """A value of the graduate's data by its column name; `region` names a region."""
    if value in (None, ""):
        return EMPTY
    if name == REGION_COLUMN:
        return region(str(value))
    if name in MONTH_COLUMNS and len(str(value)) == 6:
        return f"{str(value)[:4]}-{str(value)[4:]}"
    table = COLUMN_TABLES.get(name)
    return code(catalog, table, value) if table else str(value)
