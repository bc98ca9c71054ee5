"""Room: gathering: small questions that many tasks have at once become one question to the database.

Nobody waits for company. A question that comes alone is asked alone; those that come while `flights` of them are under
way go together with the next one. So one statement costs its round trip once for all of them, and a busy process gets
cheaper by the message instead of slower.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

AT_ONCE: Final = 100
"""Questions that go together at most."""


class Gathering(Generic[Q, A]):
    """`answer` takes some questions and gives as many answers, in their order."""

    __slots__ = ("_answer", "_flights", "_under_way", "_waiting")

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, flights: int) -> None:
        self._answer = answer
        self._flights = flights
        self._under_way: set[asyncio.Task[None]] = set()
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []

    async def ask(self, question: Q) -> A:
        """The answer; raises what `answer` raised for the lot that the question was in."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, told))
        if len(self._under_way) < self._flights:
            # Without the context of the task that happens to be first: the flight serves others too.
            flight = loop.create_task(self._fly(), context=Context())
            self._under_way.add(flight)
            flight.add_done_callback(self._under_way.discard)
        return await told

    async def _fly(self) -> None:
        while lot := self._waiting[:AT_ONCE]:
            del self._waiting[: len(lot)]
            try:
                answers = await self._answer([question for question, _ in lot])
                pairs = list(zip(lot, answers, strict=True))
            except asyncio.CancelledError:
                for _, told in lot:
                    told.cancel()
                raise
            except Exception as exc:
                for _, told in lot:
                    if not told.done():  # whoever asked may have been cancelled meanwhile
                        told.set_exception(exc)
                continue
            for (_, told), answer in pairs:
                if not told.done():
                    told.set_result(answer)
