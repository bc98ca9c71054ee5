"""Room: 本人账号: the second factor, and what this account itself has done."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import dialogs, filters, shell, tables, words
from dashboard.dialogs import Question
from dashboard.shell import Desk

BEGIN, CONFIRM, REMOVE = "totp_begin", "totp_confirm", "totp_remove"
SECRET = "totp_secret"  # noqa: S105  the place where it is kept while its page is shown
SHELF_KEY = "own_history_before"


def show(desk: Desk) -> None:
    st.title("本人账号", anchor=False)
    shell.said()
    on = bool(desk.me["second_factor"])
    tables.pairs(
        "动态验证码",
        [("状态", "已开启" if on else "未开启")],
        after=tables.note("开启后登录时除密码外，还要填写手机身份验证器上显示的 6 位数字。"),
    )
    _second_factor(desk, on=on)
    _history(desk)


def _second_factor(desk: Desk, *, on: bool) -> None:
    secret = st.session_state.get(SECRET)
    if secret and not on:
        facts = [("密钥", secret["secret"]), ("验证器链接", secret["uri"])]
        tables.pairs("请在身份验证器中添加下面的密钥（只显示这一次），再填写它显示的数字", facts)
    with filters.bar():
        if on:
            dialogs.button("关闭动态验证码", REMOVE)
        elif secret:
            dialogs.button("填写验证码并开启", CONFIRM, type="primary")
        else:
            dialogs.button("开启动态验证码", BEGIN, type="primary")
    dialogs.ask(desk.client, *_questions(desk))


def _questions(desk: Desk) -> list[Question]:
    client = desk.client

    def begin(answers: dict[str, Any], _: bool) -> None:
        st.session_state[SECRET] = client.post("/v1/me/totp", {"password": answers.get("password", "") or "-"})

    def confirm(answers: dict[str, Any], _: bool) -> None:
        client.put("/v1/me/totp", {"code": answers.get("code", "")})
        st.session_state.pop(SECRET, None)
        shell.say("动态验证码已开启")

    def remove(answers: dict[str, Any], _: bool) -> None:
        client.post("/v1/me/totp/removal", {"code": answers.get("code", "")})
        shell.say("动态验证码已关闭")

    password = {**dialogs.text("password", "当前密码", long=False), "kind": "password"}
    code = dialogs.text("code", "动态验证码", long=False, help="身份验证器上显示的 6 位数字。")
    return [
        Question(BEGIN, "开启动态验证码", (password,), begin, confirm="下一步"),
        Question(CONFIRM, "填写验证码", (code,), confirm, confirm="开启"),
        Question(REMOVE, "关闭动态验证码", (code,), remove, confirm="确认关闭"),
    ]


def _history(desk: Desk) -> None:
    befores: list[str] = st.session_state.setdefault(SHELF_KEY, [])
    page = desk.client.get("/v1/me/history", limit=30, before=befores[-1] if befores else None)
    tables.grid(
        "本人操作记录",
        ("时间", "操作", "业务", "对象", "结果"),
        [
            (words.moment(s["at"]), s["label"], s["flow_label"] or words.EMPTY, s["title"] or words.EMPTY,
             s["state_label"] or words.EMPTY)
            for s in page["items"]
        ],
        before="" if page["items"] else tables.note("还没有操作记录。"),
    )  # fmt: skip
    with filters.bar():
        if st.button("较新的", disabled=not befores):
            befores.pop()
            st.rerun()
        if st.button("较早的", disabled=not page["next"]):
            befores.append(page["next"])
            st.rerun()
