"""Room: what every flow tells the EMS, step by step, in its real ledger; the comparison with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from models import db
from models.states import Channel, Flow
from notifier.clients.upstream import Push, UpstreamClient
from notifier.reconciling import reconcile as ask_the_ems
from tests.harness.outbox import (  # noqa: F401  fixtures are found by their names
    Outside,
    deliver,
    noon_fixture,
    outbox_of,
    outside_fixture,
    statuses,
)
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, add_graduates, make_employer
from workflows.commands.pushes import push_again
from workflows.commands.roster import invalidate_graduate, restore_graduate
from workflows.errors import Refused
from workflows.queries.deliveries import of_record
from workflows.queries.digest import read_digest
from workflows.queries.reconciliation import Wish, reconcile
from workflows.queries.record_page import mirror, read_record
from workflows.upstream import COLUMNS

UNSETTLED = {"byqxdm": "70", "byqx": "待就业"}


@pytest.fixture(autouse=True)
async def healed(noon: Any, sandbox: Outside) -> None:
    await sandbox.heal("ems")


async def someone(sandbox: Outside) -> Person:
    (person,) = await add_graduates(sandbox.world, 1, departments=("计算机学院",))
    return person


async def owed(person: Person) -> list[int]:
    rows = await db.fetch(
        "SELECT id FROM outbox WHERE stream = $1 AND status = 'pending' ORDER BY id", f"ems:{person.id}"
    )
    return [row["id"] for row in rows]


async def ledger(sandbox: Outside, person: Person) -> list[dict[str, Any]]:
    rows = (await sandbox.mailbox("ems"))["ledger"]
    return [one for one in rows if one["id_number"] == person.id_number]


async def pushed(sandbox: Outside, person: Person) -> dict[str, str]:
    """Deliver the one push that is owed; the columns as the EMS took them, the mirror saying the same."""
    (one,) = await owed(person)
    assert await deliver(sandbox.lane(Channel.EMS), one) == ["delivered"]
    columns: dict[str, str] = (await ledger(sandbox, person))[-1]["columns"]
    held = await mirror(person.id)
    assert (held["destination"], held["pending"]) == (columns, False)
    assert held["locked"] is (columns != UNSETTLED)
    assert set(columns) <= set(COLUMNS)
    return columns


async def nothing(person: Person) -> bool:
    return not await owed(person)


async def seqs(sandbox: Outside, person: Person) -> list[int]:
    return [one["seq"] for one in await ledger(sandbox, person)]


# Signing, the way it is edited, the way it ends.
SIGNINGS = [
    (Flow.ONLINE_SIGNING, {"position_category": "24"}, Flow.ONLINE_TERMINATION, ("request", "agree", "approve")),
    (Flow.ONLINE_SIGNING, {"position_category": "24"}, Flow.ONLINE_TERMINATION, ("request", "force")),
    (Flow.OFFLINE_SIGNING, None, Flow.OFFLINE_TERMINATION, ("submit", "approve")),
    (Flow.SUPPLEMENTARY, None, Flow.OFFLINE_TERMINATION, ("submit", "approve")),
]


@pytest.mark.parametrize(
    ("flow", "edit", "ending", "steps"), SIGNINGS, ids=["online", "forced", "offline", "supplementary"]
)
async def test_a_signing_is_told_when_it_is_approved_edited_and_ended(
    sandbox: Outside, flow: Flow, edit: dict[str, str] | None, ending: Flow, steps: Sequence[str]
) -> None:
    person = await someone(sandbox)
    case = await reach(sandbox.world, flow, "signed", person)
    told = await pushed(sandbox, person)
    assert (told["byqxdm"], told["dwmc"], told["dwzzjgdm"]) == ("10", case.firm.name, case.firm.uscc)
    assert (told["gzzwlbdm"], told["gwmc"], told["bdrq"]) == ("13", "软件工程师", f"{sandbox.world.cohort}-07-10")
    assert bool(told.get("xybh")) is True

    await case.take("edit", form=edit)
    edited = await pushed(sandbox, person)
    assert edited["gzzwlbdm"] == ("24" if edit else "11")

    end = Case(sandbox.world, person, case.firm, ending, parent=case)
    for step in steps[:-1]:
        await end.take(step)
        assert await nothing(person)
    await end.take(steps[-1])
    assert await pushed(sandbox, person) == UNSETTLED
    assert await seqs(sandbox, person) == [1, 2, 3]


async def test_a_destination_is_told_when_it_is_approved_and_voided_and_not_while_it_is_reviewed(
    sandbox: Outside,
) -> None:
    person = await someone(sandbox)
    case = await reach(sandbox.world, Flow.DESTINATION, "review_school", person)
    await case.take("edit_destination")
    await case.take("return")
    await case.take("submit")
    assert await nothing(person)
    await case.take("approve")
    told = await pushed(sandbox, person)
    assert (told["byqxdm"], told["dwmc"]) == ("11", case.firm.name)
    await case.take("void")
    assert await pushed(sandbox, person) == UNSETTLED


async def test_a_restore_tells_the_present_state_again(sandbox: Outside) -> None:
    person = await someone(sandbox)
    await reach(sandbox.world, Flow.DESTINATION, "approved", person)
    before = await pushed(sandbox, person)
    await invalidate_graduate(sandbox.world.school, person.id, "已不在就业管理系统名单中")
    assert await nothing(person)
    await restore_graduate(sandbox.world.school, person.id)
    assert await pushed(sandbox, person) == before


async def test_of_what_was_not_sent_in_time_only_the_last_is_told(sandbox: Outside) -> None:
    person = await someone(sandbox)
    case = await reach(sandbox.world, Flow.SUPPLEMENTARY, "signed", person)
    await case.take("edit")
    end = Case(sandbox.world, person, case.firm, Flow.OFFLINE_TERMINATION, parent=case)
    await end.take("submit")
    await end.take("approve")
    rows = [one["id"] for one in await outbox_of(case.record_id) if one["channel"] == "ems"]
    assert await statuses(*rows) == ["superseded", "superseded", "pending"]
    assert await pushed(sandbox, person) == UNSETTLED
    assert await seqs(sandbox, person) == [3]


async def test_a_refusal_is_shown_on_the_record_counted_for_the_school_and_gone_with_the_next_acceptance(
    sandbox: Outside,
) -> None:
    world, person = sandbox.world, await someone(sandbox)
    firm = await make_employer(world, employer_name="上报失败示例有限公司")
    case = await reach(world, Flow.ONLINE_SIGNING, "signed", person, firm)
    (one,) = await owed(person)
    assert await deliver(sandbox.lane(Channel.EMS), one) == ["dead"]
    record = await read_record(world.school, case.flow, case.record_id)
    assert (record["state"], record["review"]["ems"]["refused"].startswith("上报失败：单位名称")) == ("signed", True)
    assert (await of_record(world.school, case.record_id))[-1]["status_label"] == "上报失败"
    refused = (await read_digest(world.school, world.cohort))["ems_refused"]
    assert (refused["count"], refused["items"][0]["graduate"]["name"]) == (1, person.name)
    compared = await reconcile(world.school, Wish(cohort=world.cohort, status="differs"))
    (line,) = compared["items"]
    assert (line["graduate"]["id"], line["theirs"], line["refused"] is not None) == (str(person.id), None, True)

    end = Case(world, person, firm, Flow.ONLINE_TERMINATION, parent=case)
    await end.take("request")
    await end.take("force")
    assert await pushed(sandbox, person) == UNSETTLED
    assert (await read_digest(world.school, world.cohort))["ems_refused"]["count"] == 0
    assert (await reconcile(world.school, Wish(cohort=world.cohort, status="differs")))["items"] == []


async def test_the_desks_comparison_says_pending_equal_and_field_by_field_what_differs(sandbox: Outside) -> None:
    world, person = sandbox.world, await someone(sandbox)
    case = await reach(world, Flow.SUPPLEMENTARY, "signed", person)

    async def line() -> dict[str, Any]:
        items = (await reconcile(world.school, Wish(cohort=world.cohort, limit=200)))["items"]
        (found,) = [one for one in items if one["graduate"]["id"] == str(person.id)]
        return dict(found)

    assert (await line())["status"] == "pending"
    await pushed(sandbox, person)
    equal = await line()
    assert (equal["status"], equal["differences"], equal["ours"] == equal["theirs"]) == ("equal", [], True)
    await forget(person, "gzzwlbdm", "gzzwlb")
    assert (await line())["differences"] == [
        {"name": "gzzwlbdm", "label": "工作职位类别代码", "ours": "13", "theirs": None},
        {"name": "gzzwlb", "label": "工作职位类别", "ours": "工程技术人员", "theirs": None},
    ]
    await push_again(world.school, person.id)
    await pushed(sandbox, person)
    assert (await line())["status"] == "equal"
    assert await seqs(sandbox, person) == [1, 2]
    assert case.version == (await read_record(world.school, case.flow, case.record_id))["version"]


async def forget(person: Person, *columns: str) -> None:
    """As if an older version of ours had told less."""
    await db.execute(
        "UPDATE ems_mirror SET destination = destination - $2::text[] WHERE graduate_id = $1", person.id, list(columns)
    )


async def test_the_comparison_is_read_page_by_page(sandbox: Outside) -> None:
    world = sandbox.world
    for _ in range(3):
        await reach(world, Flow.SUPPLEMENTARY, "signed", await someone(sandbox))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await reconcile(world.school, Wish(cohort=world.cohort, status="pending", limit=2, cursor=cursor))
        seen += [one["graduate"]["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 3
    assert page["counts"]["waiting"] >= 3


async def test_who_was_never_told_of_has_nothing_to_push(sandbox: Outside) -> None:
    person = await someone(sandbox)
    with pytest.raises(Refused) as refused:
        await push_again(sandbox.world.school, person.id)
    assert refused.value.guard == "nothing_to_push"


async def test_the_operators_comparison_asks_the_ems_itself_and_tells_it_again(sandbox: Outside) -> None:
    world, person = sandbox.world, await someone(sandbox)
    others = "school_id = $1 AND id <> $2"
    await db.execute(f"UPDATE graduates SET invalid_at = now() WHERE {others}", world.school_id, person.id)
    client = UpstreamClient(sandbox.sandbox.ems, sandbox.door)
    await reach(world, Flow.DESTINATION, "approved", person)
    found = await ask_the_ems(client, world.school_code)
    assert found.summary == "一致 0，等待上报 1，不一致 0，未能查询 0"
    told = await pushed(sandbox, person)
    assert (await ask_the_ems(client, world.school_code, world.cohort)).equal == 1

    # Somebody else has written into the EMS under the same sequence.
    other = Push("foreign", 2, world.school_code, world.cohort, person.id_number, {**told, "dwmc": "别的公司"})
    await client.push_destination(other)
    found = await ask_the_ems(client, world.school_code, world.cohort)
    (line,) = found.lines
    assert "单位名称：" in line
    assert "别的公司" in line
    assert person.name not in line
    assert person.id_number not in line
    await push_again(world.school, person.id)  # the number that the other one used
    (stale,) = await owed(person)
    assert await deliver(sandbox.lane(Channel.EMS), stale) == ["delivered"]
    found = await ask_the_ems(client, world.school_code, world.cohort, push=True)
    assert (found.differs, found.pushed) == (1, 1)
    await pushed(sandbox, person)
    assert (await ask_the_ems(client, world.school_code, world.cohort)).equal == 1

    await sandbox.fail("ems", "status", None, status=503)
    found = await ask_the_ems(client, world.school_code, world.cohort)
    assert (found.unknown, found.lines) == (1, [])
    await db.execute(f"UPDATE graduates SET invalid_at = NULL WHERE {others}", world.school_id, person.id)


async def test_no_number_stands_in_what_is_owed(sandbox: Outside) -> None:
    person = await someone(sandbox)
    case = await reach(sandbox.world, Flow.OFFLINE_SIGNING, "signed", person)
    texts = json.dumps([dict(row) for row in await outbox_of(case.record_id)], default=str, ensure_ascii=False)
    for number in (person.id_number, person.mobile, "15400000001", "15400000009"):
        assert number not in texts
