"""Room: 账号管理: a desk manages the accounts one level below it (roles.md, Modules and permissions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, filters, rows, shell, tables, words
from dashboard.dialogs import Question
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk

SHELF = Shelf("accounts", {"disabled": "false"})
NEW, RIGHTS, DISABLE, RESET = "account_new", "account_rights", "account_disable", "account_reset"
MODULES = ("employment", "archive", "household")
MADE = "account_made"


def show(desk: Desk) -> None:
    st.title("账号管理", anchor=False)
    shell.said()
    _made()
    asked = st.query_params.get("id") or ""
    if asked:
        _one(desk, asked)
    else:
        _all(desk)


def _made() -> None:
    """A password that is told this once."""
    made = st.session_state.get(MADE)
    if not made:
        return
    tables.pairs(
        "新密码（仅显示这一次，请转交本人，首次登录须修改）",
        [("用户名", made["username"]), ("密码", made["password"])],
    )
    if st.button("已记下", key="account_noted"):
        st.session_state.pop(MADE)
        st.rerun()


# --- the list ------------------------------------------------------------------------------------


def _all(desk: Desk) -> None:
    chosen = filters.draw(SHELF, _asks(desk), across=6)
    wanted = {**chosen, "disabled": {"true": True, "false": False}.get(chosen["disabled"])}
    page = filters.asked(lambda: desk.client.get("/v1/accounts", **wanted))
    if page is None:
        return
    _bar(desk, page)
    if not page["items"]:
        st.info("没有符合条件的账号。可以清除筛选，或新建账号。")
        return
    wish = rows.table(
        _columns(desk),
        [_row(desk, one, page["departments"]) for one in page["items"]],
        label="账号",
        key="account_rows",
        whole=("用户名", "创建时间"),
    )
    if wish.opened:
        desk.open(addresses.ACCOUNTS, id=wish.opened)


def _asks(desk: Desk) -> list[Ask]:
    place = filters.departments(desk) if desk.party == "school" else []
    levels = {o["value"]: o["label"] for o in _field(desk, "level")["options"]}
    return [
        Ask("name", "用户名或姓名", "其中一部分即可", wide=2),
        *place,
        Ask("level", "学历层次范围", options={"": "不限", **levels}),
        Ask("disabled", "状态", options={"false": "使用中", "true": "已停用", "": "全部"}),
    ]


def _bar(desk: Desk, page: Mapping[str, Any]) -> None:
    if page["read_only"]:
        tables.pairs("", [], before=tables.note(
            "账号和权限由就业管理系统统一管理，这里只能查看。", "warn", link=("前往就业管理系统", page["ems_url"])
        ))  # fmt: skip
    with filters.bar():
        st.text(f"共 {len(page['items'])} 个账号", width="content")
        if _writes(desk, page):
            dialogs.button("新建账号", NEW, type="primary")
    dialogs.ask(desk.client, _new(desk, page))


def _writes(desk: Desk, page: Mapping[str, Any]) -> bool:
    return desk.grant("employment") == "rw" and not page["read_only"]


def _columns(desk: Desk) -> tuple[str, ...]:
    place = "学校" if desk.party == "province" else "所在院系"
    areas = [_field(desk, f"grant_{module}")["label"] for module in MODULES]
    return (place, "用户名", "姓名或名称", *areas, "学历层次范围", "状态", "创建时间")


def _field(desk: Desk, name: str) -> Mapping[str, Any]:
    fields: list[Mapping[str, Any]] = desk.catalog["forms"]["account"]["fields"]
    return next(f for f in fields if f["name"] == name)


def _row(desk: Desk, one: Mapping[str, Any], departments: list[str]) -> rows.Row:
    place = one["school"]["name"] if desk.party == "province" else one["department"] or words.EMPTY
    level = words.level(desk.catalog, one["level"])
    cells = [
        place,
        one["username"],
        one["display_name"],
        *_grants(desk, one),
        level,
        _state(one),
        words.moment(one["created_at"]),
    ]
    # A name that the roster does not have reviews nothing: the roster was mended, or the account made for a wrong one.
    stray = desk.party == "school" and bool(departments) and one["department"] not in departments
    marks = [("名单中没有这个院系", "bad")] if stray and not one["disabled_at"] else []
    return rows.row(one["id"], cells, marks=marks, button="管理")


def _grants(desk: Desk, one: Mapping[str, Any]) -> list[str]:
    return [words.choice(desk.catalog, "account", f"grant_{m}", one["grants"].get(m, "none")) for m in MODULES]


def _state(one: Mapping[str, Any]) -> str:
    if one["disabled_at"]:
        return "已停用"
    return "待首次登录" if one["must_change"] else "使用中"


def _new(desk: Desk, page: Mapping[str, Any]) -> Question:
    """A province makes its schools' accounts, a school those of its departments, by the roster's names."""
    fields = [_placed(desk, page, f) for f in desk.catalog["forms"]["account"]["fields"]]
    province = desk.party == "province"

    def send(answers: dict[str, Any], _: bool) -> None:
        form = dict(answers)
        school = form.pop("school", None)
        body: dict[str, Any] = {"party": "school" if province else "department", "form": form}
        if school:
            body["school"] = school
        st.session_state[MADE] = desk.client.post("/v1/accounts", body)

    return Question(NEW, "新建账号", fields, send, before=_usual(), confirm="创建账号")


def _placed(desk: Desk, page: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any]:
    if field["name"] != "department":
        return field
    if desk.party == "school":
        return dialogs.choice("department", "所在院系", {name: name for name in page["departments"]})
    schools = desk.client.get(f"/v1/desk/{desk.cohort or words.this_year()}")["schools"]
    return dialogs.choice("school", "学校", {one["id"]: one["name"] for one in schools})


def _usual() -> dict[str, str]:
    return {"grant_employment": "rw", "grant_archive": "none", "grant_household": "none", "level": "all"}


# --- one account ---------------------------------------------------------------------------------


def _one(desk: Desk, account_id: str) -> None:
    page = desk.client.get("/v1/accounts")
    one = next((a for a in page["items"] if a["id"] == account_id), None)
    if one is None:
        st.warning("没有找到这个账号，它可能不在您的管理范围内。")
        _back(desk)
        return
    tables.line((one["display_name"], one["username"], _state(one)), "strong")
    with filters.bar():
        if _writes(desk, page):
            dialogs.button("修改权限", RIGHTS, type="primary")
            dialogs.button("重置密码", RESET)
            if one["disabled_at"]:
                if st.button("重新启用") and shell.tried(
                    lambda: desk.client.post(f"/v1/accounts/{one['id']}/enabling")
                ):
                    shell.say(f"{one['display_name']}：已重新启用")
                    st.rerun()
            else:
                dialogs.button("停用", DISABLE)
        _back(desk)
    place = one["school"]["name"] + (f" {one['department']}" if one["department"] else "")
    areas = [str(_field(desk, f"grant_{m}")["label"]) for m in MODULES]
    grants = list(zip(areas, _grants(desk, one), strict=True))
    facts = [("所属", place), ("学历层次范围", words.level(desk.catalog, one["level"])), *grants]
    second = "已开启" if one["second_factor"] else "未开启"
    times = [
        ("动态验证码", second),
        ("创建时间", words.moment(one["created_at"])),
        ("停用时间", words.moment(one["disabled_at"])),
    ]
    tables.pairs("账号信息", [*facts, *times])
    dialogs.ask(desk.client, _rights(desk, one), _disabling(desk, one), _resetting(desk, one))


def _back(desk: Desk) -> None:
    if st.button("返回列表", shortcut="Alt+B"):
        desk.open(addresses.ACCOUNTS)


def _rights(desk: Desk, one: Mapping[str, Any]) -> Question:
    def send(answers: dict[str, Any], sure: bool) -> None:
        desk.client.put(f"/v1/accounts/{one['id']}/rights", {"form": answers, "confirmed": sure})
        shell.say(f"{one['display_name']}：权限已修改，下一次操作起生效")

    before = {f"grant_{m}": one["grants"].get(m, "none") for m in MODULES} | {"level": one["level"]}
    fields = desk.catalog["forms"]["account_rights"]["fields"]
    return Question(RIGHTS, f"修改权限：{one['display_name']}", fields, send, before=before, confirm="保存权限")


def _disabling(desk: Desk, one: Mapping[str, Any]) -> Question:
    def send(_: dict[str, Any], sure: bool) -> None:
        desk.client.post(f"/v1/accounts/{one['id']}/disabling", {"confirmed": sure})
        shell.say(f"{one['display_name']}：已停用")

    intro = (f"停用后“{one['display_name']}”立即退出登录，不能再登录；以后可以重新启用。",)
    return Question(DISABLE, "停用账号", (), send, intro=intro, confirm="确认停用")


def _resetting(desk: Desk, one: Mapping[str, Any]) -> Question:
    def send(_: dict[str, Any], __: bool) -> None:
        st.session_state[MADE] = desk.client.post(f"/v1/accounts/{one['id']}/password")

    intro = (f"将为“{one['display_name']}”生成新密码，原密码立即失效。",)
    return Question(RESET, "重置密码", (), send, intro=intro, confirm="确认重置")
