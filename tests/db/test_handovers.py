"""Room: a new 经办人 takes an employer over, if its province says so."""

from __future__ import annotations

import asyncio

import pytest

from models.parties import AgreementType
from models.states import EmployerStatus
from models.store import MemoryStore
from models.tables import Employer, EmployerUser, Handover
from models.vault import is_sealed, unseal
from tests.harness import world as w
from tests.harness.invented import handover_form
from workflows.commands.handovers import ask_from, decide_handover
from workflows.commands.sessions import resolve, sign_in_employer
from workflows.errors import Forbidden, InvalidForm, NotFound, RateLimited, Refused, Unauthenticated
from workflows.limits import REGISTER
from workflows.queries.employers import EmployerFilters, list_employers, read_employer, read_inbox


@pytest.fixture
async def world(database):
    return await w.make_world(graduates=1)


async def ask(firm: w.Firm, username: str = "", **values):
    form = handover_form(firm.name, firm.uscc, **values)
    return await ask_from("192.0.2.9", MemoryStore(), form, username or w.username("agent"), w.PASSWORD)


async def signed_in(username: str):
    return await sign_in_employer(username, w.PASSWORD, "127.0.0.1", counter=MemoryStore())


async def test_the_new_agent_can_sign_in_once_the_province_has_approved(world):
    name, phone = w.username("agent"), w.mobile()
    asked = await ask(world.employer, name, agent_mobile=phone)
    with pytest.raises(Unauthenticated):
        await signed_in(name)
    row = await Handover.get(id=asked)
    assert is_sealed(row.agent_mobile)
    page = await read_employer(world.province, world.employer.id)
    assert (page["handovers_waiting"], page["handovers"][0]["agent_name"]) == (1, "吴接任")
    assert phone not in str(page)
    waiting = await list_employers(world.province, EmployerFilters(handover=True))
    assert str(world.employer.id) in {item["id"] for item in waiting.items}
    await decide_handover(world.province, asked, approved=True)
    opened = await signed_in(name)
    assert opened.actor.employer_id == world.employer.id
    profile = (await Employer.get(id=world.employer.id)).profile
    assert (profile["agent_name"], unseal("employers.profile", profile["agent_mobile"])) == ("吴接任", phone)
    assert (await Handover.get(id=asked)).password == ""
    assert await signed_in(world.employer.username)  # the others stay, as the province said
    assert [n["text"] for n in await read_inbox(world.employer.actor)][:2] == [
        "吴接任已成为单位的经办人。",
        "吴接任申请成为单位新的经办人，等待省级核验。",
    ]


async def test_the_province_may_close_the_accounts_of_those_before(world):
    old = await signed_in(world.employer.username)
    name = w.username("agent")
    asked = await ask(world.employer, name)
    await decide_handover(world.province, asked, approved=True, keep_others=False)
    with pytest.raises(Unauthenticated):
        await resolve(old.token)
    with pytest.raises(Unauthenticated, match="已停用"):
        await signed_in(world.employer.username)
    assert await signed_in(name)


async def test_a_refusal_needs_a_reason_and_opens_nothing(world):
    name = w.username("agent")
    asked = await ask(world.employer, name)
    with pytest.raises(InvalidForm):
        await decide_handover(world.province, asked, approved=False, note="不行")
    await decide_handover(world.province, asked, approved=False, note="授权书没有盖章")
    with pytest.raises(Unauthenticated):
        await signed_in(name)
    assert (await read_inbox(world.employer.actor))[0]["text"] == "吴接任的经办人变更申请未通过：授权书没有盖章"
    with pytest.raises(Refused) as caught:
        await decide_handover(world.province, asked, approved=True)
    assert caught.value.guard == "undecided"
    assert await ask(world.employer)  # another try is free


async def test_name_and_code_must_both_be_those_of_the_employer(world):
    firm = world.employer
    other = await w.make_employer(world)
    refused = await w.make_employer(world, status=EmployerStatus.REFUSED)
    for name, uscc in ((other.name, firm.uscc), (firm.name, w.credit_code()), (refused.name, refused.uscc)):
        with pytest.raises(InvalidForm) as caught:
            await ask_from("192.0.2.9", MemoryStore(), handover_form(name, uscc), w.username("agent"), w.PASSWORD)
        assert [(f.path, f.code) for f in caught.value.faults] == [("employer_uscc", "not_registered")]
    assert await ask(w.Firm(firm.id, firm.actor, f" {firm.name} ", firm.uscc, firm.username, firm.form))


async def test_one_application_at_a_time(world):
    answers = await asyncio.gather(*(ask(world.employer) for _ in range(4)), return_exceptions=True)
    refused = [a for a in answers if isinstance(a, Refused)]
    assert len(refused) == 3
    assert {r.guard for r in refused} == {"one_handover"}


async def test_a_user_name_that_was_taken_meanwhile_stops_the_approval(world):
    name = w.username("agent")
    asked = await ask(world.employer, name)
    other = await w.make_employer(world)
    await EmployerUser.filter(username=other.username).update(username=name)
    with pytest.raises(Refused) as caught:
        await decide_handover(world.province, asked, approved=True)
    assert caught.value.guard == "username_free"
    assert (await Handover.get(id=asked)).status == "pending"
    with pytest.raises(InvalidForm) as taken:
        await ask(other, name)
    assert taken.value.faults[0].code == "taken"


async def test_only_the_employers_province_decides(world):
    asked = await ask(world.employer)
    elsewhere = await w.make_world(agreement=AgreementType.THREE_PARTY, graduates=0, employers=0, submit=False)
    with pytest.raises(NotFound):
        await decide_handover(elsewhere.province, asked, approved=True)
    for actor in (world.school, world.employer.actor, world.graduate.actor):
        with pytest.raises((Forbidden, NotFound)):
            await decide_handover(actor, asked, approved=True)


async def test_an_address_has_only_so_many_applications(world):
    counter = MemoryStore()
    form = handover_form(world.employer.name, w.credit_code())
    for _ in range(REGISTER.times):
        with pytest.raises(InvalidForm):
            await ask_from("192.0.2.9", counter, form, w.username("agent"), w.PASSWORD)
    with pytest.raises(RateLimited):
        await ask_from("192.0.2.9", counter, form, w.username("agent"), w.PASSWORD)
