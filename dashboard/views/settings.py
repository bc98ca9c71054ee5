"""Room: 签约设置: what a school decides for a cohort, what each choice locks, its handlers and telephones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import dialogs, shell, tables, words
from dashboard.dialogs import Question
from dashboard.shell import Desk
from dashboard.views import steps

SETTINGS, HANDLER, DESK = "signing_settings", "handler", "desk"
TYPES = {"two-party": "两方协议（学校鉴证）", "three-party": "三方协议（学校审核）"}
AREAS = ("employment", "archive", "household")
TRIED = "settings_tried"
FALLBACK = "院系没有填写的，毕业生看到的是学校的。"


def show(desk: Desk) -> None:
    st.title("签约设置", anchor=False)
    shell.said()
    if desk.cohort is None:
        st.info("本校还没有开通任何届次，请联系省级用户开通模块。")
        return
    page = desk.client.get(f"/v1/settings/{desk.cohort}")
    writes = desk.grant("employment") == "rw" and not page["read_only_because"]
    if page["read_only_because"]:
        st.warning(page["read_only_because"])
    left, right = st.columns(2, gap="medium")
    with left:
        _present(desk, page, writes=writes)
        _dry_run(desk, page)
    with right:
        _locks(page)
        _handlers(desk, page, writes=writes)
    desks = _desks(desk, writes=writes)
    steps.show("设置操作记录", page["history"])
    dialogs.ask(desk.client, _submission(desk, page), _handler(desk), *desks)


# --- the settings --------------------------------------------------------------------------------


def _present(desk: Desk, page: Mapping[str, Any], *, writes: bool) -> None:
    fields, values = desk.catalog["forms"][SETTINGS]["fields"], page["values"] or {}
    rows = [(f["label"], words.shown(f, values.get(f["name"]), desk.client.region)) for f in fields]
    kind = TYPES.get(page["agreement_type"] or "", "省级尚未设置")
    note = (
        ""
        if page["submitted"]
        else "本届设置还没有提交，下面是可以沿用的往届设置。"
        if values
        else "本届设置还没有提交。"
    )
    before = tables.note(note, "warn") if note else ""
    tables.pairs(f"{page['cohort']} 届签约设置", [("协议类型", kind), *rows], before=before, long=True)
    if writes:
        dialogs.button("修改签约设置" if page["submitted"] else "填写签约设置", SETTINGS, type="primary")


def _submission(desk: Desk, page: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], sure: bool) -> None:
        body = {"form": answers, "version": page["version"], "confirmed": sure}
        desk.client.put(f"/v1/settings/{page['cohort']}", body)
        shell.say("签约设置已提交")

    fields = desk.catalog["forms"][SETTINGS]["fields"]
    intro = (page["asks_all_levels"],) if page["asks_all_levels"] else ()
    return Question(
        SETTINGS, "签约设置", fields, send, before=page["values"] or {}, intro=intro, confirm="提交签约设置"
    )


def _locks(page: Mapping[str, Any]) -> None:
    """What each choice locks, and whether it is locked by now."""
    pending = "、".join(f"{p['label']} {p['count']} 条" for p in page["blocks_mode_change"])
    lacking = "、".join(one["text"] for one in page["without_reviewer"])
    closing = "目前还没有人办理，可以关闭。" if page["may_close"] else "已有毕业生或单位办理，不能再关闭。"
    mode = f"目前不能修改，未办结的有：{pending}。" if pending else "目前没有未办结的记录，可以修改。"
    rows = [
        ("在线签约开关", "开通时补登、去向登记同时开通；开通期间不能成批删除名单。" + closing),
        ("审核方式", "有未办结的记录时不能修改。" + mode),
        ("先院系再校级审核", f"还缺可审核的账号：{lacking}。" if lacking else "各院系各层次都有可审核的账号。"),
        ("可申请解约次数", "随时可以修改，对以后的申请生效。"),
        ("协议经办人", "每个学历层次只能设置一次，确认后不能修改。"),
    ]
    tables.grid("哪些设置会被锁定", ("设置", "说明"), rows)


# --- the dry run ---------------------------------------------------------------------------------


def _dry_run(desk: Desk, page: Mapping[str, Any]) -> None:
    """What would stand in the way of another review mode, without changing anything."""
    form = {f["name"]: f for f in desk.catalog["forms"][SETTINGS]["fields"]}
    account = {f["name"]: f["label"] for f in desk.catalog["forms"]["account"]["fields"]}
    labels = {area: str(account[f"grant_{area}"]) for area in AREAS}
    st.subheader("试算：改变审核方式", anchor=False)
    cells = st.columns([2, 2, 1], vertical_alignment="bottom")
    area = cells[0].selectbox(
        "业务", list(AREAS), format_func=labels.__getitem__, key="try_area", placeholder="请选择", filter_mode=None
    )
    modes = {o["value"]: o["label"] for o in form["review_mode"]["options"]}
    mode = cells[1].selectbox(
        "改为", list(modes), format_func=modes.__getitem__, key="try_mode", placeholder="请选择", filter_mode=None
    )
    if cells[2].button("试算", width="stretch"):
        st.session_state[TRIED] = (page["cohort"], area, mode)
    if st.session_state.get(TRIED) != (page["cohort"], area, mode):
        return
    found = desk.client.get(f"/v1/settings/{page['cohort']}/mode_change", module=area, mode=mode)
    _tried(found)


def _tried(found: Mapping[str, Any]) -> None:
    if found["present"] == found["mode"]:
        st.info("现在就是这种审核方式。")
        return
    rows = [("未办结的记录", p["label"], f"{p['count']} 条") for p in found["pending"]]
    rows += [("没有审核人员", one["text"], "需先创建或授权账号") for one in found["lacking"]]
    verdict = ("可以修改，没有记录或账号妨碍。", "good") if found["possible"] else ("现在不能修改，原因如下。", "bad")
    tables.grid("试算结果", ("原因", "内容", "数量"), rows, before=tables.note(*verdict))


# --- handlers ------------------------------------------------------------------------------------


def _handlers(desk: Desk, page: Mapping[str, Any], *, writes: bool) -> None:
    missing = "、".join(words.level(desk.catalog, level) for level in page["levels_without_handler"])
    tables.grid(
        "协议经办人",
        ("学历层次", "姓名", "电话", "通讯地址", "邮编"),
        [(h["level_label"], h["name"], h["phone"], h["address"], h["postcode"]) for h in page["handlers"]],
        before=tables.note(f"尚未设置：{missing}。这些层次的毕业生暂不能办理。", "warn") if missing else "",
    )
    if writes and missing:
        dialogs.button("设置协议经办人", HANDLER)


def _handler(desk: Desk) -> Question:
    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.post("/v1/handlers", {"cohort": desk.cohort, "form": answers})
        shell.say("协议经办人已设置")

    intro = ("经办人信息会印在就业协议上，确认后不能修改，请仔细核对。",)
    return Question(HANDLER, "设置协议经办人", desk.catalog["forms"][HANDLER]["fields"], send, intro=intro)


# --- telephones ----------------------------------------------------------------------------------


def _desks(desk: Desk, *, writes: bool) -> list[Question]:
    """Whom graduates of each department ask. The questions for changing them."""
    found = desk.client.get("/v1/desks")
    own = found["school"]
    tables.grid(
        "各院系咨询电话",
        ("所在院系", "电话", "办公时间"),
        [(d["department"], d["phone"] or "（同学校）", d["hours"] or "（同学校）") for d in found["departments"]],
        before=tables.note(
            f"学校就业部门：{'，'.join(t for t in (own['phone'], own['hours']) if t) or '未填写'}。{FALLBACK}"
        ),
    )
    if not writes or not found["departments"]:
        return []
    dialogs.button("修改院系咨询电话", DESK)
    names = {d["department"]: d["department"] for d in found["departments"]}
    fields = [
        dialogs.choice("department", "所在院系", names) if f["name"] == "department" else f
        for f in desk.catalog["forms"][DESK]["fields"]
    ]

    def send(answers: dict[str, Any], _: bool) -> None:
        desk.client.put("/v1/desks", {"form": answers})
        shell.say(f"已保存{answers.get('department', '')}的咨询电话")

    return [Question(DESK, "院系咨询电话", fields, send, confirm="保存")]
