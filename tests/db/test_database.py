"""Room: how the database is opened, how transactions begin and end, hints between processes, migrations."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing, suppress
from pathlib import Path

import asyncpg
import pytest
from quart import Quart
from tortoise.exceptions import IntegrityError, OperationalError

from models import db
from models.config import settings
from models.embedded import EmbeddedPostgres
from models.kit import new_id
from models.wakeup import OUTBOX

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def table(database):
    """A table of this test's own; its name."""
    name = f"t_{new_id().hex}"
    await db.execute(f'CREATE TABLE {name} (a int PRIMARY KEY, b text, CONSTRAINT "{name}_b" UNIQUE (b) DEFERRABLE)')
    yield name
    await db.execute(f"DROP TABLE {name}")


async def rows(table: str) -> list[int]:
    return [row["a"] for row in await db.fetch(f"SELECT a FROM {table} ORDER BY a")]


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgres://u:p%40w@h:5433/d", {"user": "u", "password": "p@w", "host": "h", "port": 5433, "database": "d"}),
        ("postgresql://u@h/d", {"user": "u", "password": None, "host": "h", "port": 5432, "database": "d"}),
        ("asyncpg://postgres@/d?host=/socket/folder", {"user": "postgres", "host": "/socket/folder", "database": "d"}),
        ("postgres://u@h/d?sslmode=require", {"ssl": "require"}),
    ],
)
def test_every_form_of_address_is_understood(url: str, wanted: dict[str, object]) -> None:
    found = db.config(url)["connections"]["default"]["credentials"]
    assert wanted.items() <= found.items()
    assert found["minsize"] == 1
    assert found["maxsize"] == 10


@pytest.mark.parametrize("url", ["sqlite://x.db", "mysql://u@h/d", "nonsense"])
def test_another_database_is_refused(url: str) -> None:
    with pytest.raises(db.DatabaseConfigError, match="DATABASE_URL"):
        db.config(url)


def test_a_missing_address_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    settings.cache_clear()
    try:
        with pytest.raises(db.DatabaseConfigError, match="DATABASE_URL is empty"):
            db.config()
    finally:
        monkeypatch.undo()
        settings.cache_clear()


async def test_a_second_opening_is_refused(database: str) -> None:
    with pytest.raises(RuntimeError, match="already open"):
        await db.open_database(database)


async def test_a_transaction_commits_and_an_error_takes_it_back(table: str) -> None:
    async with db.transaction():
        await db.execute(f"INSERT INTO {table} VALUES (1)")
    with pytest.raises(ValueError, match="stop"):
        async with db.transaction():
            await db.execute(f"INSERT INTO {table} VALUES (2)")
            assert await rows(table) == [1, 2]
            raise ValueError("stop")
    assert await rows(table) == [1]


async def test_an_inner_transaction_is_a_savepoint(table: str) -> None:
    async with db.transaction():
        await db.execute(f"INSERT INTO {table} VALUES (1, 'x')")
        with pytest.raises(IntegrityError) as caught:
            async with db.transaction():
                await db.execute(f"INSERT INTO {table} VALUES (1)")
        assert db.constraint_of(caught.value) == f"{table}_pkey"
        await db.execute(f"INSERT INTO {table} VALUES (2)")
    assert await rows(table) == [1, 2]


async def test_a_commit_that_the_database_refuses_raises_and_gives_the_connection_back(table: str) -> None:
    await db.execute(f"INSERT INTO {table} VALUES (1, 'x')")
    for _ in range(15):  # more often than the pool has connections
        with pytest.raises(IntegrityError) as caught:
            async with db.transaction():
                await db.execute("SET CONSTRAINTS ALL DEFERRED")
                await db.execute(f"INSERT INTO {table} VALUES (2, 'x')")
        assert db.constraint_of(caught.value) == f"{table}_b"
    assert await rows(table) == [1]


async def test_a_cancelled_transaction_leaves_nothing_and_gives_the_connection_back(table: str) -> None:
    async def slow() -> None:
        async with db.transaction():
            await db.execute(f"INSERT INTO {table} VALUES (1)")
            await db.fetch("SELECT pg_sleep(5)")

    for pause in (0, 0.001, 0.005, 0.05) * 5:
        task = asyncio.create_task(slow())
        await asyncio.sleep(pause)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await rows(table) == []
    async with asyncio.timeout(5):  # a leaked connection of the ten would make this wait for ever
        await asyncio.gather(*(db.fetch("SELECT pg_sleep(0.01)") for _ in range(20)))


async def test_a_task_cancelled_at_any_point_has_either_committed_or_not(table: str) -> None:
    """A cancelled task's row is there if and only if the task says that COMMIT was reached."""
    for number in range(60):
        reached = False

        async def act(number: int = number) -> None:
            nonlocal reached
            async with db.transaction():
                await db.execute(f"INSERT INTO {table} VALUES ($1)", number)
                reached = True

        task = asyncio.create_task(act())
        for _ in range(number // 4):
            await asyncio.sleep(0)
        await asyncio.sleep(0.0001 * (number % 15))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert (number in await rows(table)) is reached


async def test_a_connection_goes_back_to_the_pool_without_a_statement(table: str) -> None:
    said: list[str] = []

    def note(told: asyncpg.connection.LoggedQuery) -> None:
        said.append(told.query)

    async with db.connection().acquire_connection() as raw:
        raw.add_query_logger(note)
        pid = raw.get_server_pid()
        await raw.fetch(f"SELECT a FROM {table}")
    for _ in range(20):  # until it is ours again
        async with db.connection().acquire_connection() as raw:
            if raw.get_server_pid() == pid:
                raw.remove_query_logger(note)
                break
    assert said == [f"SELECT a FROM {table}"]


async def test_a_connection_that_is_given_back_in_mid_transaction_is_clean(table: str) -> None:
    context = db.connection().acquire_connection()
    raw = await context.__aenter__()
    await raw.execute(f"BEGIN; INSERT INTO {table} (a) VALUES (1)")
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)  # asyncpg complains, rightly
    await context.__aexit__(None, None, None)
    asyncio.get_running_loop().set_exception_handler(None)
    assert await rows(table) == []
    await db.execute(f"INSERT INTO {table} (a) VALUES (2)")
    assert await rows(table) == [2]


async def test_rows_touched_are_counted(table: str) -> None:
    assert await db.execute(f"INSERT INTO {table} VALUES (1), (2), (3)") == 3
    assert await db.execute(f"UPDATE {table} SET b = 'y' WHERE a = 9") == 0
    assert await db.execute(f"DELETE FROM {table} WHERE a < 3") == 2
    await db.execute_many(f"INSERT INTO {table} VALUES ($1, $2)", [(7, "s"), (8, "t")])
    assert await db.fetch_value(f"SELECT max(a) FROM {table}") == 8
    assert (await db.fetch_row(f"SELECT b FROM {table} WHERE a = 7"))["b"] == "s"
    with pytest.raises(OperationalError):
        await db.fetch("SELECT nonsense")


async def test_requests_of_a_quart_app_see_the_database_that_its_start_opened(fresh_database: str) -> None:
    """Tortoise's own Quart hook leaves requests without a context; ours must not (architecture, known traps)."""
    program = f"""
import asyncio, os
os.environ["DATABASE_URL"] = {fresh_database!r}
from quart import Quart
from models import db
app = Quart("x")
app.while_serving(db.database_lifespan)
@app.get("/")
async def index():
    return {{"one": await db.fetch_value("SELECT 1"), "open": db.is_open()}}
async def main():
    async with app.test_app() as serving:
        answer = await serving.test_client().get("/")
        print(answer.status_code, await answer.get_json())
    print(db.is_open())
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert out.decode().split("\n")[:2] == ["200 {'one': 1, 'open': True}", "False"], err.decode()


async def test_an_app_inside_the_tests_joins_the_open_database(database: str) -> None:
    app = Quart("joined")
    app.while_serving(db.database_lifespan)

    @app.get("/")
    async def index() -> dict[str, int]:
        return {"one": await db.fetch_value("SELECT 1")}

    async with app.test_app() as serving:
        answer = await serving.test_client().get("/")
        assert await answer.get_json() == {"one": 1}
    assert db.is_open()


async def test_a_hint_reaches_who_listens_and_many_become_few(database: str) -> None:
    channel = f"c_{new_id().hex}"
    heard = 0

    async def listener() -> None:
        nonlocal heard
        async with aclosing(db.listen(channel)) as hints:
            async for _ in hints:
                heard += 1

    task = asyncio.create_task(listener())
    await _until(lambda: heard == 1)  # the one that says: connected, look
    for _ in range(500):
        db.notify(channel)
    await _until(lambda: heard >= 2)
    await asyncio.sleep(0.2)
    assert heard <= 4
    task.cancel()


async def test_listening_survives_a_restart_of_the_server(own_postgres: EmbeddedPostgres) -> None:
    url = own_postgres.url("postgres")
    heard = asyncio.Event()

    async def listener() -> None:
        async with aclosing(db.listen(OUTBOX, url=url)) as hints:
            async for _ in hints:
                heard.set()

    task = asyncio.create_task(listener())
    try:
        async with asyncio.timeout(10):
            await heard.wait()
            heard.clear()
            await asyncio.to_thread(own_postgres.stop, "immediate")
            await asyncio.to_thread(EmbeddedPostgres.start, own_postgres.data_dir, throw_away=True)
            await heard.wait()  # connected again, so look
            heard.clear()
            await asyncio.to_thread(own_postgres.psql, f"NOTIFY {OUTBOX}")
            await heard.wait()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_stopped_server_reads_as_unavailable_and_a_wrong_query_does_not(own_postgres: EmbeddedPostgres) -> None:
    url = own_postgres.url("postgres")
    line = await db.connect(url)
    with pytest.raises(asyncpg.UndefinedColumnError) as wrong:
        await line.fetch("SELECT nonsense")
    assert not db.is_unavailable(wrong.value)
    await asyncio.to_thread(own_postgres.stop, "immediate")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)) as lost:
        await line.fetch("SELECT 1")
    assert db.is_unavailable(lost.value)
    with pytest.raises(OSError) as refused:  # noqa: PT011  which kind depends on whether the socket file is left
        await db.connect(url)
    assert db.is_unavailable(refused.value)


def test_a_missing_file_of_ours_is_no_absent_database(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "none").read_text()
    assert not db.is_unavailable(caught.value)


async def test_of_two_processes_that_migrate_at_once_one_applies_and_one_waits(empty_database: str) -> None:
    program = "import asyncio, sys; from models.db import migrate; print(len(asyncio.run(migrate(sys.argv[1]))))"
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_database, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    ends = [await process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    applied = sorted(int(out) for out, _ in ends)
    assert applied[0] == 0
    assert applied[1] > 0


async def test_migrating_while_the_database_is_open_is_refused(database: str) -> None:
    with pytest.raises(RuntimeError, match="before opening"):
        await db.migrate(database)


async def _until(holds) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.01)
