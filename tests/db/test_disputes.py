"""Room: the graduate disputes what staff did, a desk answers, the answer is told (dashboard.md 14)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from models import db
from models.parties import Party, ReviewMode
from models.states import Flow, NoteKind, NoteStatus
from tests.harness.disputing import disputable
from tests.harness.outbox import outbox_of
from tests.harness.reaching import Case, reach
from tests.harness.world import World, add_graduates, make_world
from workflows.commands.desk_notes import answer_note, dispute
from workflows.commands.roster import invalidate_graduate
from workflows.errors import Forbidden, InvalidForm, NotFound, Refused
from workflows.queries.desk_notes import NoteFilters, list_notes
from workflows.queries.history import read_history
from workflows.queries.record_page import read_record

TEXT = "岗位类别改错了，我从事的是教学工作"
ANSWER = "已与单位核实，确为教学岗位，将重新修改。"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=2, departments=("计算机学院", "文学院"))


async def disputed(world: World, flow: Flow = Flow.ONLINE_SIGNING) -> Case:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    return await disputable(world, flow, person)


async def page(case: Case) -> dict[str, Any]:
    found: dict[str, Any] = (await read_record(case.person.actor, case.flow, case.record_id))["dispute"]
    return found


LABELS = {
    Flow.ONLINE_SIGNING: "修改职位类别",
    Flow.OFFLINE_SIGNING: "修改单位和职位类别",
    Flow.SUPPLEMENTARY: "修改单位和职位类别",
    Flow.DESTINATION: "修改去向",
    Flow.ONLINE_TERMINATION: "强制解约",
    Flow.OFFLINE_TERMINATION: "学生单方面解约",
}


@pytest.mark.parametrize("flow", list(Flow))
async def test_in_every_flow_the_staffs_last_word_is_disputed_in_one_tap(world: World, flow: Flow) -> None:
    case = await disputed(world, flow)
    assert await page(case) == {"about": LABELS[flow], "open": True, "reason": None, "notes": []}
    await dispute(case.person.actor, flow, case.record_id)
    shown = await page(case)
    assert (shown["open"], shown["reason"]) == (False, "您已对此提出异议，学校的答复会在本页显示。")
    (note,) = shown["notes"]
    assert (note["about"], note["text"], note["status"]) == (LABELS[flow], "对此有异议", "open")


async def test_what_no_clerk_has_changed_cannot_be_disputed(world: World) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    plain = await reach(world, Flow.SUPPLEMENTARY, "signed", person)
    with pytest.raises(Refused) as refused:
        await dispute(person.actor, plain.flow, plain.record_id, TEXT)
    assert refused.value.guard == "nothing_to_dispute"
    assert (await page(plain))["open"] is False


async def test_a_termination_that_both_sides_wanted_cannot_be_disputed(world: World) -> None:
    (person,) = await add_graduates(world, 1, departments=("文学院",))
    mutual = await reach(world, Flow.OFFLINE_TERMINATION, "completed", person)
    with pytest.raises(Refused):
        await dispute(person.actor, mutual.flow, mutual.record_id, TEXT)


async def test_two_taps_at_once_make_one_dispute_and_a_later_edit_may_be_disputed_again(world: World) -> None:
    case = await disputed(world)
    taps = await asyncio.gather(
        *(dispute(case.person.actor, case.flow, case.record_id, TEXT) for _ in range(4)), return_exceptions=True
    )
    refused = [one for one in taps if isinstance(one, Refused)]
    assert [one.guard for one in refused] == ["already_disputed"] * 3
    (note,) = [one for one in taps if not isinstance(one, BaseException)]
    await answer_note(world.school, note, ANSWER)
    with pytest.raises(Refused):
        await dispute(case.person.actor, case.flow, case.record_id, TEXT)
    await case.take("edit", by=world.school, form={"position_category": "24"})
    await dispute(case.person.actor, case.flow, case.record_id, TEXT)
    assert [one["status"] for one in (await page(case))["notes"]] == ["answered", "open"]


async def test_only_the_graduate_whose_record_it_is_disputes_it(world: World) -> None:
    case = await disputed(world)
    with pytest.raises(NotFound):
        await dispute(world.graduates[0].actor, case.flow, case.record_id)
    for other in (world.school, world.employer.actor):
        with pytest.raises(Forbidden):
            await dispute(other, case.flow, case.record_id)
    with pytest.raises(NotFound):
        await dispute(case.person.actor, Flow.DESTINATION, case.record_id)
    with pytest.raises(InvalidForm):
        await dispute(case.person.actor, case.flow, case.record_id, "长" * 501)


async def test_who_has_left_the_roster_only_reads(world: World) -> None:
    case = await disputed(world)
    await invalidate_graduate(world.school, case.person.id, "已不在就业管理系统名单中")
    with pytest.raises(Refused) as refused:
        await dispute(case.person.actor, case.flow, case.record_id)
    assert refused.value.guard == "on_roster"


async def test_a_note_lies_at_its_department_and_its_school_and_nowhere_else(world: World) -> None:
    case = await disputed(world)
    note = str(await dispute(case.person.actor, case.flow, case.record_id, TEXT))
    wish = NoteFilters(status=NoteStatus.OPEN, kind=NoteKind.DISPUTE, cohort=world.cohort, limit=200)
    other = await make_world(graduates=1)
    seen = {
        name: [one for one in (await list_notes(reader, wish)).items if one["id"] == note]
        for name, reader in {
            "department": world.departments["文学院"],
            "school": world.school,
            "province": world.province,
            "other_department": world.departments["计算机学院"],
            "other_school": other.school,
        }.items()
    }
    assert {name: len(found) for name, found in seen.items()} == {
        "department": 1, "school": 1, "province": 1, "other_department": 0, "other_school": 0,
    }  # fmt: skip
    (line,) = seen["school"]
    assert (line["text"], line["graduate"]["name"], line["record"]["id"]) == (TEXT, case.person.name, str(case.id))
    for outsider in (case.person.actor, world.employer.actor):
        with pytest.raises(Forbidden):
            await list_notes(outsider, wish)


async def test_the_answer_stands_on_the_record_and_is_told_once_without_its_text(world: World) -> None:
    case = await disputed(world)
    note = await dispute(case.person.actor, case.flow, case.record_id, TEXT)
    answers = await asyncio.gather(
        answer_note(world.departments["文学院"], note, ANSWER),
        answer_note(world.school, note, "请以学校核实的结果为准。"),
        return_exceptions=True,
    )
    (lost,) = [one for one in answers if one is not None]
    assert isinstance(lost, Refused)
    assert lost.guard == "answered"
    (shown,) = (await page(case))["notes"]
    assert shown["status_label"] == "已答复"
    assert shown["answered_by"] is None
    (told,) = [one for one in await outbox_of(case.record_id) if one["notice"] == "note_answered"]
    assert told["channel"] == "sms"
    assert shown["answer"] not in json.dumps(json.loads(told["params"]), ensure_ascii=False)


async def test_neither_the_journal_nor_the_history_repeats_what_was_written(world: World) -> None:
    case = await disputed(world)
    note = await dispute(case.person.actor, case.flow, case.record_id, TEXT)
    await answer_note(world.school, note, ANSWER)
    rows = await db.fetch("SELECT action, party, detail FROM journal WHERE subject_id = $1 ORDER BY id", note)
    assert [(row["action"], row["party"]) for row in rows] == [
        ("dispute", str(Party.GRADUATE)),
        ("answer_note", str(Party.SCHOOL)),
    ]
    assert not any(word in row["detail"] for row in rows for word in (TEXT, ANSWER))
    history = await read_history(case.person.actor, case.flow, case.record_id)
    assert [step["action"] for step in history][-1] == "edit"


@pytest.mark.parametrize("text", ["", " 好 ", "长" * 501])
async def test_an_answer_says_something_and_not_too_much(world: World, text: str) -> None:
    case = await disputed(world)
    note = await dispute(case.person.actor, case.flow, case.record_id)
    with pytest.raises(InvalidForm):
        await answer_note(world.school, note, text)


async def test_another_desk_cannot_answer(world: World) -> None:
    case = await disputed(world)
    note = await dispute(case.person.actor, case.flow, case.record_id)
    with pytest.raises(NotFound):
        await answer_note(world.departments["计算机学院"], note, ANSWER)
    with pytest.raises(Forbidden):
        await answer_note(case.person.actor, note, ANSWER)


async def test_the_employer_learns_nothing_of_it(world: World) -> None:
    case = await disputed(world)
    await dispute(case.person.actor, case.flow, case.record_id, TEXT)
    assert (await read_record(world.employer.actor, case.flow, case.record_id))["dispute"] is None
