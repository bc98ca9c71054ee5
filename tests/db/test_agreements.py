"""Room: from an approved signing to a kept file: printed once, by whoever comes first, and never another."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import zipfile
from functools import cache
from typing import Any
from uuid import UUID

import pytest

from models import db, kit, storage
from models.states import AgreementStatus, Flow
from models.tables import Agreement, Graduate, JournalRow
from tests.harness import paper
from tests.harness.pure import FILLED
from tests.harness.world import World, add_graduates, decide, make_world, sign
from workflows.actors import Actor
from workflows.commands.agreements import bundle, check_url, download, pdf_of, print_waiting
from workflows.documents import fonts, typesetting
from workflows.engine import Outcome, act
from workflows.errors import InvalidRequest, NotFound, Refused, Unavailable
from workflows.queries.agreements import check_paper, number_of, read_agreement, standing


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


async def signed(world: World) -> tuple[Outcome, Agreement]:
    (person,) = await add_graduates(world, 1, departments=[world.graduate.department])
    outcome = await sign(world, person)
    return outcome, await Agreement.get(record_id=outcome.record_id)


async def row_of(number: str) -> dict[str, Any]:
    return dict((await db.fetch("SELECT number, data, file_sha256 FROM agreements WHERE number = $1", number))[0])


async def all_printed() -> None:
    while await print_waiting():
        pass


@cache
def packaged() -> fonts.Font:
    """Read once: that takes a second."""
    found = fonts.packaged_font()
    assert found is not None
    return found


# --- freezing and printing -----------------------------------------------------------------------


async def test_approval_freezes_what_is_to_be_printed_and_keeps_numbers_sealed(world: World) -> None:
    outcome, row = await signed(world)
    entry = await Graduate.get(id=world.graduates[-1].id)
    assert row.data["proof_code"] == entry.proof_code != ""
    assert (row.data["edition"], row.data["flow"]) == (1, "online_signing")
    assert row.data["invited_at"] <= row.data["accepted_at"] <= row.data["approved_at"]
    assert world.graduates[-1].id_number not in json.dumps(row.data)
    assert await number_of(world.school, outcome.record_id, Flow.ONLINE_SIGNING) == row.number
    assert (row.font_sha256, row.file_sha256) == (None, None)


async def test_what_was_frozen_by_an_earlier_release_is_completed_by_the_migration(world: World) -> None:
    _, row = await signed(world)
    added = "'{edition,flow,proof_code,invited_at,accepted_at}'::text[]"
    await db.execute(f"UPDATE agreements SET data = data - {added} WHERE number = $1", row.number)
    migration = importlib.import_module("models.migrations.0005_documents")
    await db.execute(migration.FORWARD[-1])
    assert (await Agreement.get(number=row.number)).data == row.data


async def test_the_job_prints_what_was_approved_and_only_once(world: World) -> None:
    await all_printed()
    _, row = await signed(world)
    assert await print_waiting() == 1
    assert await print_waiting() == 0
    kept = await Agreement.get(number=row.number)
    assert kept.font_sha256 == fonts.font().sha256
    found = storage.get(str(kept.file_sha256))
    assert row.data["proof_code"] in paper.text(found)
    assert world.graduates[-1].id_number in paper.text(found)
    assert check_url(row.number) in paper.text(found)


async def test_whoever_asks_before_the_job_gets_the_same_file(world: World) -> None:
    _, row = await signed(world)
    asked = await download(world.graduates[-1].actor, row.number)
    await print_waiting()
    again = await download(world.employer.actor, row.number)
    assert asked == again
    assert asked.name == f"就业协议书-{world.graduates[-1].name}-{row.number}.pdf"


async def test_several_who_ask_at_once_get_one_file(world: World) -> None:
    _, row = await signed(world)
    found = await row_of(row.number)
    made = await asyncio.gather(*(pdf_of(found) for _ in range(4)), print_waiting())
    assert len({m for m in made if isinstance(m, bytes)}) == 1


async def test_an_edit_after_approval_never_makes_the_file_anew(world: World) -> None:
    outcome, row = await signed(world)
    before = await download(world.school, row.number)
    await decide(world, outcome, "edit", {"position_category": "11"}, world.school)
    assert await download(world.school, row.number) == before
    assert "工程技术人员" in paper.text(before.pdf)


async def test_another_font_does_not_touch_a_kept_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, row = await signed(world)
    before = await pdf_of(await row_of(row.number))
    other = packaged() if fonts.font().sha256 != packaged().sha256 else None
    monkeypatch.setattr(typesetting, "font", lambda: other)
    assert await pdf_of(await row_of(row.number)) == before


async def test_the_file_of_the_machine_that_was_first_is_the_agreement(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines with different fonts; the second one read the row before the first had kept its file."""
    _, row = await signed(world)
    stale = await row_of(row.number)
    first = await pdf_of(stale)
    monkeypatch.setattr(typesetting, "typeset", lambda *_: typesetting.Printed(b"%PDF other", "f" * 64))
    assert await pdf_of(stale) == first


async def test_a_lost_file_is_made_again_by_the_same_bytes_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, row = await signed(world)
    first = await pdf_of(await row_of(row.number))
    sha256 = str((await Agreement.get(number=row.number)).file_sha256)
    place = storage.folder() / sha256[:2] / sha256[2:]
    place.unlink()
    assert await pdf_of(await row_of(row.number)) == first
    place.write_bytes(b"torn")
    with monkeypatch.context() as patch:
        patch.setattr(typesetting, "typeset", lambda *_: typesetting.Printed(b"%PDF other", "f" * 64))
        with pytest.raises(Unavailable):
            await pdf_of(await row_of(row.number))
    place.unlink()
    assert await pdf_of(await row_of(row.number)) == first


# --- on paper ------------------------------------------------------------------------------------


async def applied(world: World, **values: Any) -> tuple[Outcome, Agreement]:
    """An agreement on paper that the school has approved and numbered."""
    (person,) = await add_graduates(world, 1)
    form = {**FILLED["offline_signing.submit"], "own_mobile": person.mobile, **values}
    outcome = await on_paper(person.actor, None, "submit", form)
    outcome = await on_paper(world.school, outcome, "approve_agreement", {})
    return outcome, await Agreement.get(record_id=outcome.record_id)


async def on_paper(actor: Actor, before: Outcome | None, action: str, form: dict[str, Any]) -> Outcome:
    return await act(
        actor,
        Flow.OFFLINE_SIGNING,
        before.record_id if before else None,
        action,
        form,
        version=before.version if before else None,
        once=str(kit.new_id()),
    )


async def test_an_agreement_on_paper_can_be_printed_before_it_is_signed(world: World) -> None:
    _, row = await applied(world, employer_name="云汀示例机械厂", employer_address="云汀市工业路5号")
    person = world.graduates[-1]
    found = paper.text((await download(person.actor, row.number)).pdf)
    for part in (
        "云汀示例机械厂",
        "云汀市工业路5号",
        person.id_number,
        person.mobile,
        "签字盖章",
        "（单位盖章）",
        "（学校盖章）",
    ):
        assert part in found, part
    assert "线上签约" not in found
    assert (await check_paper(row.number))["label"] == "已生成未签约"


async def test_a_cancelled_application_leaves_a_void_paper(world: World) -> None:
    outcome, row = await applied(world)
    person = world.graduates[-1]
    await on_paper(person.actor, outcome, "cancel", {})
    assert (await read_agreement(person.actor, row.number))["label"] == "已作废"
    assert (await check_paper(row.number))["label"] == "已作废"


# --- characters ----------------------------------------------------------------------------------


async def test_a_name_that_the_font_cannot_print_waits_for_another_font_and_holds_up_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await all_printed()
    _, rare = await signed(world)
    name = "jsonb_set(data, '{graduate,name}', to_jsonb('王𠮷'::text))"
    await db.execute(f"UPDATE agreements SET data = {name} WHERE number = $1", rare.number)
    _, plain = await signed(world)
    with monkeypatch.context() as patch:
        patch.setattr(typesetting, "font", packaged)
        patch.setattr("workflows.commands.agreements.font", packaged)
        assert await print_waiting() == 1
        assert (await Agreement.get(number=plain.number)).file_sha256
        tried = await Agreement.get(number=rare.number)
        assert (tried.file_sha256, tried.font_sha256) == (None, packaged().sha256)
        assert await print_waiting() == 0
        with pytest.raises(Refused, match="“𠮷”") as refused:
            await download(world.school, rare.number)
        assert refused.value.guard == "unprintable"
    if "𠮷" in fonts.font().characters:
        assert await print_waiting() == 1
        assert "王𠮷" in paper.text((await download(world.school, rare.number)).pdf)


# --- who takes it --------------------------------------------------------------------------------


async def journal(record_id: UUID) -> list[JournalRow]:
    return await JournalRow.filter(subject_id=record_id, action="download_agreement")


async def test_staff_who_take_a_paper_are_journaled_and_the_two_sides_are_not(world: World) -> None:
    outcome, row = await signed(world)
    await download(world.graduates[-1].actor, row.number)
    await download(world.employer.actor, row.number)
    assert await journal(outcome.record_id) == []
    await download(world.school, row.number)
    (noted,) = await journal(outcome.record_id)
    assert noted.actor == world.school.key
    assert noted.detail["number"] == row.number
    assert world.graduates[-1].id_number not in json.dumps(noted.detail)


async def test_a_selection_is_one_zip_of_the_same_files(world: World) -> None:
    numbers = [(await signed(world))[1].number for _ in range(3)]
    made = await bundle(world.school, [*numbers, numbers[0]])
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert opened.testzip() is None
        assert [name.rpartition("-")[2] for name in opened.namelist()] == [f"{number}.pdf" for number in numbers]
        for name, number in zip(opened.namelist(), numbers, strict=True):
            assert opened.read(name) == (await download(world.school, number)).pdf
    assert await bundle(world.school, numbers) == await bundle(world.school, numbers)


async def test_a_selection_with_one_strange_number_gives_nothing(world: World) -> None:
    _, row = await signed(world)
    elsewhere = await make_world(graduates=1)
    _, foreign = await signed(elsewhere)
    for strange in (foreign.number, "99999202700000019"):
        with pytest.raises(NotFound):
            await bundle(world.school, [row.number, strange])


async def test_numbers_are_masked_for_staff_and_the_graduates_wishes_hidden_from_the_employer(world: World) -> None:
    _, row = await signed(world)
    person = world.graduates[-1]
    own, staff, firm = [await read_agreement(a, row.number) for a in (person.actor, world.school, world.employer.actor)]
    assert own["graduate"]["id_number"] == person.id_number
    assert staff["graduate"]["id_number"] == firm["graduate"]["id_number"] == kit.mask_id_number(person.id_number)
    assert (own["status"], own["label"]) == ("valid", "有效")
    assert {"label": "岗位名称", "text": "软件工程师"} in own["agreed"]


# --- what it is worth ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "revoked", "status"),
    [
        ("review_school", False, AgreementStatus.ISSUED),
        ("signed", False, AgreementStatus.VALID),
        ("signed", True, AgreementStatus.VOID),
        ("terminated", False, AgreementStatus.TERMINATED),
        ("rejected", False, AgreementStatus.VOID),
    ],
)
def test_a_paper_is_worth_what_its_record_says(state: str, revoked: bool, status: AgreementStatus) -> None:
    assert standing(Flow.ONLINE_SIGNING, state, kit.now() if revoked else None) is status


async def test_anybody_may_check_a_paper_and_learns_its_outline_only(world: World) -> None:
    _, row = await signed(world)
    person = world.graduates[-1]
    seen = await check_paper(f"{row.number[:5]}-{row.number[5:]}")
    assert (seen["number"], seen["label"], seen["school"]) == (row.number, "有效", world.school_name)
    assert seen["graduate"] == kit.mask_name(person.name)
    assert person.name not in str(seen)
    assert person.id_number not in str(seen)
    wrong = str((int(row.number) // 10) * 10 + (int(row.number) + 1) % 10)
    with pytest.raises(InvalidRequest, match="校验位"):
        await check_paper(wrong)
