"""Room: employers: registering, the province's decision, their own data."""

from __future__ import annotations

import asyncio

import pytest

from models.kit import name_key, new_id
from models.parties import AgreementType, Grant, Party
from models.states import EmployerStatus as S
from models.states import Flow
from models.store import MemoryStore
from models.tables import Employer, EmployerUser, InboxNote, JournalRow, OutboxRow, Record
from models.vault import is_sealed, unseal
from tests.harness import world as w
from tests.harness.files import uploaded
from workflows.actors import APPLICANT, CLOCK, OPERATOR
from workflows.commands.employers import (
    DECISIONS,
    add_employer_user,
    decide_employer,
    disable_employer_user,
    register_employer,
    register_from,
    update_profile,
)
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.commands.sessions import resolve, sign_in_employer
from workflows.commands.suspension import withdraw_of_suspended
from workflows.engine import act
from workflows.errors import Forbidden, InvalidForm, NotFound, RateLimited, ReadOnly, Refused, Unauthenticated
from workflows.limits import REGISTER
from workflows.queries.attachments import read_file
from workflows.queries.employers import read_inbox
from workflows.queries.record_page import read_record
from workflows.queries.records import Filters, list_records


@pytest.fixture
async def world(database):
    return await w.make_world(graduates=1)


@pytest.fixture(scope="module")
async def province(database):
    """One for all tests that look at no employer but their own."""
    return await w.make_world(graduates=1)


async def status_of(employer_id) -> str:
    return (await Employer.get(id=employer_id)).status


async def test_a_registration_waits_for_its_province_with_its_numbers_sealed(world):
    form = w.employer_form(employer_name="示例（北京）有限公司", agent_name="钱经办", agent_mobile=w.mobile())
    employer_id, user_id = await register_employer(APPLICANT, form, w.username("f"), w.PASSWORD)
    row = await Employer.get(id=employer_id)
    assert (row.status, row.province_id, row.name_key) == ("pending", world.province_id, name_key("示例(北京)有限公司"))
    assert is_sealed(row.profile["contact_mobile"])
    assert unseal("employers.profile", row.profile["agent_mobile"]) == form["agent_mobile"]
    assert "employer_name" not in row.profile
    assert (await EmployerUser.get(id=user_id)).display_name == "钱经办"
    journal = await JournalRow.get(subject_id=employer_id)
    assert form["contact_mobile"] not in str(journal.detail)


async def test_all_faults_of_a_registration_come_at_once(world):
    wrong = w.employer_form(employer_uscc="91110103000000000X", contact_mobile="1", employer_region="999999")
    with pytest.raises(InvalidForm) as caught:
        await register_employer(APPLICANT, wrong, w.username("f"), w.PASSWORD)
    assert {f.path for f in caught.value.faults} == {"employer_uscc", "contact_mobile", "employer_region"}


async def test_an_address_has_only_so_many_registrations_and_slips_of_the_pen_are_free(world):
    """What reads well counts, refused or not, so that nobody can try out which user names are taken."""
    counter, taken = MemoryStore(), w.username("f")
    wrong = w.employer_form(contact_mobile="1")
    for _ in range(REGISTER.times + 1):
        with pytest.raises(InvalidForm):
            await register_from("192.0.2.7", counter, wrong, w.username("f"), w.PASSWORD)
    await register_from("192.0.2.7", counter, w.employer_form(), taken, w.PASSWORD)
    for _ in range(REGISTER.times - 1):
        with pytest.raises((InvalidForm, Refused)):
            await register_from("192.0.2.7", counter, w.employer_form(), taken, w.PASSWORD)
    with pytest.raises(RateLimited) as caught:
        await register_from("192.0.2.7", counter, w.employer_form(), w.username("f"), w.PASSWORD)
    assert caught.value.retry_after > 0
    await register_from("192.0.2.8", counter, w.employer_form(), w.username("f"), w.PASSWORD)


async def test_an_employer_of_a_province_that_is_not_here_is_told_so(world):
    with pytest.raises(InvalidForm) as caught:
        await register_employer(APPLICANT, w.employer_form("820000"), w.username("f"), w.PASSWORD)
    assert caught.value.faults[0].code == "not_open"


@pytest.mark.parametrize(
    ("username", "password", "path"),
    [("ab", w.PASSWORD, "username"), ("mit leer", w.PASSWORD, "username"), ("good.name", "short", "password")],
)
async def test_user_name_and_password_are_judged(province, username, password, path):
    with pytest.raises(InvalidForm) as caught:
        await register_employer(APPLICANT, w.employer_form(), username, password)
    assert caught.value.faults[0].path == path


async def test_a_taken_user_name_registers_nothing(world):
    form = w.employer_form()
    with pytest.raises(InvalidForm) as caught:
        await register_employer(APPLICANT, form, world.employer.username, w.PASSWORD)
    assert caught.value.faults[0].code == "taken"
    assert not await Employer.filter(uscc=form["employer_uscc"]).exists()


async def test_a_verified_code_cannot_be_registered_again(world):
    form = w.employer_form(employer_uscc=world.employer.uscc)
    with pytest.raises(Refused) as caught:
        await register_employer(APPLICANT, form, w.username("f"), w.PASSWORD)
    assert caught.value.guard == "code_free"


async def test_of_two_pending_ones_with_the_same_code_one_is_verified(world):
    form = w.employer_form()
    twins = [
        (await register_employer(APPLICANT, form, w.username("f"), w.PASSWORD))[0],
        (await register_employer(APPLICANT, form, w.username("f"), w.PASSWORD))[0],
    ]
    answers = await asyncio.gather(
        *(decide_employer(world.province, twin, S.VERIFIED) for twin in twins), return_exceptions=True
    )
    refused = [a for a in answers if a is not None]
    assert len(refused) == 1
    assert isinstance(refused[0], Refused)
    assert refused[0].guard == "code_free"
    assert sorted([await status_of(t) for t in twins]) == ["pending", "verified"]


@pytest.mark.parametrize("before", list(S))
@pytest.mark.parametrize("after", list(S))
async def test_a_decision_is_open_exactly_where_the_table_says(province, before, after):
    firm = await w.make_employer(province, status=before)
    if before in DECISIONS.get(after, ()):
        await decide_employer(province.province, firm.id, after, "写明原因给单位")
        assert await status_of(firm.id) == after
    else:
        with pytest.raises(Refused) as caught:
            await decide_employer(province.province, firm.id, after, "写明原因给单位")
        assert caught.value.guard == "status"
        assert await status_of(firm.id) == before


async def test_a_return_needs_a_reason(world):
    firm = await w.make_employer(world, status=S.PENDING)
    for status in (S.RETURNED, S.REFUSED):
        with pytest.raises(InvalidForm):
            await decide_employer(world.province, firm.id, status, " 不 ")


async def test_two_clerks_at_once_decide_once(world):
    firm = await w.make_employer(world, status=S.PENDING)
    answers = await asyncio.gather(
        decide_employer(world.province, firm.id, S.VERIFIED),
        decide_employer(world.province, firm.id, S.REFUSED, "写明原因给单位"),
        return_exceptions=True,
    )
    assert sum(a is None for a in answers) == 1
    assert await JournalRow.filter(subject_id=firm.id, action="decide_employer").count() == 1


async def test_only_the_province_of_its_region_decides(world):
    firm = await w.make_employer(world, status=S.PENDING)
    elsewhere = await w.make_world(agreement=AgreementType.THREE_PARTY, graduates=0, employers=0, submit=False)
    with pytest.raises(NotFound):
        await decide_employer(elsewhere.province, firm.id, S.VERIFIED)
    with pytest.raises(NotFound):
        await decide_employer(world.province, new_id(), S.VERIFIED)
    for actor in (world.school, world.employer.actor, firm.actor, world.graduate.actor):
        with pytest.raises((NotFound, Forbidden)):
            await decide_employer(actor, firm.id, S.VERIFIED)
    reader = await w.make_account(OPERATOR, Party.PROVINCE, "只读", province_id=world.province_id, employment=Grant.RO)
    with pytest.raises(ReadOnly):
        await decide_employer(reader.actor, firm.id, S.VERIFIED)


async def test_only_a_verified_employer_invites(world):
    for status in (S.PENDING, S.RETURNED, S.REFUSED, S.SUSPENDED):
        firm = await w.make_employer(world, status=status)
        with pytest.raises(Refused) as caught:
            await w.invite(world, firm=firm)
        assert caught.value.guard == "employer_verified"


async def test_a_new_name_or_code_makes_it_pending_and_a_new_address_does_not(world):
    firm = world.employer
    assert await update_profile(firm.actor, {**firm.form, "employer_address": "新路9号"}) is S.VERIFIED
    assert (await Employer.get(id=firm.id)).profile["employer_address"] == "新路9号"
    assert await update_profile(firm.actor, {**firm.form, "employer_name": "改名科技有限公司"}) is S.PENDING
    await decide_employer(world.province, firm.id, S.VERIFIED)
    fresh = w.credit_code()
    assert await update_profile(firm.actor, {**firm.form, "employer_uscc": fresh}) is S.PENDING
    assert (await Employer.get(id=firm.id)).uscc == fresh


async def test_an_answer_to_a_return_is_pending_again(world):
    firm = await w.make_employer(world, status=S.RETURNED)
    assert await update_profile(firm.actor, dict(firm.form)) is S.PENDING


async def test_a_move_to_another_province_is_verified_there(world):
    elsewhere = await w.make_world(agreement=AgreementType.THREE_PARTY, graduates=0, employers=0, submit=False)
    firm = world.employer
    assert await update_profile(firm.actor, {**firm.form, "employer_region": "120101"}) is S.PENDING
    with pytest.raises(NotFound):
        await decide_employer(world.province, firm.id, S.VERIFIED)
    await decide_employer(elsewhere.province, firm.id, S.VERIFIED)


async def test_a_suspended_employer_does_not_slip_back_by_a_change(world):
    for status in (S.SUSPENDED, S.REFUSED):
        firm = await w.make_employer(world, status=status)
        with pytest.raises(Refused):
            await update_profile(firm.actor, {**firm.form, "employer_name": "改名科技有限公司"})


async def test_a_record_keeps_the_employers_data_as_at_the_invitation(world):
    invited = await w.invite(world)
    await update_profile(world.employer.actor, {**world.employer.form, "employer_name": "改名科技有限公司"})
    assert (await Record.get(id=invited.record_id)).employer_name == world.employer.name


async def test_a_new_licence_is_verified_anew(world):
    firm = world.employer
    licence = await uploaded(firm.actor)
    assert await update_profile(firm.actor, dict(firm.form), licence) is S.PENDING
    await decide_employer(world.province, firm.id, S.VERIFIED)
    assert await update_profile(firm.actor, dict(firm.form), licence) is S.VERIFIED
    assert await update_profile(firm.actor, dict(firm.form)) is S.VERIFIED  # left out: as it was
    assert (await Employer.get(id=firm.id)).licence == licence
    assert (await read_file(world.province, licence)).data
    other = await w.make_employer(world)
    with pytest.raises(NotFound):
        await read_file(other.actor, licence)
    with pytest.raises(InvalidForm) as caught:
        await update_profile(other.actor, dict(other.form), licence)
    assert [f.path for f in caught.value.faults] == ["licence"]


async def notes_of(employer_id) -> list[tuple[str, str]]:
    rows = await InboxNote.filter(employer_id=employer_id).order_by("created_at", "id")
    return [(row.notice, row.params["reason"]) for row in rows]


async def test_every_decision_is_told_to_the_employer_with_its_reason(world):
    firm = await w.make_employer(world, status=S.PENDING)
    await decide_employer(world.province, firm.id, S.RETURNED, "营业执照名称不一致")
    await update_profile(firm.actor, dict(firm.form))
    await decide_employer(world.province, firm.id, S.VERIFIED)
    await decide_employer(world.province, firm.id, S.SUSPENDED, "多名学生投诉收费")
    await decide_employer(world.province, firm.id, S.VERIFIED, "整改完成")
    assert await notes_of(firm.id) == [
        ("employer_returned", "营业执照名称不一致"),
        ("employer_verified", ""),
        ("employer_suspended", "多名学生投诉收费"),
        ("employer_resumed", "整改完成"),
    ]
    shown = await read_inbox(firm.actor)
    assert shown[0]["text"] == "单位已恢复使用，可以重新发起签约邀请。整改完成"
    assert shown[0]["record"] is None
    refused = await w.make_employer(world, status=S.REFUSED)
    assert [name for name, _ in await notes_of(refused.id)] == ["employer_refused"]


async def test_a_suspension_withdraws_open_invitations_and_leaves_what_is_in_review_marked(database):
    world = await w.make_world(graduates=3)
    invited = await w.invite(world)
    review = await w.accept(world, await w.invite(world, world.graduates[1]), world.graduates[1])
    elsewhere = await w.make_employer(world)
    other = await w.invite(world, world.graduates[0], elsewhere)
    await decide_employer(world.province, world.employer.id, S.SUSPENDED, "多名学生投诉收费")
    states = {r.id: r.state for r in await Record.filter(school_id=world.school_id)}
    assert states == {
        invited.record_id: "withdrawn",
        review.record_id: "review_school",
        other.record_id: "invited",
    }
    owed = await OutboxRow.filter(record_id=invited.record_id).order_by("id").values_list("notice", "status")
    assert ("invitation_received", "superseded") in list(owed)
    assert "invitation_suspended" in {notice for notice, _ in owed}
    page = await read_record(world.school, Flow.ONLINE_SIGNING, review.record_id)
    assert page["employer_suspended"]
    rows = (await list_records(world.school, Flow.ONLINE_SIGNING, Filters())).items
    assert {row["id"] for row in rows if row["employer_suspended"]} == {
        str(invited.record_id),
        str(review.record_id),
    }
    assert (await w.approve(world, review)).state == "signed"  # records in review stay decidable


async def test_what_slipped_past_a_suspension_is_withdrawn_by_the_clock_once(database):
    """A graduate who was off the roster then, and an invitation whose act was cut off."""
    world = await w.make_world()
    frozen = await w.invite(world)
    await invalidate_graduate(world.school, world.graduate.id, "已转入其他学校就读")
    await decide_employer(world.province, world.employer.id, S.SUSPENDED, "多名学生投诉收费")
    assert (await Record.get(id=frozen.record_id)).state == "invited"
    assert await withdraw_of_suspended(world.employer.id) == 0
    await restore_graduate(world.school, world.graduate.id)
    counts = await asyncio.gather(*(withdraw_of_suspended(world.employer.id) for _ in range(3)))
    assert sum(counts) == 1
    assert (await Record.get(id=frozen.record_id)).state == "withdrawn"
    assert await JournalRow.filter(subject_id=frozen.record_id, action="close_suspended").count() == 1


async def test_only_suspension_closes_an_invitation_that_way(world):
    invited = await w.invite(world)
    with pytest.raises(Refused) as caught:
        await act(CLOCK, Flow.ONLINE_SIGNING, invited.record_id, "close_suspended", once=world.key())
    assert caught.value.guard == "employer_suspended"
    with pytest.raises(Forbidden):
        await act(world.employer.actor, Flow.ONLINE_SIGNING, invited.record_id, "close_suspended", once=world.key())


async def test_a_colleague_who_left_can_no_longer_sign_in(world):
    name = w.username("colleague")
    user = await add_employer_user(world.employer.actor, name, "孙同事", w.PASSWORD)
    opened = await sign_in_employer(name, w.PASSWORD, "127.0.0.1", counter=MemoryStore())
    with pytest.raises(Refused) as caught:
        await disable_employer_user(opened.actor, user)
    assert caught.value.guard == "not_oneself"
    other = await w.make_employer(world)
    with pytest.raises(NotFound):
        await disable_employer_user(other.actor, user)
    await disable_employer_user(world.employer.actor, user)
    with pytest.raises(Unauthenticated):
        await resolve(opened.token)
    with pytest.raises(Unauthenticated, match="已停用"):
        await sign_in_employer(name, w.PASSWORD, "127.0.0.1", counter=MemoryStore())


async def test_another_user_of_the_same_employer_sees_and_does_the_same(world):
    name = w.username("colleague")
    await add_employer_user(world.employer.actor, name, "孙同事", w.PASSWORD)
    opened = await sign_in_employer(name, w.PASSWORD, "127.0.0.1", counter=MemoryStore())
    assert opened.actor.employer_id == world.employer.id
    for actor in (APPLICANT, world.school):
        with pytest.raises(Forbidden):
            await add_employer_user(actor, w.username("x"), "某人", w.PASSWORD)
