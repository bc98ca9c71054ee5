"""Room: filters that a clerk keeps under a name (dashboard.md 7). One's own only; no fact about anybody's record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.kit import new_id
from models.parties import STAFF
from models.tables import Account, SavedFilter
from workflows.actors import require, require_read
from workflows.commands import Book, command
from workflows.commands.filled import fault
from workflows.errors import NotFound, Refused
from workflows.limits import NAME_LENGTH, SAVED_FILTERS

TWICE = "这个名称已用于另一个筛选方案，请换一个名称。"
TOO_MANY = f"每个菜单最多保存 {SAVED_FILTERS} 个筛选方案，请先删除不用的。"


def _twice() -> Refused:
    return Refused(TWICE, guard="name_free")


@command(journaled=False, clashes={"uid_saved_filte": _twice})
async def save_filter(book: Book, menu: str, name: str, filters: Mapping[str, Any]) -> UUID:
    """Keep these filters of a menu.

    Raises Forbidden, ModuleClosed, InvalidForm, Refused (`name_free`, `few_filters`).
    """
    _enter(book)
    # Two tabs of one account count one after the other.
    await Account.filter(id=book.actor.id).select_for_update().first()
    if await SavedFilter.filter(account_id=book.actor.id, menu=menu).count() >= SAVED_FILTERS:
        raise Refused(TOO_MANY, guard="few_filters")
    row = SavedFilter(id=new_id(), account_id=book.actor.id, menu=menu)
    await _write(book, row, name, filters)
    return row.id


@command(journaled=False, clashes={"uid_saved_filte": _twice})
async def change_filter(book: Book, filter_id: UUID, name: str, filters: Mapping[str, Any]) -> None:
    """Another name or other filters. Raises as `save_filter` does, and NotFound for what is not one's own."""
    await _write(book, await _own(book, filter_id), name, filters)


@command(journaled=False)
async def forget_filter(book: Book, filter_id: UUID) -> None:
    """Raises Forbidden, ModuleClosed, NotFound."""
    await (await _own(book, filter_id)).delete()


def _enter(book: Book) -> None:
    require(book.actor, *STAFF)
    require_read(book.actor)


async def _own(book: Book, filter_id: UUID) -> SavedFilter:
    _enter(book)
    row = await SavedFilter.filter(id=filter_id, account_id=book.actor.id).select_for_update().first()
    if row is None:
        raise NotFound
    return row


async def _write(book: Book, row: SavedFilter, name: str, filters: Mapping[str, Any]) -> None:
    called = name.strip()
    if not 1 <= len(called) <= NAME_LENGTH:
        fault("name", "bad_length", f"名称应为 1 至 {NAME_LENGTH} 个字。")
    row.name, row.filters, row.saved_at = called, dict(filters), book.now
    await row.save()
