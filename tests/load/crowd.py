"""Room: the country at its busiest, in small: people who look and act at one service, each waiting for an answer.

Acts are real ones, over and over: an employer invites, the graduate accepts, the school rejects, with journal, notices
and employers' inbox. Reads are what most people do: 进度 in the chat, their records, a reviewer's queue.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import uvloop

from models import kit
from tests.harness import wechat_wire as wire
from tests.load.driver import CORE, Connection, LoadError, request

ACTS, READS = 150, 2000
"""A second, in the whole country at the season's peak."""
MIX = {"进度": 40, "my records": 15, "a record": 10, "queue": 12, "home": 8, "employer's list": 10, "catalog": 5}
"""What people look at, in parts of a hundred reads."""


@dataclass(frozen=True, slots=True)
class Pair:
    """An employer and a graduate who sign for ever, with a school that always rejects; each by its token."""

    invitation: Mapping[str, Any]
    acceptance: Mapping[str, Any]
    graduate: str
    employer: str
    school: str


@dataclass(slots=True)
class Crowd:
    """Everybody, by token; `openids` ask in the chat, `graduates` look at their record."""

    cohort: int
    openids: list[str] = field(default_factory=list)
    graduates: list[tuple[str, str]] = field(default_factory=list)
    schools: list[str] = field(default_factory=list)
    employers: list[str] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many a second, and after how many milliseconds 50, 95, 99 of 100 were answered."""

    answers: int
    rate: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, waits: list[float], passed: float) -> Taken:
        found = sorted(waits) or [0.0]
        at = [1000 * found[min(len(found) - 1, int(part * len(found)))] for part in (0.5, 0.95, 0.99)]
        return cls(len(waits), len(waits) / passed, *at)


def crowd(port: int, people: Crowd, seconds: float) -> dict[str, Taken]:
    """Let them come for so long, one person for each pair at a time. Raises LoadError for an answer that is no good."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as child:
        return child.submit(_come, port, people, seconds).result()


def _come(port: int, people: Crowd, seconds: float) -> dict[str, Taken]:
    os.sched_setaffinity(0, {CORE})
    return uvloop.run(_all(port, people, seconds))


async def _all(port: int, people: Crowd, seconds: float) -> dict[str, Taken]:
    waits: dict[str, list[float]] = defaultdict(list)
    looks = _looks(people)
    began = time.perf_counter()
    until = began + seconds
    await asyncio.gather(*(_one(port, pair, looks, waits, until) for pair in people.pairs))
    passed = time.perf_counter() - began
    reads = [wait for kind in MIX for wait in waits[kind]]
    return {
        "acts": Taken.of(waits["acts"], passed),
        "reads": Taken.of(reads, passed),
        **{kind: Taken.of(waits[kind], passed) for kind in MIX},
    }


async def _one(
    port: int, pair: Pair, looks: Iterator[tuple[str, bytes]], waits: dict[str, list[float]], until: float
) -> None:
    """One connection: mostly looks, now and then the pair's next act."""
    line, acts, draw = await Connection.open(port), _acts(pair), random.Random(pair.graduate)
    wish, body = next(acts), b""
    while (began := time.perf_counter()) < until:
        act = draw.random() < ACTS / (ACTS + READS)
        kind, text = ("acts", wish) if act else next(looks)
        status, body = await line.ask(text)
        if status not in (200, 201):
            raise LoadError(f"{kind} answered {status}: {body.decode()[:300]}")
        waits[kind].append(time.perf_counter() - began)
        if act:
            wish = acts.send(json.loads(body))
    line.close()


# --- acts ----------------------------------------------------------------------------------------


def _acts(pair: Pair) -> Any:
    """A generator that gives the next act and is told what became of it."""
    while True:
        made = yield _posted(pair.employer, "/v1/online_signing", {"action": "invite", "form": pair.invitation})
        path = f"/v1/online_signing/{made['id']}/actions"
        made = yield _posted(pair.graduate, f"{path}/accept", {"form": pair.acceptance}, made["version"])
        form = {"reason": "employer_data", "reason_text": "单位名称与公章不一致"}
        yield _posted(pair.school, f"{path}/reject", {"form": form}, made["version"])


def _posted(token: str, path: str, body: Mapping[str, Any], version: int | None = None) -> bytes:
    held = {} if version is None else {"If_Match": f'"{version}"'}
    content = json.dumps(body, ensure_ascii=False).encode()
    return request(
        "POST", path, content, Content_Type="application/json", Authorization=f"Bearer {token}",
        Idempotency_Key=f"key-{kit.new_id()}", **held,
    )  # fmt: skip


# --- reads ---------------------------------------------------------------------------------------


def _looks(people: Crowd) -> Iterator[tuple[str, bytes]]:
    """Kind and request, in the mix's proportions, everybody in turn."""
    draw = random.Random(24)
    openids, graduates = itertools.cycle(people.openids), itertools.cycle(people.graduates)
    schools, employers = itertools.cycle(people.schools), itertools.cycle(people.employers)
    numbers = itertools.count(time.time_ns())
    make: dict[str, Callable[[], bytes]] = {
        "进度": lambda: message(next(openids), next(numbers)),
        "my records": lambda: request("GET", "/m/records", Cookie=f"wq_grad={next(graduates)[0]}"),
        "a record": lambda: _record(*next(graduates)),
        "queue": lambda: _got(next(schools), f"/v1/queues/signing?cohort={people.cohort}"),
        "home": lambda: _got(next(schools), f"/v1/home?cohort={people.cohort}"),
        "employer's list": lambda: _got(next(employers), "/v1/online_signing"),
        "catalog": lambda: request("GET", "/v1/catalog"),
    }
    while True:
        kind = draw.choices([*MIX], [*MIX.values()])[0]
        yield kind, make[kind]()


def _got(token: str, path: str) -> bytes:
    return request("GET", path, Authorization=f"Bearer {token}")


def _record(token: str, record: str) -> bytes:
    return _got(token, f"/v1/online_signing/{record}")


def message(openid: str, number: int) -> bytes:
    """进度, as the platform brings it; `number` is the platform's own of the message."""
    stamp = int(kit.now().timestamp())
    text = (
        f"<xml><ToUserName><![CDATA[{wire.ACCOUNT}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[进度]]></Content>"
        f"<MsgId>{number}</MsgId></xml>"
    )
    sealed = wire.encrypted(text)
    return request("POST", f"/wechat/callback?{wire.safe_query(sealed, timestamp=str(stamp))}", wire.safe_body(sealed))
