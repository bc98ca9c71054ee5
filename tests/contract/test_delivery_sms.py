"""Room: SMS against the simulated gateway: codes, faults without a second text, receipts (D2, D4, D6)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from quart import Quart

from api.routes.receipts import sms_path
from models import db, kit
from models.states import Channel
from models.store import MemoryStore
from models.vault import seal
from tests.harness.invented import handover_form
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    attempts,
    deliver,
    noon_fixture,
    outside_fixture,
    owe,
    row,
    statuses,
    until,
)
from tests.harness.world import PASSWORD, Person, add_graduates, mobile, username
from workflows.actors import CLOCK
from workflows.commands import deliveries
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.handovers import ask_from, decide_handover
from workflows.commands.phones import change_phone
from workflows.commands.receipts import UNSURE, UNSURE_DEAD, Receipt, give_up_unsure, note_receipts


@pytest.fixture(autouse=True)
async def healed(noon: Any, sandbox: Outside) -> None:
    await sandbox.heal("sms")


async def person_of(sandbox: Outside, mobile: str = "") -> Person:
    (person,) = await add_graduates(sandbox.world, 1)
    if mobile:
        sealed = seal("graduates.phone_enc", mobile)
        await db.execute("UPDATE graduates SET phone_enc = $2 WHERE id = $1", person.id, sealed)
    return person


async def text_for(sandbox: Outside, person: Person, notice: str = "signing_approved", **params: str) -> int:
    return await owe(
        Channel.SMS,
        school=sandbox.world.school_id,
        recipient=person.id,
        notice=notice,
        params={"deadline": "2027年3月20日 23:59", **params},
    )


async def code_for(sandbox: Outside, person: Person) -> int:
    until = kit.json_time(kit.now() + timedelta(minutes=5))
    return await text_for(sandbox, person, "one_time_code", code=seal(CODE_PLACE, "482913"), until=until)


async def test_a_one_time_code_is_opened_only_when_it_is_sent(sandbox: Outside) -> None:
    person = await person_of(sandbox)
    made = await code_for(sandbox, person)
    kept = json.dumps(await row(made), default=str)
    assert "482913" not in kept
    assert person.mobile not in kept
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["sent"]
    (text,) = await sandbox.texts(person)
    assert text["text"] == "【智慧就业】验证码482913，5分钟内有效，请勿告诉他人。如非本人操作请忽略。"
    assert "code" not in json.loads((await row(made))["params"])


async def test_codes_pass_in_the_night_and_other_texts_wait(sandbox: Outside, noon: Any) -> None:
    noon.at("2027-03-05T23:30:00+08:00")
    person = await person_of(sandbox)
    text, code = await text_for(sandbox, person), await code_for(sandbox, person)
    assert await deliver(sandbox.lane(Channel.SMS), text, code) == ["deferred", "sent"]


async def test_a_code_that_ran_out_is_not_sent_any_more(sandbox: Outside, noon: Any) -> None:
    person = await person_of(sandbox)
    made = await code_for(sandbox, person)
    noon.advance(minutes=6)
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["superseded"]
    assert await sandbox.texts(person) == []


async def test_a_graduate_without_a_phone_is_a_dead_row_with_its_cause(sandbox: Outside) -> None:
    person = await person_of(sandbox)
    await db.execute("UPDATE graduates SET phone_enc = '' WHERE id = $1", person.id)
    made = await text_for(sandbox, person)
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["dead"]
    assert (await row(made))["cause"] == "名单中没有可用的手机号码"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("status", {"status": 503}),
        ("errcode", {"code": "InternalError.Timeout"}),
        ("errcode", {"code": "RequestLimitExceeded"}),
    ],
    ids=["503", "internal", "busy"],
)
async def test_a_text_that_verifiably_did_not_leave_is_sent_again(
    sandbox: Outside, noon: Any, kind: str, more: dict[str, Any]
) -> None:
    person = await person_of(sandbox)
    made = await text_for(sandbox, person)
    await sandbox.fail("sms", kind, **more)
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["deferred"]
    noon.advance(minutes=1)
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["sent"]
    assert len(await sandbox.texts(person)) == 1


@pytest.mark.parametrize(
    ("kind", "more", "arrived"),
    [
        ("reset", {}, 0),
        ("half_body", {}, 1),
        ("wrong_json", {}, 1),
        ("applied_then_timeout", {"seconds": 0.6}, 1),
        ("status", {"status": 504}, 0),
    ],
    ids=["reset", "half_body", "wrong_json", "applied_then_timeout", "504"],
)
async def test_d2_a_text_that_may_have_left_is_never_sent_twice(
    sandbox: Outside, noon: Any, kind: str, more: dict[str, Any], arrived: int
) -> None:
    person = await person_of(sandbox)
    made = await text_for(sandbox, person)
    await sandbox.fail("sms", kind, **more)
    assert await deliver(sandbox.lane(Channel.SMS, limit=0.4), made) == ["sent"]
    kept = await row(made)
    assert (kept["cause"], kept["provider_id"]) == (UNSURE, "")
    assert [one["verdict"] for one in await attempts(made)] == ["unknown"]
    assert await give_up_unsure(CLOCK) == 0
    noon.advance(hours=1, seconds=1)
    assert await give_up_unsure(CLOCK) == 1
    assert (await row(made))["cause"] == UNSURE_DEAD
    assert len(await sandbox.texts(person)) == arrived


async def test_d2_the_receipt_tells_which_lost_text_arrived_by_the_mark_that_went_along(sandbox: Outside) -> None:
    person = await person_of(sandbox)
    made = await text_for(sandbox, person)
    await sandbox.fail("sms", "half_body")
    await deliver(sandbox.lane(Channel.SMS), made)
    (text,) = await sandbox.texts(person)
    forged = text["context"][:-3] + "000"
    assert await note_receipts(CLOCK, [Receipt(Channel.SMS, "x-1", True, "DELIVRD", forged)]) == 0
    receipt = Receipt(Channel.SMS, text["serial"], True, "DELIVRD", text["context"])
    assert await note_receipts(CLOCK, [receipt]) == 1
    kept = await row(made)
    assert (kept["status"], kept["provider_id"], kept["cause"]) == ("delivered", text["serial"], "")


async def test_a_late_receipt_revives_a_text_that_was_given_up_as_unknown(sandbox: Outside, noon: Any) -> None:
    person = await person_of(sandbox)
    made = await text_for(sandbox, person)
    await sandbox.fail("sms", "half_body")
    await deliver(sandbox.lane(Channel.SMS), made)
    noon.advance(hours=72)
    await give_up_unsure(CLOCK)
    assert await statuses(made) == ["dead"]
    (text,) = await sandbox.texts(person)
    await note_receipts(CLOCK, [Receipt(Channel.SMS, text["serial"], True, "DELIVRD", text["context"])])
    assert await statuses(made) == ["delivered"]


@pytest.mark.parametrize(
    ("mobile", "cause"),
    [
        ("15400009991", "该号码已退订短信"),
        ("15400009993", "手机号码有误"),
    ],
)
async def test_a_number_that_cannot_be_reached_is_dead_with_a_sentence(
    sandbox: Outside, mobile: str, cause: str
) -> None:
    made = await text_for(sandbox, await person_of(sandbox, mobile))
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["dead"]
    kept = (await row(made))["cause"]
    assert kept.startswith(cause)
    assert mobile not in kept


async def test_a_number_that_had_its_texts_for_today_waits_for_tomorrow(sandbox: Outside, noon: Any) -> None:
    made = await text_for(sandbox, await person_of(sandbox, "15400009992"))
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["deferred"]
    assert (await row(made))["due_at"] >= noon.moment + timedelta(hours=12)


async def test_texts_name_no_employer_no_school_and_no_link(sandbox: Outside) -> None:
    person = await person_of(sandbox)
    names = ("invitation_received", "signing_approved", "signing_rejected", "record_edited")
    secret = {"employer": "不应出现的单位", "reason": "不应出现的原因"}
    ids = [await text_for(sandbox, person, name, state="x", **secret) for name in names]
    assert set(await deliver(sandbox.lane(Channel.SMS), *ids)) == {"sent"}
    for text in await sandbox.texts(person):
        assert "不应出现" not in text["text"]
        assert "http" not in text["text"]


async def test_the_gateways_own_receipt_finds_its_row_through_the_services_route(
    sandbox: Outside, service: Quart, free_port: int
) -> None:
    """The whole round: sent with a lost answer, reported by the gateway to our secret path, settled as delivered."""
    server = uvicorn.Server(uvicorn.Config(service, port=free_port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: _started(server))
        person = await person_of(sandbox)
        made = await text_for(sandbox, person)
        address = f"http://127.0.0.1:{free_port}{sms_path()}"
        await sandbox.control("sms/options", {"receipt_url": address, "receipt_after": 0.05})
        await sandbox.fail("sms", "half_body")
        await deliver(sandbox.lane(Channel.SMS), made)
        await until(lambda: _delivered(made))
    finally:
        await sandbox.control("sms/options", {"receipt_url": ""})
        server.should_exit = True
        await serving


async def _started(server: uvicorn.Server) -> bool:
    return server.started


async def _delivered(made: int) -> bool:
    return await statuses(made) == ["delivered"]


async def test_a_changed_phone_is_told_to_the_number_that_stood_there_before(sandbox: Outside) -> None:
    person = await person_of(sandbox)
    fresh = mobile()
    await change_phone(sandbox.world.school, person.id, fresh, "本人到现场更正号码")
    made = await db.fetch_value("SELECT id FROM outbox WHERE recipient = $1 AND notice = 'phone_changed'", person.id)
    kept = json.dumps(await row(made), default=str)
    assert person.mobile not in kept
    assert await deliver(sandbox.lane(Channel.SMS), made) == ["sent"]
    (told,) = await sandbox.texts(person)
    assert "新号码24小时后生效" in told["text"]
    assert not (await sandbox.mailbox("sms", mobile=fresh))["texts"]
    assert "to" not in json.loads((await row(made))["params"])


async def test_who_asked_to_take_an_employer_over_is_told_by_sms_whatever_the_answer(sandbox: Outside) -> None:
    world = sandbox.world
    for approved, told in ((False, "申请未通过"), (True, "申请已通过，可用申请时的用户名登录")):
        number = mobile()
        form = handover_form(world.employer.name, world.employer.uscc, agent_mobile=number)
        asked = await ask_from("192.0.2.9", MemoryStore(), form, username("agent"), PASSWORD)
        await decide_handover(world.province, asked, approved=approved, note="授权书没有盖章")
        made = await db.fetch_value("SELECT id FROM outbox WHERE recipient = $1", asked)
        assert number not in json.dumps(await row(made), default=str)
        assert await deliver(sandbox.lane(Channel.SMS), made) == ["sent"]
        (text,) = (await sandbox.mailbox("sms", mobile=number))["texts"]
        assert told in text["text"]
        assert "致电" in text["text"]
        assert "授权书" not in text["text"], "no free words in an SMS"
