"""Room: fixtures of the stories by chapter of the guide: the service in this process, the outside as real peers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from quart import Quart

from api.app import wired
from api.pages import BLUEPRINTS
from api.service import create
from api.wiring import EXTENSION
from models.config import settings
from models.db import is_unavailable
from models.parties import ReviewMode
from models.store import close_store
from notifier.clients.transport import open_http
from tests.harness.stories import Story, storytelling

MORNING = "2027-03-05T10:00:00+08:00"


@pytest.fixture(scope="module")
async def service(database: str) -> AsyncIterator[Quart]:
    """The application on this file's database: nobody else takes what a story owes."""
    async with open_http() as http:
        app = create(is_unavailable, BLUEPRINTS)
        app.extensions[EXTENSION] = wired(http)
        yield app
        await close_store()


@pytest.fixture
async def ordinary_day(service: Quart, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ten in the morning of a working day; limits begin anew."""
    await close_store()
    monkeypatch.setattr(settings(), "quiet_hours", "")
    clock.at(MORNING)
    return clock


@pytest.fixture
async def story(service: Quart, ordinary_day: Any, tmp_path: Path) -> AsyncIterator[Story]:
    """A school that reviews alone."""
    async with storytelling(service, tmp_path) as told:
        yield told


@pytest.fixture
async def two_stages(service: Quart, ordinary_day: Any, tmp_path: Path) -> AsyncIterator[Story]:
    """A school whose departments review first."""
    async with storytelling(service, tmp_path, ReviewMode.DEPARTMENT_THEN_SCHOOL) as told:
        yield told
