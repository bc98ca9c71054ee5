"""Room: `wangqian bench-data N`: a province of N graduates made in bulk, for measuring reads. Never for anything else.

Two thousand real acts would take minutes, a million would take days: here rows are copies of one real graduate and of
one real record of each kind, forms and all, with other ids, schools, departments, employers, days. Each has the rows
of its history that lists look at, but no chain that could be verified, and no agreements: only reading may be measured.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final
from uuid import UUID

from models import db, kit
from models.db import execute, execute_many, fetch_row, fetch_value
from models.parties import Module
from models.states import Flow
from tests.harness.reaching import reach
from tests.harness.world import World, add_graduates, make_world
from workflows.actors import OPERATOR, Actor
from workflows.commands.provinces import open_module
from workflows.commands.tallies import rebuild

SCHOOL_SIZE: Final = 20_000
FIRST_SIZE: Final = 10_000
"""Graduates of the school whose staff read, at most: in a large database as many as in a small one."""
DEPARTMENTS: Final = 20

# Of forty graduates of a school: what they have come to. Four more have nothing yet.
SHARES: Final = (
    (Flow.DESTINATION, "approved", 14),
    (Flow.ONLINE_SIGNING, "signed", 9),
    (Flow.SUPPLEMENTARY, "signed", 3),
    (Flow.OFFLINE_SIGNING, "signed", 2),
    (Flow.DESTINATION, "review_school", 1),
    (Flow.DESTINATION, "returned", 1),
    (Flow.DESTINATION, "rejected", 1),
    (Flow.ONLINE_SIGNING, "review_school", 1),
    (Flow.ONLINE_SIGNING, "refused", 1),
    (Flow.ONLINE_SIGNING, "invited", 1),
    (Flow.SUPPLEMENTARY, "review_school", 1),
    (Flow.OFFLINE_SIGNING, "agreement_review_school", 1),
)
OF: Final = 40
ENDING: Final = (Flow.ONLINE_TERMINATION, "awaiting_employer")
"""One of a school's signings in nine ends: a second record of the same graduate."""

_MAKE_PLACES = "CREATE TEMP TABLE bench_schools (id uuid, place int, size int)"
_MAKE_KINDS = "CREATE TEMP TABLE bench_kinds (kind int, record uuid)"
_ID = "md5({what} || s.id::text || n)::uuid"

_PEOPLE = f"""
INSERT INTO graduates (id, school_id, cohort, id_kind, id_enc, id_bidx, name, level_code, level, department, major,
  training_mode, basic, phone_enc, phone_source, email, terminations_used, proof_code, invalid_at, invalid_cause,
  created_at)
SELECT {_ID.format(what="'g'")}, s.id, g.cohort, g.id_kind, g.id_enc, decode(md5(s.id::text || n), 'hex'),
  substr('王李张刘陈杨黄赵周吴', 1 + n % 10, 1) || n, CASE WHEN n % 5 = 0 THEN '11' ELSE '31' END,
  CASE WHEN n % 5 = 0 THEN 'postgraduate' ELSE 'undergraduate' END,
  CASE WHEN n % 33 = 5 THEN '合并学院' WHEN n % $2 = 0 THEN g.department
    ELSE '学院' || lpad((n % $2)::text, 2, '0') END, '专业' || lpad((n % 100)::text, 3, '0'), g.training_mode,
  g.basic || jsonb_build_object('xbdm', (1 + n % 2)::text), '', 'roster', '', 0,
  upper(substr(md5(s.id::text || n), 1, 16)), CASE WHEN n % 200 = 0 THEN g.created_at END,
  CASE WHEN n % 200 = 0 THEN 'removed' ELSE '' END, g.created_at
FROM bench_schools s, generate_series(1, s.size) n, graduates g WHERE g.id = $1"""

# Employers are named in characters by chance, as real ones are to an index: two neighbours say much, 科技 says nothing.
_EMPLOYER = "(n * 7919 + s.place * 104729) % 200003"
_NAME = f"""chr(19968 + ({_EMPLOYER}) % 2999) || chr(19968 + ({_EMPLOYER}) / 67 % 2999) || chr(19968 + ({_EMPLOYER})
  * 31 % 2999) || (ARRAY['科技','贸易','教育咨询','建设工程'])[1 + n % 4] || '有限公司'"""

_RECORDS = f"""
INSERT INTO records (id, school_id, cohort, flow, graduate_id, state, version, round, reviewed, slot, waits_on,
  waiting_since, created_at, submitted_at, submitted_by, expires_at, remind_at, department, level, graduate_name, major,
  destination_code, agreement_no, employer_uscc, employer_name, employer_name_key, employer_nature, employer_industry,
  employer_region, position_category, contact_bidx, form, snapshot, take_latest)
SELECT {_ID.format(what="r.flow || r.state")}, s.id, r.cohort, r.flow, {_ID.format(what="'g'")}, r.state, r.version,
  r.round, r.reviewed, r.slot, r.waits_on, r.waiting_since - n * interval '5 minutes',
  r.created_at - n * interval '5 minutes', r.submitted_at, r.submitted_by, r.expires_at, NULL,
  CASE WHEN n % $1 = 0 THEN r.department ELSE '学院' || lpad((n % $1)::text, 2, '0') END,
  CASE WHEN n % 5 = 0 THEN 'postgraduate' ELSE 'undergraduate' END,
  substr('王李张刘陈杨黄赵周吴', 1 + n % 10, 1) || n, '专业' || lpad((n % 100)::text, 3, '0'),
  CASE WHEN r.flow = 'destination' THEN (ARRAY['11','12','46','75','76','80','801','85','70'])[1 + n % 9] ELSE '10' END,
  '', lpad(({_EMPLOYER})::text, 18, '0'), {_NAME}, {_NAME}, (ARRAY['10','22','31','32','39'])[1 + n % 5],
  (ARRAY['22','34','35','42','43'])[1 + n % 5], (ARRAY['110101','310101','330106','440304','510104'])[1 + n % 5],
  r.position_category, decode(md5(({_EMPLOYER})::text), 'hex'), r.form, r.snapshot, FALSE
FROM bench_schools s, generate_series(1, s.size) n
JOIN bench_kinds k ON k.kind = n % {OF} OR (k.kind = {OF} AND n % 81 = 14) JOIN records r ON r.id = k.record"""

_HISTORY = """
INSERT INTO journal (chain, seq, at, act_id, actor, party, subject_kind, subject_id, flow, action, from_state, to_state,
  version, detail, detail_sha256, prev, hash)
SELECT 'bench:' || s.id, j.id * 1000000 + n, j.at - n * interval '5 minutes', j.act_id, j.actor, j.party,
  j.subject_kind, md5(r.flow || r.state || s.id::text || n)::uuid, j.flow, j.action, j.from_state, j.to_state,
  j.version, '{}', '', '', ''
FROM bench_schools s, generate_series(1, s.size) n
JOIN bench_kinds k ON k.kind = n % $1 OR (k.kind = $1 AND n % 81 = 14) JOIN records r ON r.id = k.record
JOIN journal j ON j.subject_id = r.id AND j.version IN (1, r.version)"""

# Of two hundred employers two have ended, and one is marked by all schools that meet it.
_REGISTRY = """
INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at)
SELECT DISTINCT employer_uscc, '', CASE WHEN hashtext(employer_uscc) % 50 = 7 THEN '注销' ELSE '存续' END, now(), now()
FROM records WHERE employer_uscc <> '' ON CONFLICT DO NOTHING"""
_MARKS = """
INSERT INTO warnings (id, school_id, uscc, name, name_key, reasons, note, marked_by, marked_at)
SELECT gen_random_uuid(), school_id, employer_uscc, employer_name, employer_name_key, '["fake"]', '', school_id, now()
FROM records WHERE hashtext(employer_uscc) % 100 = 3 AND employer_uscc <> '' GROUP BY 2, 3, 4, 5"""
_KEPT = [
    statement
    for migration in ("0018_record_marks", "0019_province_lists")
    for statement in import_module(f"models.migrations.{migration}").STANDING
]

TABLES: Final = ("graduates", "records", "journal")
WATCHED: Final = (*TABLES, "registry_status", "warnings")
_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
WHERE i.indrelid = ANY($1::regclass[]) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The first school of the province, whose staff read; how many graduates stand in how many schools.

    `large`: staff of a school of 20,000, where there is one. `employer`, `uscc`: of one of the first school's records.
    """

    world: World
    graduates: int
    schools: int
    large: Actor
    employer: str
    uscc: str


async def fill(url: str, count: int) -> Crowd:
    """`count` graduates in one school of 10,000 at most and others of 20,000, all of one province and cohort.

    `url`: of the database that this process has open. Statements of minutes run on a line of their own.
    """
    world = await make_world(graduates=1)
    kinds = await _kinds(world)
    first = min(count, FIRST_SIZE)
    sizes = [(world.school_id, first)]
    while left := count - sum(size for _, size in sizes):
        sizes.append((kit.new_id(), min(left, SCHOOL_SIZE)))
    others = [(id, world.province_id, f"Q{n:04d}", f"示范学院{n}") for n, (id, _) in enumerate(sizes[1:], 1)]
    await execute_many("INSERT INTO schools (id, province_id, code, name) VALUES ($1, $2, $3, $4)", others)
    for school, *_ in others:
        await open_module(world.province, school, world.cohort, Module.EMPLOYMENT)
    line = await db.connect(url)
    try:
        await _fill(line, world, kinds, sizes)
    finally:
        await line.close()
    await rebuild(OPERATOR)
    await execute("VACUUM ANALYZE tallies")
    some = await fetch_row(
        "SELECT employer_name, employer_uscc FROM records WHERE school_id = $1 AND flow = 'online_signing' "
        "AND state = 'signed' ORDER BY created_at LIMIT 1",
        world.school_id,
    )
    graduates = await fetch_value("SELECT count(*) FROM graduates")
    large = replace(world.school, school_id=sizes[min(1, len(sizes) - 1)][0])
    return Crowd(world, graduates, len(sizes), large, some["employer_name"], some["employer_uscc"])


async def _kinds(world: World) -> list[tuple[int, UUID]]:
    """A real record for each share, and the graduates of forty who get one like it."""
    found: list[tuple[int, UUID]] = []
    for flow, state, share in SHARES:
        (person,) = await add_graduates(world, 1, departments=(world.graduate.department,))
        case = await reach(world, flow, state, person)
        found += [(len(found) + n, case.record_id) for n in range(share)]
    (person,) = await add_graduates(world, 1, departments=(world.graduate.department,))
    ending = await reach(world, *ENDING, person)
    return [*found, (OF, ending.record_id)]


async def _fill(line: Any, world: World, kinds: list[tuple[int, UUID]], sizes: list[tuple[UUID, int]]) -> None:
    await line.execute(_MAKE_PLACES)
    await line.copy_records_to_table("bench_schools", records=[(id, n, size) for n, (id, size) in enumerate(sizes)])
    await line.execute(_MAKE_KINDS)
    await line.copy_records_to_table("bench_kinds", records=kinds)
    await line.execute("ANALYZE bench_schools")
    async with _bare(line):
        await line.execute(_PEOPLE, world.graduate.id, DEPARTMENTS)
        await line.execute(_RECORDS, DEPARTMENTS)
        await line.execute(_HISTORY, OF)
        await line.execute("ANALYZE records")
        for known in (_REGISTRY, _MARKS):
            await line.execute(known)
        await line.execute("ANALYZE warnings")
        await line.execute("ANALYZE registry_status")
        for kept in _KEPT:
            await line.execute(kept)
    await line.execute("ANALYZE schools")
    for table in TABLES:
        await line.execute(f"VACUUM ANALYZE {table}")


@asynccontextmanager
async def _bare(line: Any) -> AsyncIterator[None]:
    """Without indexes and triggers: to build an index over a million rows takes a tenth of keeping it up to date."""
    indexes = await line.fetch(_INDEXES, list(TABLES))
    await line.execute("SET maintenance_work_mem = '512MB'")
    for table in WATCHED:
        await line.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for index in indexes:
        await line.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        await line.execute(index["definition"])
    for table in WATCHED:
        await line.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def main(count: int) -> None:
    began = time.perf_counter()
    await db.open_database()
    try:
        made = await fill(db.settings().database_url, count)
    finally:
        await db.close_database()
    told = f"{made.graduates} graduates in {made.schools} schools in {time.perf_counter() - began:.0f} s; "
    sys.stdout.write(f"{told}sign in as {made.world.school_desk.username}\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
