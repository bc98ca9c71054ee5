"""Room: every notice on its way out: WeChat where it reaches, once SMS where it does not, at night nothing but codes.

The whole table at a time, against the simulated platform and SMS gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from models import db, kit
from models.parties import Party
from models.states import Channel
from notifier.channels.wechat import FAREWELLS
from notifier.channels.wording import wechat_text
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    deliver,
    noon_fixture,
    outside_fixture,
    owe,
    row,
    running,
    statuses,
)
from tests.harness.world import Person, add_graduates
from workflows.notices import NOTICES, Notice, Sms
from workflows.owed import words

TABLE = [n for n in NOTICES.values() if n.to is Party.GRADUATE and not n.urgent]
ROW: dict[str, Any] = {
    "flow": "online_signing",
    "state": "invited",
    "employer_name": "示例科技有限公司",
    "destination_code": "10",
    "expires_at": None,
}


@pytest.fixture(autouse=True)
async def healed(noon: Any, sandbox: Outside) -> None:
    await sandbox.heal("wechat")
    await sandbox.heal("sms")
    await allow_sms(sandbox, True)


async def allow_sms(sandbox: Outside, allowed: bool) -> None:
    await db.execute("UPDATE settings SET sms_fallback = $2 WHERE school_id = $1", sandbox.world.school_id, allowed)


async def someone(sandbox: Outside, *, following: bool) -> tuple[Person, Any, str]:
    (person,) = await add_graduates(sandbox.world, 1, departments=("计算机学院",))
    return person, *await sandbox.bind(person, following=following)


async def all_owed(sandbox: Outside, binding: Any, table: Sequence[Notice] = TABLE) -> dict[str, int]:
    """One WeChat row of each notice, each in a stream of its own so that they need not wait for one another."""
    params = words(ROW, version=1, at=kit.now(), reason="岗位取消", until=kit.cohort_close(sandbox.world.cohort))
    return {
        n.name: await owe(
            Channel.WECHAT, stream=f"wx:{kit.new_id()}", school=sandbox.world.school_id, notice=n.name,
            params=params, recipient=binding,
        )
        for n in table
    }  # fmt: skip


async def by_sms(person: Person) -> list[str]:
    rows = await db.fetch("SELECT notice FROM outbox WHERE channel = 'sms' AND recipient = $1", person.id)
    return sorted(row["notice"] for row in rows)


async def test_every_notice_reaches_a_bound_graduate_by_wechat_and_opens_a_page(sandbox: Outside) -> None:
    person, binding, openid = await someone(sandbox, following=True)
    owed = await all_owed(sandbox, binding)
    assert set(await deliver(sandbox.lane(Channel.WECHAT, hands=16), *owed.values())) == {"sent"}
    shown = await sandbox.messages(openid)
    assert sorted(one["template_id"] for one in shown) == sorted(wechat_text(n.name).template_id for n in TABLE)
    assert all(any(page in one["url"] for page in ("/m/records", "/m/account")) for one in shown)
    assert await by_sms(person) == []


@pytest.mark.parametrize("allowed", [True, False], ids=["sms_allowed", "sms_off"])
async def test_what_wechat_refuses_goes_by_sms_once_where_the_notice_and_the_school_allow_it(
    sandbox: Outside, allowed: bool
) -> None:
    await allow_sms(sandbox, allowed)
    person, binding, openid = await someone(sandbox, following=False)
    owed = await all_owed(sandbox, binding, [n for n in TABLE if n.name not in FAREWELLS])
    await deliver(sandbox.lane(Channel.WECHAT, hands=16), *owed.values())
    expected = {
        name: NOTICES[name].sms is Sms.ALWAYS or (NOTICES[name].sms is Sms.FALLBACK and allowed) for name in owed
    }
    found = {name: (await row(one))["status"] for name, one in owed.items()}
    assert found == {name: "superseded" if replaced else "dead" for name, replaced in expected.items()}
    assert await by_sms(person) == sorted(name for name, replaced in expected.items() if replaced)
    assert await sandbox.messages(openid) == []
    sms = await db.fetch("SELECT id FROM outbox WHERE channel = 'sms' AND recipient = $1 ORDER BY id", person.id)
    assert set(await deliver(sandbox.lane(Channel.SMS), *(one["id"] for one in sms), seconds=20)) == {"sent"}
    texts = await sandbox.texts(person)
    assert len(texts) == len(sms)
    assert not any("示例科技" in str(text) or "http" in str(text) for text in texts)


async def test_at_night_every_notice_waits_for_eight_in_the_morning(sandbox: Outside, noon: Any) -> None:
    noon.at("2027-03-05T22:00:00+08:00")
    _, binding, openid = await someone(sandbox, following=True)
    owed = await all_owed(sandbox, binding)
    lane = sandbox.lane(Channel.WECHAT, hands=16)
    async with running(lane):
        async with asyncio.timeout(8):
            while set(await statuses(*owed.values())) != {"deferred"}:
                await asyncio.sleep(0.02)
    for one in owed.values():
        held = await row(one)
        assert kit.screen_time(held["due_at"]) == "2027-03-06 08:00"
        assert held["attempts"] == 0
    assert await sandbox.messages(openid) == []
