"""Room: lists over HTTP: what is in them, filters, order, pages; the first page's counts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.db import execute
from models.kit import shanghai_day
from models.parties import Level, Party, ReviewMode
from tests.harness.callers import Api, bind
from tests.harness.world import (
    World,
    accept,
    add_graduates,
    approve,
    invite,
    make_account,
    make_employer,
    make_world,
    reject,
)
from workflows.commands.accounts import disable_account
from workflows.commands.roster import invalidate_graduate
from workflows.limits import TOTAL_CAP

FLOW = "/v1/online_signing"


@pytest.fixture
async def world(database: str) -> World:
    return await make_world(graduates=6)


@pytest.fixture(scope="module")
async def untouched(database: str) -> World:
    return await make_world()


async def listed(api: Api, query: str = "") -> dict[str, Any]:
    answer = await api.get(f"{FLOW}?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ids(api: Api, query: str = "") -> list[str]:
    return [item["id"] for item in (await listed(api, query))["items"]]


async def test_each_filter_narrows_to_what_it_says(api: Api, world: World) -> None:
    people, second = world.graduates, await make_employer(world)
    invited = await invite(world, people[0])
    review = await accept(world, await invite(world, people[1], second), people[1])
    signed = await approve(world, await accept(world, await invite(world, people[2]), people[2]))
    desk = await api.sign_in(world.school_desk)
    agreement = (await desk.get(f"{FLOW}/{signed.record_id}")).json()["agreement_no"]
    today = shanghai_day(kit.now()).isoformat()
    tomorrow = (shanghai_day(kit.now()) + timedelta(days=1)).isoformat()
    a, b, c = str(invited.record_id), str(review.record_id), str(signed.record_id)
    for query, wanted in {
        "": {a, b, c},
        "state=invited": {a},
        "state=invited&state=signed": {a, c},
        "phase=force": {c},
        "phase=end": set(),
        "phase=open&state=signed": set(),
        "waits_on=me": {b},
        "waits_on=graduate": {a},
        "waits_on=department": set(),
        f"cohort={world.cohort}": {a, b, c},
        f"department={people[1].department}": {b},
        "level=undergraduate": {a, b, c},
        "level=postgraduate": set(),
        "major=计算机科学与技术": {a, b, c},
        "major=哲学": set(),
        f"name={people[0].name}": {r for r, p in zip((a, b, c), people, strict=False) if p.name == people[0].name},
        "name=王": {a, b, c},
        "name=%25": set(),
        "name=_": set(),
        f"employer={second.name[2:6]}": {a, b, c} if second.name[2:6] in world.employer.name else {b},
        f"employer={second.name}": {b},
        f"uscc={second.uscc.lower()}": {b},
        f"agreement_no={agreement}": {c},
        f"from={today}": {a, b, c},
        f"from={tomorrow}": set(),
        f"to={today}": {a, b, c},
        f"from={today}&to={today}&state=signed": {c},
    }.items():
        assert set(await ids(desk, query)) == wanted, query


async def test_a_whole_id_number_finds_its_records_and_never_stands_in_an_address(api: Api, world: World) -> None:
    people = world.graduates
    records = [str((await invite(world, person)).record_id) for person in people[:2]]
    desk, number = await api.sign_in(world.school_desk), people[1].id_number
    for typed, wanted in ((number, records[1:]), (f" {number[:6]} {number[6:]}", records[1:]), (number[:-1], [])):
        answer = await desk.post("/v1/search/online_signing", {"id_number": typed})
        assert [item["id"] for item in answer.json()["items"]] == wanted
        assert number not in answer.text
        found = (await desk.post("/v1/search/graduates", {"id_number": typed})).json()["items"]
        assert [g["id"] for g in found] == ([str(people[1].id)] if wanted else [])
    today = shanghai_day(kit.now()).isoformat()
    found = await desk.post("/v1/search/online_signing", {"id_number": number, "from": today, "to": today})
    assert [item["id"] for item in found.json()["items"]] == records[1:]
    for path in (FLOW, "/v1/graduates"):
        assert (await desk.get(f"{path}?id_number={number}")).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "state=nothing",
        "phase=x",
        "waits_on=province",
        "cohort=abc",
        "cohort=99999999999999999999",
        "cohort=2027&cohort=2028",
        "level=all",
        "from=yesterday",
        "from=2027-02-30",
        "sort=name",
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=abc",
        "cursor=" + "A" * 300,
        "cursor=bnVsbA",
        "cursor=WyJyLmNyZWF0ZWRfYXQtIiwgIjAwMDEtMDEtMDFUMDA6MDA6MDArMTQ6MDAiLCAiYSJd",
        "name=%00",
        "name=" + "王" * 121,
        "unknown=1",
        "State=invited",
    ],
)
async def test_a_filter_that_means_nothing_is_a_bad_request(api: Api, untouched: World, query: str) -> None:
    answer = await (await api.sign_in(untouched.school_desk)).get(f"{FLOW}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_pages_follow_one_another_without_gap_or_twin(api: Api, world: World) -> None:
    people = [*world.graduates, *await add_graduates(world, 5)]
    made = [str((await invite(world, person)).record_id) for person in people]
    desk = await api.sign_in(world.school_desk)
    for sort, wanted in (("oldest", made), ("newest", made[::-1])):
        seen: list[str] = []
        query, cursor = f"sort={sort}&limit=4", ""
        while True:
            page = await listed(desk, query + cursor)
            assert (page["total"], page["total_is_capped"]) == (len(made), False)
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert seen == wanted
    first = await listed(desk, "sort=newest&limit=4")
    crossed = await desk.get(f"{FLOW}?sort=oldest&cursor={first['next']}")
    assert crossed.status_code == 400


async def test_a_page_has_fifty_rows_unasked_and_two_hundred_at_most(api: Api, world: World) -> None:
    await add_graduates(world, 201 - len(world.graduates))
    desk = await api.sign_in(world.school_desk)
    for query, rows in (("", 50), ("?limit=200", 200)):
        page = (await desk.get(f"/v1/graduates{query}")).json()
        assert (len(page["items"]), page["total"]) == (rows, 201)
    assert (await desk.get("/v1/graduates?limit=201")).status_code == 400


async def test_new_rows_do_not_disturb_a_reader(api: Api, world: World) -> None:
    made = [str((await invite(world, person)).record_id) for person in world.graduates]
    desk = await api.sign_in(world.school_desk)
    first = await listed(desk, "limit=3")
    await invite(world, (await add_graduates(world, 1))[0])
    second = await listed(desk, f"limit=50&cursor={first['next']}")
    assert [i["id"] for i in (*first["items"], *second["items"])] == made[::-1]


async def test_a_queue_begins_with_what_waited_longest(api: Api, world: World, clock: Any) -> None:
    waiting = []
    for person in reversed(world.graduates[:3]):
        waiting.append(await accept(world, await invite(world, person), person))
        clock.advance(minutes=5)
    desk = await api.sign_in(world.school_desk)
    assert await ids(desk, "waits_on=me") == [str(r.record_id) for r in waiting]
    assert await ids(desk, "waits_on=me&sort=newest") == [str(r.record_id) for r in waiting[::-1]]
    page = await listed(desk, "waits_on=me&limit=2")
    assert await ids(desk, f"waits_on=me&cursor={page['next']}") == [str(waiting[2].record_id)]


async def test_numbers_are_masked_and_rows_carry_no_actions(api: Api, world: World) -> None:
    await accept(world, await invite(world))
    for caller in (await api.sign_in(world.school_desk), await api.sign_in(world.employer)):
        page = await listed(caller)
        assert "actions" not in page["items"][0]
        assert world.graduate.id_number not in json.dumps(page)
        assert page["items"][0]["graduate"]["id_number"] == kit.mask_id_number(world.graduate.id_number)


async def test_everybody_has_only_the_own_rows(api: Api, world: World) -> None:
    people, other = world.graduates, await make_world()
    first, second = await invite(world, people[0]), await invite(world, people[1])
    foreign = await invite(other)
    mine = {str(first.record_id), str(second.record_id)}
    assert set(await ids(await api.sign_in(world.school_desk))) == mine
    assert set(await ids(await api.sign_in(world.employer))) == mine
    assert set(await ids(await api.as_graduate(world, people[0]))) == {str(first.record_id)}
    department = await api.sign_in(world.department_desks[people[1].department])
    assert set(await ids(department)) == {str(second.record_id)}
    undergraduate = await make_account(
        world.province, Party.SCHOOL, "本专科", school_id=world.school_id, level=Level.UNDERGRADUATE
    )
    postgraduate = await make_account(
        world.province, Party.SCHOOL, "研究生", school_id=world.school_id, level=Level.POSTGRADUATE
    )
    assert set(await ids(await api.sign_in(undergraduate))) == mine
    assert await ids(await api.sign_in(postgraduate)) == []
    province = await api.sign_in(world.province_desk)
    assert mine | {str(foreign.record_id)} <= set(await ids(province, "limit=200"))


async def test_totals_stop_at_the_cap(api: Api, world: World) -> None:
    await invite(world)
    copied = (
        "cohort, flow, graduate_id, parent_id, version, round, reviewed, slot, created_at, submitted_at, expires_at, "
        "department, level, graduate_name, major, destination_code, agreement_no, employer_uscc, employer_name, "
        "employer_name_key, employer_nature, employer_industry, employer_region, position_category, form, snapshot, "
        "take_latest"
    )
    await execute(
        f"INSERT INTO records (id, school_id, state, employer_id, {copied}) SELECT gen_random_uuid(), school_id, "
        f"'refused', NULL, {copied} FROM records, generate_series(1, {TOTAL_CAP}) WHERE school_id = $1",
        world.school_id,
    )
    desk = await api.sign_in(world.school_desk)
    page = await listed(desk, "limit=200")
    assert (page["total"], page["total_is_capped"], len(page["items"])) == (TOTAL_CAP, True, 200)
    assert (await listed(desk, "state=invited"))["total_is_capped"] is False


async def test_an_employer_finds_nobody_by_what_it_learns_only_with_the_acceptance(api: Api, world: World) -> None:
    """roles.md: before it name, masked number, school, level and major; a filter that hits would tell the rest."""
    person = world.graduates[0]
    invited = await invite(world, person)
    firm = await api.sign_in(world.employer)
    shown = await listed(firm)
    assert shown["items"][0]["graduate"]["department"] is None
    assert await ids(firm, f"department={person.department}") == []
    assert await ids(firm, f"level={person.level}") == [str(invited.record_id)]
    await accept(world, invited, person)
    assert await ids(firm, f"department={person.department}") == [str(invited.record_id)]


# --- what waits on whom --------------------------------------------------------------------------


async def home(api: Api, query: str = "") -> dict[str, Any]:
    answer = await api.get(f"/v1/home?{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(lines: list[dict[str, Any]]) -> dict[str, int]:
    return {line["state"]: line["count"] for line in lines if line["count"]}


async def test_home_counts_what_waits_on_me_and_since_when(api: Api, clock: Any) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=4)
    people = world.graduates
    oldest = await accept(world, await invite(world, people[0]), people[0])
    since = kit.json_time(kit.now())
    clock.advance(hours=1)
    for person in people[1:3]:
        await accept(world, await invite(world, person), person)
    await approve(world, await accept(world, await invite(world, people[3]), people[3]))
    department = await home(await api.sign_in(world.department_desks[people[0].department]))
    assert counts(department["waiting"]) == {"review_department": 2}
    assert department["waiting"][0]["oldest"] == since
    assert department["at_departments"] is None
    desk = await api.sign_in(world.school_desk)
    school = await home(desk)
    assert (counts(school["waiting"]), school["total"]) == ({"review_school": 1}, 1)
    assert counts(school["at_departments"]) == {"review_department": 3}
    assert counts((await home(desk, f"cohort={world.cohort - 1}"))["at_departments"]) == {}
    assert (await home(desk, f"cohort={world.cohort}"))["total"] == 1
    assert oldest.version == 2


async def test_what_no_department_account_covers_waits_on_the_school(api: Api) -> None:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL)
    record = await accept(world, await invite(world))
    desk = await api.sign_in(world.school_desk)
    assert await ids(desk, "waits_on=me") == []
    await disable_account(world.school, world.department_of(world.graduate).id, confirmed=True)
    assert await ids(desk, "waits_on=me") == [str(record.record_id)]
    school = await home(desk)
    assert counts(school["waiting"]) == {"review_department": 1}
    assert counts(school["at_departments"]) == {}


async def test_frozen_records_wait_on_nobody(api: Api, world: World) -> None:
    await accept(world, await invite(world))
    desk = await api.sign_in(world.school_desk)
    assert (await home(desk))["total"] == 1
    await invalidate_graduate(world.school, world.graduate.id, "已不在就业管理系统名单中")
    assert (await home(desk))["total"] == 0
    assert await ids(desk, "waits_on=me") == []
    (row,) = (await listed(desk))["items"]
    assert row["frozen"] is True


async def test_each_party_has_its_own_first_page(api: Api, world: World) -> None:
    await make_employer(world)
    record = await invite(world)
    graduate = await home(await api.as_graduate(world, world.graduate))
    assert counts(graduate["waiting"]) == {"invited": 1}
    await reject(world, await accept(world, record))
    employer = await home(await api.sign_in(world.employer))
    assert (employer["total"], employer["unread"]) == (0, 3)  # one of them of the verification
    province = await home(await api.sign_in(world.province_desk))
    assert province["waiting"] == []
    assert province["employers"]["count"] >= 0


# --- the roster ----------------------------------------------------------------------------------


async def test_the_roster_is_searched_like_the_queue(api: Api, world: World) -> None:
    people = world.graduates
    await bind(world, people[0])
    await accept(world, await invite(world, people[1]), people[1])
    await invalidate_graduate(world.school, people[2].id, "已转入其他学校就读")
    desk = await api.sign_in(world.school_desk)
    found = (await desk.get(f"/v1/graduates/{people[0].id}")).json()
    assert found["mobile"] == kit.mask_mobile(people[0].mobile)
    assert found["bound"] is True
    for query, wanted in {
        "": people,
        "bound=true": people[:1],
        "bound=false": people[1:],
        "registered=true": people[1:2],
        "invalid=true": people[2:3],
        f"proof_code={found['proof_code']}": people[:1],
        f"department={people[1].department}": [p for p in people if p.department == people[1].department],
    }.items():
        page = (await desk.get(f"/v1/graduates?{query}")).json()
        assert {item["id"] for item in page["items"]} == {str(p.id) for p in wanted}, query
        assert not any(p.id_number in json.dumps(page) or p.mobile in json.dumps(page) for p in people)
    first = (await desk.get("/v1/graduates?limit=4")).json()
    rest = (await desk.get(f"/v1/graduates?limit=4&cursor={first['next']}")).json()
    assert len({i["id"] for i in (*first["items"], *rest["items"])}) == len(people)
    detail = (await desk.get(f"/v1/graduates/{people[1].id}")).json()
    label = detail["records"][0]["label"]
    assert detail["slot"] == {"flow": "online_signing", "state": "review_school", "label": label}
