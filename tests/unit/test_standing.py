"""Room: where a record stands, in words: every state names what comes next, and never what cannot be done there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.parties import Party
from models.states import Flow
from tests.harness.pure import ACTORS, NOW, facts_for, record
from workflows.decide import allowed
from workflows.flows import FLOWS
from workflows.queries.chat import Case
from workflows.standing import next_of, next_step, whose_turn

STATES = [(flow, state) for flow, table in FLOWS.items() for state in table.states]


def case(flow: Flow, state: str, **changes: object) -> Case:
    """A record as its owner sees it, since now."""
    made = record(state, flow=flow, slot=FLOWS[flow].takes_slot(state), row={"form": {}, "employer_name": "某公司"})
    facts = facts_for(FLOWS[flow], record=made, **changes)
    return Case(ACTORS[Party.GRADUATE], facts, made, NOW)


@pytest.mark.parametrize(("flow", "state"), STATES, ids=lambda one: getattr(one, "name", str(one)))
def test_every_state_says_what_comes_next_and_who_does_it(flow: Flow, state: object) -> None:
    name, waits = state.name, state.waits_on  # type: ignore[attr-defined]
    said = next_step(flow, name)
    assert said.endswith("。")
    assert len(said) <= 60
    if waits in (Party.DEPARTMENT, Party.SCHOOL):
        assert "审核" in said
        assert "您现在不用做什么" in said
    if waits is Party.GRADUATE:
        assert said.startswith("请")
        assert any(choice.open for choice in allowed(FLOWS[flow], case(flow, name).facts, ACTORS[Party.GRADUATE]))
    assert whose_turn(case(flow, name)).startswith("2027年3月5日 14:30")


def test_a_termination_under_way_is_named_at_its_signing() -> None:
    signed = case(Flow.ONLINE_SIGNING, "signed")
    ending = record("awaiting_employer", flow=Flow.ONLINE_TERMINATION, parent_id=signed.record.id)
    assert "请按约定报到" in next_of(signed)
    assert "正在办理解约" in next_of(case(Flow.ONLINE_SIGNING, "signed", others=(ending,)))
    over = record("withdrawn", flow=Flow.ONLINE_TERMINATION, parent_id=signed.record.id)
    assert "请按约定报到" in next_of(case(Flow.ONLINE_SIGNING, "signed", others=(over,)))


def test_nobody_is_sent_to_register_again_what_stands_already() -> None:
    assert "重新签约" in next_of(case(Flow.DESTINATION, "voided"))
    other = record("signed", slot=True)
    assert "另一条记录" in next_of(case(Flow.DESTINATION, "voided", others=(other,)))
    assert "签约仍然有效" in next_of(case(Flow.ONLINE_TERMINATION, "withdrawn"))


def test_an_offer_that_cannot_be_accepted_now_says_what_can_be_done() -> None:
    assert next_of(case(Flow.ONLINE_SIGNING, "invited")).startswith("请在截止前同意或拒绝")
    taken = case(Flow.ONLINE_SIGNING, "invited", others=(record("review_school", slot=True),))
    assert "暂不能同意；可以拒绝" in next_of(taken)


def test_what_is_frozen_says_so_and_what_has_ended_does_not() -> None:
    gone = facts_for(FLOWS[Flow.DESTINATION]).graduate
    frozen = {"graduate": replace(gone, invalid=True)}
    assert "流程已暂停" in next_of(case(Flow.DESTINATION, "returned", **frozen))
    assert "流程已暂停" in whose_turn(case(Flow.DESTINATION, "returned", **frozen))
    assert "流程已暂停" not in next_of(case(Flow.DESTINATION, "voided", **frozen))
