"""Room: the dashboard's server: Streamlit with our own sign-in pages and one check in front of it.

`streamlit run dashboard/app.py`. Only a signed-in browser gets the application's page; whether the token still holds
is the API's to say, on every call.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboard import papers, signin
from dashboard.doorway import Doorway

log = logging.getLogger("wangqian.dashboard")


def broken(error: Exception) -> bool:
    """A fault of ours on a page: said in Chinese; the log has the place, without values that people typed."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("unforeseen: %s\n%s", type(error).__name__, frames)
    st.error("页面暂时出错，已提交的操作不受影响。请刷新页面；仍然出错时请联系平台管理员。")
    return True


app = st.App(
    Path(__file__).parent / "main.py",
    routes=[*signin.ROUTES, *papers.ROUTES],
    middleware=[Middleware(Doorway)],
    on_script_error=broken,
)
