"""Room: the database. How PostgreSQL is opened, migrated, read by hand and written in transactions.

One process holds one open database. Tortoise keeps its state in a context variable, which a web server's
start-up task does not share with the tasks of its requests; so it is opened here, with the global
fallback, and nowhere else. Addresses and errors are PostgreSQL's own (`models/postgres.py`), hints between
processes are in `models/wakeup.py`; both are handed on from here.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from asyncpg import Connection
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient, TransactionContext
from tortoise.connection import get_connection, get_connections
from tortoise.context import TortoiseContext
from tortoise.migrations.api import migrate as apply_migrations
from tortoise.transactions import in_transaction

from models.config import settings
from models.postgres import DatabaseConfigError, connect, constraint_of, credentials, is_unavailable, translated
from models.wakeup import close_sender, listen, notify, open_sender

__all__ = [
    "DatabaseConfigError",
    "close_database",
    "config",
    "connect",
    "connection",
    "constraint_of",
    "database_lifespan",
    "execute",
    "execute_many",
    "fetch",
    "fetch_afresh",
    "fetch_row",
    "fetch_value",
    "is_open",
    "is_unavailable",
    "listen",
    "migrate",
    "notify",
    "open_database",
    "pending_migrations",
    "transaction",
]

NAME = "default"
APP = "models"
MIGRATIONS = Path(__file__).with_name("migrations")
# Pages are short statements of many readers: to start workers or compile for one takes longer than it saves, and takes
# the cores from the others.
MANY_READERS = {"jit": "off", "max_parallel_workers_per_gather": "0"}
MIGRATION_LOCK = 7_260_014_031  # any number, the same in all processes of this product

_context: TortoiseContext | None = None


class PooledConnection(Connection):  # type: ignore[misc]  # asyncpg is untyped
    """A connection that goes back to the pool without a statement of its own.

    asyncpg would undo `SET`, `LISTEN`, cursors and session locks by a round trip after every use, which is as much as a
    short read costs. Nothing of ours leaves any of these behind (a test reads the code for it), and a transaction that
    was left open is still rolled back.
    """

    def get_reset_query(self) -> str:
        return ""


def config(url: str | None = None, *, min_size: int = 1, max_size: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for this address; pool sizes in the address win."""
    found = credentials(url)
    found.setdefault("minsize", min_size)
    found.setdefault("maxsize", max_size)
    # A statement on a dead line would otherwise wait for ever, and a commit may not be interrupted.
    found.setdefault("command_timeout", 60.0)
    found.setdefault("application_name", "wangqian")
    found.setdefault("server_settings", MANY_READERS)
    found["connection_class"] = PooledConnection
    return {
        "connections": {NAME: {"engine": "tortoise.backends.asyncpg", "credentials": found}},
        "apps": {
            APP: {"models": ["models.tables"], "migrations": "models.migrations", "default_connection": NAME},
        },
        "use_tz": True,
        "timezone": "UTC",
    }


# --- open and close ------------------------------------------------------------------------------


async def open_database(url: str | None = None, *, min_size: int = 1, max_size: int = 10) -> None:
    """Open this process's database. Connections are made on first use, so the server may come up later.

    Raises RuntimeError when one is open already, DatabaseConfigError for an unusable address.
    """
    global _context
    if _context is not None:
        raise RuntimeError("the database of this process is already open")
    context = TortoiseContext()
    with context:  # the variable of this task is needed while models are built; the fallback serves from then on
        await context.init(config=config(url, min_size=min_size, max_size=max_size), _enable_global_fallback=True)
    _context = context
    open_sender(url or settings().database_url)


async def close_database() -> None:
    """Give all connections back. Harmless when nothing is open."""
    global _context
    context, _context = _context, None
    if context is not None:
        await close_sender()
        await context.close_connections()


def is_open() -> bool:
    return _context is not None


async def database_lifespan() -> AsyncGenerator[None]:
    """For Quart's `while_serving`. A database that is open already (tests) is used and left open."""
    if is_open():
        yield
        return
    await open_database()
    try:
        yield
    finally:
        await close_database()


# --- transactions and statements -----------------------------------------------------------------


@asynccontextmanager
async def transaction() -> AsyncIterator[TransactionalDBClient]:
    """The one opener of transactions; inside another one it is a savepoint.

    Leaving by an exception rolls back. Once COMMIT was sent its outcome is awaited even when the task is
    cancelled meanwhile, so that a cancelled act has either happened or not. Background work must not be
    started inside: a task inherits the transaction's connection and finds it gone.
    """
    context = in_transaction(NAME)
    client = await _begin(context)
    try:
        yield client
    except BaseException:
        await context.__aexit__(*sys.exc_info())
        raise
    try:
        await _commit(client)
    finally:
        # `_finalized` tells Tortoise that nothing is left to roll back: only the connection goes home.
        client._finalized = True
        await context.__aexit__(None, None, None)


async def _begin(context: TransactionContext) -> TransactionalDBClient:
    """Enter, and give the connection back if BEGIN fails or is cancelled (Tortoise 1.1.9 would keep it)."""
    before = get_connections()._get_storage().get(NAME)
    try:
        return await context.__aenter__()
    except BaseException:
        client = context.client
        taken = get_connections()._get_storage().get(NAME) is client and client is not before
        if taken:
            client._finalized = True
            await context.__aexit__(None, None, None)
        raise


async def _commit(client: TransactionalDBClient) -> None:
    pending = asyncio.ensure_future(client.commit())
    cancelled: asyncio.CancelledError | None = None
    while not pending.done():
        try:
            await asyncio.wait([pending])
        except asyncio.CancelledError as exc:
            cancelled = exc
    with translated():
        pending.result()
    if cancelled is not None:
        raise cancelled


def connection() -> BaseDBAsyncClient:
    """Where this task reads: its open transaction, else the pool."""
    return get_connection(NAME)


async def fetch(sql: str, *args: Any) -> list[Any]:
    """All rows of a hand-written query; each row is read by name or by place."""
    async with connection().acquire_connection() as raw:
        with translated():
            rows: list[Any] = await raw.fetch(sql, *args)
            return rows


async def fetch_afresh(sql: str, *args: Any) -> list[Any]:
    """As `fetch`, planned for these very values, where the way to the rows depends on what is asked for.

    Of a statement that is kept, PostgreSQL keeps a plan for any values after some repetitions: what was right for a
    common state reads a whole table for a rare one.
    """
    async with connection().acquire_connection() as raw:
        with translated():
            rows: list[Any] = await (await raw.prepare(sql, name="")).fetch(*args)
            return rows


async def fetch_row(sql: str, *args: Any) -> Any | None:
    async with connection().acquire_connection() as raw:
        with translated():
            return await raw.fetchrow(sql, *args)


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row; None when there is no row."""
    async with connection().acquire_connection() as raw:
        with translated():
            return await raw.fetchval(sql, *args)


async def execute(sql: str, *args: Any) -> int:
    """Run one statement; the number of rows it touched (0 for statements that touch none)."""
    async with connection().acquire_connection() as raw:
        with translated():
            status: str = await raw.execute(sql, *args)
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


async def execute_many(sql: str, rows: list[tuple[Any, ...]]) -> None:
    """The same statement for many rows, in one go on the wire; all or nothing."""
    async with connection().acquire_connection() as raw:
        with translated():
            await raw.executemany(sql, rows)


# --- migrations ----------------------------------------------------------------------------------


async def migrate(url: str | None = None) -> list[str]:
    """Bring the database to the newest migration, forwards only; the names of those applied now.

    Tortoise has no lock of its own: of two processes that start together one applies and the other waits
    here, then finds nothing to do. Must run while this process has no open database.
    """
    if is_open():
        raise RuntimeError("migrate before opening the database")
    applied: list[str] = []

    def note(event: str, _app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)

    guard = await connect(url)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK, timeout=None)
        async with TortoiseContext():
            settled = config(url)
            settled["connections"][NAME]["credentials"]["command_timeout"] = None
            await apply_migrations(config=settled, direction="forward", progress=note)
    finally:
        await guard.close()
    return applied


async def pending_migrations(url: str | None = None) -> list[str]:
    """Names of the migrations that the database still lacks, oldest first. Needs no open database."""
    line = await connect(url)
    try:
        known = await line.fetchval("SELECT to_regclass('tortoise_migrations') IS NOT NULL")
        rows = await line.fetch("SELECT name FROM tortoise_migrations WHERE app = $1", APP) if known else []
    finally:
        await line.close()
    applied = {row["name"] for row in rows}
    return [name for name in sorted(file.stem for file in MIGRATIONS.glob("[0-9]*.py")) if name not in applied]
