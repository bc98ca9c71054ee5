"""Room: what a queue is narrowed by: all columns of dashboard.md 7, and filters that a clerk keeps under a name.

What is chosen is kept under the names of the API's parameters; only `where` says three of them at once: what waits
for whom, of which flow, in which state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import filters, regions, shell, words
from dashboard.client import Problem
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

MINE, ALL = "mine", "all"
YES_NO = {"": "不限", "true": "是", "false": "否"}
ANY = {"": "不限"}
DAYS = (1, 3, 7, 15, 30)
RISKS = {"": "不限", "any": "有任一提示", "warned": "预警单位", "not_operating": "非正常经营", "none": "无提示"}
INITIATORS = {"": "不限", "employer": "单位", "graduate": "毕业生"}
TRUTHS = ("department_changed", "returned", "resubmitted", "frozen")


def shelf(menu: str) -> Shelf:
    return Shelf(f"queue_{menu}", {"where": MINE})


def draw(desk: Desk, menu: str) -> dict[str, str]:
    """The filters of a menu's queue as they stand now."""
    place = shelf(menu)
    chosen = filters.draw(place, _plain(desk, menu), across=5)
    more = _more(desk, menu)
    used = sum(bool(place.kept.get(ask.name)) for ask in more)
    with st.expander(f"更多筛选（已用 {used} 项）" if used else "更多筛选", key=f"{place.name}_more"):
        chosen |= filters.draw(place, more, across=6, clear=False)
    return chosen


def _plain(desk: Desk, menu: str) -> list[Ask]:
    """What a menu's own columns are narrowed by first: a destination has a kind and no agreement."""
    kind = Ask("destination", "毕业去向", options=ANY | desk.catalog["codes"]["destination"])
    return [
        Ask("where", words.STATE_COLUMNS[menu], options=_where(desk, menu), wide=2),
        Ask("name", "姓名", "开头几个字即可"),
        Ask("id_number", "身份证号码", "需完整填写"),
        Ask("employer", "单位名称", "名称的一部分即可"),
        *filters.departments(desk),
        Ask("major", "专业", "需填写全称"),
        filters.level(desk),
        kind if menu == "destination" else Ask("agreement_no", "协议编号", "需完整填写"),
    ]


def _more(desk: Desk, menu: str) -> list[Ask]:
    codes = desk.catalog["codes"]
    begun = [Ask("initiator", words.PARTY_COLUMNS[menu], options=INITIATORS)] if menu in words.PARTY_COLUMNS else []
    return [
        *begun,
        Ask("level_code", "学历", options=ANY | codes["level"]),
        Ask("uscc", "统一社会信用代码", "需完整填写"),
        Ask("proof_code", "签约证明码", "需完整填写"),
        Ask("nature", "单位性质", options=ANY | codes["employer_nature"]),
        Ask("industry", "单位行业", options=ANY | codes["employer_industry"]),
        Ask("region", "单位所在省份", options=ANY | regions.provinces(desk.client)),
        Ask("position_category", "工作职位类别", options=ANY | codes["position_category"]),
        Ask("risk", "单位提示", options=RISKS),
        Ask("waited", "已等待", options={"": "不限", **{str(n): f"{n} 天以上" for n in DAYS}}),
        Ask("department_changed", "院系已变更", options=YES_NO),
        Ask("returned", "曾退回修改", options=YES_NO),
        Ask("resubmitted", "退回后已重交", options=YES_NO),
        Ask("frozen", "名单失效暂停", options=YES_NO),
        Ask("from", "发起日期从", "例如 2027-03-01"),
        Ask("to", "发起日期到", "例如 2027-03-31"),
    ]


# --- whose turn, which flow, which state ----------------------------------------------------------


def _where(desk: Desk, menu: str) -> dict[str, str]:
    """What waits for me, whole and by its parts; everything; each state."""
    states = [(flow, name, state) for flow in flows(desk, menu) for name, state in _states(desk, flow).items()]
    several = len(flows(desk, menu)) > 1

    def label(flow: str, state: Mapping[str, Any]) -> str:
        return f"{desk.catalog['flows'][flow]['label']}：{state['label']}" if several else str(state["label"])

    found = {}
    if desk.party != "province":
        found[MINE] = "待我处理"
        found |= {f"{MINE}:{f}:{n}": f"待我处理：{s['label']}" for f, n, s in states if _may_fall(desk, s["waits_on"])}
    return {**found, ALL: "全部状态", **{f"{ALL}:{f}:{n}": label(f, s) for f, n, s in states}}


def flows(desk: Desk, menu: str) -> list[str]:
    return list(desk.catalog["menus"][menu]["flows"])


def _states(desk: Desk, flow: str) -> Mapping[str, Any]:
    states: Mapping[str, Any] = desk.catalog["flows"][flow]["states"]
    return states


def _may_fall(desk: Desk, waits_on: str | None) -> bool:
    """What waits for this desk; a school's may be the department's where that has nobody."""
    return waits_on == desk.party or (desk.party == "school" and waits_on == "department")


def asked(desk: Desk, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The API's parameters for a choice of filters; what waits for somebody begins with the oldest."""
    wanted: dict[str, Any] = {name: value for name, value in chosen.items() if value and name != "where"}
    wanted |= {name: wanted[name] == "true" for name in TRUTHS if name in wanted}
    if "waited" in wanted:
        wanted["waited"] = int(wanted["waited"])
    if "destination" in wanted:
        wanted["destination"] = [wanted["destination"]]
    whose, _, rest = (chosen.get("where") or ALL).partition(":")
    flow, _, state = rest.partition(":")
    if whose == MINE:
        wanted["waits_on"] = "me"
    if state:
        waits = _states(desk, flow)[state]["waits_on"]
        wanted |= {"flow": flow, "state": [state], "sort": "oldest" if waits else "newest"}
    return wanted


def chosen_of(desk: Desk, menu: str, saved: Mapping[str, Any]) -> dict[str, str]:
    """Saved parameters as a choice of filters again."""
    flat = {name: value for name, value in saved.items() if name not in ("state", "flow", "waits_on", "sort")}
    found = {name: str(v[0]) if isinstance(v, list) else _text(v) for name, v in flat.items()}
    whose = MINE if saved.get("waits_on") == "me" else ALL
    state = (saved.get("state") or [""])[0]
    where = f"{whose}:{saved.get('flow')}:{state}" if state else whose
    return {**found, "where": where if where in _where(desk, menu) else ALL}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# --- filters under a name ------------------------------------------------------------------------


def saved(desk: Desk, menu: str, chosen: Mapping[str, str]) -> None:
    """Keep the present filters under a name, take up or forget those that were kept."""
    place = shelf(menu)
    kept = {one["id"]: one for one in desk.kept("/v1/filters", menu=menu)["items"]}
    with st.popover("筛选方案", key=f"{place.name}_saved"):
        for one in kept.values():
            with st.container(horizontal=True, vertical_alignment="center"):
                if st.button(one["name"], key=f"use-{one['id']}"):
                    place.narrow(**chosen_of(desk, menu, one["filters"]))
                    st.rerun()
                if st.button("删除", key=f"forget-{one['id']}", type="tertiary"):
                    desk.client.delete(f"/v1/filters/{one['id']}")
                    desk.renew()
                    st.rerun()
        name = st.text_input("把当前筛选条件存为", key=f"{place.name}_called", placeholder="方案名称", max_chars=40)
        if st.button("保存方案", key=f"{place.name}_save", disabled=not name):
            _save(desk, menu, str(name), chosen)
        st.caption("身份证号码不会保存在方案中。")


def _save(desk: Desk, menu: str, name: str, chosen: Mapping[str, str]) -> None:
    wanted = {n: value for n, value in asked(desk, chosen).items() if n != "id_number"}
    try:
        desk.client.post("/v1/filters", {"menu": menu, "name": name, "filters": wanted})
    except Problem as problem:
        if problem.status == 401:
            raise
        st.error("；".join(f["message"] for f in problem.faults) or problem.detail)
        return
    desk.renew()
    shell.say(f"已保存筛选方案“{name}”")
    st.rerun()
