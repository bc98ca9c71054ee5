"""Room: queues over several flows: filters tell exactly what they say, pages are whole, marks agree with the page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import kit
from models.db import execute, fetch
from models.kit import name_key, new_id, shanghai_day
from models.parties import Level, Party, ReviewMode
from models.states import Flow, Phase
from tests.harness.invented import credit_code
from tests.harness.stepping import step, walk
from tests.harness.world import World, accept, add_graduates, invite, make_employer, make_world, sign
from workflows.actors import Actor
from workflows.commands.roster import invalidate_graduate
from workflows.commands.warnings import mark_employer
from workflows.errors import Forbidden, InvalidRequest, NotFound
from workflows.flows import FLOWS
from workflows.queries.bulk import hindrances
from workflows.queries.queues import MENUS, list_queue
from workflows.queries.record_filters import Filters, within
from workflows.queries.records import list_records
from workflows.queries.warnings import EVERYWHERE, marks_for

pytestmark = pytest.mark.usefixtures("database")

F = Flow
_made: list[World] = []


@pytest.fixture
async def world(database: str) -> World:
    """One school for all tests here, with records of every flow in many states; whoever adds some leaves the rest."""
    if not _made:
        _made.append(await crowd())
    return _made[0]


async def crowd() -> World:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=12, settings={"termination_limit": 5})
    people = world.graduates
    second = await make_employer(world, employer_nature="31", employer_industry="22")
    await invite(world, people[0])
    await accept(world, await invite(world, people[0], second, position_category="90"), people[0])
    signed = await sign(world, people[1])
    await step(world, people[1].actor, F.ONLINE_TERMINATION, "request", parent=signed.record_id)
    ended = await sign(world, people[2])
    await step(world, world.employer.actor, F.ONLINE_TERMINATION, "request", parent=ended.record_id)
    await walk(world, people[3], F.OFFLINE_SIGNING, "submit", "return_agreement", "submit")
    await walk(world, people[4], F.OFFLINE_SIGNING, "submit", "return_agreement")
    await walk(world, people[5], F.SUPPLEMENTARY, "submit", "approve", "approve")
    await walk(world, people[5], F.OFFLINE_TERMINATION, "submit", "return")
    await walk(world, people[6], F.SUPPLEMENTARY, "submit", "reject")
    await walk(world, people[6], F.DESTINATION, "submit", "return", "submit", "approve")
    await walk(world, people[7], F.DESTINATION, "submit", "approve", "approve", "void", destination_code="12")
    await walk(world, people[7], F.DESTINATION, "submit", employer_region="440305", employer_nature="10")
    await walk(world, people[8], F.DESTINATION, "submit", "withdraw")
    await walk(world, people[9], F.DESTINATION, "submit")
    await invalidate_graduate(world.school, people[9].id, "已不在就业管理系统名单中")
    await execute("UPDATE graduates SET department = '新学院' WHERE id = $1", people[3].id)
    await mark_employer(world.school, {"employer_name": second.name, "employer_uscc": second.uscc}, ["fake"])
    await execute(
        "INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at) VALUES ($1, '', '注销', $2, $2)",
        world.employer.uscc,
        kit.now(),
    )
    await _spread(world)
    return world


async def _spread(world: World) -> None:
    """Moments apart, some of them equal, as a season brings them about."""
    rows = await fetch("SELECT id FROM records WHERE school_id = $1 ORDER BY id", world.school_id)
    for place, row in enumerate(rows):
        back = timedelta(days=place // 2)
        await execute(
            "UPDATE records SET created_at = created_at - $2::interval, waiting_since = waiting_since - $2::interval "
            "WHERE id = $1",
            row["id"],
            back,
        )


# --- exactness -----------------------------------------------------------------------------------

_ROWS = """
SELECT r.*, g.invalid_at, g.proof_code, g.department AS present, g.level_code AS level_now, g.basic->>'xbdm' AS sex_now,
  (SELECT count(*) FROM journal j WHERE j.subject_id = r.id AND j.action LIKE 'return%') AS returns,
  r.submitted_at > ALL (SELECT j.at FROM journal j WHERE j.subject_id = r.id AND j.action LIKE 'return%') AS since_all,
  (SELECT j.party FROM journal j WHERE j.subject_id = r.id ORDER BY j.id LIMIT 1) AS began
FROM records r JOIN graduates g ON g.id = r.graduate_id WHERE r.school_id = $1"""


def days(row: Mapping[str, Any]) -> Any:
    return shanghai_day(row["created_at"])


# What each filter means, said a second time: over all rows, in Python.
MEANS: dict[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "states": lambda r, v: r["state"] in v,
    "phase": lambda r, v: FLOWS[Flow(r["flow"])].state(r["state"]).phase is v,
    "waits_on": lambda r, v: r["waits_on"] == v and r["invalid_at"] is None,
    "initiator": lambda r, v: r["began"] == v,
    "cohort": lambda r, v: r["cohort"] == v,
    "department": lambda r, v: r["department"] == v,
    "level": lambda r, v: r["level"] == v,
    "level_code": lambda r, v: r["level_now"] == v,
    "sex": lambda r, v: r["sex_now"] == v,
    "major": lambda r, v: r["major"] == v,
    "name": lambda r, v: r["graduate_name"].startswith(v),
    "employer": lambda r, v: name_key(v) in r["employer_name_key"],
    "uscc": lambda r, v: r["employer_uscc"] == v,
    "agreement_no": lambda r, v: r["agreement_no"] == v,
    "proof_code": lambda r, v: r["proof_code"] == v,
    "destinations": lambda r, v: r["destination_code"] in v,
    "nature": lambda r, v: r["employer_nature"] == v,
    "industry": lambda r, v: r["employer_industry"] == v,
    "region": lambda r, v: r["employer_region"].startswith(within(v)),
    "position_category": lambda r, v: r["position_category"] == v,
    "waited": lambda r, v: r["waiting_since"] is not None and r["waiting_since"] <= kit.now() - timedelta(days=v),
    "department_changed": lambda r, v: (r["department"] != r["present"]) is v,
    "returned": lambda r, v: (r["returns"] > 0) is v,
    "resubmitted": lambda r, v: bool(r["returns"] and r["since_all"]) is v,
    "frozen": lambda r, v: (r["invalid_at"] is not None) is v,
    "since": lambda r, v: days(r) >= v,
    "until": lambda r, v: days(r) <= v,
}


def values(rows: list[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """For each filter what a clerk could choose: what is there, and something that is not."""

    def seen(column: str, *others: Any) -> st.SearchStrategy[Any]:
        return st.sampled_from([*sorted({row[column] for row in rows if row[column]}, key=str), *others])

    names = [row["employer_name"] for row in rows if row["employer_name"]]
    parts = st.sampled_from(names).flatmap(
        lambda n: st.integers(0, len(n) - 1).flatmap(lambda a: st.integers(a + 1, len(n)).map(lambda b: n[a:b]))
    )
    day = st.integers(0, 14).map(lambda n: shanghai_day(kit.now()) - timedelta(days=n))
    return {
        "states": st.lists(seen("state"), min_size=1, max_size=4, unique=True).map(tuple),
        "phase": st.sampled_from(list(Phase)),
        "waits_on": st.sampled_from(["graduate", "employer", "department", "school"]),
        "initiator": st.sampled_from([Party.GRADUATE, Party.EMPLOYER]),
        "cohort": seen("cohort"),
        "department": seen("department", "新学院"),
        "level": st.sampled_from([Level.UNDERGRADUATE, Level.POSTGRADUATE]),
        "level_code": seen("level_now", "11"),
        "sex": st.sampled_from(["1", "2"]),
        "major": seen("major", "哲学"),
        "name": seen("graduate_name", "王", "李", "%", "_"),
        "employer": st.one_of(parts, st.sampled_from(["％", "x", "（集团）"])),
        "uscc": seen("employer_uscc"),
        "agreement_no": seen("agreement_no", "000"),
        "proof_code": seen("proof_code"),
        "destinations": st.lists(seen("destination_code"), min_size=1, max_size=3).map(tuple),
        "nature": seen("employer_nature", "55"),
        "industry": seen("employer_industry", "80"),
        "region": st.sampled_from(["330000", "330100", "330106", "440000", "440300", "110000", "650000"]),
        "position_category": seen("position_category", "80"),
        "waited": st.integers(0, 12),
        "department_changed": st.booleans(),
        "returned": st.booleans(),
        "resubmitted": st.booleans(),
        "frozen": st.booleans(),
        "since": day,
        "until": day,
    }


async def everything(actor: Actor, menu: str, filters: Filters) -> list[dict[str, Any]]:
    """All pages, small ones, one after the other."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await list_queue(actor, menu, replace(filters, cursor=cursor, limit=3))
        found += page.items
        cursor = page.next
        if cursor is None:
            assert page.total == len(found)
            return found


async def test_every_filter_tells_exactly_what_it_says(world: World) -> None:
    rows = await fetch(_ROWS, world.school_id)
    known = values(rows)
    assert set(known) == set(MEANS)
    tried: dict[str, set[bool]] = {name: set() for name in MEANS}

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data(), st.lists(st.sampled_from(sorted(MEANS)), max_size=3, unique=True), st.sampled_from(sorted(MENUS)))
    def several(data: st.DataObject, names: list[str], menu: str) -> None:
        cases.append((menu, {name: data.draw(known[name], label=name) for name in names}))

    @settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.fixed_dictionaries(known))
    def alone(drawn: dict[str, Any]) -> None:
        cases.extend((menu, {name: value}) for name, value in drawn.items() for menu in MENUS)

    cases: list[tuple[str, dict[str, Any]]] = [(menu, {}) for menu in MENUS]
    several()
    alone()
    for place, (menu, chosen) in enumerate(cases):
        mine = [row for row in rows if Flow(row["flow"]) in MENUS[menu].flows]
        chosen = _possible(menu, chosen)
        wanted = {str(row["id"]) for row in mine if all(MEANS[n](row, v) for n, v in chosen.items())}
        # A province finds its rows another way.
        reader, school = (world.school, "") if place % 3 else (world.province, world.school_code)
        got = await everything(reader, menu, Filters(**chosen, school=school))
        assert len({row["id"] for row in got}) == len(got), (menu, chosen)
        assert {row["id"] for row in got} == wanted, (menu, chosen)
        for name in chosen:
            tried[name].add(bool(wanted))
    assert all(tried.values()), [name for name, seen in tried.items() if not seen]


def _possible(menu: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """States that no flow of the menu has are refused, not answered with nothing."""
    known = {s.name for flow in MENUS[menu].flows for s in FLOWS[flow].states}
    left = tuple(s for s in chosen.get("states", ()) if s in known)
    rest = {name: value for name, value in chosen.items() if name != "states"}
    return {**rest, "states": left} if left else rest


@pytest.mark.parametrize("menu", sorted(MENUS))
async def test_sorted_by_age_or_by_day_pages_keep_the_order(world: World, menu: str) -> None:
    for filters, column, down in (
        (Filters(), "created_at", True),
        (Filters(sort="oldest"), "created_at", False),
        (Filters(waits_on="department"), "since", False),
        (Filters(waits_on="graduate", sort="newest"), "since", True),
    ):
        for reader in (world.school, world.province):
            got = await everything(reader, menu, replace(filters, school=world.school_code))
            order = [row[column] for row in got]
            assert order == sorted(order, reverse=down)


async def test_pages_are_whole_while_rows_come_in(world: World) -> None:
    """Concurrent inserts neither double nor hide what was there when the reader began."""
    before = {row["id"] for row in await everything(world.school, "signing", Filters(sort="oldest"))}
    newcomers = await add_graduates(world, 4)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page, _ = await asyncio.gather(
            list_queue(world.school, "signing", Filters(sort="oldest", cursor=cursor, limit=2)),
            invite(world, newcomers.pop()) if newcomers else asyncio.sleep(0),
        )
        seen += [row["id"] for row in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(set(seen)) == len(seen)
    assert before <= set(seen)


async def test_what_only_reviewers_may_ask_is_refused_to_the_two_sides(world: World) -> None:
    person = world.graduates[0].actor
    for actor in (person, world.employer.actor):
        for filters in (Filters(risk="any"), Filters(department_changed=True)):
            with pytest.raises(Forbidden):
                await list_records(actor, F.ONLINE_SIGNING, filters)
        rows = (await list_records(actor, F.ONLINE_SIGNING, Filters())).items
        assert rows
        assert all(row["review"] is None for row in rows)


async def test_a_menu_or_state_that_there_is_not_is_told(world: World) -> None:
    with pytest.raises(NotFound):
        await list_queue(world.school, "nothing", Filters())
    with pytest.raises(InvalidRequest):
        await list_queue(world.school, "destination", Filters(states=("signed",)))


# --- risk marks ----------------------------------------------------------------------------------


async def test_marks_in_lists_are_those_of_the_record_page_and_of_bulk_decisions(world: World) -> None:
    rows = await fetch("SELECT * FROM records WHERE school_id = $1", world.school_id)
    shown = {row["id"]: row for menu in MENUS for row in await everything(world.school, menu, Filters())}
    warned = {
        str(row["id"])
        for row in rows
        if (await marks_for(row["school_id"], row["employer_uscc"], row["employer_name_key"])).shown
    }
    assert warned
    assert {id for id, row in shown.items() if row["review"]["warned"]} == warned
    for menu in MENUS:
        flows = MENUS[menu].flows
        hindered: set[UUID] = set()
        for flow in flows:
            ids = [row["id"] for row in rows if row["flow"] == flow]
            hindered |= set(await hindrances(world.school, flow, ids))
        found = await everything(world.school, menu, Filters(risk="any"))
        assert {row["id"] for row in found} == {str(id) for id in hindered}
        for name in ("warned", "not_operating"):
            these = await everything(world.school, menu, Filters(risk=name))
            assert these == [row for row in found if row["review"][name]], (menu, name)
        rest = {row["id"] for row in await everything(world.school, menu, Filters(risk="none"))}
        assert rest == {str(row["id"]) for row in rows if row["flow"] in flows} - {row["id"] for row in found}
    assert any(row["review"]["not_operating"] for row in shown.values())


@st.composite
def marks(draw: st.DrawFn) -> list[tuple[int, str, str]]:
    """(school, code, name) of some warning marks, few enough names and codes that they meet."""
    one = st.tuples(st.integers(0, 7), st.sampled_from(["", "A", "B"]), st.sampled_from(["甲", "乙"]))
    return draw(st.lists(one, max_size=24, unique=True))


async def test_a_mark_counts_in_lists_as_on_the_page_whatever_marks_there_are(world: World) -> None:
    drawn: list[list[tuple[int, str, str]]] = [
        [(n, "", "甲") for n in range(EVERYWHERE)],
        [(n, "A", "甲") for n in range(EVERYWHERE - 1)] + [(7, "B", "甲")],
        [(n, "A" if n % 2 else "", "甲") for n in range(EVERYWHERE)],
        [(n, "", "乙") for n in range(EVERYWHERE - 1)] + [(7, "A", "乙"), (6, "A", "甲")],
    ]

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(marks())
    def collect(found: list[tuple[int, str, str]]) -> None:
        drawn.append(found)

    collect()
    outcomes = set()
    for case in drawn:
        tag, schools = new_id().hex[-6:], [new_id() for _ in range(8)]
        code = {"": "", "A": f"A{tag}", "B": f"B{tag}"}
        for school, uscc, name in case:
            await execute(
                "INSERT INTO warnings (id, school_id, uscc, name, name_key, reasons, note, marked_by, marked_at) "
                "VALUES ($1, $2, $3, $4, $4, '[\"fake\"]', '', $1, $5)",
                new_id(), schools[school], code[uscc], name + tag, kit.now(),
            )  # fmt: skip
        for uscc in code.values():
            (listed,) = await fetch("SELECT employer_warned($1, $2, $3) AS warned", schools[0], uscc, f"甲{tag}")
            page = await marks_for(schools[0], uscc, f"甲{tag}")
            assert listed["warned"] == page.shown, (case, uscc)
            outcomes.add(page.shown)
    assert outcomes == {True, False}


# --- counts, hints -------------------------------------------------------------------------------


async def test_rows_count_what_was_returned_and_rejected(world: World) -> None:
    people = world.graduates
    destination = await everything(world.school, "destination", Filters())
    mine = next(row for row in destination if row["graduate"]["id"] == str(people[6].id))
    review = mine["review"]
    assert (review["returns"], review["resubmitted"], review["rejections"]) == (1, True, 1)
    assert review["returned_at"] is not None
    signing = await everything(world.school, "signing", Filters(returned=True))
    again = {row["graduate"]["id"]: row["review"]["resubmitted"] for row in signing}
    assert again == {str(people[3].id): True, str(people[4].id): False}
    changed = next(row for row in signing if row["graduate"]["id"] == str(people[3].id))
    assert changed["review"]["department_changed"] is True


async def test_hints_compare_with_what_was_approved_before_and_with_other_employers() -> None:
    world = await make_world(graduates=4)
    people = world.graduates
    telephone = people[3].mobile
    values = {"employer_uscc": credit_code(), "employer_name": f"示例制造{new_id().hex[-6:]}有限公司"}
    await walk(world, people[0], F.DESTINATION, "submit", "approve", **values, contact_mobile=telephone)
    await walk(
        world, people[1], F.DESTINATION, "submit",
        **{**values, "employer_name": "示例制造集团"}, employer_nature="31", destination_code="12", monthly_pay=100,
    )  # fmt: skip
    await walk(world, people[2], F.SUPPLEMENTARY, "submit", employer_uscc=credit_code(), contact_mobile=telephone)
    await walk(
        world, people[3], F.DESTINATION, "submit", **values,
        contact_mobile=telephone, own_mobile=telephone, position_category="90",
    )  # fmt: skip
    rows = [row for menu in MENUS for row in await everything(world.school, menu, Filters())]
    found = {row["graduate"]["id"]: {hint["code"] for hint in row["review"]["hints"]} for row in rows}
    first, second, third, fourth = (found[str(person.id)] for person in people)
    assert "contact_elsewhere" in first
    assert {"name_differs", "nature_differs", "pay_below_minimum"} <= second
    assert "industry_differs" not in second
    assert "contact_elsewhere" in third
    assert {"phone_is_graduates", "position_other", "contact_elsewhere"} <= fourth
    assert "phone_is_graduates" not in first | second | third
    text = json.dumps(rows, ensure_ascii=False)
    assert telephone not in text
    assert not any(person.id_number in text for person in people)
