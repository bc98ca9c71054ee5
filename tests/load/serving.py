"""Room: what is measured as a server: a program on a core of its own, and the database that the benches share.

The server has the first core, load and database the last one, so that the figure is the server's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import httpx

from api.children import free_port
from models import db
from models.config import settings
from models.embedded import EmbeddedPostgres
from tests.load.driver import CORE

READY_SECONDS = 120.0
SERVER_CORE = 0
QUIET = ("--no-access-log", "--log-level", "error")


def processor_seconds(pid: int) -> float:
    """What a process has had of the processor so far; unlike the clock it is nobody else's load."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(*module: str, path: str = "", core: int = SERVER_CORE, **env: str) -> Iterator[int]:
    """`running` where only the port is of interest."""
    with running(*module, path=path, core=core, **env) as (port, _):
        yield port


@contextlib.contextmanager
def running(*module: str, path: str = "", core: int = SERVER_CORE, **env: str) -> Iterator[tuple[int, int]]:
    """Run `python -m <module> …` until the block ends; its port and its process id.

    `path`: what answers as soon as it is ready.
    """
    port = free_port()
    words = [part.format(port=port) for part in module]
    process = subprocess.Popen([sys.executable, "-m", *words], env=os.environ | {"WQ_PROFILE": "test"} | env)
    os.sched_setaffinity(process.pid, {core})
    try:
        if path:
            _wait(f"http://127.0.0.1:{port}{path}", process)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=15)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(address, timeout=1)
            return
        time.sleep(0.05)
    raise RuntimeError(f"{address} did not answer")


def _var() -> Path:
    """Where servers of the house live (`models/embedded.py` says why)."""
    settings().var.mkdir(exist_ok=True)
    return settings().var


@contextlib.asynccontextmanager
async def fresh_database(
    *, durable: bool = False, cores: Sequence[int] = (CORE,), size: int = 10
) -> AsyncIterator[str]:
    """A server and a database for one bench, opened in this process; its address. `durable`: commits reach the disk."""
    with tempfile.TemporaryDirectory(dir=_var()) as folder:
        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores)  # the server's processes inherit it
        server = EmbeddedPostgres.start(Path(folder) / "postgres", throw_away=not durable)
        os.sched_setaffinity(0, mine)
        try:
            server.create_database("bench")
            url = server.url("bench")
            os.environ["DATABASE_URL"] = url
            await db.migrate(url)
            await db.open_database(url, min_size=size, max_size=size)
            try:
                yield url
            finally:
                await db.close_database()
        finally:
            server.remove()
