"""Room: importing a roster, removing one graduate, taking one back."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest

from models.kit import cohort_close, shanghai_day
from models.parties import Grant, Level, Party
from models.tables import Graduate, InboxNote, JournalRow, OutboxRow, Record
from models.vault import is_sealed, unseal
from tests.harness import world as w
from tests.harness.callers import bind
from workflows.commands.freezing import Cause
from workflows.commands.roster import import_roster, invalidate_graduate, remove_graduates, restore_graduate
from workflows.errors import Forbidden, InvalidForm, NotFound, ReadOnly, Refused
from workflows.queries.employers import read_inbox

SHA = "ab" * 32


async def take(world, rows, **more):
    return await import_roster(world.school, world.cohort, rows, file_sha256=SHA, **more)


async def entries(world) -> dict[str, Graduate]:
    return {g.basic["ksh"]: g for g in await Graduate.filter(school_id=world.school_id, cohort=world.cohort)}


@pytest.fixture
async def world(database):
    return await w.make_world(graduates=0, employers=0, submit=False)


async def test_rows_become_graduates_with_their_numbers_sealed(world):
    row = w.roster_row()
    outcome = await take(world, [row])
    assert (outcome.rows, outcome.added, outcome.changed, outcome.faults) == (1, 1, 0, ())
    entry = (await entries(world))[row["ksh"]]
    assert is_sealed(entry.id_enc)
    assert unseal("graduates.id_enc", entry.id_enc) == row["sfzh"]
    assert unseal("graduates.phone_enc", entry.phone_enc) == row["sjh"]
    assert (entry.level, entry.department, entry.major) == ("undergraduate", "计算机学院", "计算机科学与技术")
    assert row["sfzh"] not in str(entry.basic)
    assert len(entry.proof_code) == 16


async def test_the_same_file_again_changes_nothing(world):
    rows = [w.roster_row() for _ in range(5)]
    await take(world, rows)
    before = {k: g.proof_code for k, g in (await entries(world)).items()}
    again = await take(world, rows)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 5)
    assert {k: g.proof_code for k, g in (await entries(world)).items()} == before


async def test_a_changed_name_or_number_updates_the_same_entry(world):
    row = w.roster_row()
    await take(world, [row])
    first = (await entries(world))[row["ksh"]]
    other = w.id_number()
    outcome = await take(world, [row | {"xm": "改名", "sfzh": other, "szyx": "文学院"}])
    assert (outcome.added, outcome.changed) == (0, 1)
    entry = await Graduate.get(id=first.id)
    assert (entry.name, entry.department) == ("改名", "文学院")
    assert unseal("graduates.id_enc", entry.id_enc) == other
    assert entry.proof_code == first.proof_code


async def test_without_an_exam_number_the_paper_finds_the_entry(world):
    row = w.roster_row()
    await take(world, [row])
    outcome = await take(world, [row | {"ksh": "", "xm": "改名"}])
    assert outcome.changed == 1
    assert (await entries(world))[row["ksh"]].name == "改名"


async def test_a_number_that_belongs_to_somebody_else_is_a_fault(world):
    one, two = w.roster_row(), w.roster_row()
    await take(world, [one, two])
    with pytest.raises(InvalidForm) as caught:
        await take(world, [one | {"sfzh": two["sfzh"]}])
    assert [(f.path, f.code) for f in caught.value.faults] == [("3.sfzh", "others_number")]


async def test_one_person_twice_in_a_file_is_a_fault_that_names_the_line(world):
    row = w.roster_row()
    with pytest.raises(InvalidForm) as caught:
        await take(world, [row, w.roster_row(), row | {"ksh": ""}])
    assert [(f.path, f.code) for f in caught.value.faults] == [("5.sfzh", "twice")]
    assert "第 3 行" in caught.value.faults[0].message


async def test_one_wrong_row_stops_the_file_unless_valid_rows_are_asked_for(world):
    rows = [w.roster_row(), w.roster_row(szyx=""), w.roster_row(pyfsdm="2")]
    with pytest.raises(InvalidForm) as caught:
        await take(world, rows)
    assert [f.path for f in caught.value.faults] == ["4.szyx", "5.pyfsdm"]
    assert await entries(world) == {}
    outcome = await take(world, rows, only_valid=True)
    assert (outcome.rows, outcome.added) == (3, 1)
    assert [(f.line, f.column) for f in outcome.faults] == [(4, "szyx"), (5, "pyfsdm")]


async def test_absence_from_a_file_deletes_nobody(world):
    one, two = w.roster_row(), w.roster_row()
    await take(world, [one, two])
    await take(world, [two])
    assert {g.invalid_at for g in (await entries(world)).values()} == {None}
    assert len(await entries(world)) == 2


async def test_a_phone_that_the_graduate_confirmed_stays(world):
    row = w.roster_row()
    await take(world, [row])
    entry = (await entries(world))[row["ksh"]]
    fresh = w.mobile()
    await take(world, [row | {"sjh": fresh}])
    entry = await Graduate.get(id=entry.id)
    assert unseal("graduates.phone_enc", entry.phone_enc) == fresh
    entry.phone_source = "own"
    await entry.save()
    outcome = await take(world, [row | {"sjh": w.mobile(), "dzyx": "other@example.com"}])
    assert outcome.unchanged == 1
    entry = await Graduate.get(id=entry.id)
    assert unseal("graduates.phone_enc", entry.phone_enc) == fresh


async def test_an_empty_cell_takes_nothing_away(world):
    row = w.roster_row(dzyx="a@example.com")
    await take(world, [row])
    await take(world, [row | {"sjh": "", "dzyx": "", "xh": "", "zzmmdm": ""}])
    entry = (await entries(world))[row["ksh"]]
    assert entry.phone_enc
    assert entry.email == "a@example.com"
    assert entry.basic["xh"] == row["xh"]


async def test_columns_that_nobody_reads_are_named(world):
    outcome = await take(world, [w.roster_row() | {"dwmc": "x", "家庭住址": "y"}])
    assert outcome.ignored_columns == ("dwmc", "家庭住址")


async def test_two_thousand_rows_take_less_than_three_seconds(world):
    rows = [w.roster_row(w.DEPARTMENTS[n % 2]) for n in range(2000)]
    began = time.process_time(), time.perf_counter()
    outcome = await take(world, rows)
    used, passed = time.process_time() - began[0], time.perf_counter() - began[1]
    assert outcome.added == 2000
    assert used < 3, f"{used:.1f} s of processor, {passed:.1f} s on the clock"
    again = [row | {"xm": "改名"} for row in rows]
    began_at = time.process_time()
    assert (await take(world, again)).changed == 2000
    assert time.process_time() - began_at < 3


async def test_the_same_file_twice_at_once_adds_everybody_once(world):
    rows = [w.roster_row() for _ in range(30)]
    one, two = await asyncio.gather(take(world, rows), take(world, rows))
    assert sorted([one.added, two.added]) == [0, 30]
    assert len(await entries(world)) == 30


async def test_the_journal_keeps_the_files_hash_and_counts_and_no_number(world):
    row = w.roster_row()
    await take(world, [row])
    entry = await JournalRow.filter(chain=f"school:{world.school_id}", action="import_roster").get()
    assert entry.detail["file_sha256"] == SHA
    assert (entry.detail["rows"], entry.detail["added"], entry.detail["faulty"]) == (1, 1, 0)
    assert row["sfzh"] not in str(entry.detail)
    assert row["sjh"] not in str(entry.detail)


async def test_who_may_not_import_does_not(world):
    await take(world, [w.roster_row()])
    reader = await w.make_account(world.province, Party.SCHOOL, "只读", school_id=world.school_id, employment=Grant.RO)
    department = await w.make_account(world.school, Party.DEPARTMENT, "院系", department="计算机学院")
    with pytest.raises(ReadOnly):
        await import_roster(reader.actor, world.cohort, [w.roster_row()], file_sha256=SHA)
    for actor in (department.actor, world.province):
        with pytest.raises(Forbidden):
            await import_roster(actor, world.cohort, [w.roster_row()], file_sha256=SHA)


async def test_a_level_scoped_account_imports_its_level_only(world):
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    rows = [w.roster_row(), w.roster_row(xldm="11")]
    outcome = await import_roster(scoped.actor, world.cohort, rows, file_sha256=SHA, only_valid=True)
    assert outcome.added == 1
    assert [f.code for f in outcome.faults] == ["outside_level"]


# --- invalidated and restored --------------------------------------------------------------------


async def test_a_removed_graduates_records_are_frozen_and_unsent_notices_overtaken(database):
    world = await w.make_world()
    invited = await w.invite(world)
    owed = await OutboxRow.filter(record_id=invited.record_id)
    assert {row.status for row in owed} <= {"pending", "deferred"}
    assert owed
    await invalidate_graduate(world.school, world.graduate.id, "退学，已从名单删除")
    assert {row.status for row in await OutboxRow.filter(record_id=invited.record_id)} == {"superseded"}
    with pytest.raises(Refused) as caught:
        await w.accept(world, invited)
    assert caught.value.guard == "on_roster"
    with pytest.raises(Refused):
        await w.invite(world)
    with pytest.raises(Refused):
        await invalidate_graduate(world.school, world.graduate.id, "退学，已从名单删除")


async def test_a_restored_graduate_gets_the_frozen_days_back(database, clock):
    world = await w.make_world()
    invited = await w.invite(world, valid_days=5)
    before = (await Record.get(id=invited.record_id)).expires_at
    clock.advance(days=1)
    await invalidate_graduate(world.school, world.graduate.id, "名单有误，暂时移除")
    clock.advance(days=10)
    await restore_graduate(world.school, world.graduate.id)
    record = await Record.get(id=invited.record_id)
    assert shanghai_day(record.expires_at) == shanghai_day(before + timedelta(days=10))
    assert (await w.accept(world, invited)).state == "review_school"


async def test_frozen_time_is_never_given_back_past_the_cohorts_close(database, clock):
    cohort = shanghai_day(clock.moment).year + 1
    world = await w.make_world(cohort=cohort)
    clock.moment = cohort_close(cohort) - timedelta(days=20)
    invited = await w.invite(world, valid_days=10)
    await invalidate_graduate(world.school, world.graduate.id, "名单有误，暂时移除")
    clock.advance(days=15)
    await restore_graduate(world.school, world.graduate.id)
    assert (await Record.get(id=invited.record_id)).expires_at == cohort_close(cohort)


async def test_an_invitation_that_had_run_out_before_stays_run_out(database, clock):
    world = await w.make_world()
    invited = await w.invite(world, valid_days=1)
    clock.advance(days=3)
    await invalidate_graduate(world.school, world.graduate.id, "名单有误，暂时移除")
    clock.advance(days=3)
    await restore_graduate(world.school, world.graduate.id)
    with pytest.raises(Refused) as caught:
        await w.accept(world, invited)
    assert caught.value.guard == "before_deadline"


async def test_a_restored_signing_is_pushed_to_the_ems_again(database):
    world = await w.make_world()
    signed = await w.sign(world)
    first = await OutboxRow.get(record_id=signed.record_id, channel="ems")
    await invalidate_graduate(world.school, world.graduate.id, "名单有误，暂时移除")
    assert (await OutboxRow.get(id=first.id)).status == "superseded"
    await restore_graduate(world.school, world.graduate.id)
    again = await OutboxRow.filter(stream=f"ems:{world.graduate.id}", status="pending").get()
    assert again.params["seq"] > first.params["seq"]
    assert again.params["columns"] == first.params["columns"]
    assert (again.params["settled"], again.params["school"]) == (True, world.school_code)


async def test_a_restored_graduate_of_whom_the_ems_never_heard_is_not_pushed(database):
    world = await w.make_world()
    await invalidate_graduate(world.school, world.graduate.id, "名单有误，暂时移除")
    await restore_graduate(world.school, world.graduate.id)
    assert not await OutboxRow.filter(stream=f"ems:{world.graduate.id}").exists()


async def test_a_graduate_who_is_in_the_file_again_is_restored_by_it(database):
    world = await w.make_world(graduates=0)
    row = w.roster_row()
    await take(world, [row])
    graduate = (await entries(world))[row["ksh"]]
    await invalidate_graduate(world.school, graduate.id, "名单有误，暂时移除")
    outcome = await take(world, [row])
    assert outcome.restored == 1
    assert (await Graduate.get(id=graduate.id)).invalid_at is None
    actions = await JournalRow.filter(subject_id=graduate.id).order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["invalidate", "restore"]


async def test_removing_needs_a_reason_and_ones_own_graduate(database):
    world, other = await w.make_world(), await w.make_world()
    with pytest.raises(InvalidForm):
        await invalidate_graduate(world.school, world.graduate.id, "退学")
    for command in (
        lambda g: invalidate_graduate(world.school, g, "退学，已从名单删除"),
        lambda g: restore_graduate(world.school, g),
    ):
        with pytest.raises(NotFound):
            await command(other.graduate.id)
    with pytest.raises(Refused):
        await restore_graduate(world.school, world.graduate.id)
    scoped = await w.make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    with pytest.raises(NotFound):
        await invalidate_graduate(scoped.actor, world.graduate.id, "退学，已从名单删除")
    with pytest.raises(Forbidden):
        await invalidate_graduate(world.departments["计算机学院"], world.graduate.id, "退学，已从名单删除")


async def test_an_act_and_a_removal_at_once_leave_one_truth(database):
    world = await w.make_world(graduates=1)
    for person in await w.add_graduates(world, 8):
        invited = await w.invite(world, person)
        accepted, _ = await asyncio.gather(
            w.accept(world, invited, person),
            invalidate_graduate(world.school, person.id, "退学，已从名单删除"),
            return_exceptions=True,
        )
        state = (await Record.get(id=invited.record_id)).state
        assert state == ("invited" if isinstance(accepted, Refused) else "review_school")


async def test_both_sides_are_told_of_a_removal_and_of_the_return(database):
    world = await w.make_world()
    invited = await w.invite(world)
    await invalidate_graduate(world.school, world.graduate.id, "退学，已从名单删除")
    owed = await OutboxRow.filter(stream=f"sms:{world.graduate.id}", status__in=["pending", "deferred"])
    assert [row.notice for row in owed] == ["invalidated"]
    await restore_graduate(world.school, world.graduate.id)
    owed = await OutboxRow.filter(stream=f"sms:{world.graduate.id}", status__in=["pending", "deferred"])
    assert [row.notice for row in owed] == ["restored"], "the first message has not left and is overtaken"
    notes = await InboxNote.filter(record_id=invited.record_id).order_by("created_at").values_list("notice", flat=True)
    assert list(notes) == ["graduate_invalidated", "graduate_restored"]
    texts = [note["text"] for note in await read_inbox(world.employer.actor)]
    assert f"{world.graduate.name}已不在学校的学生名单中，与其相关的流程暂停。" in texts


async def test_a_bound_graduate_is_told_by_wechat_and_by_sms_only_where_the_school_allows_it(database):
    world = await w.make_world(settings={"sms_fallback": False})
    bound, unbound = world.graduates
    binding = await bind(world, bound)
    for person in world.graduates:
        await invalidate_graduate(world.school, person.id, "退学，已从名单删除")
    assert await OutboxRow.filter(stream=f"wx:{binding}", notice="invalidated").count() == 1
    assert not await OutboxRow.filter(notice="invalidated", recipient__in=[bound.id, unbound.id]).exists()


async def test_more_than_one_removal_at_once_is_refused_whole_while_online_signing_is_open(database):
    opened, closed = await w.make_world(graduates=3), await w.make_world(graduates=3, opened=False)
    with pytest.raises(Refused) as caught:
        await remove_graduates(opened.school, [g.id for g in opened.graduates], "批量清理名单")
    assert (caught.value.guard, caught.value.context["count"]) == ("bulk_removal", 3)
    assert not await Graduate.filter(school_id=opened.school_id, invalid_at__isnull=False).exists()
    await remove_graduates(opened.school, [opened.graduate.id], "批量清理名单")
    await remove_graduates(closed.school, [g.id for g in closed.graduates], "批量清理名单", Cause.EMS)
    assert await Graduate.filter(school_id=closed.school_id, invalid_cause="ems").count() == 3


async def test_removing_somebody_of_another_school_among_ones_own_is_refused_whole(database):
    own, other = await w.make_world(opened=False), await w.make_world(opened=False)
    with pytest.raises(NotFound):
        await remove_graduates(own.school, [own.graduate.id, other.graduate.id], "批量清理名单")
    assert (await Graduate.get(id=own.graduate.id)).invalid_at is None
