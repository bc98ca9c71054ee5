"""Room: pages of long lists: conditions with numbered parameters, keyset cursors, totals that stop counting at a cap.

A cursor names the last row that was given out (its sort value and id), so a page costs the same however far one has
read, and rows that come in meanwhile neither repeat nor push others out.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_afresh
from models.kit import parse_id
from models.parties import Party
from workflows.actors import Actor, Scope
from workflows.errors import Fault, InvalidRequest
from workflows.limits import PAGE_MAX, PAGE_SIZE, PROVINCE_TOTAL_CAP, TOTAL_CAP

LOST_PLACE = "翻页位置已失效，请从第一页重新查看。"


@dataclass(slots=True)
class Where:
    """Conditions joined by AND. `add("r.state = ANY({})", states)` numbers the parameters itself.

    `ways`: one of these holds besides. Each by itself is led to by an index in the order of the list, all at once by
    none; a page takes its rows from the beginnings of all.
    """

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)

    def add(self, text: str, *values: Any) -> None:
        self.parts.append(self._numbered(text, values))

    def either(self, text: str, *ways: tuple[Any, ...]) -> None:
        """One way for each set of values."""
        self.ways += [self._numbered(text, values) for values in ways]

    def _numbered(self, text: str, values: tuple[Any, ...]) -> str:
        marks = [f"${len(self.values) + place}" for place in range(1, len(values) + 1)]
        self.values.extend(values)
        return text.format(*marks)

    def within(self, scope: Scope, alias: str) -> None:
        """Only rows that the actor may see."""
        text, values = scope.where(len(self.values) + 1, alias)
        self.parts.append(f"({text})")
        self.values.extend(values)

    def copy(self) -> Where:
        return Where(list(self.parts), list(self.values), list(self.ways))

    @property
    def text(self) -> str:
        either = [f"({' OR '.join(self.ways)})"] if self.ways else []
        return " AND ".join([*self.parts, *either]) or "TRUE"

    @property
    def texts(self) -> list[str]:
        """The whole condition by each of its ways."""
        return [" AND ".join([*self.parts, way]) for way in self.ways] or [self.text]


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by a column and the id, both in one direction. `column` None: by the id alone."""

    name: str
    column: str | None
    id_column: str
    descending: bool = False

    @property
    def text(self) -> str:
        way = " DESC" if self.descending else ""
        ids = f"{self.id_column}{way}"
        return f"{self.column}{way}, {ids}" if self.column else ids

    @property
    def value(self) -> str:
        return self.column or "NULL::timestamptz"

    def after(self, where: Where, cursor: str) -> None:
        """Only rows behind the cursor. Raises InvalidRequest for a cursor that this list did not give out."""
        sign = "<" if self.descending else ">"
        value, last = _decode(cursor, self)
        if self.column is None:
            where.add(f"{self.id_column} {sign} {{}}", last)
        else:
            where.add(f"({self.column}, {self.id_column}) {sign} ({{}}, {{}})", value, last)

    def cursor(self, value: datetime | None, last: UUID) -> str:
        plain = json.dumps([self.name, value.isoformat() if value else None, str(last)], separators=(",", ":"))
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _decode(cursor: str, order: Order) -> tuple[datetime | None, UUID]:
    try:
        name, text, last = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = datetime.fromisoformat(text) if text is not None else None
        found = parse_id(last)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        found, name, value = None, None, None
    usable = value is None or (value.tzinfo is not None and 2000 <= value.year < 2200)
    if found is None or name != order.name or not usable or (value is None) != (order.column is None):
        raise InvalidRequest(LOST_PLACE, [Fault("cursor", "bad_cursor", LOST_PLACE)])
    return value, found


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `items`, the cursor of the next one (None: this was the last), and the capped total."""

    items: list[dict[str, Any]]
    next: str | None
    total: int
    total_is_capped: bool


def size(limit: int | None) -> int:
    return min(limit or PAGE_SIZE, PAGE_MAX)


def cap_of(actor: Actor) -> int:
    """Where counting a list stops for this reader."""
    return PROVINCE_TOTAL_CAP if actor.party is Party.PROVINCE else TOTAL_CAP


async def read(
    columns: str,
    source: str,
    where: Where,
    order: Order,
    limit: int,
    cursor: str | None,
    counted_in: str = "",
    cap: int = TOTAL_CAP,
    afresh: bool = False,
) -> tuple[Sequence[Any], str | None, int, bool]:
    """The rows of one page, the next cursor, the total and whether counting was stopped at the cap.

    The sort column is selected as `sort_value`, the id as `id`; columns and source are ours, never typed by anybody.
    `counted_in`: a narrower source that the conditions do with, so that counting and choosing join nothing. `afresh`:
    the best way depends on what is asked for (`db.fetch_afresh`).
    """
    rows, following, counted = await _page(columns, source, where, order, limit, cursor, counted_in, cap, afresh)
    return rows, following, min(counted, cap), counted > cap


async def _page(
    columns: str,
    source: str,
    where: Where,
    order: Order,
    limit: int,
    cursor: str | None,
    chosen_in: str = "",
    cap: int | None = None,
    afresh: bool = False,
) -> tuple[Sequence[Any], str | None, int]:
    """First how many there are and which are to be shown, which indexes may tell alone; then what stands in them. The
    conditions are asked again of these: what has changed in between is not shown.
    """
    behind = where.copy()
    if cursor:
        order.after(behind, cursor)
    ask = fetch_afresh if afresh else fetch
    chosen = await ask(_choice(chosen_in or source, where, behind, order, limit + 1, cap), *behind.values)
    found = [row for row in chosen if row["id"] is not None]
    rows: Sequence[Any] = []
    if found:
        among = f"{order.id_column} = ANY(${len(where.values) + 1}) AND {where.text}"
        rows = await fetch(
            f"SELECT {columns}, {order.value} AS sort_value FROM {source} WHERE {among} ORDER BY {order.text}",  # noqa: S608  fixed texts, numbered parameters
            *where.values,
            [row["id"] for row in found[:limit]],
        )
    # By what was chosen, not by what is shown: if all of it has changed in between, the list still goes on behind it.
    last = found[limit - 1] if len(found) > limit else None
    return rows, order.cursor(last["sort_value"], last["id"]) if last else None, chosen[0]["n"] if chosen else 0


def _choice(source: str, where: Where, behind: Where, order: Order, wanted: int, cap: int | None) -> str:
    """`id` and `sort_value` of the rows to be shown, and beside each, or alone, how many rows there are, one more than
    the cap at the utmost.
    """
    ways, n = _ways(source, behind, order, wanted), len(behind.texts)
    way = " DESC" if order.descending else ""
    together = " UNION ALL ".join(f"SELECT * FROM way_{place}" for place in range(n))  # noqa: S608  fixed texts, numbered parameters
    chosen = f"SELECT id, sort_value FROM ({together}) x ORDER BY sort_value{way}, id{way} LIMIT {wanted}"  # noqa: S608  as above
    begun, ended = f"WITH {ways}, chosen AS ({chosen})", f"ORDER BY sort_value{way}, id{way}"
    if cap is None:
        return f"{begun} SELECT 0 AS n, id, sort_value FROM chosen {ended}"  # noqa: S608  as above
    each = " UNION ALL ".join(f"(SELECT 1 FROM {source} WHERE {text} LIMIT {cap + 1})" for text in where.texts)  # noqa: S608  as above
    counted = f"SELECT count(*) AS n FROM (SELECT 1 FROM ({each}) x LIMIT {cap + 1}) x"  # noqa: S608  as above
    return f"{begun}, counted AS ({counted}) SELECT n, id, sort_value FROM counted LEFT JOIN chosen ON TRUE {ended}"  # noqa: S608  as above


def _ways(source: str, behind: Where, order: Order, wanted: int) -> str:
    """The first rows of each way as `way_0`, `way_1`, ...

    A later one is walked no further than the last row of an earlier one that gave all that is wanted: it may lead to
    few rows or none, and would be walked to its end.
    """
    least, most, side = ("min", "max", ">=") if order.descending else ("max", "min", "<=")
    beyond = "'-infinity'" if order.descending else "'infinity'"
    ways: list[str] = []
    for text in behind.texts:
        ends = [f"SELECT {least}(sort_value) AS at FROM way_{n} HAVING count(*) = {wanted}" for n in range(len(ways))]  # noqa: S608  fixed texts, numbered parameters
        reach = f"COALESCE((SELECT {most}(at) FROM ({' UNION ALL '.join(ends)}) x), {beyond})"  # noqa: S608  as above
        within = f"{text} AND {order.column} {side} {reach}" if ends and order.column else text
        first = f"SELECT {order.id_column} AS id, {order.value} AS sort_value FROM {source} WHERE {within}"  # noqa: S608  as above
        ways.append(f"way_{len(ways)} AS ({first} ORDER BY {order.text} LIMIT {wanted})")
    return ", ".join(ways)


async def pages(
    columns: str, source: str, where: Where, order: Order, limit: int, most: int
) -> AsyncIterator[Sequence[Any]]:
    """All rows, `limit` at a time and `most` of them at the utmost; for files, so nothing is counted."""
    cursor: str | None = None
    left = most
    while left > 0:
        rows, cursor, _ = await _page(columns, source, where, order, min(limit, left), cursor)
        if rows:
            yield rows
        left -= len(rows)
        if cursor is None:
            return


def like(text: str) -> str:
    """A text as part of a LIKE pattern: its own wildcards mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
