"""Room: the dashboard in one run of its script: who is signed in, which pages there are, which is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard import actions, shell
from dashboard.addresses import EMPLOYERS, HOME, QUEUE, REVIEW, STATISTICS
from dashboard.client import Client, Problem
from dashboard.doorway import TITLE
from dashboard.shell import Desk
from dashboard.views import employers, home, queue, review, statistics

ICON = Path(__file__).parent / "static" / "icon.png"


def pages(desk: Desk) -> dict[str, st.Page]:
    """Every page by its name. One that this user may not enter says so; the API judges every call again."""
    signing = desk.may_enter("employment")

    def entry(view: Callable[[Desk], None], allowed: bool) -> Callable[[], None]:
        return lambda: view(desk) if allowed else shell.closed_page()

    return {
        HOME: st.Page(entry(home.show, True), title="首页", url_path=HOME, default=True),
        QUEUE: st.Page(entry(queue.show, signing), title="在线签约管理", url_path=QUEUE),
        REVIEW: st.Page(entry(review.show, signing), title="签约审核", url_path=REVIEW),
        EMPLOYERS: st.Page(entry(employers.show, desk.party == "province"), title="单位核验", url_path=EMPLOYERS),
        STATISTICS: st.Page(entry(statistics.show, signing), title="数据统计", url_path=STATISTICS),
    }


def menu(desk: Desk) -> dict[str, list[st.Page]]:
    """What stands in the menu, by heading: only what this user may enter."""
    found = {"": [desk.pages[HOME]]}
    if desk.may_enter("employment"):
        found["学生管理"] = [desk.pages[QUEUE]]
    if desk.party == "province":
        found["单位管理"] = [desk.pages[EMPLOYERS]]
    if desk.may_enter("employment"):
        found["统计"] = [desk.pages[STATISTICS]]
    return found


def run(token: str) -> None:
    """Draw the page that the browser asks for, as whoever holds the token."""
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
    shell.sidebar(desk, menu(desk), queue.to_first_page)
    try:
        chosen.run()
    except Problem as problem:
        _stopped(problem)


def _stopped(problem: Problem) -> None:
    if problem.status == 401:
        shell.ended(kept=actions.rescue())
    else:
        shell.stopped(problem)
