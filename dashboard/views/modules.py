"""Room: 开通模块、协议类型、学校与账号: what a province decides for a cohort (roles.md, Signing settings)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import dialogs, filters, rows, shell, tables, words
from dashboard.dialogs import Question
from dashboard.shell import Desk
from dashboard.views.settings import TYPES

TYPE, SCHOOL, OPEN, COHORT = "province_type", "province_school", "province_modules", "province_cohort"
CHOSEN, EMPLOYERS = "province_chosen", "province_employers"
AREAS = ("employment", "archive", "household")


def show(desk: Desk) -> None:
    st.title("开通模块与协议类型", anchor=False)
    shell.said()
    cohort = _cohort(desk)
    found = desk.client.get(f"/v1/desk/{cohort}")
    writes = desk.grant("employment") == "rw"
    _type(found, writes=writes)
    _employer_desk(found, writes=writes)
    chosen = _schools(desk, found, writes=writes)
    questions = [_choosing(desk, found), _founding(desk), _calling(desk, found)]
    if chosen is not None:
        questions.append(_opening(desk, cohort, chosen))
    dialogs.ask(desk.client, *questions)


def _cohort(desk: Desk) -> int:
    """The next cohort is prepared here before anything of it exists; preparing it adds a year, the choice stays."""
    newest = max([*desk.cohorts, words.this_year()])
    years = sorted({*desk.cohorts, newest, newest + 1, desk.cohort or newest}, reverse=True)
    beside, kept = st.session_state.get(COHORT, (None, None))
    if beside != desk.cohort or kept not in years:
        kept = desk.cohort or newest
    cells = st.columns([1, 4])
    chosen = cells[0].selectbox(
        "为哪一届设置",
        years,
        years.index(kept),
        format_func=lambda year: f"{year} 届",
        key=f"{COHORT}_{desk.cohort}_{years[0]}",
        filter_mode=None,
        placeholder="请选择",
    )
    cohort = int(chosen or kept)
    st.session_state[COHORT] = (desk.cohort, cohort)
    return cohort


def _type(found: Mapping[str, Any], *, writes: bool) -> None:
    kind = TYPES.get(found["agreement_type"] or "", "尚未选择")
    locked = "已有学校提交签约设置，不能再修改。" if found["frozen"] else "有学校提交签约设置后不能再修改。"
    tables.pairs(
        f"{found['cohort']} 届协议类型",
        [("协议类型", kind), ("选择时间", words.moment(found["decided_at"]))],
        after=tables.note(locked),
    )
    if writes and not found["frozen"]:
        dialogs.button("选择协议类型", TYPE, type="secondary" if found["agreement_type"] else "primary")


def _choosing(desk: Desk, found: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        chosen = answers["agreement_type"]
        desk.client.put(f"/v1/desk/{found['cohort']}/agreement_type", {"agreement_type": chosen})
        shell.say(f"{found['cohort']} 届使用{TYPES[chosen]}")

    fields = (dialogs.choice("agreement_type", "协议类型", TYPES),)
    intro = ("两方协议由学校鉴证，三方协议由学校作为丙方审核；有学校提交签约设置后不能再修改。",)
    return Question(TYPE, "选择协议类型", fields, send, before=found, intro=intro)


def _employer_desk(found: Mapping[str, Any], *, writes: bool) -> None:
    """Whom employers call."""
    told = [("客服电话", found["employer_phone"]), ("服务时间", found["employer_hours"])]
    empty = "" if any(text for _, text in told) else tables.note("还没有填写，用人单位目前看不到客服电话。", "warn")
    tables.pairs("企业客服（用人单位在签约平台上看到）", told, before=empty, long=True)
    if writes:
        dialogs.button("修改企业客服", EMPLOYERS)


def _calling(desk: Desk, found: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.put("/v1/employer_desk", {"form": answers})
        shell.say("企业客服已保存")

    before = {"phone": found["employer_phone"], "hours": found["employer_hours"]}
    return Question(EMPLOYERS, "企业客服", desk.catalog["forms"]["employer_desk"]["fields"], send, before=before)


# --- schools -------------------------------------------------------------------------------------


def _labels(desk: Desk) -> dict[str, str]:
    fields = {f["name"]: f["label"] for f in desk.catalog["forms"]["account"]["fields"]}
    return {area: str(fields[f"grant_{area}"]) for area in AREAS}


def _schools(desk: Desk, found: Mapping[str, Any], *, writes: bool) -> Mapping[str, Any] | None:
    labels, schools = _labels(desk), found["schools"]
    with filters.bar():
        st.text(f"共 {len(schools)} 所学校", width="content")
        if writes:
            dialogs.button("新增学校", SCHOOL)
    if not schools:
        st.info("本省还没有学校。新增学校后，为其开通模块并创建学校账号。")
        return None
    wish = rows.table(
        ("学校代码", "学校", *labels.values(), "审核方式", "在线签约", "账号", "学生"),
        [_row(desk, school, writes=writes) for school in schools],
        label="学校",
        key="school_rows",
        whole=("学校代码",),
    )
    if wish.opened:
        st.session_state[CHOSEN] = wish.opened
        dialogs.begin(OPEN)
    return next((s for s in schools if s["id"] == st.session_state.get(CHOSEN)), None)


def _row(desk: Desk, school: Mapping[str, Any], *, writes: bool) -> rows.Row:
    mode = next((f for f in desk.catalog["forms"]["signing_settings"]["fields"] if f["name"] == "review_mode"), None)
    modes = {o["value"]: o["label"] for o in mode["options"]} if mode else {}
    cells = [
        school["code"],
        school["name"],
        *("已开通" if school["modules"].get(area) else "未开通" for area in AREAS),
        modes.get(school["review_mode"] or "", "未设置"),
        f"{words.moment(school['open_at'])} 开通" if school["open_at"] else "未开通",
        f"{school['accounts']} 个",
        f"{school['graduates']} 人",
    ]
    return rows.row(school["id"], cells, button="开通模块" if writes else "")


def _opening(desk: Desk, cohort: int, school: Mapping[str, Any]) -> Question:
    labels, before = _labels(desk), {area: bool(school["modules"].get(area)) for area in AREAS}

    def send(answers: dict[str, Any], _: bool) -> None:
        for area in AREAS:
            wanted = bool(answers.get(area))
            if wanted != before[area]:
                desk.client.put(f"/v1/schools/{school['id']}/modules/{cohort}/{area}", {"open": wanted})
        shell.say(f"{school['name']}：模块设置已保存")

    fields = [dialogs.tick(area, label) for area, label in labels.items()]
    intro = (f"{school['name']}，{cohort} 届。已有记录的模块不能关闭。",)
    return Question(OPEN, "开通模块", fields, send, before=before, intro=intro, confirm="保存")


def _founding(desk: Desk) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.post("/v1/schools", {"code": answers.get("code", ""), "name": answers.get("name", "")})
        shell.say(f"已新增学校：{answers.get('name', '')}")

    fields = (
        dialogs.text("code", "学校代码", long=False, help="5 位数字的学校标识码。"),
        dialogs.text("name", "学校名称", long=False),
    )
    return Question(SCHOOL, "新增学校", fields, send, confirm="新增")
