"""Room: how tests of the dashboard sit down at a desk and get to its pages."""

from __future__ import annotations

from dashboard import client
from models.db import fetch_value
from tests.harness.sitting import Sitting
from tests.harness.world import (
    PASSWORD,
    Desk,
    World,
    accept,
    invite,
)
from workflows.engine import Outcome


def token_of(username: str) -> str:
    return str(client.sign_in(username, PASSWORD, "127.0.0.1")["token"])


def sit(desk: Desk) -> Sitting:
    return Sitting(token_of(desk.username)).run()


def queue(desk: Desk, state: str = "") -> Sitting:
    """At the queue of online signings, by its button on the first page, or with a state chosen."""
    sitting = sit(desk).press("去处理", f"go-online_signing-review_{desk.actor.party}")
    return sitting.type("签约状态", state).run() if state else sitting


def review(desk: Desk) -> Sitting:
    """At the first record that waits for this desk."""
    return queue(desk).press("从第一条开始")


async def waiting(world: World, count: int = 1) -> list[Outcome]:
    """Invitations that were accepted, oldest first."""
    return [await accept(world, await invite(world, p), p) for p in world.graduates[:count]]


async def steps(outcome: Outcome) -> int:
    return int(await fetch_value("SELECT count(*) FROM journal WHERE subject_id = $1", outcome.record_id))


async def state_of(outcome: Outcome) -> str:
    return str(await fetch_value("SELECT state FROM records WHERE id = $1", outcome.record_id))
