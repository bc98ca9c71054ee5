"""Room: the demo's data on difficult days, with fewer graduates; when they are refused."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from models import db
from models.config import settings
from models.sql.sealed import SEALED
from tests.harness.demo import EVERY_STATE, sealed_columns, seeded
from tests.harness.postgres import TestServer
from workflows.demo import seed
from workflows.demo.institutions import PASSWORD

# The last minutes before a cohort's close, and the first ones of the day on which the next becomes the default.
DAYS = [
    datetime.fromisoformat(moment).astimezone(UTC) for moment in ("2027-01-31T23:58+08:00", "2027-09-01T00:02+08:00")
]
FEW = 400


@pytest.fixture(scope="module", params=DAYS, ids=lambda day: f"{day:%Y-%m-%d}")
async def day(database_server: TestServer, request: pytest.FixtureRequest) -> AsyncIterator[datetime]:
    async with seeded(database_server, graduates=FEW, now=request.param):
        yield request.param


async def test_a_smaller_season_has_every_state_too_and_nothing_of_it_lies_ahead(day: datetime) -> None:
    rows = await db.fetch("SELECT DISTINCT flow, state FROM records")
    assert {(row["flow"], row["state"]) for row in rows} == EVERY_STATE
    assert await db.fetch_value("SELECT max(at) FROM journal") <= day


@pytest.mark.usefixtures("day")
async def test_every_column_with_a_sealed_text_is_known_to_the_rotation_of_keys() -> None:
    assert await sealed_columns() <= {str(column) for column in SEALED}


async def test_a_database_with_data_is_left_alone(day: datetime) -> None:
    before = await db.fetch_value("SELECT count(*) FROM journal")
    with pytest.raises(RuntimeError, match="holds data"):
        await seed(now=day)
    assert await db.fetch_value("SELECT count(*) FROM journal") == before


async def test_production_never_gets_invented_data() -> None:
    os.environ["WQ_PROFILE"] = "production"
    settings.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="production"):
            await seed()
    finally:
        os.environ["WQ_PROFILE"] = "test"
        settings.cache_clear()


@pytest.mark.usefixtures("day")
async def test_the_password_stands_nowhere_in_the_database() -> None:
    for table in ("accounts", "employer_users"):
        rows = await db.fetch(f"SELECT password FROM {table}")
        assert rows
        assert all(row["password"].startswith("$argon2id$") and PASSWORD not in row["password"] for row in rows)


@pytest.mark.usefixtures("day")
async def test_every_department_has_an_account_that_may_review() -> None:
    rows = await db.fetch(
        "SELECT DISTINCT school_id, department FROM graduates EXCEPT SELECT school_id, department FROM accounts "
        "WHERE party = 'department' AND disabled_at IS NULL AND grants->>'employment' = 'rw'"
    )
    assert not rows


@pytest.mark.usefixtures("day")
async def test_accounts_of_every_scope_and_right_are_there() -> None:
    rows = await db.fetch(
        "SELECT party, level, grants->>'employment' AS grant, disabled_at IS NULL AS open FROM accounts"
    )
    kinds = {(row["party"], row["level"], row["grant"]) for row in rows}
    for party in ("school", "department"):
        assert {(party, "all", "rw"), (party, "all", "ro"), (party, "postgraduate", "rw")} <= kinds
    assert not all(row["open"] for row in rows)
