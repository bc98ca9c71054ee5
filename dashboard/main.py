"""Room: the script that Streamlit runs for every click: who is signed in, which pages there are, which one is shown."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import shell
from dashboard.client import Client, Problem
from dashboard.signin import COOKIE
from dashboard.views import employers, home, queue, review

ICON = Path(__file__).parent / "static" / "icon.png"


def pages(desk: shell.Desk) -> dict[str, list[st.Page]]:
    """The pages this user may enter; the API judges every call again."""
    found = {"": [st.Page(lambda: home.show(desk), title="首页", url_path="home", default=True)]}
    if desk.may_enter("employment"):
        found["学生管理"] = [
            st.Page(lambda: queue.show(desk), title="在线签约管理", url_path="online_signing"),
            st.Page(lambda: review.show(desk), title="签约审核", url_path="review", visibility="hidden"),
        ]
    if desk.party == "province":
        found["单位管理"] = [st.Page(lambda: employers.show(desk), title="单位核验", url_path="employers")]
    return found


def run() -> None:
    st.set_page_config(page_title="毕业去向登记与网上签约平台", page_icon=str(ICON), layout="wide")
    token = st.context.cookies.get(COOKIE)
    if not token:
        shell.ended()
        return
    client = Client(token)
    try:
        desk = shell.open_desk(client)
    except Problem as problem:
        shell.stopped(problem)
        return
    shell.style()
    if desk.me.get("must_change"):
        shell.change_password_first()
        return
    entered = pages(desk)
    desk.pages = {page.url_path or "home": page for group in entered.values() for page in group}
    chosen = st.navigation(entered)
    shell.top_bar(desk)
    try:
        chosen.run()
    except Problem as problem:
        shell.stopped(problem)


run()
