"""Room: the OpenAPI document against a running service, by schemathesis: no server error, no broken promise.

In a process of its own: the service runs as it does in production, the fuzzer sees HTTP only.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.harness.callers import Api
from tests.harness.stack import Stack
from tests.harness.world import Desk, Firm, World, accept, invite, make_world
from workflows.flows import FLOWS

CONFIG = Path(__file__).with_name("schemathesis.toml")
LEFT_OUT = "^/v1/(sessions|me/password)"  # signing out would end the run; guessing passwords is limited
ALIKE = f"^/v1/(search/)?({'|'.join(list(FLOWS)[1:])})|/(bulk|actions)/"

pytestmark = [pytest.mark.schemathesis, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
async def url(database_url: str, run_folder: Path) -> AsyncIterator[str]:
    """The service on a free port, on this file's database and keys, and the outside that it asks."""
    stack = Stack(run_folder, database_url)
    await stack.start("simulators", "serve")
    yield stack.service_url
    service = stack.children["serve"]
    assert service.alive, service.tail()
    await stack.end()


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    made = await make_world()
    await accept(made, await invite(made))
    await invite(made, made.graduates[1])
    return made


async def run(url: str, desk: Desk | Firm, phases: str, examples: int, *wanted: str, without: str = LEFT_OUT) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        token = (await Api(client).sign_in(desk)).token
    how = ("--phases", phases, "--max-examples", str(examples), "--exclude-path-regex", without, *wanted)
    done = await asyncio.to_thread(fuzz, url, token, *how)
    assert done.returncode == 0, done.stdout[-30_000:]


async def test_the_service_keeps_every_promise_to_a_school(url: str, world: World) -> None:
    """Every operation, with some values of every field."""
    await run(url, world.school_desk, "fuzzing", 3)


async def test_every_border_of_every_field_is_kept(url: str, world: World) -> None:
    """Of what has a shape of its own: all flows' lists and acts are declared alike, and acts differ in their forms."""
    await run(url, world.school_desk, "examples,coverage", 1, without=f"{LEFT_OUT}|{ALIKE}")


async def test_the_service_keeps_every_promise_to_a_province(url: str, world: World) -> None:
    """What a province alone may do."""
    await run(url, world.province_desk, "fuzzing", 10, "--include-tag", "provinces", "--include-tag", "employers")


async def test_the_service_keeps_every_promise_to_an_employer(url: str, world: World) -> None:
    """What an employer alone may do."""
    await run(url, world.employer, "fuzzing", 3, "--include-tag", "records", "--include-tag", "employers")


@pytest.mark.soak
@pytest.mark.parametrize("who", ["school", "province", "employer"])
async def test_long_fuzzing_finds_nothing(url: str, world: World, who: str) -> None:
    desks = {"school": world.school_desk, "province": world.province_desk, "employer": world.employer}
    await run(url, desks[who], "examples,coverage,fuzzing,stateful", 100)


def fuzz(url: str, token: str, *how: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(CONFIG),
        "run",
        f"{url}/openapi.json",
        "--header",
        f"Authorization: Bearer {token}",
        "--checks",
        "all",
        "--continue-on-failure",
        "--suppress-health-check",
        "all",
        "--request-timeout",
        "20",
        "--warnings",
        "off",
        *how,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=1700, check=False, cwd=CONFIG.parent)
