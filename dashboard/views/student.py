"""Room: one graduate of the roster: what the school has beside what the EMS says, records, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, jobs, shell, tables, words
from dashboard.dialogs import Question
from dashboard.shell import Desk
from dashboard.views import binding_code, steps

REMOVE, RESTORE, GRANT, PHONE, UNMASK = (
    "student_remove", "student_restore", "student_grant", "student_phone", "student_unmask",
)  # fmt: skip
WHOLE = "student_whole"
LOST = (
    "该生已绑定微信或已自行登记手机号，平时由本人修改。只有原手机号和微信都已不能使用时，才由学校代改。",
    "确认后微信绑定立即解除，原微信和原手机号会收到通知，新手机号 24 小时后才能用于绑定。操作人和原因记入历史。",
)
SOURCES = {"roster": "名单", "confirmed": "本人确认", "own": "本人填写", "staff": "学校代改"}


def show(desk: Desk, graduate_id: str) -> None:
    shell.said()
    person = shell.found(desk, "/v1/graduates", graduate_id)
    if person is None:
        st.title("学生名单管理", anchor=False)
        st.warning("没有找到这名学生，可能不在您的管理范围内。")
        _back(desk)
        return
    st.title(f"{person['name']} · {person['department']}", anchor=False)
    state = f"{words.moment(person['invalid_at'])} 起失效" if person["invalid_at"] else "在名单中"
    bound = "微信已绑定" if person["bound"] else "微信未绑定"
    tables.line(
        (f"{person['cohort']} 届", state, bound, person["slot"]["label"] if person["slot"] else "未登记去向"), "strong"
    )
    _whole(person)
    jobs.show(desk, f"student-{graduate_id}")
    _bar(desk, person)
    binding_code.show(desk, person)
    left, right = st.columns(2, gap="medium")
    with left:
        _facts(desk, person)
        _records(desk, person)
    with right:
        _comparison(person)
        _reported(person)
        steps.show("名单操作记录", person["history"])


def _back(desk: Desk) -> None:
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(addresses.STUDENTS)


# --- what may be done ----------------------------------------------------------------------------


def _bar(desk: Desk, person: Mapping[str, Any]) -> None:
    writes, school = desk.grant("employment") == "rw", desk.party == "school"
    with filters.bar():
        if writes and school:
            if person["invalid_at"]:
                dialogs.button("恢复到名单", RESTORE, type="primary")
            else:
                dialogs.button("从名单移除", REMOVE)
                dialogs.button("增加一次解约申请", GRANT)
                dialogs.button("修改手机号", PHONE)
        if writes and desk.party != "province" and not person["invalid_at"]:
            binding_code.button(desk, person)
        if writes and desk.party != "province" and person["comparison"]["live"] and st.button("获取最新学生信息"):
            _refresh(desk, person)
        if writes:
            dialogs.button("查看完整证件号码", UNMASK)
        _back(desk)
    dialogs.ask(desk.client, *_questions(desk, person))


def _refresh(desk: Desk, person: Mapping[str, Any]) -> None:
    def call() -> None:
        jobs.follow(f"student-{person['id']}", desk.client.post(f"/v1/graduates/{person['id']}/refresh")["job"])

    if shell.tried(call):
        st.rerun()


def _questions(desk: Desk, person: Mapping[str, Any]) -> list[Question]:
    path, name, post = f"/v1/graduates/{person['id']}", person["name"], desk.client.post

    def remove(answers: dict[str, Any], _: bool) -> None:
        post(f"{path}/removal", {"reason": answers.get("reason", "")})
        shell.say(f"{name} 已从名单移除，相关记录已暂停")

    def grant(answers: dict[str, Any], _: bool) -> None:
        left = post(f"{path}/terminations", {"reason": answers.get("reason", "")})["left"]
        shell.say(f"已为 {name} 增加一次解约申请，还可申请 {left} 次")

    def phone(answers: dict[str, Any], _: bool) -> None:
        body = {"mobile": answers.get("mobile", ""), "reason": answers.get("reason", "")}
        desk.client.put(f"{path}/phone", {**body, "lost": bool(answers.get("lost"))})
        shell.say(f"{name} 的手机号已修改，24 小时后可用于绑定")

    def unmask(answers: dict[str, Any], _: bool) -> None:
        found = post(f"{path}/unmask", {"reason": answers.get("reason", "")})
        st.session_state[WHOLE] = (person["id"], found["id_number"])

    reason = dialogs.text("reason", "原因", help="记入历史，至少 5 个字。")
    mobile = dialogs.text("mobile", "新手机号", long=False)
    own = person["bound"] or person["mobile_source"] == "own"
    lost = (dialogs.tick("lost", "本人的原手机号和微信都已不能使用，已当面核对证件原件"),) if own else ()
    return [
        Question(REMOVE, f"从名单移除：{name}", (reason,), remove, intro=(
            "移除后该生列入失效信息管理，全部记录暂停，毕业生和相关单位会收到通知。",), confirm="确认移除"),
        restoring(desk, person),
        Question(GRANT, f"增加一次解约申请：{name}", (reason,), grant, confirm="确认增加"),
        Question(PHONE, f"修改手机号：{name}", (mobile, reason, *lost), phone, intro=LOST if own else (
            "原手机号会收到短信通知，新手机号 24 小时后才能用于绑定。",), confirm="确认修改"),
        Question(UNMASK, f"查看完整证件号码：{name}", (reason,), unmask, intro=(
            "查看人、时间和原因会被记录。",), confirm="查看"),
    ]  # fmt: skip


def restoring(desk: Desk, person: Mapping[str, Any]) -> Question:
    """Asks the EMS first where there is one; then it is a job that the graduate's page shows."""

    def restore(_: dict[str, Any], __: bool) -> None:
        done = desk.client.post(f"/v1/graduates/{person['id']}/restoration")
        if done["job"]:
            jobs.follow(f"student-{person['id']}", done["job"])
            jobs.follow("restoring", done["job"])
        shell.say(f"{person['name']} 已恢复到名单" if done["restored"] else "已向就业管理系统核对，确认后自动恢复")

    intro = (f"恢复后 {person['name']} 的记录继续办理。接入就业管理系统时，先向其核对该生是否在名单中。",)
    return Question(f"{RESTORE}", f"恢复到名单：{person['name']}", (), restore, intro=intro, confirm="确认恢复")


def _whole(person: Mapping[str, Any]) -> None:
    """The whole number, on this page until it is left."""
    shown = st.session_state.pop(WHOLE, None)
    if shown and shown[0] == person["id"]:
        tables.pairs("完整证件号码（已记录本次查看，离开本页后不再显示）", [("证件号码", shown[1])])


# --- what is known -------------------------------------------------------------------------------


def _facts(desk: Desk, person: Mapping[str, Any]) -> None:
    left, region = person["terminations"], desk.client.region
    known = {
        **person["basic"],
        **{n: person[n] for n in ("name", "id_number", "level_code", "department", "major", "training_mode")},
    }
    rows = [(words.COLUMNS[n], words.column(desk.catalog, n, known[n], region)) for n in words.COLUMNS if known.get(n)]
    source = SOURCES.get(person["mobile_source"], "")
    usable = f"，{words.moment(person['mobile_usable_at'])} 起可用于绑定" if person["mobile_usable_at"] else ""
    more = [
        (
            "手机号",
            f"{person['mobile'] or words.EMPTY}{f'（{source}{usable}）' if person['mobile'] and source else ''}",
        ),
        ("邮箱", person["email"] or words.EMPTY),
        ("签约证明码", person["proof_code"]),
        ("解约申请", f"已用 {left['used']} 次，还可申请 {left['left']} 次"),
    ]
    why = "，".join(t for t in (person["invalid_cause"], person["invalid_note"]) if t)
    before = (
        tables.note(f"已不在名单中，全部记录暂停。{f'原因：{why}' if why else ''}", "bad")
        if person["invalid_at"]
        else ""
    )
    tables.pairs("学生信息", [*rows, *more], before=before)


def _records(desk: Desk, person: Mapping[str, Any]) -> None:
    flows = desk.catalog["flows"]
    rows = [
        (flows[r["flow"]]["label"], r["employer"] or words.EMPTY, r["label"], words.moment(r["created_at"]),
         ("查看", f"/{addresses.REVIEW}?flow={r['flow']}&id={r['id']}"))
        for r in person["records"]
    ]  # fmt: skip
    note = "" if rows else tables.note("还没有任何签约或登记记录。")
    tables.grid("签约与登记记录", ("业务", "单位", "状态", "发起时间", ""), rows, before=note)


def _comparison(person: Mapping[str, Any]) -> None:
    found = person["comparison"]
    if found["held"] is None:
        sentence = "还没有向就业管理系统查询过该生。" if found["live"] else "没有接入就业管理系统，无可比对。"
        tables.pairs("与就业管理系统比对", [], before=tables.note(sentence))
        return
    wrong = [n for n, c in enumerate(found["columns"]) if not c["equal"]]
    told = f"有 {len(wrong)} 项不一致，已标红。" if wrong else "全部一致。"
    held = told if found["held"] else "就业管理系统的名单中没有该生。"
    tables.grid(
        "与就业管理系统比对",
        ("", "本平台名单", "就业管理系统"),
        [(c["label"], c["roster"] or words.EMPTY, c["ems"] or words.EMPTY) for c in found["columns"]],
        marked=frozenset(wrong),
        before=tables.note(held, "good" if found["held"] and not wrong else "warn"),
        after=tables.note(f"{words.moment(found['answered_at'])} 查询"),
    )


def _reported(person: Mapping[str, Any]) -> None:
    held = person["ems"]
    destination = held["destination"] or {}
    before = tables.note(f"上报失败：{words.spoken(held['refused'])}", "bad") if held["refused"] else ""
    state = f"{words.moment(held['acked_at'])} 确认" if destination else "尚无报送信息。"
    rows = [(label, str(destination.get(name, ""))) for name, label in words.EMS_COLUMNS.items()]
    tables.pairs("已报送的就业信息", rows, before=before, after=tables.note(state))
