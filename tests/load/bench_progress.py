"""Room: the bench of the question most asked: 进度, encrypted, against the raw query of the same rows.

Ours is the whole service: envelope, first answers for repeats, person, rules, card, the answer kept, the envelope
again. The rival is a bare ASGI application that runs the same statement by raw asyncpg and answers with a number. Both
have one process, ten connections to the same database and 32 from the load. Every message is a new one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from urllib.parse import quote

from models import db
from models.states import Flow
from tests.harness import wechat_wire as wire
from tests.harness.chat import bound
from tests.harness.world import accept_form, add_graduates, invite, make_employer, make_world
from tests.load.crowd import message
from tests.load.driver import Side, Slice, alternate, percentile, request
from tests.load.serving import QUIET, fresh_database, serving
from workflows.engine import act
from workflows.limits import CHAT

CONNECTIONS, TURNS, EACH = 32, 25, 160
MESSAGES = (TURNS + 1) * EACH
PEOPLE = MESSAGES // CHAT.times + 20  # nobody writes more often than the chat allows

OURS = ("uvicorn", "api.app:app", "--port", "{port}", *QUIET)
RIVAL = ("uvicorn", "tests.load.progress_rival:app", "--port", "{port}", *QUIET)


async def rounds(**env: str) -> tuple[list[Slice], list[Slice]]:
    """The slices of ours and of the rival, taking turns. `env`: more settings of the service."""
    async with fresh_database(durable=True):
        openids = await _people()
        found = await asyncio.to_thread(_measure, openids, env)
        await _check()
        return found


async def _people() -> list[str]:
    """Graduates with two records each: one accepted and under review, one that was superseded by it."""
    world = await make_world(graduates=2, employers=1)
    second = await make_employer(world)
    people = await add_graduates(world, PEOPLE)
    for person in people:
        await invite(world, person, second)
        offer = await invite(world, person)
        await act(
            person.actor, Flow.ONLINE_SIGNING, offer.record_id, "accept", accept_form(person), version=offer.version,
            once=world.key(),
        )  # fmt: skip
    openids = [await bound(world, person) for person in people]
    await db.execute("ANALYZE")
    return openids


def _measure(openids: Sequence[str], env: dict[str, str]) -> tuple[list[Slice], list[Slice]]:
    keys = {"WQ_WECHAT_TOKEN": wire.TOKEN, "WQ_WECHAT_AES_KEY": wire.AES_KEY, "WQ_WECHAT_APP_ID": wire.APP_ID}
    with (
        serving(*OURS, path="/healthz", **keys, WQ_WECHAT_ACCOUNT=wire.ACCOUNT, **env) as ours,
        serving(*RIVAL, path="/") as rival,
    ):
        sides = Side(ours, _messages(openids)), Side(rival, _questions(openids))
        mine, theirs = alternate(sides, connections=CONNECTIONS, turns=TURNS, each=EACH)
        return mine, theirs


def _messages(openids: Sequence[str]) -> list[bytes]:
    """Each person in turn asks, with a number of the platform's that was never there before."""
    first = time.time_ns()
    return [message(openids[n % len(openids)], first + n) for n in range(MESSAGES)]


def _questions(openids: Sequence[str]) -> list[bytes]:
    return [request("GET", f"/?{quote(openids[n % len(openids)])}") for n in range(MESSAGES)]


async def _check() -> None:
    """Was every message answered with a card, and every answer kept?"""
    kept = await db.fetch_value("SELECT count(*) FROM inbox WHERE reply LIKE '%您的办理进度%'")
    if kept != MESSAGES:
        raise RuntimeError(f"{kept} cards were kept for {MESSAGES} messages")


if __name__ == "__main__":
    mine, raw = asyncio.run(rounds())
    for one, other in zip(mine, raw, strict=True):
        sys.stdout.write(f"{one.rate:.0f}/s against {other.rate:.0f}/s: {one.rate / other.rate:.2f}\n")
    sys.stdout.write(f"p95 {percentile(mine, 0.95):.1f} ms against {percentile(raw, 0.95):.1f} ms\n")
