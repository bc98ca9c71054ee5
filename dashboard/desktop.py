"""Room: the dashboard in one run of its script: who is signed in, which pages there are, which is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from dashboard import actions, shell
from dashboard import addresses as a
from dashboard.client import Client, Problem
from dashboard.doorway import TITLE
from dashboard.memory import keep_loaded
from dashboard.shell import Desk
from dashboard.views import (
    accounts,
    deliveries,
    departed,
    employers,
    home,
    inbox,
    modules,
    myself,
    queue,
    reconciliation,
    review,
    settings,
    statistics,
    students,
    warnings,
)

ICON = Path(__file__).parent / "static" / "icon.png"


class Entry(NamedTuple):
    """A page: its name in the menu, the heading there (empty: none, "-": not in the menu), whom it is for."""

    title: str
    heading: str
    view: Callable[[Desk], None]
    allowed: bool


def entries(desk: Desk) -> dict[str, Entry]:
    """Every page by its path, in the menu's order."""
    signing, school, province = desk.may_enter("employment"), desk.party == "school", desk.party == "province"
    found = {
        a.HOME: Entry("首页", "", home.show, True),
        a.ACCOUNTS: Entry("账号管理", "", accounts.show, signing and (school or province)),
        a.SETTINGS: Entry("签约设置", "", settings.show, signing and school),
        a.STUDENTS: Entry("学生名单管理", "学生管理", students.show, signing),
    }
    for name, menu in desk.catalog["menus"].items():
        found[name] = Entry(menu["label"], "学生管理", partial(queue.show, menu=name), signing)
    found[a.REVIEW] = Entry("审核", "-", review.show, signing)
    return found | {
        a.INVALIDATED: Entry("失效信息管理", "学生管理", departed.invalidated, signing),
        a.VOIDED: Entry("作废信息管理", "学生管理", departed.voided, signing),
        a.WARNINGS: Entry("预警单位管理", "单位管理", warnings.show, signing and school),
        a.MODULES: Entry("开通模块与协议类型", "省级管理", modules.show, province),
        a.EMPLOYERS: Entry("单位核验", "省级管理", employers.show, province),
        a.STATISTICS: Entry("数据统计", "统计", statistics.show, signing),
        a.INBOX: Entry("异议与留言", "消息", inbox.show, signing),
        a.DELIVERIES: Entry("消息与上报", "消息", deliveries.show, signing),
        a.RECONCILIATION: Entry("与就业管理系统对账", "消息", reconciliation.show, signing),
        a.SELF: Entry("本人账号", "本人", myself.show, True),
    }


def pages(desk: Desk) -> dict[str, st.Page]:
    """One that this user may not enter says so; the API judges every call again."""

    def run_or_refuse(entry: Entry) -> Callable[[], None]:
        return lambda: entry.view(desk) if entry.allowed else shell.closed_page()

    return {
        path: st.Page(run_or_refuse(entry), title=entry.title, url_path=path, default=path == a.HOME)
        for path, entry in entries(desk).items()
    }


def menu(desk: Desk) -> dict[str, list[st.Page]]:
    """What stands in the menu, by heading: only what this user may enter."""
    found: dict[str, list[st.Page]] = {}
    for path, entry in entries(desk).items():
        if entry.allowed and entry.heading != "-":
            found.setdefault(entry.heading, []).append(desk.pages[path])
    return found


def run(token: str) -> None:
    """Draw the page that the browser asks for, as whoever holds the token."""
    keep_loaded()
    st.set_page_config(page_title=TITLE, page_icon=str(ICON), layout="wide")
    if not token:
        shell.ended()
        return
    try:
        desk = shell.open_desk(Client(token))
    except Problem as problem:
        _stopped(problem)
        return
    if desk.me["must_change"]:
        shell.change_password_first()
        return
    desk.pages = pages(desk)
    chosen = st.navigation(list(desk.pages.values()), position="hidden")
    shell.sidebar(desk, menu(desk), queue.to_first_pages)
    try:
        chosen.run()
    except Problem as problem:
        _stopped(problem)


def _stopped(problem: Problem) -> None:
    if problem.status == 401:
        shell.ended(kept=actions.rescue())
    else:
        shell.stopped(problem)
