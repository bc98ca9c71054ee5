"""Room: risk marks as conditions of SQL: the same judgement as on the record's page, for whole lists.

`warnings.marks_for` says it for one employer, the database keeps it on every record; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflows.flows import FLOWS


def _actions(form: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.action for f in FLOWS.values() for t in f.transitions if t.form == form))


RETURNS: Final = _actions("review.return")
REJECTIONS: Final = _actions("review.reject")
REJECTED: Final = tuple(
    dict.fromkeys(s for f in FLOWS.values() for t in f.transitions if t.action in REJECTIONS for s in t.targets)
)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)  # words of our own tables


RETURN_ROWS: Final = f"j.action IN ({_listed(RETURNS)})"

# Kept on the record by triggers (`models/migrations/0018_record_marks.py`), for no index leads to what is elsewhere.
RISKY: Final = "(r.warned OR r.not_operating)"
CONDITIONS: Final[Mapping[str, str]] = {
    "warned": "r.warned",
    "not_operating": "r.not_operating",
    "any": RISKY,
    "none": f"NOT {RISKY}",
}
