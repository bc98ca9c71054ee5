"""Room: the tests' PostgreSQL. One embedded server for all running test sessions, a database per file of tests.

The server is started by the first session that needs it and stopped by the last one: each holds a shared
lock on a file, which the kernel releases even when a session is killed. With `DATABASE_URL` set when the
tests begin, that server is used instead and stays up.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from models import db
from models.embedded import EmbeddedPostgres, EmbeddedServerError
from models.postgres import connect

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "var" / "test-postgres"
PREFIX = "wq_test_"


class TestServer:
    """A PostgreSQL server on which databases may be made and dropped."""

    __test__ = False  # pytest would take the name for a test class

    def __init__(self, outer_url: str = "") -> None:
        self.outer_url = outer_url
        self.embedded: EmbeddedPostgres | None = None
        self._holding: Any = None

    def start(self) -> None:
        if self.outer_url:
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        with locked(FOLDER / "start.lock"):
            self._holding = (FOLDER / "users.lock").open("w")
            fcntl.flock(self._holding, fcntl.LOCK_SH)
            try:
                self.embedded = EmbeddedPostgres.start(FOLDER / "data", throw_away=True)
            except EmbeddedServerError:
                # It runs without fsync: what a crash of the machine left may be beyond repair, and holds nothing.
                shutil.rmtree(FOLDER / "data", ignore_errors=True)
                self.embedded = EmbeddedPostgres.start(FOLDER / "data", throw_away=True)

    def stop(self) -> None:
        """Let go; the last one to do so stops the server."""
        if self.embedded is None:
            return
        with locked(FOLDER / "start.lock"):
            self._holding.close()
            with (FOLDER / "users.lock").open("w") as users, suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.embedded.stop()

    def url(self, database: str) -> str:
        if self.embedded is not None:
            return self.embedded.url(database)
        parts = urlsplit(self.outer_url)
        return urlunsplit(parts._replace(path=f"/{database}"))

    @property
    def admin_url(self) -> str:
        return self.url("postgres") if self.embedded is not None else self.outer_url

    def sql(self, *statements: str) -> list[Any]:
        """Run statements one after the other as administrator; the rows of the last one."""
        return run_apart(_statements(self.admin_url, statements))

    def clone(self, name: str) -> str:
        """A fresh, migrated database; its address."""
        with locked(FOLDER / "template.lock"):
            template = self._template()
            self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _template(self) -> str:
        """The database that new ones are copied from, migrated once per state of models and migrations."""
        template = f"{PREFIX}template_{_digest()}"
        known = {row[0] for row in self.sql(f"SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%'")}
        if self.embedded is not None:
            self._sweep(known - {template})
        if template not in known:
            building = template.replace("template", "building")
            self.drop(building)
            self.sql(f'CREATE DATABASE "{building}"')
            migrate_apart(self.url(building))
            self.sql(f'ALTER DATABASE "{building}" RENAME TO "{template}"')
        return template

    def _sweep(self, names: set[str]) -> None:
        """Drop older templates and the databases of sessions that were killed."""
        for name in names:
            owner = name.removeprefix(PREFIX).split("_")[0]
            if not (owner.isdigit() and Path(f"/proc/{owner}").exists()):
                self.drop(name)


@contextmanager
def cloned(server: TestServer) -> Iterator[str]:
    """The address of a migrated database that goes with the block."""
    name = database_name()
    yield server.clone(name)
    server.drop(name)


@asynccontextmanager
async def own_database(server: TestServer) -> AsyncIterator[str]:
    """A migrated database, open in this process in place of the file's, which is open again afterwards."""
    before = os.environ["DATABASE_URL"] if db.is_open() else None
    with cloned(server) as url:
        await db.close_database()
        await db.open_database(url)
        try:
            yield url
        finally:
            await db.close_database()
            if before is not None:
                await db.open_database(before)


def blank_directory(folder: Path) -> Path:
    """A data directory whose server has started once and stopped; the folder."""
    EmbeddedPostgres.start(folder, throw_away=True).stop()
    return folder


def copy_directory(source: Path, target: Path) -> None:
    """Copy a data directory whose server is down, its owner too: the server runs as nobody else."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)  # noqa: S607  of every Unix


def migrate_apart(url: str) -> None:
    """Migrate in a process of its own: two Tortoise contexts in one process get in each other's way."""
    program = "import asyncio, sys; from models.db import migrate; asyncio.run(migrate(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, url], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"migrations failed\n{done.stderr[-4000:]}")


def sweep_runs(folder: Path) -> None:
    """End the servers and delete the folders of test runs that were killed."""
    for run in folder.glob("run-*"):
        owner = run.name.removeprefix("run-")
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            for note in run.rglob("postmaster.pid"):
                with suppress(OSError, ValueError, IndexError):
                    server = int(note.read_text().split()[0])
                    if Path(f"/proc/{server}/comm").read_text().strip() == "postgres":
                        os.kill(server, signal.SIGQUIT)
            shutil.rmtree(run, ignore_errors=True)


def database_name() -> str:
    """Names the process, so that a later session can tell whose database was left behind."""
    return f"{PREFIX}{os.getpid()}_{time.monotonic_ns():x}"


def _digest() -> str:
    """Changes whenever a migration, a statement file or something that they import may have changed."""
    told = hashlib.sha256()
    for folder, pattern in (("models/migrations", "*.py"), ("models/sql", "*.sql"), ("models", "*.py")):
        for file in sorted((ROOT / folder).glob(pattern)):
            told.update(file.name.encode() + file.read_bytes())
    return told.hexdigest()[:12]


async def _statements(url: str, statements: tuple[str, ...]) -> list[Any]:
    connection = await connect(url)
    try:
        rows: list[Any] = []
        for statement in statements:
            rows = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


def run_apart(coroutine: Any) -> Any:
    """Run to the end in a thread with a loop of its own: fixtures are called inside a running loop."""
    answer: list[Any] = []
    failure: list[BaseException] = []

    def body() -> None:
        try:
            answer.append(asyncio.run(coroutine))
        except BaseException as exc:  # handed to the caller below
            failure.append(exc)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return answer[0]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
