"""Room: notices as template messages against the simulated platform, SMS where it does not reach (D9, D11, D12)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from models import db, kit
from models.config import settings
from models.states import Channel
from notifier.channels.wechat import client_msg_id
from notifier.simulators.wechat_rules import bad_field
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    attempts,
    deliver,
    noon_fixture,
    outbox_of,
    outside_fixture,
    owe,
    row,
    running,
    settled,
    statuses,
)
from tests.harness.world import Person, accept, add_graduates, approve, invite, make_employer
from workflows.actors import CLOCK, Actor
from workflows.commands import deliveries
from workflows.commands.roster import invalidate_graduate
from workflows.engine import Outcome, act
from workflows.errors import NotFound, Refused


@pytest.fixture(autouse=True)
async def healed(noon: Any, sandbox: Outside) -> None:
    await sandbox.heal("wechat")
    await allow_sms(sandbox, True)


async def allow_sms(sandbox: Outside, allowed: bool) -> None:
    await db.execute("UPDATE settings SET sms_fallback = $2 WHERE school_id = $1", sandbox.world.school_id, allowed)


async def invited(sandbox: Outside, *, following: bool = True, bound: bool = True) -> tuple[Person, str, Outcome]:
    """A fresh graduate with a WeChat account and an invitation."""
    (person,) = await add_graduates(sandbox.world, 1, departments=("计算机学院",))
    _, openid = await sandbox.bind(person, following=following) if bound else (None, "")
    return person, openid, await invite(sandbox.world, person, await make_employer(sandbox.world))


async def test_an_invitation_arrives_as_a_template_message_that_opens_its_record(sandbox: Outside) -> None:
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    assert openid not in json.dumps(owed, default=str)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["sent"]
    (shown,) = await sandbox.messages(openid)
    assert shown["template_id"] == "WQ_INVITATION"
    assert shown["url"] == f"{settings().public_url}/m/records/{outcome.record_id}"
    assert shown["data"]["phrase3"] == "待应约"
    assert shown["data"]["time2"].endswith("23:59")
    assert (await row(owed["id"]))["provider_id"] == str(shown["msgid"])


async def test_messages_that_leave_together_reach_each_their_own_person(sandbox: Outside) -> None:
    """They are looked up by one statement, in which one has lost the account meanwhile."""
    people = await add_graduates(sandbox.world, 6, departments=("计算机学院",))
    bound = [await sandbox.bind(person) for person in people]
    gone = bound[2][0]
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE id = $1", gone, kit.now())
    owed = [
        await owe(
            Channel.WECHAT,
            recipient=binding,
            school=kit.new_id(),
            notice="signing_approved",
            params={"employer": f"示例{place}公司", "at": kit.json_time(kit.now())},
        )
        for place, (binding, _) in enumerate(bound)
    ]
    assert await deliver(sandbox.lane(Channel.WECHAT, hands=8), *owed) == [
        "superseded" if binding == gone else "sent" for binding, _ in bound
    ]
    for place, (binding, openid) in enumerate(bound):
        told = [value for shown in await sandbox.messages(openid) for value in shown["data"].values()]
        assert (f"示例{place}公司" in told) == (binding != gone)
        assert sum(value.startswith("示例") for value in told) == (binding != gone)


async def test_a_graduate_without_wechat_is_written_to_by_sms(sandbox: Outside) -> None:
    person, _, outcome = await invited(sandbox, bound=False)
    (owed,) = await outbox_of(outcome.record_id)
    assert owed["channel"] == "sms"
    assert await deliver(sandbox.lane(Channel.SMS), owed["id"]) == ["sent"]
    (text,) = await sandbox.texts(person)
    assert text["text"].startswith("【智慧就业】您有一条待办事项，请在")
    assert sandbox.world.school_name not in text["text"]


async def test_a_refused_message_goes_by_sms_once_and_the_binding_is_marked(sandbox: Outside) -> None:
    person, openid, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    assert owed["channel"] == "wechat"
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["superseded"]
    refused = await row(owed["id"])
    assert refused["cause"] == "毕业生未关注服务号（wechat_43004），改发短信"
    _, sms = await outbox_of(outcome.record_id)
    assert (sms["channel"], sms["key"]) == ("sms", owed["key"].removesuffix("wechat") + "sms")
    assert await deliver(sandbox.lane(Channel.SMS), sms["id"]) == ["sent"]
    assert len(await sandbox.texts(person)) == 1
    assert not await db.fetch_value("SELECT following FROM bindings WHERE openid = $1", openid)


async def test_the_sms_instead_is_owed_once_however_often_it_is_asked_for(sandbox: Outside) -> None:
    _, _, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    await deliver(sandbox.lane(Channel.WECHAT), owed["id"])
    await db.execute("UPDATE outbox SET status = 'pending' WHERE id = $1", owed["id"])
    await deliver(sandbox.lane(Channel.WECHAT), owed["id"])
    assert [one["channel"] for one in await outbox_of(outcome.record_id)] == ["wechat", "sms"]


async def test_a_school_that_pays_for_no_sms_gets_a_dead_row_with_its_cause(sandbox: Outside) -> None:
    await allow_sms(sandbox, False)
    _, _, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["dead"]
    assert (await row(owed["id"]))["cause"] == "毕业生未关注服务号（wechat_43004）"
    assert len(await outbox_of(outcome.record_id)) == 1


async def test_d9_a_binding_that_ended_meanwhile_sends_the_notice_by_sms_once(sandbox: Outside) -> None:
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE openid = $1", openid, kit.now())
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["superseded"]
    assert await sandbox.messages(openid) == []
    assert [one["channel"] for one in await outbox_of(outcome.record_id)] == ["wechat", "sms"]


async def test_a_new_binding_of_the_graduate_gets_what_was_owed_to_the_old_one(sandbox: Outside) -> None:
    person, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE openid = $1", openid, kit.now())
    _, newer = await sandbox.bind(person)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["sent"]
    assert len(await sandbox.messages(newer)) == 1


async def test_the_old_wechat_account_is_told_that_its_binding_ended(sandbox: Outside) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    binding, openid = await sandbox.bind(person)
    await db.execute("UPDATE bindings SET ended_at = $2 WHERE openid = $1", openid, kit.now())
    params = {"at": kit.json_time(kit.now())}
    made = await owe(Channel.WECHAT, recipient=binding, notice="binding_changed", params=params)
    assert await deliver(sandbox.lane(Channel.WECHAT), made) == ["sent"]
    (shown,) = await sandbox.messages(openid)
    assert shown["data"]["thing4"] == "您的账号已在另一微信绑定"


async def test_d11_an_invitation_that_was_withdrawn_while_it_was_retried_is_not_sent(
    sandbox: Outside, noon: Any
) -> None:
    _, openid, outcome = await invited(sandbox)
    (held,) = (await deliveries.claim(CLOCK, Channel.WECHAT, 1, timedelta(seconds=60))).rows
    firm = Actor(**{**_fields(sandbox.world.employer.actor), "employer_id": await _employer(outcome)})
    await act(firm, outcome.flow, outcome.record_id, "withdraw", {}, version=outcome.version, once=sandbox.world.key())
    assert await deliveries.give_back(CLOCK, held)
    ids = [one["id"] for one in await outbox_of(outcome.record_id)]
    assert await deliver(sandbox.lane(Channel.WECHAT), *ids) == ["superseded", "sent"]
    assert [one["data"]["phrase3"] for one in await sandbox.messages(openid)] == ["已撤回"]


def _fields(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in ("party", "id", "name", "grants")}


async def _employer(outcome: Outcome) -> Any:
    return await db.fetch_value("SELECT employer_id FROM records WHERE id = $1", outcome.record_id)


async def test_what_was_in_hand_when_the_graduate_left_the_roster_is_not_tried_again(
    sandbox: Outside, noon: Any
) -> None:
    """workflows.md, Conventions 10: unsent notices are superseded, also those that a notifier was holding."""
    person, openid, outcome = await invited(sandbox)
    (held,) = (await deliveries.claim(CLOCK, Channel.WECHAT, 1, timedelta(seconds=60))).rows
    noon.advance(minutes=1)
    await invalidate_graduate(sandbox.world.school, person.id, "退学，已从名单删除")
    assert await deliveries.give_back(CLOCK, held)
    (owed,) = await outbox_of(outcome.record_id)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["superseded"]
    told = await db.fetch_value("SELECT id FROM outbox WHERE notice = 'invalidated' AND recipient = $1", held.recipient)
    assert await deliver(sandbox.lane(Channel.WECHAT), told) == ["sent"]
    assert len(await sandbox.messages(openid)) == 1


async def test_no_invitation_goes_out_after_its_last_second(sandbox: Outside, noon: Any) -> None:
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    noon.advance(days=16)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["superseded"]
    assert await sandbox.messages(openid) == []


async def test_a_message_that_the_night_overtook_waits_until_eight(sandbox: Outside, noon: Any) -> None:
    """Written at noon, delivered late: the quiet hours hold when it leaves, too."""
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    noon.at("2027-03-05T22:00:00+08:00")
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["deferred"]
    kept = await row(owed["id"])
    assert kept["due_at"].astimezone(kit.SHANGHAI).isoformat() == "2027-03-06T08:00:00+08:00"
    assert (kept["attempts"], kept["cause"]) == (0, "免打扰时段，延后发送")
    assert await sandbox.messages(openid) == []
    noon.at("2027-03-06T08:00:00+08:00")
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["sent"]


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "verdict"),
    [
        ("status", {"status": 503}, "retry"),
        ("errcode", {"code": -1}, "retry"),
        ("errcode", {"code": 45011}, "retry"),
        ("reset", {}, "unknown"),
        ("slow", {"seconds": 0.6}, "unknown"),
        ("half_body", {}, "unknown"),
        ("wrong_json", {}, "unknown"),
        ("applied_then_timeout", {"seconds": 0.6}, "unknown"),
    ],
    ids=["503", "busy", "minute_quota", "reset", "slow", "half_body", "wrong_json", "applied_then_timeout"],
)
async def test_d4_after_every_fault_of_the_wire_a_message_is_shown_exactly_once(
    sandbox: Outside, noon: Any, kind: str, more: dict[str, Any], verdict: str
) -> None:
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    lane = sandbox.lane(Channel.WECHAT, limit=0.4 if "seconds" in more else 5.0)
    await sandbox.fail("wechat", kind, match={"path": "template/send"}, **more)
    assert await deliver(lane, owed["id"]) == ["deferred"]
    (first,) = await attempts(owed["id"])
    assert first["verdict"] == verdict
    noon.advance(minutes=1, seconds=10)
    await deliveries.promote(CLOCK)
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["sent"]
    assert len(await sandbox.messages(openid)) == 1


async def test_an_answer_that_no_database_could_hold_does_not_have_the_message_sent_again(sandbox: Outside) -> None:
    _, _, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    body = r'{"errcode": 0, "errmsg": "ok\u0000", "msgid": "20\ud80027\u0000"}'
    await sandbox.fail("wechat", "status", status=200, body=body, match={"path": "template/send"})
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["sent"]
    assert [one["verdict"] for one in await attempts(owed["id"])] == ["sent"]
    assert (await row(owed["id"]))["provider_id"] == "2027"


@pytest.mark.parametrize("code", [43101, 43019, 50002, 40003])
async def test_a_refusal_of_one_person_goes_by_sms(sandbox: Outside, code: int) -> None:
    _, _, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    await sandbox.fail("wechat", "errcode", code=code, match={"path": "template/send"})
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["superseded"]
    assert [one["channel"] for one in await outbox_of(outcome.record_id)] == ["wechat", "sms"]


async def test_a_used_up_quota_sends_the_rest_by_sms_without_asking_again(sandbox: Outside) -> None:
    people = [await invited(sandbox) for _ in range(6)]
    ids = [(await outbox_of(outcome.record_id))[0]["id"] for _, _, outcome in people]
    before = (await sandbox.mailbox("wechat"))["calls"].get("/cgi-bin/message/template/send", 0)
    await sandbox.fail("wechat", "errcode", count=None, code=45009, match={"path": "template/send"})
    lane = sandbox.lane(Channel.WECHAT, hands=1)
    assert set(await deliver(lane, *ids)) == {"superseded"}
    assert [len(await attempts(one)) for one in ids] == [1] * 6
    after = (await sandbox.mailbox("wechat"))["calls"].get("/cgi-bin/message/template/send", 0)
    assert after == before, "the fault answered in front of the handler"
    listed = (await sandbox.http.get(f"{sandbox.sandbox.url}/_control/wechat/faults")).json()["faults"]
    assert len(listed) == 1


async def test_without_sms_a_used_up_quota_waits_for_the_next_day(sandbox: Outside, noon: Any) -> None:
    await allow_sms(sandbox, False)
    _, _, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    await sandbox.fail("wechat", "errcode", code=45009, match={"path": "template/send"})
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["deferred"]
    assert (await row(owed["id"]))["due_at"] >= noon.moment + timedelta(hours=12)


async def test_a_field_that_the_platform_refuses_is_our_fault_and_waits_for_a_person(sandbox: Outside) -> None:
    _, _, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    await sandbox.fail("wechat", "errcode", code=47003, match={"path": "template/send"})
    assert await deliver(sandbox.lane(Channel.WECHAT), owed["id"]) == ["dead"]
    assert (await row(owed["id"]))["cause"].startswith("消息模板的字段内容不合要求（wechat_47003）")


async def test_a_killed_workers_message_is_shown_once_because_the_platform_knows_its_id(sandbox: Outside) -> None:
    _, openid, outcome = await invited(sandbox)
    (owed,) = await outbox_of(outcome.record_id)
    (held,) = (await deliveries.claim(CLOCK, Channel.WECHAT, 1, timedelta(milliseconds=20))).rows
    prepared = await sandbox.lane(Channel.WECHAT)._outlet.prepare(held, kit.now())
    await prepared.call()  # type: ignore[union-attr]  the message leaves, then the worker dies
    await asyncio.sleep(0.05)
    async with running(sandbox.lane(Channel.WECHAT)):
        assert await settled(owed["id"]) == ["sent"]
    assert len(await sandbox.messages(openid)) == 1
    assert [one["verdict"] for one in await attempts(owed["id"])] == ["unknown", "sent"]


def test_the_ids_of_all_tries_are_equal_and_of_two_rows_differ() -> None:
    assert client_msg_id("a:wechat") == client_msg_id("a:wechat") != client_msg_id("b:wechat")
    assert client_msg_id("a").isalnum()


# --- texts ---------------------------------------------------------------------------------------


async def test_d12_the_longest_names_are_cut_by_us_and_not_refused_by_the_platform(sandbox: Outside) -> None:
    (person,) = await add_graduates(sandbox.world, 1)
    binding, openid = await sandbox.bind(person)
    params = {
        "employer": "很长的单位名称" * 20 + "\n😀",
        "deadline": "2027年3月20日 23:59",
        "reason": "原因\r\n" * 60 + "🎓",
        "at": kit.json_time(kit.now()),
        "state": "signed",
    }
    names = ("signing_rejected", "invitation_superseded", "department_approved", "signing_approved", "record_edited")
    ids = [await owe(Channel.WECHAT, recipient=binding, notice=name, params=params) for name in names]
    assert await deliver(sandbox.lane(Channel.WECHAT), *ids) == ["sent"] * len(ids)
    for shown in await sandbox.messages(openid):
        assert bad_field({name: {"value": value} for name, value in shown["data"].items()}) is None


# --- by people -----------------------------------------------------------------------------------


async def test_a_dead_notice_is_sent_again_as_a_new_row(sandbox: Outside) -> None:
    await allow_sms(sandbox, False)
    _, openid, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    await deliver(sandbox.lane(Channel.WECHAT), owed["id"])
    await sandbox.control("personas", [{"openid": openid, "following": True}])
    await db.execute("UPDATE bindings SET following = TRUE WHERE openid = $1", openid)
    await deliveries.send_again(sandbox.world.school, owed["id"])
    _, again = await outbox_of(outcome.record_id)
    assert await deliver(sandbox.lane(Channel.WECHAT), again["id"]) == ["sent"]
    assert await statuses(owed["id"]) == ["superseded"]
    with pytest.raises(Refused) as refused:
        await deliveries.send_again(sandbox.world.school, owed["id"])
    assert refused.value.guard == "dead_only"


async def test_nothing_is_sent_again_to_whoever_has_left_the_roster(sandbox: Outside, noon: Any) -> None:
    await allow_sms(sandbox, False)
    person, _, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    await deliver(sandbox.lane(Channel.WECHAT), owed["id"])
    await db.execute("UPDATE graduates SET invalid_at = $2 WHERE id = $1", person.id, noon.moment)
    with pytest.raises(Refused) as refused:
        await deliveries.send_again(sandbox.world.school, owed["id"])
    assert refused.value.guard == "on_roster"


async def test_another_schools_staff_cannot_see_or_repeat_a_message(sandbox: Outside) -> None:
    await allow_sms(sandbox, False)
    _, _, outcome = await invited(sandbox, following=False)
    (owed,) = await outbox_of(outcome.record_id)
    await deliver(sandbox.lane(Channel.WECHAT), owed["id"])
    own = sandbox.world.school
    stranger = Actor(own.party, own.id, own.name, school_id=kit.new_id(), grants=own.grants)
    with pytest.raises(NotFound):
        await deliveries.send_again(stranger, owed["id"])


async def test_a_whole_journeys_notices_all_leave(sandbox: Outside) -> None:
    """Invited, accepted, approved: every WeChat row ends as sent and every push as delivered."""
    person, openid, outcome = await invited(sandbox)
    outcome = await approve(sandbox.world, await accept(sandbox.world, outcome, person))
    assert outcome.state == "signed"
    owed = await outbox_of(outcome.record_id)
    async with running(sandbox.lane(Channel.WECHAT)), running(sandbox.lane(Channel.EMS)):
        await settled(*(one["id"] for one in owed))
    assert {one["status"] for one in await outbox_of(outcome.record_id)} <= {"sent", "delivered", "superseded"}
    assert (await sandbox.messages(openid))[-1]["data"]["phrase3"] == "审核通过"
