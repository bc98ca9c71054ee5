"""Room: 数据统计: the rows behind a figure, page by page, and the table as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import streamlit as st

from dashboard import addresses, charts, shell, tables, words
from dashboard.client import Problem
from dashboard.shell import Desk

SIZE = 50
STUDENTS = "students"
TITLES = {
    "signing": "在线签约管理",
    "supplementary": "补登管理",
    "termination": "解约管理",
    "destination": "去向登记管理",
    STUDENTS: "学生名单",
}
UNDER_WAY = ("waiting", "running")

Behind = dict[str, tuple[str, Sequence[tuple[str, Mapping[str, Any]]]]]
"""For the id of each figure its name, and the lists that it counts: menu and filters."""

_CLICKED, _OPEN, _LAST = "statistics_clicked", "statistics_open", "statistics_last"


def fetched(desk: Desk, path: str, *, renewed: bool = True, **asked: Any) -> tuple[dict[str, Any], str]:
    """The figures, and of when they are. Those read before stand in for them while the API is out of reach.

    Raises Problem where there are none.
    """
    place = (path, desk.cohort, sorted(asked.items(), key=str))
    try:
        found = desk.client.get(path, cohort=desk.cohort, **asked)
    except Problem as problem:
        last = st.session_state.get(_LAST)
        if problem.status < 500 or not last or last[0] != place:
            raise
        return last[1], f"暂时取不到最新数据，下面是 {words.moment(last[1]['at'])} 的数据。"
    st.session_state[_LAST] = (place, found)
    often = "，每 10 秒自动刷新" if renewed else ""
    return found, f"{found['cohort']} 届，数据更新于 {words.clock(found['at'])}{often}。"


def clicked(id: str) -> None:
    """A figure of a table was clicked, if `id` names one."""
    if id:
        st.session_state[_CLICKED] = id


def open_clicked(behind: Behind) -> None:
    """Open what was clicked just now, in a table or in a chart."""
    id = st.session_state.pop(_CLICKED, "") or charts.clicked("statistics_charts")
    if id in behind:
        st.session_state[_OPEN] = behind[id]
        st.rerun()


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def opened(desk: Desk) -> None:
    """The rows behind the figure that is open."""
    figure = st.session_state.get(_OPEN)
    if not figure:
        return
    title, lists = figure

    @st.dialog(str(title), width="large", on_dismiss=_close)
    def dialog() -> None:
        for menu, filters in lists:
            try:
                _page(desk, menu, filters)
            except Problem as problem:
                shell.stopped(problem)

    dialog()


def together(*filters: Mapping[str, Any]) -> dict[str, Any]:
    """All of these filters at once; a later one narrows an earlier, columns that are empty are empty together."""
    found = {name: value for one in filters for name, value in one.items()}
    empty = [column for one in filters for column in one.get("empty", ())]
    return {**found, "empty": empty} if empty else found


def _page(desk: Desk, menu: str, filters: Mapping[str, Any]) -> None:
    """A page of the list that the API names, narrowed to a figure."""
    name = f"statistics_cursors_{menu}_{sorted(filters.items())!r}"
    cursors: list[str] = st.session_state.setdefault(name, [])
    path = "/v1/graduates" if menu == STUDENTS else f"/v1/queues/{menu}"
    page = desk.client.get(path, **filters, limit=SIZE, cursor=cursors[-1] if cursors else None)
    more_than = "多于 " if page["total_is_capped"] else ""
    title = f"{TITLES[menu]}：共 {more_than}{page['total']} 条，第 {len(cursors) + 1} 页"
    if menu == STUDENTS:
        _students(desk, title, page)
    else:
        _records(title, page)
    if cursors or page["next"]:
        with st.container(horizontal=True):
            st.button("上一页", key=f"back-{name}", disabled=not cursors, on_click=_back, args=(cursors,))
            st.button(
                "下一页", key=f"on-{name}", disabled=not page["next"], on_click=cursors.append, args=(page["next"],)
            )


def _back(cursors: list[str]) -> None:
    cursors.pop()


def _records(title: str, page: Mapping[str, Any]) -> None:
    tables.grid(
        title,
        ["姓名", "身份证号码", "所在院系", "专业", "单位", "状态", "发起时间", ""],
        [
            [
                item["graduate"]["name"],
                item["graduate"]["id_number"],
                item["graduate"]["department"] or words.EMPTY,
                item["graduate"]["major"] or words.EMPTY,
                item["employer"]["name"] or words.EMPTY,
                item["label"],
                words.moment(item["created_at"]),
                ("查看", f"/{addresses.REVIEW}?flow={item['flow']}&id={item['id']}"),
            ]
            for item in page["items"]
        ],
    )


def _students(desk: Desk, title: str, page: Mapping[str, Any]) -> None:
    tables.grid(
        title,
        ["姓名", "身份证号码", "所在院系", "专业", "学历", "目前业务", ""],
        [
            [
                item["name"],
                item["id_number"],
                item["department"],
                item["major"] or words.EMPTY,
                words.code(desk.catalog, "level", item["level_code"]),
                item["slot"]["label"] if item["slot"] else words.EMPTY,
                ("查看", f"/{addresses.STUDENTS}?id={item['id']}"),
            ]
            for item in page["items"]
        ],
    )


# --- as a file -----------------------------------------------------------------------------------


def export(desk: Desk, kind: str, filters: Mapping[str, Any] = MappingProxyType({}), **more: str) -> None:
    """The table as .xlsx, made by a job; one may go on meanwhile. `filters` besides the cohort."""
    if st.button("导出表格", width="stretch"):
        try:
            wish = {"kind": kind, "filters": {"cohort": desk.cohort, **filters}, **more}
            st.session_state["statistics_job"] = desk.client.post("/v1/exports", wish)["job"]
        except Problem as problem:
            if problem.status == 401:
                raise
            st.error(problem.detail)
    if job := st.session_state.get("statistics_job"):
        _file(desk, job)


@st.fragment(run_every="2s")
def _file(desk: Desk, job: str) -> None:
    kept = st.session_state.get("statistics_file")
    if kept is None or kept[0] != job:
        try:
            state = desk.client.get(f"/v1/jobs/{job}")
            if state["status"] in UNDER_WAY:
                st.caption("正在生成文件，可以继续查看其他内容。")
                return
            if state["status"] != "done":
                st.error(state["error"] or "文件没有生成，请重新导出。")
                return
            kept = (job, state["file"], desk.client.file(f"/v1/jobs/{job}/file").body)
        except Problem as problem:
            st.warning(problem.detail)
            return
        st.session_state["statistics_file"] = kept
    st.download_button(f"下载“{kept[1]}”", kept[2], file_name=kept[1], on_click="ignore")
