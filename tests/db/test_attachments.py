"""Room: files handed in with a record: whose, how many, in which round, seen by whom, the same picture twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models import kit
from models.db import transaction
from models.tables import Attachment, Graduate, Record, Upload
from tests.harness import files
from tests.harness.files import hand_in, uploaded
from tests.harness.world import World, accept, add_graduates, invite, make_employer, make_world
from workflows.actors import Actor
from workflows.attaching import attach
from workflows.commands.uploads import begin_upload, delete_upload
from workflows.commands.warnings import mark_employer
from workflows.engine import Outcome
from workflows.errors import InvalidForm, NotFound, Refused
from workflows.fields import Accepts
from workflows.limits import ROUND_FILES, UPLOAD_LIVES
from workflows.queries import attachments
from workflows.queries.attachments import of_record, read_file, same_image


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    made = await make_world()
    made.employers.append(await make_employer(made))
    return made


class Case:
    """A graduate with a record that waits for the school."""

    def __init__(self, world: World, actor: Actor, record: Outcome) -> None:
        self.world, self.actor, self.record = world, actor, record.record_id

    async def hand_in(self, *uploads: UUID, by: Actor | None = None, **how: Any) -> None:
        await hand_in(self.world, self.record, by or self.actor, uploads, **how)

    async def fault(self, *uploads: UUID, **how: Any) -> str:
        with pytest.raises(InvalidForm) as caught:
            await self.hand_in(*uploads, **how)
        (fault,) = caught.value.faults
        assert fault.path == how.get("field", "proof")
        return fault.code


async def make_case(world: World) -> Case:
    (person,) = await add_graduates(world, 1)
    return Case(world, person.actor, await accept(world, await invite(world, person), person))


@pytest.fixture
async def case(world: World) -> Case:
    return await make_case(world)


async def names(case: Case, reader: Actor | None = None) -> list[tuple[str, int, str]]:
    return [(one["field"], one["round"], one["name"]) for one in await of_record(reader or case.actor, case.record)]


# --- handing in ----------------------------------------------------------------------------------


async def test_a_file_that_was_handed_in_belongs_to_its_round_and_stays(case: Case) -> None:
    upload = await uploaded(case.actor, 11, "报到证.png")
    await case.hand_in(upload)
    (line,) = await of_record(case.actor, case.record)
    assert line | {"added_at": "", "bytes": 0} == {
        "id": str(upload),
        "field": "proof",
        "round": 1,
        "name": "报到证.jpg",
        "media": "image/jpeg",
        "bytes": 0,
        "pages": 1,
        "added_by": "graduate",
        "added_at": "",
        "url": f"/v1/files/{upload}",
    }
    assert (await Upload.get(id=upload)).expires_at is None
    with pytest.raises(Refused) as caught:
        await delete_upload(case.actor, upload)
    assert caught.value.guard == "not_handed_in"


async def test_a_later_round_may_name_an_earlier_rounds_file_again(case: Case) -> None:
    first, second = await uploaded(case.actor, 12, "一.jpg"), await uploaded(case.actor, 13, "二.jpg")
    await case.hand_in(first)
    await case.hand_in(first, second, round=2)
    assert await names(case) == [("proof", 1, "一.jpg"), ("proof", 2, "一.jpg"), ("proof", 2, "二.jpg")]


async def test_the_same_file_for_the_same_field_hangs_there_once(case: Case) -> None:
    upload = await uploaded(case.actor, 14)
    await case.hand_in(upload)
    await case.hand_in(upload)
    await case.hand_in(upload, field="letter")
    assert [one[0] for one in await names(case)] == ["proof", "letter"]


async def test_ids_may_come_as_text_as_a_form_has_them(case: Case) -> None:
    upload = await uploaded(case.actor, 15)
    async with transaction():
        await attach(case.actor, case.world.school_id, case.record, 1, "proof", [str(upload)], kit.now())
    assert len(await names(case)) == 1
    with pytest.raises(InvalidForm):
        async with transaction():
            await attach(case.actor, case.world.school_id, case.record, 1, "proof", ["no-id"], kit.now())


async def test_only_what_is_finished_and_ones_own_is_taken(case: Case, world: World) -> None:
    unfinished = await begin_upload(case.actor, "a.jpg", 5)
    anothers = await uploaded(world.employer.actor, 16)
    ran_out = await uploaded(case.actor, 17)
    await Upload.filter(id=ran_out).update(expires_at=kit.now())
    good = await uploaded(case.actor, 18)
    for bad in (unfinished, anothers, ran_out, kit.new_id()):
        assert await case.fault(good, bad) == "file_gone"
    assert await names(case) == []
    assert (await Upload.get(id=good)).expires_at is not None


async def test_the_other_sides_file_cannot_be_handed_in_as_ones_own(case: Case, world: World) -> None:
    theirs = await uploaded(world.employer.actor, 19)
    await case.hand_in(theirs, by=world.employer.actor, field="stamped")
    assert await case.fault(theirs, field="stamped", round=2) == "file_gone"


async def test_a_colleague_may_repeat_what_hangs_there_but_nothing_else(case: Case, world: World) -> None:
    handed_in, loose = await uploaded(world.employer.actor, 20), await uploaded(world.employer.actor, 21)
    colleague = replace(world.employer.actor, id=kit.new_id())
    await case.hand_in(handed_in, by=world.employer.actor)
    await case.hand_in(handed_in, by=colleague, round=2)
    assert await case.fault(loose, by=colleague, round=2) == "file_gone"
    other = await make_case(world)
    assert await other.fault(handed_in, by=colleague) == "file_gone"


async def test_a_party_hands_in_twenty_files_a_round_over_all_fields(case: Case, world: World) -> None:
    one = await Upload.get(id=await uploaded(case.actor, 22))
    rows = [
        Upload(
            id=kit.new_id(), owner=case.actor.key, name=f"{n}.jpg", total=1, received=1, media=one.media,
            sha256=one.sha256, bytes=one.bytes, pages=1, created_at=kit.now(), completed_at=kit.now(),
            expires_at=kit.now() + UPLOAD_LIVES,
        )
        for n in range(ROUND_FILES + 1)
    ]  # fmt: skip
    await Upload.bulk_create(rows)
    many = [row.id for row in rows]
    assert await case.fault(*many) == "too_many"
    await case.hand_in(*many[:15])
    assert await case.fault(*many[15:], field="letter") == "too_many"
    await case.hand_in(*many[15:20], field="letter")
    await case.hand_in(*many[:20])  # what hangs there already is no more than it was
    await case.hand_in(many[20], round=2)
    await case.hand_in(await uploaded(world.employer.actor, 23), by=world.employer.actor)


async def test_a_field_may_take_pictures_only_or_documents_only(case: Case) -> None:
    shown, paper = await uploaded(case.actor, 24), await uploaded(case.actor, data=files.pdf(), name="函.pdf")
    assert await case.fault(paper, accepts=(Accepts.IMAGE,)) == "file_format"
    assert await case.fault(shown, accepts=(Accepts.PDF,)) == "file_format"
    await case.hand_in(shown, accepts=(Accepts.IMAGE,))
    await case.hand_in(paper, accepts=(Accepts.PDF,))
    await case.hand_in(shown, paper, round=2)


async def test_nothing_is_handed_in_when_the_act_fails(case: Case) -> None:
    upload = await uploaded(case.actor, 25)
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await attach(case.actor, case.world.school_id, case.record, 1, "proof", [upload], kit.now())
            raise ZeroDivisionError
    assert await names(case) == []
    await delete_upload(case.actor, upload)


async def test_handing_in_and_deleting_at_once_ends_in_one_of_the_two(case: Case) -> None:
    for seed in range(26, 31):
        upload = await uploaded(case.actor, seed)
        ended = await asyncio.gather(
            case.hand_in(upload, field=f"f{seed}"), delete_upload(case.actor, upload), return_exceptions=True
        )
        refused = [one for one in ended if isinstance(one, InvalidForm | Refused | NotFound)]
        assert len(refused) == 1, ended
        there = await Upload.filter(id=upload).exists()
        assert await Attachment.filter(upload_id=upload).exists() is there


# --- reading -------------------------------------------------------------------------------------


async def test_whoever_sees_the_record_reads_its_files_and_nobody_else(case: Case, world: World) -> None:
    upload = await uploaded(case.actor, 31)
    loose = await uploaded(case.actor, 32)
    await case.hand_in(upload)
    department = world.departments[(await Record.get(id=case.record)).department]
    for reader in (case.actor, world.employer.actor, department, world.school, world.province):
        assert (await read_file(reader, upload)).media == "image/jpeg"
    stranger = await make_world()
    others = [stranger.school, stranger.employer.actor, world.employers[1].actor, world.graduate.actor]
    others += [actor for name, actor in world.departments.items() if actor is not department]
    for reader in others:
        with pytest.raises(NotFound):
            await read_file(reader, upload)
    for reader in (world.school, world.employer.actor):
        with pytest.raises(NotFound):
            await read_file(reader, loose)


async def test_the_graduates_own_affair_is_not_shown_to_the_employer(
    case: Case, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await uploaded(case.actor, 33)
    await case.hand_in(upload, field="archive_letter")
    monkeypatch.setattr(attachments, "private_fields", lambda _: frozenset({"archive_letter"}))
    assert await names(case, world.employer.actor) == []
    assert await names(case, world.school) != []
    with pytest.raises(NotFound):
        await read_file(world.employer.actor, upload)
    assert await read_file(world.school, upload)


async def test_papers_of_a_mark_are_the_schools_and_those_of_an_employer_its_provinces(world: World) -> None:
    evidence, licence = await uploaded(world.school, 34), await uploaded(world.employer.actor, 35)
    form = {"employer_name": f"示例商贸{kit.new_id().hex[-8:]}公司"}
    mark = await mark_employer(world.school, form, ["discrimination"])
    await hand_in(world, mark, world.school, [evidence], field="evidence")
    async with transaction():
        await attach(world.employer.actor, None, world.employer.id, 1, "licence", [licence], kit.now())
    department = next(iter(world.departments.values()))
    stranger = await make_world()
    for reader, readable in (
        (world.school, {evidence}),
        (department, {evidence}),
        (world.province, {licence}),
        (replace(world.employer.actor, id=kit.new_id()), {licence}),
        (world.employers[1].actor, set()),
        (world.graduate.actor, set()),
        (stranger.school, set()),
    ):
        for upload in (evidence, licence):
            if upload in readable:
                assert await read_file(reader, upload)
            else:
                with pytest.raises(NotFound):
                    await read_file(reader, upload)


# --- the same picture ----------------------------------------------------------------------------


async def with_picture(world: World, seed: int, data: bytes | None = None) -> Case:
    made = await make_case(world)
    await made.hand_in(await uploaded(made.actor, seed, data=data))
    return made


async def test_a_picture_that_somebody_else_has_handed_in_is_a_hint(world: World) -> None:
    shown = files.picture(41, (900, 700))
    first = await with_picture(world, 0, files.written(shown, quality=92))
    copied = await with_picture(world, 0, files.written(shown.resize((600, 466)), quality=60))
    scanned = await with_picture(world, 0, files.written(shown, quality=92))
    await with_picture(world, 42)
    found = await same_image(world.school_id, first.record)
    assert [UUID(one["record_id"]) for one in found] == [scanned.record, copied.record]
    assert (found[0]["distance"], found[0]["same_file"]) == (0, True)
    assert found[1]["distance"] <= 4
    assert not found[1]["same_file"]
    assert found[0]["graduate_name"]
    assert found[0]["flow"] == "online_signing"


async def test_ones_own_picture_an_empty_page_and_another_school_are_no_hints(world: World) -> None:
    from PIL import Image

    blank = files.written(Image.new("RGB", (300, 400), "white"))
    one, _ = await with_picture(world, 0, blank), await with_picture(world, 0, blank)
    assert await same_image(world.school_id, one.record) == []
    elsewhere = await make_world()
    mine, _ = await with_picture(world, 43), await with_picture(elsewhere, 43)
    assert await same_image(world.school_id, mine.record) == []
    # the same person's entry of another cohort
    again = await with_picture(world, 44)
    other = await with_picture(world, 44)
    person = (await Record.get(id=again.record)).graduate_id
    number = (await Graduate.get(id=person)).id_bidx
    await Graduate.filter(id=(await Record.get(id=other.record)).graduate_id).update(id_bidx=number, cohort=2031)
    assert await same_image(world.school_id, again.record) == []


@pytest.mark.parametrize(
    ("bits", "found"), [((), 1), ((0, 13, 26, 63), 1), ((0, 1, 2, 3), 1), ((0, 13, 26, 39, 63), 0)]
)
async def test_four_bits_of_sixty_four_may_differ_wherever_they_stand(
    world: World, bits: tuple[int, ...], found: int
) -> None:
    mine, theirs = await with_picture(world, 45), await with_picture(world, 46)
    hash_ = int.from_bytes(kit.new_id().bytes[8:], "big")
    other = hash_ ^ sum(1 << bit for bit in bits)
    await Attachment.filter(record_id=mine.record).update(dhash=f"{hash_:016x}")
    await Attachment.filter(record_id=theirs.record).update(dhash=f"{other:016x}")
    hints = await same_image(world.school_id, mine.record)
    assert [one["distance"] for one in hints] == [len(bits)] * found
