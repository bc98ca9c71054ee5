"""Room: the service as a process: it starts before its database is fit, says so, comes back, ends without a word."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.children import Child, answers, free_port
from models.embedded import EmbeddedPostgres
from tests.harness.postgres import migrate_apart
from tests.harness.stack import ROOT


@pytest.fixture
def service(own_postgres: EmbeddedPostgres, run_folder: Path) -> Iterator[tuple[Child, str]]:
    """The service over real HTTP on a database without a single table."""
    own_postgres.create_database("fresh")
    port = free_port()
    env = {**os.environ, "DATABASE_URL": own_postgres.url("fresh")}
    command = [sys.executable, "-m", "uvicorn", "api.app:app", "--port", str(port), "--no-access-log"]
    child = Child("service", command, env, run_folder / "service-alone.log", ROOT)
    url = f"http://127.0.0.1:{port}"
    child.wait_ready(answers(f"{url}/healthz"))
    yield child, url
    child.end()


async def test_the_service_tells_what_its_database_lacks(
    service: tuple[Child, str], own_postgres: EmbeddedPostgres
) -> None:
    child, url = service
    token = {"Authorization": "Bearer " + "x" * 43}
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        forged = await client.get("/wechat/callback")
        assert (forged.status_code, forged.content) == (403, b"")  # the bot's own door, in front of the framework
        bare = await client.get("/readyz")
        assert (bare.status_code, bare.json()["code"]) == (503, "unavailable")
        assert "迁移未执行" in bare.json()["detail"]

        await asyncio.to_thread(migrate_apart, own_postgres.url("fresh"))
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/me", headers=token)).status_code == 401

        # A throw-away server does not wait for its log; without this the stop could undo the migrations.
        await asyncio.to_thread(own_postgres.psql, "CHECKPOINT")
        await asyncio.to_thread(own_postgres.stop, "immediate")
        for _ in range(3):
            away = await client.get("/v1/me", headers=token)
            assert (away.status_code, away.json()["code"]) == (503, "unavailable")
            assert int(away.headers["retry-after"]) > 0
        lost = await client.get("/readyz")
        assert (lost.status_code, lost.json()["detail"]) == (503, "数据库无法连接")
        assert (await client.get("/healthz")).status_code == 200

        await asyncio.to_thread(EmbeddedPostgres.start, own_postgres.data_dir, throw_away=True)
        await asyncio.to_thread(child.wait_ready, answers(f"{url}/readyz"))
        assert (await client.get("/v1/me", headers=token)).status_code == 401
    assert child.end() in (0, -signal.SIGTERM)
    assert "unforeseen" not in child.tail(500)
