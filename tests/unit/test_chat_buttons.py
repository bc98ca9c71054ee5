"""Room: payloads of buttons: packed short, unpacked strictly, declared wrongly not at all."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import LIMIT, Button, ButtonError, Do, Length, Listing, Show, Topic, Unbind, Why, button, unpack
from models.kit import new_id

ID = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.mark.parametrize(
    "payload",
    [Topic("progress"), Show(ID), Do(ID, "accept"), Why(ID, "refuse", "other"), Listing("offers", 12), Unbind(ID)],
)
def test_what_is_packed_unpacks_to_the_same(payload: Button) -> None:
    packed = payload.pack()
    assert len(packed.encode()) <= LIMIT
    assert unpack(packed) == payload


@given(st.uuids(), st.from_regex(r"[A-Za-z0-9_-]{0,24}", fullmatch=True), st.integers(0, 999))
def test_every_payload_survives_the_journey(record: UUID, word: str, number: int) -> None:
    for payload in (Show(record), Do(record, word), Why(record, word, word), Listing(word[:16], number)):
        assert unpack(payload.pack()) == payload


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading(text: str) -> None:
    found = unpack(text)
    assert found is None or found.pack() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "t",
        "nope:x",
        "t:progress:more",
        f"show:{ID}",
        "show:" + "A" * 21,
        "show:" + "A" * 23,
        "show:" + "_" * 22,
        "list:offers:-1",
        "list:offers:01",
        "list:offers:1000",
        "list:offers:１",
        "t:" + "x" * 17,
        "t:进度",
        "do:x:accept",
    ],
)
def test_what_we_cannot_have_packed_is_no_payload(text: str) -> None:
    assert unpack(text) is None


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Topic, ("x" * 17,)),
        (Topic, ("进度",)),
        (Topic, ("a:b",)),
        (Listing, ("offers", 1000)),
        (Listing, ("offers", -1)),
        (Listing, ("offers", True)),
        (Show, ("x",)),
        (Do, (ID, None)),
    ],
)
def test_a_value_that_does_not_fit_is_refused_when_packing(kind: type[Button], values: tuple[object, ...]) -> None:
    with pytest.raises(ButtonError):
        kind(*values).pack()


def test_a_prefix_belongs_to_one_payload() -> None:
    with pytest.raises(ButtonError, match="belongs to Show"):

        @button("show")
        class Second(Button):
            record: UUID


def test_mistakes_are_found_when_a_payload_is_declared() -> None:
    with pytest.raises(ButtonError, match="names its length"):

        @button("bada")
        class NoLength(Button):
            name: str

    with pytest.raises(ButtonError, match="no packed form"):

        @button("badb")
        class Float(Button):
            price: float

    with pytest.raises(ButtonError, match="a menu key has"):

        @button("badc")
        class Long(Button):
            name: Annotated[str, Length(126)]

    with pytest.raises(ButtonError, match="no prefix"):

        @button("Bad-Prefix")
        class Prefix(Button):
            name: Annotated[str, Length(3)]

    class Undeclared(Button):
        pass

    with pytest.raises(ButtonError, match="was not declared"):
        Undeclared().pack()


def test_ids_of_the_house_fit() -> None:
    assert len(Why(new_id(), "x" * 24, "y" * 24).pack()) <= LIMIT
