"""Room: the catalogue's forms as widgets: one question each, shown only where its condition holds.

A form with conditions or regions is drawn live, so that what is asked follows what was chosen; the others are sent as
one, so that nothing runs while one types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import regions
from dashboard.client import Client

Field = Mapping[str, Any]
CHOOSE = "请选择"


def live(fields: Sequence[Field]) -> bool:
    """Whether answers change what is asked."""
    return any(f["when"] or f["kind"] == "region" for f in fields)


def shown(fields: Sequence[Field], answers: Mapping[str, Any]) -> list[Field]:
    """The questions whose condition holds for the answers."""
    return [f for f in fields if f["when"] is None or answers.get(f["when"]["field"]) in f["when"]["in"]]


def draw(
    client: Client,
    fields: Sequence[Field],
    key: Callable[[str], str],
    before: Mapping[str, Any],
    faults: Mapping[str, str],
) -> None:
    """All questions, each with its present value and its fault; faults of no question stand below."""
    for field in shown(fields, standing(fields, key, before)):
        one(client, field, key(field["name"]), before.get(field["name"], field["default"]), fields, key)
        if field["name"] in faults:
            st.error(faults[field["name"]])
    for message in [m for path, m in faults.items() if path not in {f["name"] for f in fields}]:
        st.error(message)


def standing(fields: Sequence[Field], key: Callable[[str], str], before: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in each question now: typed, else as it was before."""
    found = {}
    for field in fields:
        name = field["name"]
        found[name] = st.session_state.get(key(name), before.get(name, field["default"]))
    return found


def answers(fields: Sequence[Field], key: Callable[[str], str]) -> dict[str, Any]:
    """What was typed into the questions that are shown, empty ones left out."""
    typed = {f["name"]: st.session_state.get(key(f["name"])) for f in fields}
    return {f["name"]: typed[f["name"]] for f in shown(fields, typed) if typed[f["name"]] not in (None, "")}


def one(
    client: Client, field: Field, key: str, value: Any, fields: Sequence[Field], keys: Callable[[str], str]
) -> None:
    """One question as a widget that holds its present value, with its help below it."""
    label = field["label"] + ("（必填）" if field["required"] and field["kind"] != "boolean" else "")
    if field["options"]:
        _choice(field, label, key, value, _group(field, fields, keys))
    elif field["kind"] == "region":
        regions.pick(client, label, key, value)
    elif field["kind"] == "files":
        st.caption(f"{label}：已有 {len(value or [])} 个文件。文件需在上传后随表提交。")
    elif field["kind"] == "boolean":
        st.checkbox(label, bool(value), key=key)
    elif field["kind"] == "long_text":
        st.text_area(label, str(value or ""), key=key, height=100)
    elif field["kind"] == "password":
        st.text_input(label, key=key, type="password")
    elif field.get("sensitive") and value:
        # It came masked, and what came masked cannot be sent back.
        st.text_input(field["label"], key=key, placeholder=f"{value}，不改可留空")
    else:
        hint = "例如 2027-07-01" if field["kind"] == "date" else ""
        st.text_input(label, "" if value is None else str(value), key=key, placeholder=hint)
    if field["help"]:
        st.caption(field["help"])


def _choice(field: Field, label: str, key: str, value: Any, group: str) -> None:
    offered = [o for o in field["options"] if not group or o["group"] in ("", group)] or field["options"]
    labels = {o["value"]: o["label"] for o in offered}
    values = list(labels)
    if st.session_state.get(key) not in (None, *values):
        del st.session_state[key]
    index = values.index(str(value)) if str(value) in values else None
    st.selectbox(label, values, index, format_func=labels.__getitem__, key=key, placeholder=CHOOSE, filter_mode=None)


def _group(field: Field, fields: Sequence[Field], keys: Callable[[str], str]) -> str:
    """Options in groups follow the choice that the condition looks at: its label is the group's name."""
    leader = next((f for f in fields if field["when"] and f["name"] == field["when"]["field"]), None)
    if leader is None or not leader["options"]:
        return ""
    chosen = st.session_state.get(keys(leader["name"]))
    name = next((str(o["label"]) for o in leader["options"] if o["value"] == chosen), "")
    return name if any(o["group"] == name for o in field["options"]) else ""
