"""Room: what was done to a thing that is no record, as a table: an entry of the roster, an employer, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import tables, words


def show(title: str, history: Sequence[Mapping[str, Any]]) -> None:
    """Nothing at all where nothing was done yet; columns without anything in them are left out."""
    if not history:
        return
    told = [
        (label, [step[name] or "" for step in history])
        for name, label in (("label", "操作"), ("what", "内容"), ("reason", "原因"), ("by", "操作人"))
    ]
    kept = [(label, values) for label, values in told if any(values)]
    columns = [*kept, ("操作时间", [words.moment(step["at"]) for step in history])]
    rows = [tuple(value or words.EMPTY for value in row) for row in zip(*(v for _, v in columns), strict=True)]
    tables.grid(title, tuple(label for label, _ in columns), rows, whole_last=True)
