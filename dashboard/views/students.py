"""Room: 学生名单管理: the roster, its work lists with reminders, and roster files (roles.md, Roster)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import addresses, dialogs, exports, filters, jobs, rows, shell, tables, uploads, words
from dashboard.filters import Ask, Shelf
from dashboard.shell import Desk
from dashboard.views import student

SHELF = Shelf("students", {"invalid": "false"})
IMPORT = "roster"
PEOPLE = ("name", "id_number", "department", "major", "level", "proof_code")
"""What the results of a selection may be narrowed by."""
MOST = 40 * 1024 * 1024
BOUND = {"": "不限", "true": "已绑定", "false": "未绑定"}
ON_ROSTER = {"false": "在名单中", "true": "已失效", "": "全部"}
REGISTERED = {"": "不限", "true": "已登记或办理中", "false": "没有去向"}
LISTS = {"": "不限", "unregistered": "未登记", "unbound": "微信未绑定", "returned": "退回未改"}
MODES = {"all": "全部正确才导入", "valid": "只导入正确的行"}
LOCKED = "在线签约已开通的届次不能成批删除名单；导入只新增和更新，文件中没有的学生不会被删除。"


def show(desk: Desk) -> None:
    asked = st.query_params.get("id") or ""
    if asked:
        student.show(desk, asked)
        return
    st.title("学生名单管理", anchor=False)
    shell.said()
    if desk.party == "school" and desk.grant("employment") == "rw":
        _import(desk)
    exports.show(desk, "students")
    chosen = filters.draw(SHELF, _asks(desk), across=6)
    if desk.party != "province" and desk.grant("employment") == "rw":
        _poster(chosen["department"] if desk.party == "school" else "")
    wanted = _wanted(chosen)
    page = filters.asked(
        lambda: desk.client.listed("graduates", limit=filters.SIZE, cursor=SHELF.cursor, cohort=desk.cohort, **wanted)
    )
    if page is None:
        return
    with filters.bar():
        filters.pager(SHELF, page, "人")
        people = {name: chosen[name] for name in PEOPLE if chosen.get(name)}
        export = exports.button(desk, "students", (exports.RESULTS,), {"people": {**people, "cohort": desk.cohort}})
    dialogs.ask(desk.client, export)
    if not page["items"]:
        st.info("没有符合条件的学生。可以放宽筛选条件；名单还是空的，请先导入名单。")
        return
    _list(desk, page["items"], chosen["list"])


# --- the list ------------------------------------------------------------------------------------


def _asks(desk: Desk) -> list[Ask]:
    return [
        *filters.people(desk),
        Ask("list", "工作清单", options=LISTS),
        Ask("bound", "微信", options=BOUND),
        Ask("registered", "去向", options=REGISTERED),
        Ask("invalid", "名单状态", options=ON_ROSTER),
    ]


def _wanted(chosen: Mapping[str, str]) -> dict[str, Any]:
    truths = {name: chosen[name] == "true" for name in ("bound", "registered", "invalid") if chosen[name]}
    return {**{name: value for name, value in chosen.items() if name not in truths}, **truths}


def _list(desk: Desk, items: Sequence[Mapping[str, Any]], work_list: str) -> None:
    reminds = bool(work_list) and desk.party != "province" and desk.grant("employment") == "rw"
    place = ("学校",) if desk.party == "province" else ()
    wish = rows.table(
        (*place, "姓名", "身份证号码", "所在院系", "专业", "学历", "培养方式", "微信", "去向"),
        [_row(desk, item, pick=reminds) for item in items],
        label="学生名单",
        key="student_rows",
        whole=("姓名", "身份证号码", "微信"),
        bulk="提醒所选学生" if reminds else "",
    )
    if wish.opened:
        desk.open(addresses.STUDENTS, id=wish.opened)
    if wish.picked:
        _remind(desk, work_list, wish.picked)


def _row(desk: Desk, item: Mapping[str, Any], *, pick: bool) -> rows.Row:
    cells = [
        *((item["school"]["name"],) if desk.party == "province" else ()),
        item["name"],
        item["id_number"],
        item["department"],
        item["major"],
        words.code(desk.catalog, "level", item["level_code"]),
        words.code(desk.catalog, "training_mode", item["training_mode"]),
        "已绑定" if item["bound"] else "未绑定",
        item["slot"]["label"] if item["slot"] else "未登记",
    ]
    return rows.row(item["id"], cells, marks=[("已失效", "bad")] if item["invalid_at"] else [], pick=pick)


def _remind(desk: Desk, work_list: str, ids: Sequence[str]) -> None:
    """Told at most once in three days of each list; who rests is counted."""

    def call() -> None:
        done = desk.client.post("/v1/reminders", {"list": work_list, "ids": list(ids)})
        resting = f"，{done['resting']} 人三天内已提醒过" if done["resting"] else ""
        elsewhere = f"，{done['elsewhere']} 人已不在清单中" if done["elsewhere"] else ""
        st.success(f"已提醒 {done['reminded']} 人{resting}{elsewhere}。")

    shell.tried(call)


def _poster(department: str) -> None:
    """A sheet for everybody; a code for one graduate is on the graduate's own page."""
    asked = f"?{urlencode({'department': department})}" if department else ""
    name = f"下载绑定海报（{department}）" if department else "下载绑定海报"
    link = tables.own_link(name, f"{addresses.POSTER}{asked}")
    st.html(f"<div class='wq-line plain'>{link}<span>打印后张贴；毕业生用微信扫码，关注后按提示绑定。</span></div>")


# --- roster files --------------------------------------------------------------------------------


def _import(desk: Desk) -> None:
    jobs.show(desk, IMPORT, _told)
    with st.expander("导入名单", key="roster_import"):
        if desk.cohort is None:
            st.info("还没有开通任何届次，暂不能导入。")
            return
        cells = st.columns([2, 3, 2], vertical_alignment="bottom")
        mode = cells[0].selectbox(
            "遇到有误的行",
            list(MODES),
            format_func=MODES.__getitem__,
            key="roster_mode",
            filter_mode=None,
            placeholder="请选择",
        )
        moves = cells[1].checkbox("文件中有学生在其他届次或学校的名单中，确认转入本届", key="roster_moves")
        cells[2].html(tables.own_link("下载导入模板", addresses.TEMPLATE))
        asked = f"cohort={desk.cohort}&mode={mode}&moves={'confirmed' if moves else 'ask'}"
        taken = uploads.button(
            f"{addresses.ROSTER}?{asked}",
            f"选择文件并导入 {desk.cohort} 届名单",
            accept=".xlsx,.csv",
            most=MOST,
            key=f"roster_file_{asked}",
        )
        st.caption(f"可上传 .xlsx 或 .csv，最大 40 MB。{LOCKED}")
        if taken and taken.get("job"):
            jobs.follow(IMPORT, str(taken["job"]))
            st.rerun()


def _told(summary: Mapping[str, Any]) -> list[str]:
    ignored = summary.get("ignored_columns") or []
    more = [f"未识别并忽略的列：{'、'.join(ignored[:10])}"] if ignored else []
    return [*(summary.get("sentences") or []), *more]
