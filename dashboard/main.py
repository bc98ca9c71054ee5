"""Room: the script that Streamlit runs for every click. The token is in a cookie that pages cannot read."""

from __future__ import annotations

import streamlit as st

from dashboard import desktop
from dashboard.signin import COOKIE

desktop.run(st.context.cookies.get(COOKIE) or "")
