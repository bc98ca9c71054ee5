"""Room: gathering: who asks alone goes alone, who comes meanwhile goes together, nobody gets another's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from models.gathering import AT_ONCE, Gathering


@dataclass
class Slow:
    """Answers a number with its double, a lot at a time, when `go` is set. Negative numbers are refused."""

    lots: list[list[int]] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, questions: Sequence[int]) -> list[int]:
        self.lots.append(list(questions))
        await self.go.wait()
        if min(questions) < 0:
            raise ValueError("negative")
        return [2 * question for question in questions]


async def asked(gathering: Gathering[int, int], *questions: int) -> list[asyncio.Task[int]]:
    """Tasks that ask, each of them begun."""
    tasks = [asyncio.create_task(gathering.ask(question)) for question in questions]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_the_first_question_waits_for_nobody_and_the_others_go_together() -> None:
    slow = Slow()
    gathering = Gathering(slow.answer, flights=1)
    first = await asked(gathering, 1)
    rest = await asked(gathering, 2, 3, 4)
    assert slow.lots == [[1]]
    slow.go.set()
    assert await asyncio.gather(*first, *rest) == [2, 4, 6, 8]
    assert slow.lots == [[1], [2, 3, 4]]


async def test_as_many_lots_are_under_way_as_there_are_flights() -> None:
    slow = Slow()
    gathering = Gathering(slow.answer, flights=2)
    tasks = await asked(gathering, 1) + await asked(gathering, 2) + await asked(gathering, 3)
    assert slow.lots == [[1], [2]]
    slow.go.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]


async def test_a_lot_has_an_end() -> None:
    slow = Slow()
    gathering = Gathering(slow.answer, flights=1)
    tasks = await asked(gathering, 0) + await asked(gathering, *range(1, AT_ONCE + 2))
    slow.go.set()
    assert await asyncio.gather(*tasks) == [2 * n for n in range(AT_ONCE + 2)]
    assert [len(lot) for lot in slow.lots] == [1, AT_ONCE, 1]


async def test_a_failure_meets_its_own_lot_and_the_next_one_goes_on() -> None:
    slow = Slow()
    gathering = Gathering(slow.answer, flights=1)
    good = await asked(gathering, 1)
    bad = await asked(gathering, -2, 3)
    slow.go.set()
    assert await good[0] == 2
    for task in bad:
        with pytest.raises(ValueError, match="negative"):
            await task
    assert await gathering.ask(4) == 8


async def test_who_is_cancelled_takes_nobody_along() -> None:
    slow = Slow()
    gathering = Gathering(slow.answer, flights=1)
    first, second, third = await asked(gathering, 1, 2, 3)
    first.cancel()
    second.cancel()
    slow.go.set()
    assert await third == 6
    assert first.cancelled()
    assert second.cancelled()


async def test_too_few_answers_are_a_failure_and_no_waiting_for_ever() -> None:
    async def short(questions: Sequence[int]) -> list[int]:
        return []

    with pytest.raises(ValueError, match="shorter"):
        await Gathering(short, flights=1).ask(1)
