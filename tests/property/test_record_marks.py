"""Room: what is kept on a record for lists (marks on its employer, the registry's answer, what the roster says, when it
was sent back) is what its page judges anew, whoever has changed what in between, also at the same moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from random import Random
from typing import Any
from uuid import UUID

import pytest
from tortoise.exceptions import IntegrityError

from models import db, kit
from models.db import execute, fetch, fetch_value, transaction
from models.kit import name_key, new_id
from models.states import Flow
from tests.harness.breaking import Broken, broken_after
from tests.harness.invented import credit_code
from tests.harness.reaching import reach
from tests.harness.stepping import step, walk
from tests.harness.world import DEPARTMENTS, Person, World, add_graduates, make_world, roster_row
from workflows.actors import CLOCK
from workflows.commands.clock import note_registry
from workflows.commands.roster import import_roster, invalidate_graduate, restore_graduate
from workflows.commands.warnings import edit_mark, mark_employer, unmark_employer
from workflows.engine import Outcome
from workflows.errors import HouseError
from workflows.ports import IN_OPERATION, OutsideFault, RegistryEntry
from workflows.queries.risk import RETURNS
from workflows.queries.warnings import EVERYWHERE, marks_for

pytestmark = pytest.mark.usefixtures("database")
STEPS, LOOK_EVERY = 90, 3
COLUMNS = ("warned", "not_operating", "department_changed", "frozen", "level_code", "sex", "returned_at")


@dataclass
class Scene:
    """Schools with graduates of one of them, few codes and names, so that marks meet records and each other."""

    schools: list[World]
    codes: list[str]
    names: list[str]
    seen: Counter[tuple[str, Any]]

    @property
    def world(self) -> World:
        return self.schools[0]

    @property
    def ids(self) -> list[UUID]:
        return [world.school_id for world in self.schools]


@pytest.fixture(scope="module")
async def scene(database: str) -> Scene:
    schools = [await make_world(graduates=8 if n == 0 else 0, employers=1, submit=n == 0) for n in range(EVERYWHERE)]
    tag = new_id().hex[-6:]
    return Scene(schools, [credit_code(), credit_code()], [f"示例甲{tag}公司", f"示例乙{tag}公司"], Counter())


async def agrees(scene: Scene) -> None:
    """The columns of every record, judged a second time as the record's page does."""
    rows = await fetch(
        "SELECT r.*, g.department AS present, g.invalid_at IS NOT NULL AS out, g.level_code AS present_level, "
        "g.basic->>'xbdm' AS present_sex, q.status, (SELECT max(j.at) FROM journal j WHERE j.subject_id = r.id "
        "AND j.action = ANY($2)) AS last_return FROM records r JOIN graduates g ON g.id = r.graduate_id "
        "LEFT JOIN registry_status q ON q.uscc = r.employer_uscc AND r.employer_uscc <> '' WHERE r.school_id = $1",
        scene.world.school_id,
        list(RETURNS),
    )
    for row in rows:
        marks = await marks_for(row["school_id"], row["employer_uscc"], row["employer_name_key"])
        ended = bool(row["status"]) and row["status"] not in IN_OPERATION
        present = row["out"], row["present_level"], row["present_sex"], row["last_return"]
        judged = (marks.shown, ended, row["department"] != row["present"], *present)
        kept = tuple(row[column] for column in COLUMNS)
        assert kept == judged, (row["employer_uscc"], row["employer_name_key"], row["department"])
        scene.seen.update(zip(COLUMNS, (*kept[:-1], kept[-1] is not None), strict=True))


async def test_kept_marks_follow_any_history(scene: Scene) -> None:
    luck = Random(20270601)
    for person in scene.world.graduates[:6]:
        await filed(scene, luck, person)
    ways = (
        marked,
        remarked,
        unmarked,
        registered,
        moved,
        retyped,
        filed_again,
        broke,
        by_hand,
        left,
        sent_back,
        corrected,
    )
    for turn in range(1, STEPS + 1):
        (way,) = luck.choices(ways, (3, 1, 1, 2, 1, 1, 2, 1, 1, 2, 2, 1))
        await way(scene, luck)
        if turn % LOOK_EVERY == 0:
            await agrees(scene)
    for column in COLUMNS:
        assert len({said for about, said in scene.seen if about == column}) == 2, column


async def test_kept_marks_agree_when_all_happens_at_once(scene: Scene) -> None:
    luck = Random(7)
    people = scene.world.graduates
    for _ in range(3):
        ways = [luck.choice((marked, marked, remarked, unmarked, registered, moved, left, sent_back)) for _ in range(9)]
        acts = [allowed(filed(scene, luck, person)) for person in people[:5]]
        await asyncio.gather(*acts, *(way(scene, Random(n)) for n, way in enumerate(ways)))
        await agrees(scene)


# Records of the first of eight schools: all that codes and names can meet in.
_EMPLOYERS = [(code, name) for code in ("A", "B", "") for name in ("甲", "乙")]
_SCATTER = """
UPDATE records r SET employer_uscc = x.code, employer_name_key = x.name FROM (
  SELECT r.id, e.code, e.name FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM records
    WHERE school_id = $1) r JOIN unnest($2::text[], $3::text[]) WITH ORDINALITY AS e(code, name, n) ON e.n = r.n) x
WHERE x.id = r.id"""
_MAKE = """
INSERT INTO warnings (id, school_id, uscc, name, name_key, reasons, note, marked_by, marked_at)
SELECT gen_random_uuid(), $1, $2, $3, $3, '[]', '', $1, now()
ON CONFLICT (school_id, uscc, name_key) DO UPDATE SET uscc = $4, name_key = $5"""
_WARNED = "SELECT id FROM records WHERE warned AND school_id = $1 ORDER BY id"
_DRIFTED = """
SELECT employer_uscc, employer_name_key, warned FROM records
WHERE school_id = $1 AND warned <> employer_warned(school_id, employer_uscc, employer_name_key)"""


async def test_marks_reach_whom_they_only_count_together_for(scene: Scene) -> None:
    """Around the number from which on a mark shows to everybody, with several codes and names bound to each other.

    That the database's own judgement is the page's, `tests/db/test_queues.py` says.
    """
    tag, luck = new_id().hex[-6:], Random(20270602)
    others = [new_id() for _ in range(EVERYWHERE + 1)]
    employers = [(code and f"{code}{tag}", f"{name}{tag}") for code, name in _EMPLOYERS]
    for person in await add_graduates(scene.world, len(employers)):
        await filed(scene, luck, person)
    await execute(_SCATTER, scene.world.school_id, *map(list, zip(*employers, strict=True)))
    turns = 0
    for _ in range(250):
        before = await fetch(_WARNED, scene.world.school_id)
        if luck.random() < 0.7:
            await allowed_twice(execute(_MAKE, luck.choice(others), *luck.choice(employers), *luck.choice(employers)))
        else:
            gone = "DELETE FROM warnings WHERE school_id = $1 AND name_key = $2"
            await execute(gone, luck.choice(others), luck.choice(employers)[1])
        assert await fetch(_DRIFTED, scene.world.school_id) == []
        turns += before != await fetch(_WARNED, scene.world.school_id)
    assert turns > 20


# --- what may happen -----------------------------------------------------------------------------


async def filed(scene: Scene, luck: Random, person: Person) -> None:
    employer = {"employer_uscc": luck.choice(scene.codes), "employer_name": luck.choice(scene.names)}
    await walk(scene.world, person, Flow.DESTINATION, "submit", **employer)


async def filed_again(scene: Scene, luck: Random) -> None:
    """A person who may have a record already."""
    await allowed(filed(scene, luck, luck.choice(scene.world.graduates)))


async def marked(scene: Scene, luck: Random) -> None:
    await allowed(mark_employer(luck.choice(scene.schools).school, form(scene, luck), ["fake"]))


async def remarked(scene: Scene, luck: Random) -> None:
    if mark := await one_mark(scene, luck):
        await allowed(edit_mark(desk_of(scene, mark), mark["id"], form(scene, luck), ["violation"]))


async def unmarked(scene: Scene, luck: Random) -> None:
    if mark := await one_mark(scene, luck):
        await allowed(unmark_employer(desk_of(scene, mark), mark["id"]))


async def registered(scene: Scene, luck: Random) -> None:
    """The registry answers for a code, or does not."""
    code = luck.choice(scene.codes)
    entries = [RegistryEntry(code, "", status, kit.now()) for status in ("存续", "开业", "注销")]
    await note_registry(CLOCK, code, luck.choice((*entries, OutsideFault.NOT_FOUND, OutsideFault.UNAVAILABLE)))


async def moved(scene: Scene, luck: Random) -> None:
    """A roster file: some of the graduates in another department."""
    people = luck.sample(scene.world.graduates, 3)
    rows = [roster_row(luck.choice(DEPARTMENTS), xm=p.name, sfzh=p.id_number, sjh=p.mobile) for p in people]
    await allowed(import_roster(scene.world.school, scene.world.cohort, rows, file_sha256="0" * 64))


async def left(scene: Scene, luck: Random) -> None:
    """Somebody leaves the roster or comes back to it."""
    person = luck.choice(scene.world.graduates)
    if await fetch_value("SELECT invalid_at IS NULL FROM graduates WHERE id = $1", person.id):
        await allowed(invalidate_graduate(scene.world.school, person.id, "已不在就业管理系统名单中"))
    else:
        await allowed(restore_graduate(scene.world.school, person.id))


async def sent_back(scene: Scene, luck: Random) -> None:
    """The school returns a record, or the graduate sends one again."""
    rows = await fetch(
        "SELECT id, graduate_id, state, version FROM records WHERE school_id = $1 AND state IN "
        "('review_school', 'returned') AND flow = $2 ORDER BY id", scene.world.school_id, str(Flow.DESTINATION),
    )  # fmt: skip
    if rows:
        row = luck.choice(rows)
        person = next(p for p in scene.world.graduates if p.id == row["graduate_id"])
        again = row["state"] == "returned"
        actor, action = (person.actor, "submit") if again else (scene.world.school, "return")
        before = Outcome(new_id(), Flow.DESTINATION, row["id"], row["state"], "", row["version"])
        await allowed(step(scene.world, actor, Flow.DESTINATION, action, before))


async def corrected(scene: Scene, luck: Random) -> None:
    """Level and sex as the roster has them, of some at a time."""
    await execute(
        "UPDATE graduates SET level_code = $2, basic = basic || jsonb_build_object('xbdm', $3::text) WHERE id IN ("
        "SELECT id FROM graduates WHERE school_id = $1 ORDER BY md5(id::text || $4) LIMIT 3)",
        scene.world.school_id, luck.choice(("31", "32")), luck.choice(("1", "2")), str(luck.random()),
    )  # fmt: skip


async def retyped(scene: Scene, luck: Random) -> None:
    """Another employer or department on records, by hand and by sets; some have a name or a code alone."""
    employer = luck.choice([*scene.codes, ""]), name_key(luck.choice(scene.names))
    await execute(
        "UPDATE records SET employer_uscc = $2, employer_name_key = $3, department = $4 WHERE id IN ("
        "SELECT id FROM records WHERE school_id = $1 ORDER BY md5(id::text || $5) LIMIT 2)",
        scene.world.school_id, *employer, luck.choice(DEPARTMENTS), str(luck.random()),
    )  # fmt: skip


async def broke(scene: Scene, luck: Random) -> None:
    """An act whose n-th statement fails, and a mark that is taken back."""
    with pytest.raises((Broken, HouseError)), broken_after(luck.randrange(6, 9)):
        await reach(scene.world, Flow.DESTINATION, "review_school", luck.choice(scene.world.graduates))
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await execute("DELETE FROM warnings WHERE school_id = ANY($1)", scene.ids)
            raise ZeroDivisionError


async def by_hand(scene: Scene, luck: Random) -> None:
    """What no command of ours does, several rows at a time, and what others had typed into the columns."""
    change = luck.choice(
        (
            "DELETE FROM warnings WHERE school_id = ANY($1) AND uscc = $2",
            "UPDATE warnings SET uscc = '' WHERE school_id = ANY($1) AND uscc = $2 AND NOT EXISTS ("
            "SELECT 1 FROM warnings o WHERE o.school_id = warnings.school_id AND o.id <> warnings.id)",
            "DELETE FROM registry_status WHERE uscc = $2 AND cardinality($1::uuid[]) > 0",
            "UPDATE graduates SET department = '合并学院' WHERE school_id = ANY($1) AND name > $2",
            "UPDATE records SET warned = TRUE, not_operating = TRUE, employer_name_key = employer_name_key || '甲' "
            "WHERE school_id = ANY($1) AND employer_uscc = $2",
        )
    )
    await execute(change, scene.ids, luck.choice(scene.codes))


def form(scene: Scene, luck: Random) -> dict[str, Any]:
    return {"employer_name": luck.choice(scene.names), "employer_uscc": luck.choice([*scene.codes, ""])}


async def one_mark(scene: Scene, luck: Random) -> Any:
    rows = await fetch("SELECT id, school_id FROM warnings WHERE school_id = ANY($1) ORDER BY id", scene.ids)
    return luck.choice(rows) if rows else None


def desk_of(scene: Scene, mark: Any) -> Any:
    return scene.schools[scene.ids.index(mark["school_id"])].school


async def allowed(work: Any) -> None:
    try:
        await work
    except HouseError:
        return


async def allowed_twice(work: Any) -> None:
    """A mark that would become the same as another of its school stays as it was."""
    try:
        await work
    except IntegrityError:
        return


# --- of two at one moment ------------------------------------------------------------------------

_FILE = """
INSERT INTO records SELECT (jsonb_populate_record(NULL::records, to_jsonb(r) || jsonb_build_object(
  'id', gen_random_uuid(), 'slot', FALSE, 'waits_on', NULL, 'state', 'rejected', 'employer_uscc', $2::text,
  'employer_name_key', $3::text, 'department', $3::text))).* FROM records r WHERE r.id = $1"""
_RETYPE = "UPDATE records SET employer_uscc = $2, employer_name_key = $3, department = $3 WHERE id = $1"
_MARK = """
INSERT INTO warnings (id, school_id, uscc, name, name_key, reasons, note, marked_by, marked_at)
SELECT gen_random_uuid(), school_id, $2, $3, $3, '[]', '', school_id, now() FROM records WHERE id = $1"""
_END = """
INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at)
SELECT $2, $3, '注销', now(), now() FROM records WHERE id = $1"""
_MOVE = """
UPDATE graduates g SET department = $3 FROM records r WHERE r.id = $1 AND g.id = r.graduate_id AND g.name <> $2"""
_LEAVE = """
UPDATE graduates g SET invalid_at = CASE WHEN invalid_at IS NULL THEN now() END FROM records r
WHERE r.id = $1 AND g.id = r.graduate_id AND g.name <> $2 || $3"""
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'"
_LEFT = "SELECT warned, not_operating, department_changed FROM records WHERE school_id = $1 AND employer_name_key = $2"


@pytest.mark.parametrize("other", [_MARK, _END, _MOVE, _LEAVE], ids=["mark", "registry", "roster", "leaving"])
@pytest.mark.parametrize("one", [_FILE, _RETYPE], ids=["new", "edited"])
@pytest.mark.parametrize("turned", [False, True], ids=["record first", "record last"])
async def test_of_two_at_once_the_later_sees_the_earlier(
    scene: Scene, database: str, one: str, other: str, turned: bool
) -> None:
    """Neither has committed when the other begins; together they leave what is true."""
    record = await fetch_value("SELECT id FROM records WHERE school_id = $1 ORDER BY id LIMIT 1", scene.world.school_id)
    values = record, credit_code(), f"同时{new_id().hex[-6:]}"
    first, second = [await db.connect(database) for _ in range(2)]
    try:
        statements = (other, one) if turned else (one, other)
        begun = first.transaction()
        await begun.start()
        await first.execute(statements[0], *values)
        late = asyncio.create_task(second.execute(statements[1], *values))
        while not await fetch_value(_WAITING, second.get_server_pid()):
            assert not late.done()
            await asyncio.sleep(0.01)
        await begun.commit()
        await late
    finally:
        await first.close()
        await second.close()
    await agrees(scene)
    (left,) = await fetch(_LEFT, scene.world.school_id, values[2])
    assert tuple(left) == (other == _MARK, other == _END, other != _MOVE)


# --- one rule, told twice ------------------------------------------------------------------------


async def test_the_database_knows_the_registrys_harmless_states() -> None:
    told = [*IN_OPERATION, "", "注销", "吊销", "未查到登记信息", "迁出"]
    rows = await fetch("SELECT t AS status, registry_ended(t) AS ended FROM unnest($1::text[]) t", told)
    assert {row["status"] for row in rows if not row["ended"]} == {*IN_OPERATION, ""}


async def test_the_database_knows_what_sends_a_record_back() -> None:
    told = import_module("models.migrations.0019_province_lists").RETURNS
    assert sorted(told.split(",")) == sorted(f"'{name}'" for name in RETURNS)
