"""Room: the demo's data as they stand in a database: every state, every number invented, nothing that contradicts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from models import codes, db, kit, storage
from models.codes.identity import check_id_number
from models.states import (
    WAITING,
    Channel,
    Flow,
    OnlineSigning,
    OutboxStatus,
)
from models.store import MemoryStore
from models.vault import blind_index
from tests.harness import ledger
from tests.harness.demo import EVERY_STATE, MODES, SHAPES, SITUATIONS, check_invented, lookalikes, seeded
from tests.harness.postgres import TestServer
from workflows.commands.sessions import sign_in_employer, sign_in_staff
from workflows.demo import SIGN_INS, introductions, personas
from workflows.demo.employers import EMPLOYERS, WARNED
from workflows.demo.institutions import SCHOOLS
from workflows.demo.invented import ABOLISHED
from workflows.demo.personas import PERSONAS
from workflows.demo.scripts import GRADUATES
from workflows.demo.season import earlier_season, season_of
from workflows.demo.silence import CAUSE
from workflows.destination_questions import OFFERED
from workflows.flows import FLOWS

S = OnlineSigning


@pytest.fixture(scope="module")
async def demo(database_server: TestServer) -> AsyncIterator[str]:
    async with seeded(database_server) as url:
        yield url


pytestmark = pytest.mark.usefixtures("demo")


# --- how much of what ----------------------------------------------------------------------------


async def test_there_are_2000_graduates_in_three_schools_and_some_of_a_closed_cohort() -> None:
    rows = await db.fetch(
        "SELECT s.code, g.cohort, count(*) AS n FROM graduates g JOIN schools s ON s.id = g.school_id GROUP BY 1, 2"
    )
    now = season_of(kit.now())
    counts = {(row["code"], row["cohort"]): row["n"] for row in rows}
    assert set(counts) == {(plan.code, s.cohort) for plan in SCHOOLS for s in (now, earlier_season(now))}
    assert sum(n for (_, cohort), n in counts.items() if cohort == now.cohort) == GRADUATES


async def test_every_state_of_every_flow_has_records() -> None:
    rows = await db.fetch("SELECT flow, state, count(*) AS n FROM records GROUP BY 1, 2")
    counts = {(row["flow"], row["state"]): row["n"] for row in rows}
    assert set(counts) == EVERY_STATE
    assert 1400 <= sum(counts.values()) <= 1900
    assert min(counts.values()) >= 3


async def test_every_action_that_can_be_taken_was_taken_once_at_least() -> None:
    rows = await db.fetch("SELECT DISTINCT flow, action FROM journal WHERE subject_kind = 'record'")
    done = {(row["flow"], row["action"]) for row in rows}
    every = {(str(flow), step.action) for flow, table in FLOWS.items() for step in table.transitions}
    assert every - done == {(str(flow), "restage") for flow in Flow}, "a review mode is not changed in mid-season"


async def test_frozen_and_restored_graduates_have_records_in_several_flows() -> None:
    frozen = await db.fetch(
        "SELECT DISTINCT r.flow, r.state FROM records r JOIN graduates g ON g.id = r.graduate_id "
        "WHERE g.invalid_at IS NOT NULL"
    )
    assert len({row["flow"] for row in frozen}) >= 4
    restored = await db.fetch(
        "SELECT DISTINCT r.flow FROM records r JOIN journal j ON j.subject_id = r.graduate_id "
        "WHERE j.action = 'restore'"
    )
    assert len({row["flow"] for row in restored}) >= 3


async def test_destinations_are_of_every_kind() -> None:
    rows = await db.fetch("SELECT DISTINCT destination_code AS code FROM records WHERE flow = 'destination'")
    assert {row["code"] for row in rows} == {code.code for code in OFFERED}


async def test_the_closed_cohort_waits_for_nobody_but_reviewers() -> None:
    closed = earlier_season(season_of(kit.now())).cohort
    rows = await db.fetch(
        "SELECT r.flow, r.state, r.waits_on FROM records r JOIN graduates g ON g.id = r.graduate_id "
        "WHERE r.cohort = $1 AND g.invalid_at IS NULL",
        closed,
    )
    assert {row["waits_on"] for row in rows} <= {None, "department", "school"}
    assert any(row["waits_on"] for row in rows)
    assert {row["flow"] for row in rows if row["state"] == "lapsed"} == {str(flow) for flow in Flow} - {
        Flow.ONLINE_SIGNING
    }


async def test_handed_in_papers_are_pictures_of_our_own_that_can_be_read() -> None:
    rows = await db.fetch("SELECT a.sha256, a.media, a.bytes, a.dhash, a.kind, a.added_by FROM attachments a")
    assert len(rows) > 400
    assert {row["kind"] for row in rows} == {"scans", "proofs", "papers", "evidence"}
    assert {row["added_by"] for row in rows} == {"graduate", "employer", "school"}
    assert len({row["sha256"] for row in rows}) == len(rows), "another picture each"
    for row in rows[:20]:
        data = storage.get(row["sha256"])
        assert (len(data), row["media"]) == (row["bytes"], "image/jpeg")
    assert not await db.fetch_value("SELECT count(*) FROM uploads WHERE expires_at IS NOT NULL"), "nothing is left over"


async def test_reviewers_are_told_of_one_pair_of_pictures_that_look_alike() -> None:
    alike = await db.fetch_value(
        "SELECT count(*) FROM attachments a JOIN attachments b ON a.school_id = b.school_id AND a.id < b.id "
        "AND bit_count((('x' || a.dhash)::bit(64)) # (('x' || b.dhash)::bit(64))) <= 4"
    )
    assert alike == 1


async def test_whatever_somebody_handed_in_has_its_papers() -> None:
    """Every record that cannot be begun without papers has some in each of its rounds."""
    bare = await db.fetch_value(
        "SELECT count(*) FROM records r WHERE (r.flow IN ('supplementary', 'offline_termination') "
        "OR r.flow = 'destination' AND r.destination_code NOT IN ('70', '71', '72')) "
        "AND EXISTS (SELECT 1 FROM generate_series(1, r.round) AS n "
        "WHERE NOT EXISTS (SELECT 1 FROM attachments a WHERE a.record_id = r.id AND a.round = n))"
    )
    assert bare == 0


async def test_each_schools_records_are_in_the_states_of_its_review_mode() -> None:
    rows = await db.fetch(
        "SELECT DISTINCT s.code, r.state FROM records r JOIN schools s ON s.id = r.school_id "
        "WHERE r.state LIKE 'review%'"
    )
    assert {(row["code"], row["state"]) for row in rows} == {
        ("99101", S.REVIEW_DEPARTMENT),
        ("99101", S.REVIEW_SCHOOL),
        ("99102", S.REVIEW_SCHOOL),
        ("99201", S.REVIEW_DEPARTMENT),
        ("99201", S.REVIEW_SCHOOL),
    }


async def test_provinces_differ_in_their_agreements() -> None:
    rows = await db.fetch("SELECT DISTINCT template FROM agreements")
    assert {row["template"] for row in rows} == {"two-party", "three-party"}


async def test_employers_are_in_every_status_and_their_records_are_not_by_the_unverified() -> None:
    rows = await db.fetch("SELECT status, count(*) AS n FROM employers GROUP BY status")
    counts = {row["status"]: row["n"] for row in rows}
    assert counts == Counter(str(plan.status) for plan in EMPLOYERS)
    unfit = await db.fetch_value(
        "SELECT count(*) FROM records r JOIN employers e ON e.id = r.employer_id WHERE e.status <> 'verified' "
        "AND r.state = 'invited'"
    )
    assert unfit == 0


async def test_deadlines_of_open_invitations_lie_ahead_some_near_some_far() -> None:
    rows = await db.fetch(
        "SELECT r.expires_at FROM records r JOIN graduates g ON g.id = r.graduate_id "
        "WHERE r.state = 'invited' AND g.invalid_at IS NULL"
    )
    left = [row["expires_at"] - kit.now() for row in rows]
    assert min(left) > timedelta(0)
    assert sum(one < timedelta(days=2) for one in left) >= 3
    assert sum(one > timedelta(days=8) for one in left) >= 10


async def test_what_waits_for_a_review_is_of_various_ages() -> None:
    rows = await db.fetch(
        "SELECT waiting_since FROM records WHERE state LIKE 'review%' AND cohort = $1", season_of(kit.now()).cohort
    )
    days = [(kit.now() - row["waiting_since"]) / timedelta(days=1) for row in rows]
    assert min(days) < 2
    assert 10 < max(days) < 40


async def test_special_situations_are_there() -> None:
    assert await db.fetch_value("SELECT count(*) FROM graduates WHERE invalid_at IS NOT NULL") >= 5
    for action in (
        "edit", "restore", "invalidate", "supersede", "import_roster", "mark_employer", "disable_account", "set_desk",
        "set_employer_desk",
        "add_note", "grant_termination", "dispute", "answer_note",
    ):  # fmt: skip
        assert await db.fetch_value("SELECT count(*) FROM journal WHERE action = $1", action), action
    assert await db.fetch_value("SELECT count(*) FROM journal WHERE detail->>'stands_in' = 'true'"), "代院系审核"
    moved = "SELECT count(*) FROM records r JOIN graduates g ON g.id = r.graduate_id WHERE r.department <> g.department"
    assert await db.fetch_value(moved), "院系已变更"
    assert await db.fetch_value("SELECT count(*) FROM graduates WHERE training_mode IN ('21', '41')") >= 10
    warned = next(plan.uscc for plan in EMPLOYERS if plan.number == WARNED)
    assert await db.fetch_value("SELECT count(*) FROM records WHERE employer_uscc = $1", warned)
    open_notes = await db.fetch("SELECT status, count(*) AS n FROM desk_notes GROUP BY status")
    assert {row["status"] for row in open_notes} == {"open", "answered"}


async def test_departments_but_one_of_each_school_have_a_telephone_of_their_own() -> None:
    rows = await db.fetch("SELECT s.code, d.department FROM desks d JOIN schools s ON s.id = d.school_id")
    told = {(row["code"], row["department"]) for row in rows}
    assert told == {(plan.code, one.name) for plan in SCHOOLS for one in plan.departments[:-1]}


async def test_every_school_has_marks_of_its_own_and_none_counts_everywhere() -> None:
    rows = await db.fetch("SELECT school_id, name_key FROM warnings")
    assert len({row["school_id"] for row in rows}) == len(SCHOOLS)
    assert max(Counter(row["name_key"] for row in rows).values()) < 5


# --- nothing but inventions ----------------------------------------------------------------------


async def test_every_number_in_the_database_is_nobodys() -> None:
    found = await lookalikes()
    seen = Counter(kind for kind, _ in found)
    assert seen["mobile"] >= GRADUATES
    assert seen["id_number"] >= GRADUATES
    for kind, number in found:
        check_invented(kind, number)


async def test_school_codes_begin_with_99_and_agreement_numbers_with_them() -> None:
    codes = await db.fetch("SELECT code FROM schools")
    assert all(re.fullmatch("99[0-9]{3}", row["code"]) for row in codes)
    numbers = await db.fetch("SELECT number FROM agreements")
    assert numbers
    assert all(row["number"].startswith("99") for row in numbers)


async def test_messages_and_history_hold_no_numbers_of_people() -> None:
    for table, column in (("outbox", "params"), ("journal", "detail")):
        for row in await db.fetch(f"SELECT {column}::text AS text FROM {table}"):
            assert not SHAPES["mobile"].search(row["text"])
            # A credit code may consist of digits alone; its region tells it from an ID number.
            assert all(hit[2:8] in ABOLISHED for hit in SHAPES["id_number"].findall(row["text"]))


# --- it all happened -----------------------------------------------------------------------------


async def test_every_chain_of_the_journal_verifies_and_runs_forward_in_time() -> None:
    chains = await db.fetch("SELECT DISTINCT chain FROM journal")
    assert len(chains) == 3 + 2 + 1
    for chain in chains:
        rows = await db.fetch("SELECT * FROM journal WHERE chain = $1 ORDER BY seq", chain["chain"])
        ledger._verify_chain(rows)
        assert all(one["at"] <= two["at"] for one, two in pairwise(rows)), chain["chain"]
        assert rows[-1]["at"] <= kit.now()


async def test_the_records_are_the_fold_of_the_journal() -> None:
    rows = await db.fetch("SELECT * FROM journal WHERE subject_kind = 'record' ORDER BY chain, seq")
    stored = await db.fetch("SELECT id, state, version FROM records")
    assert {row["id"]: (row["state"], row["version"]) for row in stored} == ledger._fold(rows)


async def test_history_is_spread_over_the_season() -> None:
    season = season_of(kit.now())
    rows = await db.fetch("SELECT at FROM journal WHERE subject_kind = 'record'")
    weeks = Counter(int((row["at"] - season.opened) / timedelta(days=7)) for row in rows)
    assert all(weeks[week] for week in range(1, int(season.days / 7)))


async def test_staff_act_in_office_hours() -> None:
    rows = await db.fetch("SELECT at FROM journal WHERE subject_kind = 'record' AND party IN ('school', 'department')")
    for row in rows:
        local = row["at"].astimezone(kit.SHANGHAI)
        assert local.weekday() < 5
        assert 8 <= local.hour < 18


# --- messages ------------------------------------------------------------------------------------


async def test_old_messages_do_not_go_out_when_the_demo_starts() -> None:
    rows = await db.fetch(
        "SELECT o.channel, o.status, o.cause, o.params, r.state FROM outbox o "
        "LEFT JOIN records r ON r.id = o.record_id WHERE o.channel <> 'ems'"
    )
    waiting = [row for row in rows if row["status"] in WAITING]
    assert 20 <= len(waiting) <= 40
    for row in waiting:
        assert row["channel"] == Channel.WECHAT
        assert json.loads(row["params"])["state"] == row["state"]
    retired = [row for row in rows if row["status"] not in WAITING]
    assert {row["status"] for row in retired} == {OutboxStatus.SUPERSEDED}
    assert sum(row["cause"] == CAUSE for row in retired) > 500
    assert not [row for row in rows if "code" in json.loads(row["params"]) and row["status"] not in WAITING]


async def test_what_the_ems_will_be_told_is_the_fold_of_the_history() -> None:
    """For every graduate the push that waits is the last one, and says what is in force, or that nothing is now."""
    rows = await db.fetch(
        "SELECT g.id, g.invalid_at, m.push_seq, r.id AS record, r.employer_uscc, r.position_category, "
        " r.destination_code, "
        " (SELECT jsonb_agg(o.params) FROM outbox o WHERE o.stream = 'ems:' || g.id AND o.status = 'pending') AS owed "
        "FROM graduates g LEFT JOIN ems_mirror m ON m.graduate_id = g.id "
        "LEFT JOIN records r ON r.graduate_id = g.id AND r.state IN ('signed', 'approved')"
    )
    told: Counter[str] = Counter()
    for row in rows:
        owed = json.loads(row["owed"]) if row["owed"] else []
        if row["invalid_at"] is not None or (row["record"] is None and row["push_seq"] is None):
            assert not owed
            continue
        assert len(owed) == 1
        columns = owed[0]["columns"]
        assert owed[0]["seq"] == row["push_seq"]
        assert owed[0]["settled"] == (row["record"] is not None)
        assert columns["byqxdm"] == codes.ems_code(row["destination_code"] or codes.DEST_UNSETTLED)
        if row["record"] is not None:
            assert columns.get("dwzzjgdm", "") == row["employer_uscc"]
            assert columns.get("gzzwlbdm", "") == row["position_category"]
        told["settled" if row["record"] is not None else "taken back"] += 1
    assert told["settled"] > 600
    assert told["taken back"] > 30


# --- people --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "username", "password"), SIGN_INS, ids=[name for _, name, _ in SIGN_INS])
async def test_the_accounts_that_are_told_can_sign_in(who: str, username: str, password: str) -> None:
    sign_in = sign_in_employer if username.startswith("danwei") else sign_in_staff
    signed_in = await sign_in(username, password, "127.0.0.1", counter=MemoryStore())
    assert not signed_in.must_change
    assert who


@pytest.mark.parametrize("persona", PERSONAS, ids=[one.name for one in PERSONAS])
async def test_personas_are_in_the_situation_that_their_label_tells(persona: Any) -> None:
    row = await db.fetch_row(
        "SELECT id, name, invalid_at, training_mode FROM graduates WHERE phone_bidx = $1",
        blind_index("mobile", persona.mobile),
    )
    assert row["name"] == persona.name
    states = await db.fetch("SELECT state FROM records WHERE graduate_id = $1 ORDER BY created_at", row["id"])
    assert [one["state"] for one in states] == SITUATIONS[persona.number]
    openid = await db.fetch_value("SELECT openid FROM bindings WHERE graduate_id = $1 AND ended_at IS NULL", row["id"])
    assert openid == (persona.openid if persona.bound else None)
    assert (row["invalid_at"] is not None) == (persona.number == 9)
    assert row["training_mode"] == MODES.get(persona.number, "1")


async def test_the_persona_who_may_force_has_waited_long_enough_and_the_one_who_may_ask_again_has_one_more() -> None:
    silent = await db.fetch_value(
        "SELECT r.waiting_since FROM records r JOIN graduates g ON g.id = r.graduate_id "
        "WHERE g.phone_bidx = $1 AND r.state = 'awaiting_employer'",
        blind_index("mobile", PERSONAS[22].mobile),
    )
    assert timedelta(days=15) < kit.now() - silent < timedelta(days=22)
    asked = await db.fetch_row(
        "SELECT terminations_used AS used, terminations_granted AS granted FROM graduates WHERE phone_bidx = $1",
        blind_index("mobile", PERSONAS[28].mobile),
    )
    assert (asked["used"], asked["granted"]) == (2, 1)


async def test_the_simulated_systems_are_told_what_the_data_say() -> None:
    told = await introductions()
    for one, known in zip(told["personas"], personas(), strict=True):
        assert one["label"].startswith(known.pop("label"))
        assert known.items() <= one.items()
    unbound = next(one for one in told["personas"] if one["openid"] == PERSONAS[5].openid)
    number = re.search("身份证号 ([0-9X]{18})）", unbound["label"])
    assert number, "the binding asks for it"
    assert check_id_number(number[1], kit.shanghai_day(kit.now())) == number[1]
    valid = await db.fetch_value("SELECT count(*) FROM graduates WHERE invalid_at IS NULL")
    assert len(told["ems/roster"]) == valid - 1, "all but the one whom the EMS does not know"
    assert all(row["id_number"][14:17] != "999" for row in told["ems/roster"])
    employers = await db.fetch("SELECT uscc, name FROM employers")
    assert {(row["uscc"], row["name"]) for row in told["registry/enterprises"]} <= {
        (row["uscc"], row["name"]) for row in employers
    }
    assert [row["status"] for row in told["registry/enterprises"]].count("吊销") == 1
