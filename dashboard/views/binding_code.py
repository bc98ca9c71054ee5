"""Room: a QR code with which one graduate binds, shown at the desk, and how far the graduate's phone has come with it.

What stands here binds nobody by itself: the chat asks the graduate for a code by SMS besides.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from html import escape
from typing import Any

import segno
import streamlit as st

from dashboard import shell, tables, words
from dashboard.shell import Desk

SHOWN = "binding_code"
EVERY = "2s"
TONES = {"bound": "good", "ended": "warn"}
INVITE, ANEW, HIDE = "邀请绑定（二维码）", "重新生成二维码", "收起二维码"


def button(desk: Desk, person: Mapping[str, Any]) -> None:
    """Show a fresh code; whether this account may is judged by the API."""
    if st.button(INVITE):
        _begin(desk, person["id"])


def _begin(desk: Desk, graduate_id: str) -> None:
    def call() -> None:
        st.session_state[SHOWN] = (graduate_id, desk.client.post(f"/v1/graduates/{graduate_id}/scene"))

    if shell.tried(call):
        st.rerun()


def show(desk: Desk, person: Mapping[str, Any]) -> None:
    """The code that is open on this page."""
    graduate_id, code = st.session_state.get(SHOWN, ("", None))
    if code is None or graduate_id != person["id"]:
        return
    stage = desk.client.get(f"/v1/graduates/{graduate_id}/scene")
    with st.container(border=True, key="binding_code"):
        if stage["stage"] in TONES:
            st.html(f"<section class='wq'>{tables.note(_ended(stage, person), TONES[stage['stage']])}</section>")
        else:
            picture, told = st.columns([1, 2], gap="medium", vertical_alignment="center")
            picture.image(_drawn(code["url"]), width=240)
            with told:
                _told(person, code)
                _stage(desk, graduate_id, stage["stage"])
        again, hide, _ = st.columns([1, 1, 2])
        if again.button(ANEW, width="stretch"):
            _begin(desk, graduate_id)
        if hide.button(HIDE, width="stretch"):
            st.session_state.pop(SHOWN)
            st.rerun()


def _ended(stage: Mapping[str, Any], person: Mapping[str, Any]) -> str:
    return f"{person['name']}：{stage['label']}。"


def _told(person: Mapping[str, Any], code: Mapping[str, Any]) -> None:
    st.html(
        f"<section class='wq scene'><h3>请 {escape(person['name'])} 用自己的微信扫码</h3>"
        f"<p>扫码后，在聊天里回复这个数字：</p><p class='number'>{escape(code['number'])}</p>"
        f"<p class='plain'>二维码在 {escape(words.moment(code['scan_until']))} 前扫码有效，只能用一次。"
        "之后还要由本人回复发到名单手机号的验证码，请勿代收、代填。</p></section>"
    )


@st.fragment(run_every=EVERY)
def _stage(desk: Desk, graduate_id: str, known: str) -> None:
    """Draws the page anew when the phone has come further."""
    found = shell.renewed(lambda: desk.client.get(f"/v1/graduates/{graduate_id}/scene"), "进展")
    if found is None:
        return
    if found["stage"] != known:
        st.rerun()
    st.html(f"<section class='wq'>{tables.note(found['label'], 'strong')}</section>")


def _drawn(url: str) -> bytes:
    picture = io.BytesIO()
    segno.make_qr(url, error="m").save(picture, kind="png", scale=8, border=2)
    return picture.getvalue()
