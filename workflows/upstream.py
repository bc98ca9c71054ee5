"""Room: what the employment management system is told: the national exchange columns of one destination (codes.md).

Codes stand beside their labels. The layout has no column for pay and numbers of persons are never sent from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from models import codes
from workflows.destination_questions import DEGREES, ROLES
from workflows.spec import Push

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "byqxdm": "毕业去向代码",
        "byqx": "毕业去向",
        "byqxxf": "毕业去向细分",
        "dwzzjgdm": "单位组织机构代码",
        "dwmc": "单位名称",
        "dwxzdm": "单位性质代码",
        "dwxz": "单位性质",
        "dwhydm": "单位行业代码",
        "dwhy": "单位行业",
        "dwszddm": "单位所在地代码",
        "dwszd": "单位所在地",
        "gzzwlbdm": "工作职位类别代码",
        "gzzwlb": "工作职位类别",
        "gwmc": "岗位名称",
        "gzdd": "工作地点",
        "yrdw": "实际用工单位",
        "dwdz": "单位地址",
        "dwyb": "单位邮编",
        "dwlxr": "单位联系人",
        "xybh": "协议书编号",
        "qyrq": "签约日期",
        "bdrq": "报到日期",
        "htksrq": "合同开始日期",
        "htjsrq": "合同结束日期",
        "xmmc": "项目名称",
        "qxksrq": "期限开始日期",
        "qxjsrq": "期限结束日期",
        "cyjs": "创业角色",
        "wdwz": "网店地址",
        "zylx": "职业类型",
        "gjdqdm": "国家地区代码",
        "gjdq": "国家地区",
        "yxzwmc": "院校中文名称",
        "yxwwmc": "院校外文名称",
        "zyzwmc": "专业中文名称",
        "zywwmc": "专业外文名称",
        "sxcc": "攻读层次",
        "wjyqk": "未就业情况",
        "yxdqdm": "意向地区代码",
        "yxdq": "意向地区",
        "yxzwdm": "意向职位代码",
        "yxzw": "意向职位",
    }
)
"""Every column that may be sent, with its Chinese name, in the order of the layout."""

# Fields of the forms that are sent as they were filled in.
_PLAIN = {
    "gwmc": "position_title",
    "gzdd": "work_place",
    "yrdw": "dispatched_to",
    "dwdz": "employer_address",
    "dwyb": "employer_postcode",
    "dwlxr": "contact_name",
    "qyrq": "signed_on",
    "bdrq": "report_on",
    "htksrq": "contract_from",
    "htjsrq": "contract_to",
    "xmmc": "project",
    "qxksrq": "term_from",
    "qxjsrq": "term_to",
    "wdwz": "shop_url",
    "zylx": "occupation",
    "yxzwmc": "college",
    "yxwwmc": "college_foreign",
    "zyzwmc": "major",
    "zywwmc": "major_foreign",
}
_CODED = (
    ("gjdq", "country", "country"),
    ("yxdq", codes.REGION, "wish_region"),
    ("yxzw", "position_category", "wish_position"),
)
_CHOSEN = {"cyjs": ("role", dict(ROLES)), "sxcc": ("degree_level", dict(DEGREES))}


def destination(push: Push, row: Mapping[str, Any]) -> dict[str, str]:
    """Columns by pinyin code; what is empty is left out. `row`: the record as the act leaves it."""
    if push is Push.UNSETTLED:
        return _coded("byqx", "destination", codes.DEST_UNSETTLED)
    # A registered employer's address stands in its profile, one that was written down in the form.
    form = {**row["snapshot"]["employer"]["profile"], **row["form"]}
    found = {name: value for name, value in _columns(row, form) if value}
    return {name: found[name] for name in COLUMNS if name in found}


def _columns(row: Mapping[str, Any], form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _kind(row["destination_code"]).items()
    yield "dwzzjgdm", row["employer_uscc"]
    yield "dwmc", row["employer_name"]
    yield "xybh", row["agreement_no"]
    # Of a soldier the place of enlistment is what is known.
    yield from _coded("dwszd", codes.REGION, row["employer_region"] or form.get("enlisted_from", "")).items()
    for stem, table, column in (
        ("dwxz", "employer_nature", "employer_nature"),
        ("dwhy", "employer_industry", "employer_industry"),
        ("gzzwlb", "position_category", "position_category"),
    ):
        yield from _coded(stem, table, row[column]).items()
    for name, field in _PLAIN.items():
        yield name, str(form.get(field) or "")
    for stem, table, field in _CODED:
        yield from _coded(stem, table, form.get(field, "")).items()
    for name, (field, choices) in _CHOSEN.items():
        yield name, choices.get(form.get(field, ""), "")
    if form.get("substate"):
        yield "wjyqk", codes.table("destination_substate").label(form["substate"])


def _kind(code: str) -> dict[str, str]:
    """The national kind of destination; a kind of our own goes as the one it belongs to, named beside it."""
    table = codes.table("destination")
    sent = codes.ems_code(code)
    own = table.label(code) if sent != code else ""
    return {"byqxdm": sent, "byqx": table.label(sent), "byqxxf": own}


def _coded(stem: str, table: str, code: str) -> dict[str, str]:
    return {f"{stem}dm": code, stem: codes.table(table).label(code)} if code else {}
