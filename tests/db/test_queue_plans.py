"""Room: what a page of a queue costs the database when there are many records: an index leads to each, and tells a
province alone which they are.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models import kit
from models.db import execute, execute_many, fetch, transaction
from models.kit import shanghai_day
from models.parties import Level
from models.states import Phase
from models.tables import Graduate
from tests.harness.world import World, invite, make_world
from workflows.actors import Actor
from workflows.limits import PROVINCE_TOTAL_CAP
from workflows.queries import paging
from workflows.queries.queues import list_queue
from workflows.queries.record_filters import Filters

pytestmark = pytest.mark.usefixtures("database")
soak = pytest.mark.soak

RECORDS, SCHOOLS, PEOPLE = 200_000, 40, 40_000
AT_ONCE = 25_000
"""A statement has a minute, also on a busy machine."""
SELECTIVE = 2_000
"""Rows that one page may touch of 200,000: a handful of pages of what is filtered."""

# Copies of one graduate; their proof codes say so, to find them again.
_PEOPLE = """
INSERT INTO graduates ({columns}, id, proof_code, id_bidx)
SELECT {columns}, gen_random_uuid(), 'plan' || n, decode(lpad(to_hex(n), 32, '0'), 'hex')
FROM graduates g, generate_series(1, $2) n WHERE g.id = $1"""
# Copies of one invitation: other schools, days, employers, states; a few in review.
_COPIES = """
INSERT INTO records (id, school_id, cohort, flow, graduate_id, state, version, round, reviewed, slot, waits_on,
  waiting_since, created_at, submitted_at, expires_at, department, level, graduate_name, major, destination_code,
  agreement_no, employer_uscc, employer_name, employer_name_key, employer_nature, employer_industry, employer_region,
  position_category, form, snapshot, take_latest)
SELECT gen_random_uuid(), s.id, r.cohort, r.flow, g.id,
  CASE WHEN n % 50 = 0 THEN 'review_school' ELSE 'refused' END, 1, 1, FALSE, FALSE,
  CASE WHEN n % 50 = 0 THEN 'school' END, CASE WHEN n % 50 = 0 THEN r.created_at - n * interval '1 second' END,
  r.created_at - n * interval '1 second', r.created_at, r.expires_at, '学院' || n % 20, r.level,
  '王' || n % 5000, '专业' || n % 101, (ARRAY['10','11','46'])[1 + n % 3], '', lpad(n::text, 18, '0'),
  '单位' || n || '号公司', '单位' || n || '号公司', (ARRAY['10','22','31'])[1 + n / 3 % 3],
  (ARRAY['22','34','35'])[1 + n / 9 % 3], (ARRAY['110101','310101','330106'])[1 + n / 27 % 3], r.position_category,
  r.form, r.snapshot, FALSE
FROM records r, generate_series($2 + 1, $2 + $6) n JOIN (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM unnest($3::uuid[]) AS t(id)) s ON s.place = n % $4
JOIN graduates g ON g.proof_code = 'plan' || n % $5 + 1
WHERE r.id = $1"""


_OWN = ("id", "proof_code", "id_bidx")


@pytest.fixture(scope="module")
async def crowded(database: str) -> AsyncIterator[World]:
    """The first of forty schools of one province; the others have nothing but their records."""
    world = await make_world()
    record = await invite(world)
    schools = [world.school_id, *(kit.new_id() for _ in range(SCHOOLS - 1))]
    others = [(school, world.province_id, f"Q{place:04d}") for place, school in enumerate(schools[1:])]
    await execute_many("INSERT INTO schools (id, province_id, code, name) VALUES ($1, $2, $3, '示范学院')", others)
    columns = ", ".join(c for c in Graduate._meta.fields_db_projection.values() if c not in _OWN)
    await execute(_PEOPLE.format(columns=columns), world.graduate.id, PEOPLE)
    await execute("ANALYZE graduates")
    for begun in range(0, RECORDS, AT_ONCE):
        await execute(_COPIES, record.record_id, begun, schools, SCHOOLS, PEOPLE, AT_ONCE)
    await execute("VACUUM ANALYZE records")
    await execute("VACUUM ANALYZE graduates")
    await execute("ANALYZE schools")
    yield world
    await execute("DELETE FROM records WHERE school_id = ANY($1) AND id <> $2", schools, record.record_id)
    await execute("DELETE FROM graduates WHERE proof_code LIKE 'plan%'")
    await execute("DELETE FROM schools WHERE id = ANY($1)", schools[1:])
    await execute("ANALYZE records")


async def statements(
    actor: Actor, filters: Filters, monkeypatch: pytest.MonkeyPatch, how: str = "ANALYZE"
) -> list[dict[str, Any]]:
    """The plans of what a page reads, as they ran: how many rows there are and which, then what stands in these."""
    asked: list[tuple[str, tuple[Any, ...]]] = []

    async def listen(sql: str, *args: Any) -> Any:
        asked.append((sql, args))
        return await fetch(sql, *args)

    with monkeypatch.context() as patch:
        patch.setattr(paging, "fetch_afresh", listen)
        patch.setattr(paging, "fetch", listen)
        await list_queue(actor, "signing", filters)
    plans = []
    for sql, args in asked:
        (row,) = await fetch(f"EXPLAIN ({how}, FORMAT JSON) {sql}", *args)
        plans.append(json.loads(row[0])[0]["Plan"])
    assert plans
    return plans


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]


def touched(plan: dict[str, Any]) -> int:
    """Rows of records that were looked at, kept or not."""
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(plan)
        if node.get("Relation Name") == "records"
    )


FILTERS = {
    "newest": Filters(),
    "mine": Filters(waits_on="me"),
    "name": Filters(name="王4999"),
    "part of an employer": Filters(employer="19960"),
    "code": Filters(uscc=f"{19960:018d}"),
    "state": Filters(states=("review_school",)),
    "department": Filters(department="学院0"),
    "since": Filters(since=shanghai_day(kit.now()) - timedelta(days=1)),
}


# What the dashboard offers a province.
NARROWED = {
    "nothing": Filters(),
    "a state": Filters(states=("review_school",)),
    "a phase": Filters(phase=Phase.FLOW),
    "department": Filters(department="学院3"),
    "level": Filters(level=Level.UNDERGRADUATE),
    "level_code": Filters(level_code="31"),
    "major": Filters(major="专业42"),
    "name": Filters(name="王49"),
    "whole name": Filters(name="王4999"),
    "employer": Filters(employer="公司"),
    "destination": Filters(destinations=("11",)),
    "nature": Filters(nature="22"),
    "industry": Filters(industry="34"),
    "region": Filters(region="330000"),
    "nature, industry, place": Filters(nature="22", industry="34", region="330000"),
    "position": Filters(position_category="13"),
    "school": Filters(school="Q0001"),
    "sex": Filters(sex="1"),
    "waited": Filters(waited=1),
    "risk": Filters(risk="any"),
    "no risk": Filters(risk="none"),
    "department changed": Filters(department_changed=True),
    "department unchanged": Filters(department_changed=False),
    "returned": Filters(returned=True),
    "resubmitted": Filters(resubmitted=True),
    "frozen": Filters(frozen=True),
    "not frozen": Filters(frozen=False),
    "since": Filters(since=shanghai_day(kit.now()) - timedelta(days=1)),
    "until": Filters(until=shanghai_day(kit.now())),
}
# One of so many has it: so many are looked at for each that counts, in an index.
NARROWING = {"destination": 3, "nature": 3, "industry": 3, "region": 3, "nature, industry, place": 27, "name": 5}
HARDLY_ANY = {"a phase", "department unchanged"}  # in this crowd, and of many states: all are looked at, in an index


# --- told by an index alone: before the crowd is made, for few rows will do --------------------------

# With pages as dear as this, an index that can tell alone is taken however few rows there are, as soon as the table is
# said to have been swept.
_DEAR = """
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL random_page_cost = 1000000;
UPDATE pg_class SET relallvisible = 1000000 WHERE oid = 'records'::regclass"""


async def test_whatever_a_province_narrows_by_an_index_tells_alone(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row of a whole province is looked at to be counted or chosen."""
    world = await make_world()
    await invite(world)
    for name, filters in NARROWED.items():
        async with transaction() as line:
            await line.execute_script(_DEAR)
            chosen, *_ = await statements(world.province, replace(filters, cohort=world.cohort), monkeypatch, "VERBOSE")
        looked = [n for n in nodes(chosen) if n.get("Relation Name") == "records"]
        assert [n for n in looked if n["Node Type"] != "Index Only Scan"] == [], name
        assert len(looked) > 1, name
    await execute("ANALYZE records")  # which says how much of it has been


def test_every_filter_of_a_province_is_tried() -> None:
    """What is left out leads to few rows by itself, asks the history, or is not what a province narrows by."""
    led = {"id_number", "proof_code", "uscc", "agreement_no"}
    history = {"initiator", "step", "step_day"}
    other = {"flow", "cohort", "waits_on", "empty", "sort", "cursor", "limit"}
    wished = {name for wish in NARROWED.values() for name, value in _set(wish).items() if value not in (None, "", ())}
    assert wished == set(_set(Filters())) - led - history - other


# --- among many ----------------------------------------------------------------------------------


@soak
@pytest.mark.parametrize("name", sorted(FILTERS))
async def test_a_page_is_led_to_by_an_index(crowded: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for wanted in (FILTERS[name], Filters(**{**_set(FILTERS[name]), "cohort": crowded.cohort})):
        for plan in await statements(crowded.school, wanted, monkeypatch):
            walked = [n for n in nodes(plan) if n["Node Type"] == "Seq Scan" and n["Relation Name"] == "records"]
            assert walked == [], name
            # Never more than the own school has, to count them and to choose among them.
            assert touched(plan) <= 2 * RECORDS / SCHOOLS + SELECTIVE, name


@soak
async def test_a_later_page_costs_what_the_first_does(crowded: World, monkeypatch: pytest.MonkeyPatch) -> None:
    filters = Filters(cohort=crowded.cohort, sort="oldest")
    cursor: str | None = None
    costs = []
    for _ in range(8):
        page = await list_queue(crowded.school, "signing", Filters(**{**_set(filters), "cursor": cursor, "limit": 200}))
        cursor = page.next
        here = Filters(**{**_set(filters), "cursor": cursor})
        costs.append(max(touched(p) for p in await statements(crowded.school, here, monkeypatch)))
    assert max(costs) <= RECORDS / SCHOOLS + SELECTIVE


@soak
@pytest.mark.parametrize("name", sorted(set(NARROWED) - HARDLY_ANY))
async def test_a_provinces_page_looks_at_few_rows(crowded: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for filters in (NARROWED[name], replace(NARROWED[name], sort="oldest")):
        for plan in await statements(crowded.province, replace(filters, cohort=crowded.cohort), monkeypatch):
            assert touched(plan) <= SELECTIVE + PROVINCE_TOTAL_CAP * NARROWING.get(name, 1), name


@soak
async def test_counting_stops_at_the_cap(crowded: World) -> None:
    page = await list_queue(crowded.province, "signing", Filters(cohort=crowded.cohort))
    assert (page.total, page.total_is_capped) == (PROVINCE_TOTAL_CAP, True)
    everything = await list_queue(crowded.school, "signing", Filters())
    assert (everything.total, everything.total_is_capped) == (RECORDS // SCHOOLS + 1, False)


def _set(filters: Filters) -> dict[str, Any]:
    return {name: getattr(filters, name) for name in filters.__dataclass_fields__}
