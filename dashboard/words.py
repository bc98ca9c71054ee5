"""Room: how values look on the screen: times in Asia/Shanghai, labels from the catalogue, ages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
EMPTY = "—"

LEVELS = {"undergraduate": "本专科", "postgraduate": "研究生", "all": "全部"}

# National roster columns (codes.md, Roster and result files) as the comparison of a record with the roster names them.
COLUMNS = {
    "name": "姓名",
    "id_number": "身份证号码",
    "level_code": "学历",
    "department": "所在院系",
    "major": "专业",
    "training_mode": "培养方式",
    "xbdm": "性别",
    "mzdm": "民族",
    "zzmmdm": "政治面貌",
    "xz": "学制",
    "xh": "学号",
    "bysj": "毕业时间",
    "rxsj": "入学时间",
    "szbj": "班级",
    "ksh": "考生号",
    "syszd": "生源所在地",
    "zyfx": "专业方向",
}
COLUMN_TABLES = {
    "level_code": "level",
    "training_mode": "training_mode",
    "xbdm": "sex",
    "mzdm": "ethnicity",
    "zzmmdm": "political_status",
}
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


def age(text: str | None) -> str:
    """How long something has waited: `3 天`, `5 小时`, `不到 1 小时`."""
    if not text:
        return EMPTY
    hours = int((datetime.now(UTC) - datetime.fromisoformat(text)).total_seconds() // 3600)
    if hours >= 24:
        return f"{hours // 24} 天"
    return f"{hours} 小时" if hours else "不到 1 小时"


def code(catalog: Mapping[str, Any], table: str, value: Any) -> str:
    """The label of a code; a code that the catalogue does not know is shown as it is."""
    if value in (None, ""):
        return EMPTY
    return str(catalog.get("codes", {}).get(table, {}).get(str(value), value))


def shown(catalog: Mapping[str, Any], field: Mapping[str, Any], value: Any) -> str:
    """One answer of a form, as a person reads it."""
    if value in (None, ""):
        return EMPTY
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.get("table"):
        return code(catalog, field["table"], value)
    return str(value)


def column(catalog: Mapping[str, Any], name: str, value: Any) -> str:
    """A value of the graduate's data by its column name."""
    table = COLUMN_TABLES.get(name)
    return code(catalog, table, value) if table else str(value if value not in (None, "") else EMPTY)
