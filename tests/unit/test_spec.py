"""Room: a flow table that contradicts itself is refused when it is built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.parties import Party, ReviewMode
from models.states import OnlineSigning as S
from models.states import Phase
from workflows.flows.online_signing import ONLINE_SIGNING
from workflows.spec import Branch, State, Transition, Workflow


def changed(**parts: Any) -> Workflow:
    return replace(ONLINE_SIGNING, **parts)


def without(action: str) -> tuple[Transition, ...]:
    return tuple(t for t in ONLINE_SIGNING.transitions if t.action != action)


def state(name: str, **parts: Any) -> tuple[State, ...]:
    return tuple(replace(s, **parts) if s.name == name else s for s in ONLINE_SIGNING.states)


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"states": ONLINE_SIGNING.states[1:]}, "states of the table"),
        ({"transitions": without("refuse")}, "never reached"),
        ({"transitions": (*ONLINE_SIGNING.transitions, ONLINE_SIGNING.transitions[0])}, "stands twice"),
        (
            {
                "transitions": (
                    *without("withdraw"),
                    Transition("withdraw", "x", ("nowhere",), S.WITHDRAWN, frozenset({Party.EMPLOYER})),
                )
            },
            "unknown states",
        ),
        (
            {
                "transitions": (
                    *without("accept"),
                    Transition(
                        "accept",
                        "x",
                        (S.INVITED,),
                        Branch({ReviewMode.SCHOOL: S.REVIEW_SCHOOL}),
                        frozenset({Party.GRADUATE}),
                    ),
                )
            },
            "every review mode",
        ),
        ({"states": state(S.SIGNED, waits_on=Party.EMPLOYER)}, "who can do nothing there"),
        ({"states": state(S.SIGNED, phase=Phase.END)}, "final and yet goes on"),
        ({"states": state(S.EXPIRED, phase=Phase.OPEN)}, "dead corner"),
    ],
)
def test_a_contradiction_stops_the_process_at_start(parts: dict[str, Any], fault: str) -> None:
    with pytest.raises(Exception, match=fault):
        changed(**parts)


def test_every_form_and_notice_that_a_flow_names_exists() -> None:
    from workflows.flows import FLOWS
    from workflows.forms import FORMS
    from workflows.notices import NOTICES

    for flow in FLOWS.values():
        for transition in flow.transitions:
            assert not transition.form or transition.form in FORMS
            assert set(transition.tell) <= set(NOTICES)
