"""Room: the data keys are changed: whatever an older key sealed is sealed anew with today's, while everybody works on.

The operator puts the new key in front in WQ_DATA_KEYS and restarts every process, so that all of them open both; then
this runs, as often as wanted; when nothing is left, the older key may go. The blind index has a key of its own, which
stays: it opens nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from models import storage, vault
from models.db import execute, fetch
from models.sql import sealed as sql
from models.sql.sealed import SEALED, Column
from workflows.actors import NOBODY, Actor, require
from workflows.commands import Book, command
from workflows.commands.jobs import EXPORT_PLACE
from workflows.journal import PLATFORM_CHAIN

AT_ONCE: Final = 200
PASSES: Final = 3
"""What was being written when a pass came by is met by the next one."""


async def rotate(actor: Actor) -> Mapping[str, int]:
    """Seal anew what an older key sealed; how many rows of which column, and how many files. Raises Forbidden."""
    require(actor)
    done = {str(column): 0 for column in SEALED}
    for _ in range(PASSES):
        moved = 0
        for column in SEALED:
            changed = await _column(actor, column)
            done[str(column)] += changed
            moved += changed
        if not moved:
            break
    done["files"] = await _files()
    await _note(actor, done)
    return done


@dataclass(frozen=True, slots=True)
class Left:
    """What is not under today's key (`key`, its id): rows by column, and files, that an older key opens; texts that
    none opens.
    """

    older: Mapping[str, int]
    closed: int
    key: str


async def left() -> Left:
    """Look at everything once more. A roster file that is being read counts: it is gone once it has been read."""
    older, closed = {}, 0
    for column in SEALED:
        older[str(column)], strange = await _count(column)
        closed += strange
    names = [row["result_sha256"] for row in await fetch(sql.FILES)]
    names += [row["source_stored"] for row in await fetch(sql.SOURCES)]
    older["files"] = sum([not await _is_current(name) for name in names])
    return Left({name: count for name, count in older.items() if count}, closed, vault.keys().current)


async def _count(column: Column) -> tuple[int, int]:
    older, strange, after = 0, 0, None
    while rows := await fetch(sql.look(column), vault.keys().current, after, AT_ONCE):
        after = rows[-1]["id"]
        opened = sum(_anew(column, row["held"]) != row["held"] for row in rows)
        older, strange = older + opened, strange + len(rows) - opened
    return older, strange


async def _column(actor: Actor, column: Column) -> int:
    changed, after = 0, None
    while True:
        seen, moved, after = await _batch(actor, column, after)
        changed += moved
        if seen < AT_ONCE:
            return changed


@command(journaled=False)
async def _batch(_: Book, column: Column, after: Any) -> tuple[int, int, Any]:
    """How many rows there were, how many are sealed anew, and after which one to go on."""
    rows = await fetch(sql.find(column), vault.keys().current, after, AT_ONCE)
    texts = {row["id"]: _anew(column, row["held"]) for row in rows}
    anew = {row["id"]: texts[row["id"]] for row in rows if texts[row["id"]] != row["held"]}
    if anew:
        await execute(sql.put(column), list(anew), list(anew.values()))
    return len(rows), len(anew), rows[-1]["id"] if rows else after


def _anew(column: Column, held: str) -> str:
    """The same with every text in it under today's key; untouched where there is nothing to be opened."""
    if not column.json:
        return vault.sealed_anew(column.places, held)
    before = json.loads(held)
    after = _walked(column.places, before)
    return held if after == before else json.dumps(after, ensure_ascii=False)


def _walked(places: tuple[str, ...], value: Any) -> Any:
    match value:
        case dict():
            return {name: _walked(places, inner) for name, inner in value.items()}
        case list():
            return [_walked(places, inner) for inner in value]
        case str():
            return vault.sealed_anew(places, value)
        case _:
            return value


async def _files() -> int:
    """Finished exports. The older copy is named by nothing from then on, and swept."""
    done = 0
    for row in await fetch(sql.FILES):
        name = row["result_sha256"]
        if not await _is_current(name):
            anew = await asyncio.to_thread(_file_anew, name)
            done += await execute(sql.RENAME_FILE, row["id"], anew, name) if anew else 0
    return done


async def _is_current(name: str) -> bool:
    try:
        return vault.is_current_file(await asyncio.to_thread(storage.get, name))
    except storage.NotStoredError:
        return True  # there is nothing that a key would have to open


def _file_anew(name: str) -> str:
    """The name of the copy under today's key; empty where no key opens it."""
    try:
        content = vault.unseal_file(EXPORT_PLACE, storage.get(name))
    except vault.VaultError:
        return ""
    return storage.put(vault.seal_file(EXPORT_PLACE, content))


@command()
async def _note(book: Book, done: Mapping[str, int]) -> None:
    counts = {name: count for name, count in done.items() if count}
    book.note(PLATFORM_CHAIN, "platform", NOBODY, "rotate_keys", key=vault.keys().current, sealed=counts)
