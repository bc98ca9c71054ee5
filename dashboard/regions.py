"""Room: choosing a place: province, city, county, each from what lies in the one before (GB/T 2260)."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.client import Client

STEPS = ((2, "省（自治区、直辖市）"), (4, "市（州）"), (6, "区（县）"))
CHOOSE = "请选择"


def provinces(client: Client) -> dict[str, str]:
    """Code → name of every province."""
    return {code: name for code, name in client.regions().items() if code.endswith("0000")}


def pick(client: Client, label: str, key: str, value: str | None) -> None:
    """Ask for a place; its code stands in the session under `key`, empty while none is chosen."""
    table, chosen = client.regions(), ""
    begun = str(value or "")
    st.caption(label)
    cells = st.columns(len(STEPS))
    for cell, (digits, name) in zip(cells, STEPS, strict=True):
        offered = _within(table, chosen, digits)
        if digits > 2 and not (chosen and offered):
            continue
        codes, start = list(offered), begun[:digits].ljust(6, "0")
        found = cell.selectbox(
            name,
            codes,
            codes.index(start) if start in codes else None,
            format_func=offered.__getitem__,
            key=f"pick-{key}-{digits}-{chosen}",
            placeholder=CHOOSE,
            filter_mode=None,
        )
        chosen = found or chosen
    st.session_state[key] = chosen


def _within(table: Mapping[str, str], parent: str, digits: int) -> dict[str, str]:
    """The places one step below; municipalities and some cities have their counties at once."""
    stem = parent[: digits - 2] if parent else ""
    tail = "0" * (6 - digits)
    found = {
        c: n for c, n in table.items() if c.startswith(stem) and c.endswith(tail) and c[digits - 2 : digits] != "00"
    }
    return {c: n.removeprefix(table.get(parent, "")) or n for c, n in found.items() if c != parent}
