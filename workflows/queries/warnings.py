"""Room: reads about warning marks: what a reviewer or graduate is shown for one employer, and a school's own list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.codes import table
from models.db import fetch
from models.kit import json_time
from models.parties import Party
from workflows.actors import Actor, own_school, require, require_read

EVERYWHERE = 5  # distinct schools from which on a mark shows to everybody (guide chapter 13)


@dataclass(frozen=True, slots=True)
class Marks:
    """What one school's people see about one employer. Notes are the own school's; of other schools only reasons."""

    own: bool
    schools: int  # distinct schools whose marks count together
    by_name_only: bool  # nobody compared the code: the name alone fits
    reasons: tuple[str, ...]
    note: str = ""

    @property
    def everywhere(self) -> bool:
        return self.schools >= EVERYWHERE

    @property
    def shown(self) -> bool:
        return self.own or self.everywhere

    def as_dict(self) -> dict[str, Any]:
        labels = table("warning_reason")
        return {
            "shown": self.shown,
            "own": self.own,
            "everywhere": self.everywhere,
            "schools": self.schools if self.everywhere else None,
            "by_name_only": self.by_name_only,
            "reasons": [{"code": code, "label": labels.label(code)} for code in self.reasons],
            "note": self.note,
        }


# `hit`: the mark meets this employer itself. The others come along only because they count together with one that
# does: the same code under another name, or no code under a name that a mark with the code bears.
_CANDIDATES = """
WITH hits AS (SELECT w.id, w.uscc FROM warnings w
  WHERE ($1 <> '' AND w.uscc = $1) OR (w.name_key = $2 AND (w.uscc = '' OR $1 = ''))),
codes AS (SELECT DISTINCT h.uscc FROM hits h WHERE h.uscc <> ''),
names AS (SELECT DISTINCT w.name_key FROM warnings w JOIN codes c ON c.uscc = w.uscc)
SELECT w.school_id, w.uscc, w.name_key, w.reasons, w.note, EXISTS (SELECT 1 FROM hits h WHERE h.id = w.id) AS hit
FROM warnings w
WHERE w.id IN (SELECT h.id FROM hits h) OR w.uscc IN (SELECT c.uscc FROM codes c)
  OR (w.uscc = '' AND w.name_key IN (SELECT n.name_key FROM names n))"""


async def marks_for(school_id: UUID, uscc: str, name_key: str) -> Marks:
    """The marks that meet this employer: equal codes, or equal names where one side has no code (roles.md)."""
    rows = [{**row, "reasons": _reasons(row["reasons"])} for row in await fetch(_CANDIDATES, uscc, name_key)]
    together = largest(rows, name_key)
    own = [row for row in rows if row["hit"] and row["school_id"] == school_id]
    schools = len({row["school_id"] for row in together})
    told = rows_told(own, together, everywhere=schools >= EVERYWHERE)
    return Marks(
        own=bool(own),
        schools=schools,
        by_name_only=bool(told) and not any(uscc and row["uscc"] == uscc for row in told),
        reasons=tuple(dict.fromkeys(reason for row in told for reason in row["reasons"])),
        note="\n".join(row["note"] for row in own if row["note"]),
    )


def rows_told(own: list[dict[str, Any]], together: list[dict[str, Any]], *, everywhere: bool) -> list[dict[str, Any]]:
    """Whose reasons are shown: the own school's, and from five schools on everybody's."""
    return [*own, *(row for row in together if everywhere and row not in own)]


def largest(rows: Iterable[Mapping[str, Any]], name_key: str) -> list[dict[str, Any]]:
    """Marks that count together: those of one code with the codeless ones of its names and of the employer's own.

    Equal names with different codes never merge, so for an employer without a code each code is counted by itself, and
    the most schools win.
    """
    listed = [dict(row) for row in rows]
    groups = []
    for code in sorted({row["uscc"] for row in listed if row["uscc"]}) or [""]:
        names = {row["name_key"] for row in listed if code and row["uscc"] == code} | {name_key}
        groups.append([r for r in listed if (code and r["uscc"] == code) or (not r["uscc"] and r["name_key"] in names)])
    return max(groups, key=lambda group: len({row["school_id"] for row in group}))


def _reasons(value: Any) -> list[str]:
    return json.loads(value) if isinstance(value, str) else list(value)


_LIST = """
SELECT w.id, w.name, w.uscc, w.reasons, w.note, w.evidence, w.marked_at, a.display_name AS by_name, e.nature,
  e.nature IS NOT NULL AS registered, (SELECT r.employer_nature FROM records r
    WHERE w.uscc <> '' AND r.employer_uscc = w.uscc AND r.school_id = w.school_id
    ORDER BY r.created_at DESC LIMIT 1) AS told_nature
FROM warnings w LEFT JOIN accounts a ON a.id = w.marked_by LEFT JOIN LATERAL (SELECT x.nature FROM employers x
  WHERE w.uscc <> '' AND x.uscc = w.uscc AND x.status IN ('verified', 'suspended') LIMIT 1) e ON TRUE
WHERE w.school_id = $1 ORDER BY w.marked_at DESC, w.id"""


async def own_marks(actor: Actor) -> list[dict[str, Any]]:
    """预警单位管理: the marks of the actor's own school. `employer_nature`: as the employer registered it, else as the
    school's latest record with this code has it. Raises Forbidden, ModuleClosed."""
    require(actor, Party.SCHOOL)
    require_read(actor)
    labels = table("warning_reason")
    return [
        {
            "id": str(row["id"]),
            "employer_name": row["name"],
            "employer_uscc": row["uscc"],
            "employer_nature": row["nature"] or row["told_nature"] or "",
            "registered": row["registered"],
            "reasons": [{"code": code, "label": labels.label(code)} for code in _reasons(row["reasons"])],
            "note": row["note"],
            "evidence": json.loads(row["evidence"]) if row["evidence"] else [],
            "marked_by": row["by_name"] or "",
            "marked_at": json_time(row["marked_at"]),
        }
        for row in await fetch(_LIST, own_school(actor))
    ]
