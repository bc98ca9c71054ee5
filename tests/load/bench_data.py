"""Room: `wangqian bench-data N`: a province of N graduates made in bulk, for measuring reads. Never for anything else.

Two thousand real acts would take minutes, a million would take days: here rows of `graduates` and `records` are copies
of one graduate and one record of each kind, with other ids, schools, departments, states. They have no journal and
no agreements, so nothing but counts and lists may be measured on them.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from uuid import UUID

from models import db, kit
from models.db import execute, execute_many, fetch_value
from models.parties import Module
from models.states import Flow
from tests.harness.reaching import reach
from tests.harness.world import World, make_world
from workflows.commands.provinces import open_module

SCHOOL_SIZE = 20_000
DEPARTMENTS = 20

_PEOPLE = """
INSERT INTO graduates (id, school_id, cohort, id_kind, id_enc, id_bidx, name, level_code, level, department, major,
  training_mode, basic, phone_enc, phone_source, email, terminations_used, proof_code, invalid_at, created_at)
SELECT gen_random_uuid(), $2::uuid, g.cohort, g.id_kind, g.id_enc, decode(md5($2::uuid::text || n), 'hex'), '王' || n,
  CASE WHEN n % 5 = 0 THEN '11' ELSE '31' END, CASE WHEN n % 5 = 0 THEN 'postgraduate' ELSE 'undergraduate' END,
  '学院' || lpad((n % $4)::text, 2, '0'), '专业' || lpad((n % 100)::text, 3, '0'), g.training_mode,
  g.basic || jsonb_build_object('xbdm', (1 + n % 2)::text), '', 'roster', '', 0,
  upper(substr(md5($2::uuid::text || n), 1, 16)),
  CASE WHEN n % 200 = 0 THEN g.created_at END, g.created_at
FROM graduates g, generate_series(1, $3) n WHERE g.id = $1"""

# Nine in ten have a record; those in force go to as many places as real ones do.
_RECORDS = """
INSERT INTO records (id, school_id, cohort, flow, graduate_id, state, version, round, reviewed, slot, waits_on,
  waiting_since, created_at, submitted_at, expires_at, department, level, graduate_name, major, destination_code,
  agreement_no, employer_uscc, employer_name, employer_name_key, employer_nature, employer_industry, employer_region,
  position_category, form, snapshot, take_latest)
SELECT gen_random_uuid(), p.school_id, p.cohort, r.flow, p.id, v.state, 3, 1, TRUE, v.slot, v.waits_on,
  CASE WHEN v.waits_on IS NOT NULL THEN r.created_at END, r.created_at - p.n * interval '1 second', r.submitted_at,
  NULL, p.department, p.level, p.name, p.major,
  (ARRAY['10','11','12','46','75','76','801','85','70'])[1 + p.n % 9], '', lpad(p.n::text, 18, '0'), r.employer_name,
  r.employer_name_key, (ARRAY['10','22','31','32','39'])[1 + p.n % 5], (ARRAY['22','34','35','42','43'])[1 + p.n % 5],
  (ARRAY['110101','310101','330106','440304','510104'])[1 + p.n % 5], r.position_category, '{}', '{}', FALSE
FROM (SELECT g.*, row_number() OVER () AS n FROM graduates g WHERE g.school_id = $2 AND g.id <> $3) p
JOIN records r ON r.id = $1
JOIN (VALUES (0, 'approved', TRUE, NULL), (1, 'approved', TRUE, NULL), (2, 'approved', TRUE, NULL),
  (3, 'approved', TRUE, NULL), (4, 'review_school', TRUE, 'school'), (5, 'rejected', FALSE, NULL),
  (6, 'voided', FALSE, NULL), (7, 'cancelled', FALSE, NULL), (8, 'returned', TRUE, 'graduate'))
  AS v(kind, state, slot, waits_on) ON v.kind = p.n % 10"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The first school of the province, whose staff read; and how many graduates stand in how many schools."""

    world: World
    graduates: int
    schools: int


async def fill(count: int) -> Crowd:
    """`count` graduates in schools of 20,000 (or one smaller one), all of one province and cohort."""
    world = await make_world(graduates=2)
    case = await reach(world, Flow.DESTINATION, "approved")
    schools = [world.school_id]
    others = [(kit.new_id(), world.province_id, f"Q{n:04d}") for n in range(max(0, count // SCHOOL_SIZE - 1))]
    await execute_many("INSERT INTO schools (id, province_id, code, name) VALUES ($1, $2, $3, '示范学院')", others)
    for school, _, _ in others:
        await open_module(world.province, school, world.cohort, Module.EMPLOYMENT)
        schools.append(school)
    for school in schools:
        await _school(world, case.record_id, school, min(count, SCHOOL_SIZE))
    await execute("ANALYZE graduates")
    await execute("ANALYZE records")
    return Crowd(world, await fetch_value("SELECT count(*) FROM graduates"), len(schools))


async def _school(world: World, record: UUID, school: UUID, size: int) -> None:
    await execute(_PEOPLE, world.graduates[1].id, school, size, DEPARTMENTS)
    await execute(_RECORDS, record, school, world.graduate.id)


async def main(count: int) -> None:
    began = time.perf_counter()
    await db.open_database()
    try:
        made = await fill(count)
    finally:
        await db.close_database()
    told = f"{made.graduates} graduates in {made.schools} schools in {time.perf_counter() - began:.0f} s; "
    sys.stdout.write(f"{told}sign in as {made.world.school_desk.username}\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
