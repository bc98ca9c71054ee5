"""Room: the queues of 学生管理, one view for every menu. Each opens on what waits for me, so that no default filter
hides work (dashboard.md 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import addresses, dialogs, exports, filters, rows, shell, tables, words
from dashboard.shell import Desk
from dashboard.views import queue_bulk, queue_filters
from dashboard.views.queue_filters import ALL, MINE

WHOLE = ("姓名", "身份证号码", "等待")
Place = tuple[str, str]
"""Flow and id of a record."""


def show(desk: Desk, menu: str) -> None:
    _at_once(desk, menu)
    st.title(desk.catalog["menus"][menu]["label"], anchor=False)
    shell.said()
    queue_bulk.results(menu)
    exports.show(desk, f"queue_{menu}")
    chosen = queue_filters.draw(desk, menu)
    page = filters.asked(lambda: _page(desk, menu, chosen))
    if page is None:
        return
    _remember(menu, page)
    _bar(desk, menu, page, chosen)
    if page["items"]:
        _list(desk, menu, page["items"])
    else:
        _nothing(chosen)


def narrow(menu: str, where: str = MINE) -> None:
    """Forget the present filters; show one part of the queue, or what waits for me."""
    queue_filters.shelf(menu).narrow(where=where)


def to_first_pages() -> None:
    """Another cohort has other pages."""
    for menu in addresses.QUEUES:
        queue_filters.shelf(menu).to_first_page()
        st.session_state.pop(_ids_key(menu), None)


def _at_once(desk: Desk, menu: str) -> None:
    """A record that was asked for in the list as it was shown: the list need not be read again on the way."""
    known: list[Place] = st.session_state.get(_ids_key(menu)) or []
    wanted = rows.opened(_rows_key(menu))
    if st.session_state.get(_start_key(menu)) and known:
        wanted = known[0][1]
    for flow, id in known:
        if id == wanted:
            desk.open(addresses.REVIEW, flow=flow, id=id)


def _start_key(menu: str) -> str:
    return f"queue_{menu}_start"


def _rows_key(menu: str) -> str:
    return f"queue_{menu}_rows"


# --- the page ------------------------------------------------------------------------------------


def _page(desk: Desk, menu: str, chosen: Mapping[str, str]) -> dict[str, Any]:
    cursor = queue_filters.shelf(menu).cursor
    wanted = queue_filters.asked(desk, chosen)
    return desk.client.listed(f"queues/{menu}", limit=filters.SIZE, cursor=cursor, cohort=desk.cohort, **wanted)


def _remember(menu: str, page: Mapping[str, Any]) -> list[Place]:
    found = [(item["flow"], item["id"]) for item in page["items"]]
    st.session_state[_ids_key(menu)] = found
    return found


def _ids_key(menu: str) -> str:
    return f"queue_{menu}_ids"


def places(desk: Desk, menu: str) -> list[Place]:
    """The order in which a reviewer goes from record to record: the list last shown, else the queue from its start."""
    known = st.session_state.get(_ids_key(menu))
    return list(known) if known is not None else restarted(desk, menu)


def without(menu: str, place: Place) -> None:
    st.session_state[_ids_key(menu)] = [p for p in st.session_state.get(_ids_key(menu), []) if p != place]


def restarted(desk: Desk, menu: str) -> list[Place]:
    """The list from its first page, by the same filters: what follows when the page at hand is done."""
    shelf = queue_filters.shelf(menu)
    shelf.to_first_page()
    return list(_remember(menu, _page(desk, menu, shelf.kept)))


def leaves_when_decided(menu: str) -> bool:
    """Whether a decided record falls out of the list that is being worked on."""
    return queue_filters.shelf(menu).kept["where"] != ALL


def _bar(desk: Desk, menu: str, page: Mapping[str, Any], chosen: Mapping[str, str]) -> None:
    """Above the list, so that nothing moves when the list grows: where to begin, how many, which page."""
    with filters.bar():
        empty = not page["items"]
        if st.button("从第一条开始", key=_start_key(menu), type="primary", shortcut="Alt+O", disabled=empty):
            first = page["items"][0]
            desk.open(addresses.REVIEW, flow=first["flow"], id=first["id"])
        filters.pager(queue_filters.shelf(menu), page)
        queue_filters.saved(desk, menu, chosen)
        wish = {"menu": menu, "filters": {**queue_filters.asked(desk, chosen), "cohort": desk.cohort}}
        _papers(page["items"])
        export = exports.button(desk, f"queue_{menu}", (exports.SELECTION, exports.RETURNED), wish)
    dialogs.ask(desk.client, export)


def _papers(items: list[Mapping[str, Any]]) -> None:
    """The agreements of the page that is shown."""
    numbers = [item["agreement_no"] for item in items if addresses.is_agreement(item["agreement_no"] or "")]
    if numbers:
        address = f"{addresses.PAPERS}?numbers={','.join(numbers)}"
        st.html(tables.own_link(f"下载本页协议书（{len(numbers)} 份）", address), width="content")


def _nothing(chosen: Mapping[str, str]) -> None:
    narrowed = any(value for name, value in chosen.items() if name != "where")
    if chosen["where"] == MINE and not narrowed:
        st.info("目前没有待您处理的记录。要查看其他记录，请在状态中选择“全部状态”。")
    else:
        st.info("没有符合条件的记录。可以放宽筛选条件，或点击“清除筛选”。")


def _list(desk: Desk, menu: str, items: list[Mapping[str, Any]]) -> None:
    columns = list(_cells(desk, menu, items[0]))
    shown = [_row(desk, menu, item) for item in items]
    bulk = "批量通过" if any(row["pick"] for row in shown) else ""
    label = f"{desk.catalog['menus'][menu]['label']}记录"
    wish = rows.table(
        columns, shown, label=label, key=_rows_key(menu), whole=WHOLE, wide=(words.STATE_COLUMNS[menu],), bulk=bulk
    )
    st.caption("单击一行打开记录；用 Tab 键移到“处理”“查看”，按 ↑ ↓ 换行，按 Enter 打开。单位有预警的须逐条审核。")
    flows = {item["id"]: item["flow"] for item in items}
    if wish.opened:
        desk.open(addresses.REVIEW, flow=flows[wish.opened], id=wish.opened)
    if wish.picked:
        queue_bulk.begin(menu, [item for item in items if item["id"] in wish.picked])
    queue_bulk.ask(desk, menu)


def _row(desk: Desk, menu: str, item: Mapping[str, Any]) -> rows.Row:
    mine = item["waits_on"] == desk.party and not item["frozen"] and desk.grant("employment") == "rw"
    marks = words.marks(item)
    return rows.row(
        item["id"],
        list(_cells(desk, menu, item).values()),
        marks=marks,
        button="处理" if mine else "查看",
        pick=mine and queue_bulk.simple(desk, item),
    )


def _cells(desk: Desk, menu: str, item: Mapping[str, Any]) -> dict[str, str]:
    graduate, employer, catalog = item["graduate"], item["employer"], desk.catalog
    begun = {words.PARTY_COLUMNS[menu]: words.party(item["initiator"])} if menu in words.PARTY_COLUMNS else {}
    kind = {"毕业去向": words.code(catalog, "destination", item["destination_code"])} if menu == "destination" else {}
    number = {} if menu == "destination" else {"当前协议编号": item["agreement_no"] or words.EMPTY}
    return {
        **({"学校": graduate["school"]["name"]} if desk.party == "province" else {}),
        **begun,
        words.STATE_COLUMNS[menu]: item["label"],
        "所在院系": graduate["department"] or words.EMPTY,
        "学历层次": words.code(catalog, "level", graduate["level_code"]),
        "专业": graduate["major"],
        "姓名": graduate["name"],
        "身份证号码": graduate["id_number"],
        **number,
        **kind,
        words.EMPLOYER_COLUMNS[menu]: employer["name"] or words.EMPTY,
        "等待": words.age(item["since"]),
    }
