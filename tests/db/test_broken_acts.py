"""Room: one act of each kind, failing at its first, second … last statement: all or nothing (test-catalogue T11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.db import fetch_row
from models.parties import Party, ReviewMode
from models.states import Flow
from tests.harness import ledger
from tests.harness.breaking import Broken, broken_after
from tests.harness.reaching import Case, reach, reachable
from tests.harness.world import World, add_graduates, make_world
from workflows.flows import FLOWS
from workflows.spec import Transition

pytestmark = pytest.mark.usefixtures("database")
FEWEST = 10  # statements that the smallest act has


def kinds(flow: Flow) -> list[tuple[str, Transition, Party]]:
    """Each way of the table that a person takes, once: from which state, and who."""
    found = []
    for step in FLOWS[flow].transitions:
        sources = [s for s in step.source or ("",) if s in ("", *reachable(flow, ReviewMode.DEPARTMENT_THEN_SCHOOL))]
        for party in (Party.GRADUATE, Party.EMPLOYER, Party.DEPARTMENT, Party.SCHOOL):
            if sources and party in step.by:
                found.append((sources[0], step, party))
                break
    return found


async def rows(world: World, case: Case) -> tuple[Any, ...]:
    """All that an act may write for this record's graduate, and in the school's journal."""
    row = await fetch_row(
        """SELECT (SELECT seq FROM journal_heads WHERE chain = $2), (SELECT count(*) FROM act_keys),
          (SELECT string_agg(r::text, '|' ORDER BY r.id) FROM records r WHERE r.graduate_id = $1),
          (SELECT string_agg(a::text, '|' ORDER BY a.number) FROM agreements a JOIN records r ON r.id = a.record_id
            WHERE r.graduate_id = $1),
          (SELECT count(*) FROM outbox o WHERE o.school_id = $3), (SELECT g::text FROM graduates g WHERE g.id = $1),
          (SELECT count(*) FROM inbox_notes n JOIN records r ON r.id = n.record_id WHERE r.graduate_id = $1),
          (SELECT string_agg(c::text, '|') FROM agreement_counters c WHERE c.school_id = $3),
          (SELECT string_agg(m::text, '|') FROM ems_mirror m WHERE m.graduate_id = $1)""",
        case.person.id,
        f"school:{world.school_id}",
        world.school_id,
    )
    return tuple(row)


@pytest.mark.parametrize("flow", list(Flow))
async def test_whichever_statement_of_an_act_fails_nothing_of_it_stays_and_the_repetition_completes(
    flow: Flow,
) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, employers=2)
    for source, step, party in kinds(flow):
        (person,) = await add_graduates(world, 1)
        case = await reach(world, flow, source, person)
        before, once, failed = await rows(world, case), world.key(), 0
        while True:
            attempt = replace(case)
            with broken_after(failed):
                try:
                    done = await attempt.take(step.action, party, once=once)
                    break
                except Broken:
                    failed += 1
            assert await rows(world, case) == before, f"{step.action} left something when statement {failed} failed"
        assert not done.repeated
        assert failed >= FEWEST, f"{step.action} has fewer statements than this test believes"
    await ledger.verify(world.school_id)


async def test_an_act_with_all_its_cascades_fails_as_one() -> None:
    """A final approval closes the other invitations; an end of a signing closes the signing."""
    world = await make_world(employers=3)
    first = await reach(world, Flow.ONLINE_SIGNING, "review_school")
    for firm in world.employers[1:]:
        await reach(world, Flow.ONLINE_SIGNING, "invited", firm=firm)
    for case, action in ((first, "approve"), (None, "approve")):
        case = case or await reach_end(world, first)
        before, failed = await rows(world, case), 0
        while True:
            with broken_after(failed):
                try:
                    await replace(case).take(action, Party.SCHOOL)
                    break
                except Broken:
                    failed += 1
            assert await rows(world, case) == before
        assert failed >= FEWEST + 5
    await ledger.verify(world.school_id)


async def reach_end(world: World, signing: Case) -> Case:
    """A termination of that signing, agreed by both sides."""
    row = await fetch_row("SELECT state, version FROM records WHERE id = $1", signing.id)
    signing.state, signing.version = row["state"], row["version"]
    case = Case(world, signing.person, signing.firm, Flow.ONLINE_TERMINATION, parent=signing)
    await case.take("request", Party.GRADUATE)
    await case.take("agree", Party.EMPLOYER)
    return case
