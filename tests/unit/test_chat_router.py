"""Room: the table of handlers: arguments handed over exactly, misuse refused when the process starts."""

from __future__ import annotations

from uuid import UUID

import pytest

from bot.buttons import Do, Listing, Show, Topic
from bot.messages import Inbound
from bot.router import Digits, Happened, Heard, Pressed, Replied, Router, RouterError, Say, Turn, Unclear, said

ID = UUID(int=7)


def turn(heard: Heard) -> Turn:
    return Turn(Inbound("gh", "o", 0, "text", "", "", "", "1", {}, "once"), heard)


def router() -> Router:
    made = Router()

    @made.on(said("progress"), strangers=True)
    async def progress(turn: Turn) -> Say:
        return Say(("progress",))

    @made.on(Pressed(Do, action="accept"), strangers=True)
    async def accept(turn: Turn, record: UUID) -> Say:
        return Say((f"accept {record}",))

    @made.on(Pressed(Do), strangers=True)
    async def do(turn: Turn, record: UUID, action: str) -> Say:
        return Say((f"{action} {record}",))

    @made.on(Pressed(Show))
    async def show(turn: Turn, record: UUID) -> Say:
        return Say(("for members",))

    @made.on(Replied(Show), strangers=True)
    async def told(turn: Turn, record: UUID, text: str) -> Say:
        return Say((f"told {text}",))

    @made.on(Digits(), strangers=True)
    async def digits(turn: Turn, number: str) -> Say:
        return Say((f"number {number}",))

    @made.on(Happened("subscribe"), strangers=True)
    async def follow(turn: Turn) -> Say:
        return Say(("welcome",))

    @made.on(Unclear(), strangers=True)
    async def unclear(turn: Turn, text: str) -> Say:
        return Say((f"? {text}",))

    @made.stranger
    async def stranger(turn: Turn) -> Say:
        return Say(("who are you",))

    return made


@pytest.mark.parametrize(
    ("heard", "answer"),
    [
        (Heard(pressed=Topic("progress")), "progress"),
        (Heard(pressed=Do(ID, "accept")), f"accept {ID}"),
        (Heard(pressed=Do(ID, "refuse")), f"refuse {ID}"),
        (Heard(pressed=Show(ID)), "who are you"),
        (Heard(asked=Show(ID), text="so"), "told so"),
        (Heard(number="3821"), "number 3821"),
        (Heard(event="subscribe"), "welcome"),
        (Heard(event="something_new"), "? "),
        (Heard(pressed=Topic("menu")), "? "),
        (Heard(text="hm"), "? hm"),
    ],
)
async def test_the_first_filter_that_matches_answers(heard: Heard, answer: str) -> None:
    assert (await router().answer(turn(heard))).blocks == (answer,)


async def fits(turn: Turn) -> Say:
    return Say(())


async def wants_record(turn: Turn, record: UUID) -> Say:
    return Say(())


async def wants_everything(turn: Turn, **values: object) -> Say:
    return Say(())


def not_async(turn: Turn) -> Say:
    return Say(())


async def no_turn(record: UUID) -> Say:
    return Say(())


@pytest.mark.parametrize(
    ("handler", "filter_"),
    [
        (fits, Pressed(Show)),
        (wants_record, said("progress")),
        (wants_record, Pressed(Do)),
        (wants_everything, Pressed(Show)),
        (not_async, said("progress")),
        (no_turn, Pressed(Show)),
        (fits, Digits()),
    ],
)
def test_a_handler_that_does_not_fit_its_filter_is_refused(handler: object, filter_: object) -> None:
    with pytest.raises(RouterError):
        Router().on(filter_)(handler)  # type: ignore[arg-type]


def test_filters_that_can_never_match_are_refused() -> None:
    for wrong in (lambda: said("no such topic"), lambda: Pressed(Listing, colour="red"), lambda: Happened("CLICK")):
        with pytest.raises(RouterError):
            wrong()
    with pytest.raises(RouterError):
        Router().on()


def test_two_handlers_for_one_thing_are_refused() -> None:
    made = Router()
    made.on(said("progress"))(fits)
    with pytest.raises(RouterError):
        made.on(said("progress"))(fits)
    other = Router()
    other.on(said("progress"))(fits)
    with pytest.raises(RouterError):
        made.include(other)
    made.stranger(fits)
    with pytest.raises(RouterError):
        made.stranger(fits)


def test_nothing_may_come_after_the_handler_of_everything_else() -> None:
    made = Router()

    @made.on(Unclear())
    async def unclear(turn: Turn, text: str) -> Say:
        return Say(())

    with pytest.raises(RouterError):
        made.on(said("progress"))(fits)


async def test_a_table_without_an_answer_says_so() -> None:
    with pytest.raises(RouterError):
        await Router().answer(turn(Heard(text="x")))
    closed = Router()
    closed.on(said("progress"))(fits)
    with pytest.raises(RouterError):
        await closed.answer(turn(Heard(pressed=Topic("progress"))))
