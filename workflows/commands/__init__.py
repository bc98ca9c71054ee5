"""Room: writes that are no transition: settings, accounts, roster, bindings, sessions, tokens (contracts 4).

`@command` opens the one transaction of a command. Its function receives a `Book` first: the actor, the moment, and the
journal and outbox rows that are written when it returns. Commands do not call commands.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from tortoise.exceptions import IntegrityError

from models.db import constraint_of, execute, notify, transaction
from models.kit import new_id
from models.kit import now as present  # not `clock`: that is a module of this package
from models.sql import acts as sql
from models.states import Channel, OutboxStatus
from workflows import journal
from workflows.actors import Actor
from workflows.engine import WAKE
from workflows.errors import HouseError
from workflows.notices import Notice, due

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Book:
    """What one command works with. `now` is UTC."""

    actor: Actor
    now: datetime
    act_id: UUID = field(default_factory=new_id)
    _entries: list[tuple[str, journal.Entry]] = field(default_factory=list)
    _owed: list[dict[str, Any]] = field(default_factory=list)

    def note(self, chain: str, kind: str, subject: UUID, action: str, **detail: Any) -> None:
        """One journal row. `detail` may hold names and codes, never numbers of papers, phones or passwords."""
        entry = journal.Entry(
            act_id=self.act_id,
            actor=self.actor.key,
            party=str(self.actor.party),
            subject_kind=kind,
            subject_id=subject,
            action=action,
            detail={"by": self.actor.name, **detail},
        )
        self._entries.append((chain, entry))

    def owe(
        self, notice: Notice, channel: Channel, recipient: UUID, params: dict[str, Any], school_id: UUID | None = None
    ) -> None:
        """One outbox row, delivered after the commit."""
        at = due(notice, self.now)
        stream = "wx" if channel is Channel.WECHAT else str(channel)
        self._owed.append(
            {
                "key": f"{self.act_id}:{notice.name}:{recipient}:{channel}",
                "school_id": str(school_id) if school_id else None,
                "record_id": None,
                "stream": f"{stream}:{recipient}",
                "channel": str(channel),
                "recipient": str(recipient),
                "notice": notice.name,
                "params": params,
                "status": str(OutboxStatus.PENDING if at == self.now else OutboxStatus.DEFERRED),
                "due_at": at.isoformat(),
            }
        )

    def owe_row(self, row: dict[str, Any]) -> None:
        """An outbox row under a key of its own; the columns are those of `sql.INSERT_OUTBOX`, written out."""
        self._owed.append(row)

    @property
    def owes(self) -> bool:
        return bool(self._owed)

    @property
    def noted(self) -> bool:
        return bool(self._entries)

    async def close(self) -> None:
        """Write what was noted and is owed; chains in one order, so that two commands cannot deadlock."""
        if self._owed:
            text = json.dumps(self._owed, ensure_ascii=False)
            await execute(sql.INSERT_OUTBOX, text, self.now)
        for chain in sorted({c for c, _ in self._entries}):
            await journal.append(chain, self.now, [e for c, e in self._entries if c == chain])


def command(
    *, journaled: bool = True, clashes: Mapping[str, Callable[[], HouseError]] | None = None
) -> Callable[[Callable[Concatenate[Book, P], Awaitable[T]]], Callable[Concatenate[Actor, P], Coroutine[Any, Any, T]]]:
    """Make `async def f(book, …)` callable as `await f(actor, …)`, in one transaction.

    `journaled` False is for secrets that pass (sessions, one-time numbers): they are no facts about anybody's record.
    `clashes`: what to answer when a unique key whose name begins so says no, because somebody was first; nothing is
    written then. A keyword `at` sets the moment (demo data); otherwise it is the clock's.
    """

    def wrap(
        function: Callable[Concatenate[Book, P], Awaitable[T]],
    ) -> Callable[Concatenate[Actor, P], Coroutine[Any, Any, T]]:
        async def run(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
            moment = kwargs.pop("at", None)
            at = moment if isinstance(moment, datetime) else present()
            try:
                async with transaction():
                    book = Book(actor, at)
                    result = await function(book, *args, **kwargs)
                    if journaled and not book.noted:
                        raise AssertionError(f"{function.__name__} wrote no journal row")
                    await book.close()
            except IntegrityError as exc:
                answer = _clash(clashes or {}, constraint_of(exc))
                if answer is None:
                    raise
                raise answer from exc
            if book.owes:
                notify(WAKE)
            return result

        return functools.update_wrapper(run, function)

    return wrap


def _clash(clashes: Mapping[str, Callable[[], HouseError]], name: str) -> HouseError | None:
    return next((make() for prefix, make in clashes.items() if name.startswith(prefix)), None)
