"""Room: risk marks as conditions and columns of SQL: the same judgement as on the record's page, for whole lists.

`warnings.marks_for` says it for one employer, here it stands for every row at once; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workflows.flows import FLOWS
from workflows.ports import IN_OPERATION
from workflows.queries.warnings import EVERYWHERE


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

# A mark meets an employer by equal codes, or by equal names where one side has no code (roles.md, Warning units).
_MEETS = """((r.employer_uscc <> '' AND {w}.uscc = r.employer_uscc)
  OR ({w}.name_key = r.employer_name_key AND ({w}.uscc = '' OR r.employer_uscc = '')))"""
_OWN = f"EXISTS (SELECT 1 FROM warnings w WHERE w.school_id = r.school_id AND {_MEETS.format(w='w')})"  # noqa: S608  fixed texts
# Marks with one code count together, with the codeless ones of its names and of the employer's own; marks with
# different codes never do.
_EVERYWHERE = f"""EXISTS (SELECT 1 FROM (SELECT DISTINCT w.uscc FROM warnings w WHERE {_MEETS.format(w="w")}) h
  WHERE (SELECT count(DISTINCT o.school_id) FROM warnings o WHERE (h.uscc <> '' AND o.uscc = h.uscc)
    OR (o.uscc = '' AND (o.name_key = r.employer_name_key OR (h.uscc <> '' AND o.name_key IN (
      SELECT n.name_key FROM warnings n WHERE n.uscc = h.uscc))))) >= {EVERYWHERE})"""  # noqa: S608  fixed texts

# Marks are few: most rows are told by two look-ups in what is marked at all, made once for a whole list.
_MARKED = """(r.employer_uscc IN (SELECT m.uscc FROM warnings m WHERE m.uscc <> '')
  OR r.employer_name_key IN (SELECT m.name_key FROM warnings m))"""
WARNED: Final = f"({_MARKED} AND ({_OWN} OR {_EVERYWHERE}))"
NOT_OPERATING: Final = f"""EXISTS (SELECT 1 FROM registry_status q WHERE q.uscc = r.employer_uscc
  AND r.employer_uscc <> '' AND q.status <> '' AND q.status NOT IN ({_listed(tuple(sorted(IN_OPERATION)))}))"""  # noqa: S608  words of our own tables

CONDITIONS: Final[Mapping[str, str]] = {
    "warned": WARNED,
    "not_operating": NOT_OPERATING,
    "any": f"({WARNED} OR {NOT_OPERATING})",
}
