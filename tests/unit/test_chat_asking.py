"""Room: which actions are taken in the chat follows from what their forms ask; the list is pinned here."""

from __future__ import annotations

import pytest

from bot.handlers.asking import asked, given_words
from models.parties import Party
from workflows.consequences import consequence, label_of
from workflows.fields import Field, Form, Kind, When
from workflows.flows import FLOWS
from workflows.forms import FORMS

ON_RECORDS = [
    (flow, step)
    for flow, table in FLOWS.items()
    for step in table.transitions
    if Party.GRADUATE in step.by and not step.creates
]


def test_what_asks_no_more_than_a_reason_is_done_in_the_chat_and_the_rest_on_a_page() -> None:
    here = {f"{flow}.{step.action}" for flow, step in ON_RECORDS if asked(FORMS[step.form]) is not None}
    pages = {f"{flow}.{step.action}" for flow, step in ON_RECORDS} - here
    assert pages == {
        "offline_signing.submit",
        "offline_signing.upload",
        "supplementary.submit",
        "destination.submit",
        "offline_termination.submit",
    }
    assert {
        "destination.void",
        "online_termination.agree",
        "online_termination.refuse",
        "online_signing.refuse",
    } <= here


@pytest.mark.parametrize(("flow", "step"), ON_RECORDS, ids=lambda one: getattr(one, "action", str(one)))
def test_every_action_has_a_name_and_what_ends_something_says_what_follows(flow: object, step: object) -> None:
    action, danger = step.action, step.danger  # type: ignore[attr-defined]
    assert label_of(flow, action)  # type: ignore[arg-type]
    if danger or action in ("withdraw", "cancel", "withdraw_upload"):
        assert consequence(flow, action).endswith("。")  # type: ignore[arg-type]


def test_the_answers_of_the_chat_are_the_forms_own_fields() -> None:
    refuse = asked(FORMS["online_signing.refuse"])
    assert refuse is not None
    assert refuse.form("other", "离家太远") == {"reason": "other", "reason_text": "离家太远"}
    assert given_words(FORMS["online_signing.refuse"], {"reason": "other", "reason_text": "离家太远"}) == "离家太远"
    void = asked(FORMS["destination.void"])
    assert void is not None
    assert void.form() == {"confirmed": True}


def test_a_form_that_asks_one_thing_more_has_a_page() -> None:
    words = Field(name="a", label="甲", kind=Kind.LONG_TEXT, max_length=10, required=True)
    when = When("b", (True,))
    tick = Field(name="b", label="乙", kind=Kind.BOOLEAN, required=True)
    assert asked(Form("t.a", "样表", (words,))) is not None
    assert asked(Form("t.b", "样表", (words, tick))) is None, "a question of yes or no is none of the three"
    more = Field(name="c", label="丙", kind=Kind.TEXT, max_length=10, required_when=when)
    assert asked(Form("t.c", "样表", (tick, more))) is None
