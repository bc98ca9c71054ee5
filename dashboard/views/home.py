"""Room: 首页: what waits for me, since when, live; each count leads to its queue (guide chapter 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, shell, tables, words
from dashboard.shell import Desk
from dashboard.views import attention, queue
from dashboard.views.queue_filters import MINE

EVERY = "5s"
DEPARTMENTS = "home_departments_shown"
START = "点“去处理”，从等待最久的一条开始。"
NOTHING = "目前没有待处理的记录，有新的申请时会自动出现在这里。"


def show(desk: Desk) -> None:
    st.title("首页", anchor=False)
    shell.said()
    tables.line(("第一次使用，或拿不准怎么办理时：",), link=("下载使用指南（PDF）", addresses.GUIDE))
    if not desk.may_enter("employment"):
        st.info("您的账号没有“毕业去向登记与网签”的权限，这里没有需要您处理的内容。如需开通，请联系上级用户。")
        return
    if desk.party in ("school", "department") and desk.cohort is None:
        st.info("本校还没有开通任何届次。省级用户开通模块、学校完成签约设置并导入学生名单后，这里会出现待办事项。")
        return
    # Until the school is open nothing can wait for it: what is to be done first stands first (dashboard.md 3).
    preparing = desk.party == "school" and not desk.opened
    if preparing:
        _setup(desk.client.get(f"/v1/setup/{desk.cohort}"))
    _counts(desk)
    asked: list[tuple[str, Mapping[str, Any]]] = [("/v1/notes", {"status": "open", "limit": 1, "cohort": desk.cohort})]
    if desk.party in ("school", "department"):
        asked.append((f"/v1/settings/{desk.cohort}", {}))
    if desk.party == "school" and not preparing:
        asked.append((f"/v1/setup/{desk.cohort}", {}))
    notes, *more = desk.client.together(*asked)
    _notes(desk, notes)
    if desk.party in ("school", "department"):
        attention.show(desk)
    for setup in more[1:]:
        _setup(setup)
    for settings in more[:1]:
        _handlers(desk, settings["handlers"], settings["levels_without_handler"])


@st.fragment(run_every=EVERY)
def _counts(desk: Desk) -> None:
    if shell.resting(desk):
        return
    home = shell.renewed(lambda: desk.client.get("/v1/home", cohort=desk.cohort), "最新数据")
    if home is None:
        return
    if desk.party != "province":
        _waiting(desk, home["waiting"], home["total"])
    lines = home.get("at_departments") or []
    # Once shown it stays, so that the page below does not jump when the last one has been dealt with.
    if st.session_state.setdefault(DEPARTMENTS, bool(lines)) or lines:
        st.session_state[DEPARTMENTS] = True
        _at_departments(lines)
    if home.get("employers") is not None:
        _employers(desk, home["employers"])
    st.caption(f"数据更新于 {words.clock(home['at'])}，每 5 秒自动刷新。")


def _waiting(desk: Desk, lines: list[Mapping[str, Any]], total: int) -> None:
    st.subheader(f"待我处理：{total}", anchor=False)
    for cell, (menu, about) in zip(st.columns(len(desk.catalog["menus"])), desk.catalog["menus"].items(), strict=True):
        with cell.container(border=True, height="stretch"):
            _card(desk, menu, str(about["label"]), [line for line in lines if line["flow"] in about["flows"]])
    # One line in either case: the page must not move while counts change.
    st.caption(START if total else NOTHING)


def _card(desk: Desk, menu: str, label: str, lines: list[Mapping[str, Any]]) -> None:
    """A menu's count with its parts; each leads to its queue with that filter."""
    count, oldest = sum(line["count"] for line in lines), [line["oldest"] for line in lines if line["oldest"]]
    st.metric(label, count)
    st.caption(f"最早的已等待：{words.age(min(oldest))}" if oldest else "没有在等待的")
    if st.button("去处理", key=f"go-{menu}", disabled=not count, type="primary"):
        queue.narrow(menu)
        desk.open(menu)
    if len(lines) < 2:
        return
    with st.container(key=f"parts-{menu}"):
        _parts(desk, menu, lines)


def _parts(desk: Desk, menu: str, lines: list[Mapping[str, Any]]) -> None:
    for line in lines:
        where, name = f"{MINE}:{line['flow']}:{line['state']}", words.part(line, desk.party)
        if st.button(f"{name}：{line['count']}", key=f"go-{where}", disabled=not line["count"], type="tertiary"):
            queue.narrow(menu, where)
            desk.open(menu)


def _at_departments(lines: list[Mapping[str, Any]]) -> None:
    rows = [(line["flow_label"], line["label"], str(line["count"]), words.age(line["oldest"])) for line in lines]
    tables.grid(
        f"院系处理中：{sum(line['count'] for line in lines)}",
        ("业务", "状态", "数量", "最早的已等待"),
        # A row in either case, for the height.
        rows or [("各院系目前没有等待处理的记录。", words.EMPTY, "0", words.EMPTY)],
    )


def _employers(desk: Desk, line: Mapping[str, Any]) -> None:
    st.subheader(f"待核验单位：{line['count']}", anchor=False)
    oldest = f"最早的已等待：{words.age(line['oldest'])}。" if line.get("oldest") else "目前没有等待核验的单位。"
    st.caption(oldest)
    if st.button("去核验", disabled=not line["count"]):
        desk.open(addresses.EMPLOYERS)


def _notes(desk: Desk, page: Mapping[str, Any]) -> None:
    """What graduates asked or disputed and nobody has answered yet."""
    if page["total"]:
        st.subheader(f"异议与留言待答复：{page['total']}", anchor=False)
        st.caption(f"最早的已等待：{words.age(page['items'][0]['created_at'])}")
        if st.button("去答复" if desk.party != "province" and desk.grant("employment") == "rw" else "去查看"):
            desk.open(addresses.INBOX)


def _setup(found: Mapping[str, Any]) -> None:
    """What is still to be done until the school is open, and how many graduates WeChat reaches."""
    graduates, bound = found["graduates"], found["bound"]
    reach = f"微信已绑定 {bound}/{graduates} 人（{bound * 100 // graduates}%）。" if graduates else ""
    if found["done"]:
        if reach:
            st.caption(reach)
        return
    tables.grid(
        "开通准备清单",
        ("步骤", "进度", "说明", ""),
        [
            (s["label"], "已完成" if s["done"] else "未完成", s["missing"] or words.EMPTY, _way(s))
            for s in found["steps"]
        ],
        marked=frozenset(n for n, s in enumerate(found["steps"]) if not s["done"]),
        after=tables.note(reach) if reach else "",
    )


WAYS = {
    "roster": ("去导入", addresses.STUDENTS),
    "accounts": ("去创建", addresses.ACCOUNTS),
    "reviewers": ("去创建", addresses.ACCOUNTS),
    "settings": ("去填写", addresses.SETTINGS),
    "handlers": ("去设置", addresses.SETTINGS),
    "open": ("去开通", addresses.SETTINGS),
}
"""Where each step of the checklist is done; the first two are the province's."""


def _way(step: Mapping[str, Any]) -> tables.Cell:
    told, page = WAYS.get(step["name"], ("", ""))
    return (told, f"/{page}") if page and not step["done"] else ""


def _handlers(desk: Desk, handlers: list[Mapping[str, Any]], missing: list[str]) -> None:
    lacking = [f"{words.level(desk.catalog, level)}尚未设置协议经办人，该层次的毕业生暂不能办理。" for level in missing]
    tables.grid(
        "本校协议经办人",
        ("学历层次", "姓名", "电话", "通讯地址", "邮编"),
        [(h["level_label"], h["name"], h["phone"], h["address"], h["postcode"]) for h in handlers],
        before="".join(tables.note(sentence, "warn") for sentence in lacking),
    )
