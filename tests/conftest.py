"""Room: fixtures for all tests. Real PostgreSQL, real Redis, real browser, our programs as real processes.

A test that touches the database asks for `database`. Each file has a database of its own, so that no test can lean on
what another file left, whatever the order; only files that look at the shared programs (`stack`) share theirs. Inside a
file isolation is by fresh school ids, nothing is truncated.
All async tests and fixtures of a worker share one event loop.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from uuid import UUID

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Settings are read once per process, so the environment is settled before anything of ours is imported.
OUTER_DATABASE_URL = os.environ.pop("DATABASE_URL", "")
OUTER_REDIS_URL = os.environ.pop("REDIS_URL", "")
for _name in [name for name in os.environ if name.startswith("WQ_")]:
    del os.environ[_name]
RUN = ROOT / "var" / "test" / f"run-{os.getpid()}"
os.environ.update(WQ_PROFILE="test", WQ_VAR=str(RUN))
# httpx looks for trio at each request to an application in this process. Once told that it is not there, it does not
# go through all folders of packages for it any more: a twentieth of what such a request costs.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

from playwright.async_api import Browser, BrowserContext, Page

from models import db, kit
from models.config import settings
from models.embedded import EmbeddedPostgres
from models.store import RedisStore
from tests.harness import browser as chromium
from tests.harness.postgres import (
    TestServer,
    blank_directory,
    cloned,
    copy_directory,
    database_name,
    run_apart,
    sweep_runs,
)
from tests.harness.redis import start_redis
from tests.harness.stack import Stack


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long versions too (make soak)")
    parser.addoption("--pictures", action="store_true", help="make the guides' pictures anew (make guides)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long versions and what writes pictures are left out of a normal run: a skip is for what cannot run.

    What sits in a browser may be tried twice: there the machine's load decides whether a list is drawn anew under
    the pointer. A fault of ours fails both times, and the summary counts who needed the second try.
    """
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("pictures"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    unasked = [name for name in ("soak", "pictures") if not config.getoption(f"--{name}")]
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unasked)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if hasattr(config, "workerinput"):
        items[:] = _in_turns(items)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: nobody looks through it again whenever memory is tidied."""
    gc.collect()
    gc.freeze()


LONG = ("acceptance/", "property/test_walks_", "load/", "db/test_demo_")
"""Beginnings of the paths of files that take long; those that sit in a browser do in any case."""


def _in_turns(items: list[pytest.Item]) -> list[pytest.Item]:
    """The order in which workers take files: what takes long at the head, so that none of it is left for the end.

    There a file with a browser and one without take turns: two browsers at once want more than two cores, and a list
    that is drawn late is what makes tests fail that are right.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    seen = {item.path for item in items if "browser" in getattr(item, "fixturenames", ())}
    watched = [file for file in files if file in seen]
    long = [f for f in files if f not in seen and f.relative_to(ROOT / "tests").as_posix().startswith(LONG)]
    turns = [file for pair in zip_longest(watched, long) for file in pair if file is not None]
    return [item for file in (*turns, *(f for f in files if f not in turns)) for item in files[file]]


@pytest.fixture(scope="session", autouse=True)
def run_folder() -> Iterator[Path]:
    """This worker's `WQ_VAR`: keys, logs, stored files; deleted at the end."""
    RUN.mkdir(parents=True, exist_ok=True)
    sweep_runs(RUN.parent)
    yield RUN
    shutil.rmtree(RUN, ignore_errors=True)


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Streamlit's AppTest leaves its script in `__main__`'s place; a process started later would run it again."""
    mine = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = mine


# --- PostgreSQL ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_server() -> Iterator[TestServer]:
    server = TestServer(OUTER_DATABASE_URL)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def stack_url(database_server: TestServer) -> Iterator[str]:
    """The address of the database on which this worker's shared programs run."""
    with cloned(database_server) as url:
        yield url


@pytest.fixture(scope="module")
def database_url(request: pytest.FixtureRequest, database_server: TestServer) -> Iterator[str]:
    """The address of this file's migrated database; also in `DATABASE_URL`, for children."""
    with ExitStack() as own:
        beside_programs = any("stack" in item.fixturenames for item in _tests_of(request))
        url = request.getfixturevalue("stack_url") if beside_programs else own.enter_context(cloned(database_server))
        os.environ["DATABASE_URL"] = url
        settings.cache_clear()
        yield url


def _tests_of(request: pytest.FixtureRequest) -> list[pytest.Function]:
    """What is going to run of this file."""
    return [item for item in request.session.items if item.path == request.path and isinstance(item, pytest.Function)]


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[str]:
    """This file's database, open: Tortoise models, `models.db` and `act` work from here on."""
    await db.open_database(database_url)
    yield database_url
    await db.close_database()


@pytest.fixture
def fresh_database(database_server: TestServer) -> Iterator[str]:
    """The address of a migrated database for one test alone; not open in this process."""
    with cloned(database_server) as url:
        yield url


@pytest.fixture
def empty_database(database_server: TestServer) -> Iterator[str]:
    """The address of a database without any table, for tests of migrations."""
    name = database_name()
    database_server.sql(f'CREATE DATABASE "{name}"')
    yield database_server.url(name)
    database_server.drop(name)


@pytest.fixture(scope="session")
def blank_postgres(run_folder: Path) -> Path:
    """The data directory of a server in which nothing has happened yet, to be copied: making one takes two seconds."""
    return blank_directory(run_folder / "postgres-blank")


@pytest.fixture
def own_postgres(run_folder: Path, blank_postgres: Path) -> Iterator[EmbeddedPostgres]:
    """A server for one test alone, for those that stop it."""
    folder = run_folder / f"postgres-{kit.new_id().hex[-8:]}"
    copy_directory(blank_postgres, folder)
    server = EmbeddedPostgres.start(folder, throw_away=True)
    yield server
    server.remove()


@pytest.fixture
def school_id() -> UUID:
    """A school id that no other test has: the wall between tests that share a database."""
    return kit.new_id()


@pytest.fixture
def apart() -> Callable[..., object]:
    """Run a coroutine to its end on a loop of its own, from a synchronous test."""
    return run_apart


# --- Redis ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def redis_url(run_folder: Path) -> Iterator[str]:
    """A real Redis server: the one of `REDIS_URL`, else one of our own on a free port."""
    if OUTER_REDIS_URL:
        yield OUTER_REDIS_URL
        return
    child, url = start_redis(run_folder / "redis")
    yield url
    child.end()


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[RedisStore]:
    """A Redis-backed store whose keys no other test sees."""
    opened = RedisStore(redis_url, prefix=f"test:{kit.new_id()}:")
    yield opened
    await opened.close()


# --- time ----------------------------------------------------------------------------------------


class Clock:
    """The house's clock in the test's hand; stands still until moved."""

    def __init__(self) -> None:
        self.moment = kit.now()
        kit.set_clock(lambda: self.moment)

    def at(self, text: str) -> datetime:
        """Set it: `2027-03-05T14:30:00+08:00`."""
        self.moment = datetime.fromisoformat(text)
        if self.moment.tzinfo is None:
            raise ValueError("a moment needs its zone")
        return self.moment

    def advance(self, **parts: float) -> datetime:
        """Move it by `timedelta(**parts)`."""
        self.moment += timedelta(**parts)
        return self.moment


@pytest.fixture
def clock() -> Iterator[Clock]:
    yield Clock()
    kit.set_clock(None)


# --- programs and browser ------------------------------------------------------------------------


@pytest.fixture
def free_port() -> int:
    from api.children import free_port as find

    return find()


@pytest.fixture(scope="session")
async def stack(stack_url: str, run_folder: Path) -> AsyncIterator[Stack]:
    """The platform as processes on a database of their own. Nothing runs yet: `await stack.start("serve")`.

    Shared by the session: ask `"serve" in stack.children` first; tests that kill or stop use `own_stack`.
    """
    made = Stack(run_folder, stack_url)
    yield made
    await made.end()


@pytest.fixture
async def own_stack(fresh_database: str, run_folder: Path) -> AsyncIterator[Stack]:
    """A platform for one test alone, on a database of its own."""
    made = Stack(run_folder / f"stack-{kit.new_id().hex[-8:]}", fresh_database)
    yield made
    await made.end()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium.launch() as launched:
        yield launched


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Page]:
    """A page of an ordinary desktop window, Chinese, Shanghai time."""
    context = await _context(browser, 1366, 900)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A page as wide as a phone."""
    context = await _context(browser, 390, 844, mobile=True)
    yield await context.new_page()
    await context.close()


async def _context(browser: Browser, width: int, height: int, *, mobile: bool = False) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        is_mobile=mobile,
        has_touch=mobile,
    )
