"""Room: fixtures of the tests over HTTP: our application on the file's database, the simulated outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from quart import Quart

from api.app import wired
from api.pages import BLUEPRINTS
from api.service import create
from api.wiring import EXTENSION
from models.db import is_unavailable
from models.store import close_store
from notifier.clients.transport import Http, open_http
from notifier.simulators.server import Sandbox, started
from tests.harness.callers import IN_CLEAR, Api
from tests.harness.portal import Clerk


@pytest.fixture(scope="session")
async def application() -> AsyncIterator[Quart]:
    """Wired to addresses where nothing listens: what is outside is not asked for in these tests."""
    app = create(is_unavailable, BLUEPRINTS)
    async with open_http() as http:
        app.extensions[EXTENSION] = wired(http)
        yield app
        await close_store()


@pytest.fixture(scope="module")
def service(application: Quart, database: str) -> Quart:
    """The application, on this file's database."""
    return application


@pytest.fixture
async def api(service: Quart) -> AsyncIterator[Api]:
    """An HTTP client of the service; `api.sign_in(desk)` gives one with a credential. Limits begin anew."""
    await close_store()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service), base_url="http://test") as client:
        yield Api(client)


@pytest.fixture
async def clerk(api: Api) -> Clerk:
    """An employer's person at the portal."""
    return Clerk(api.client)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """For what a test itself asks of the sandbox."""
    async with httpx.AsyncClient(trust_env=False, verify=IN_CLEAR) as opened:
        yield opened


@pytest.fixture
async def door() -> AsyncIterator[Http]:
    """For the clients of systems outside, with the limits of production."""
    async with open_http() as opened:
        yield opened


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """The simulators, fresh for one test."""
    async with started(tmp_path) as running:
        yield running
