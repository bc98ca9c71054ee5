"""Room: `make bench`: each figure beside its rival, measured in the same run (qualities.md, Speed and scale).

Ratio = throughput of ours over the rival's, the median of many short turns that both sides take one after the other,
server pinned to one core, load and database to the other. Writes a table to the screen and `var/bench.json`. Shared
machines are noisy: read ratios, not figures.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from models.config import settings
from tests.load import (
    bench_acts,
    bench_callbacks,
    bench_documents,
    bench_million,
    bench_outbox,
    bench_progress,
    bench_roster,
)
from tests.load.driver import percentile

ROUNDS, TURNS = 3, 10


@dataclass(frozen=True)
class Figure:
    """One line of the table: medians per second, and the median of the rounds' ratios."""

    name: str
    ours: float
    rival: float
    ratio: float
    bar: float
    met: bool


def figure(name: str, rounds: list[tuple[float, float]], bar: float) -> Figure:
    """From interleaved rounds of (ours, rival)."""
    ours, rival = (statistics.median(side) for side in zip(*rounds, strict=True))
    ratio = statistics.median(a / b for a, b in rounds)
    return Figure(name, round(ours, 1), round(rival, 1), round(ratio, 2), bar, ratio >= bar)


def report(figures: list[Figure], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps([asdict(f) for f in figures], ensure_ascii=False, indent=1), encoding="utf-8")
    write = sys.stdout.write
    write(f"\n{'work':<52}{'ours/s':>10}{'rival/s':>10}{'ratio':>8}{'bar':>7}  met\n")
    for f in figures:
        write(f"{f.name:<52}{f.ours:>10}{f.rival:>10}{f.ratio:>8}{f.bar:>7}  {'yes' if f.met else 'NO'}\n")
    write(f"\nwritten to {target}\n")


def _progress() -> list[Figure]:
    mine, raw = asyncio.run(bench_progress.rounds())
    rates = [(one.rate, other.rate) for one, other in zip(mine, raw, strict=True)]
    slowest = 1000 / percentile(mine, 0.95), 1000 / percentile(raw, 0.95)
    return [
        figure("进度 by chat, 32 connections, against the raw query", rates, 0.35),
        figure("the same by p95 (1 / seconds)", [slowest], 0.35),
    ]


def main() -> int:
    figures = [
        figure("encrypted callback, constant answer, one worker", bench_callbacks.rounds(), 2.0),
        *_progress(),
    ]
    for clients, rounds in asyncio.run(bench_acts.rounds(TURNS)).items():
        figures.append(figure(f"accept an invitation, {clients} client{'s' * (clients > 1)}", rounds, 0.40))
    for channel, drained in asyncio.run(bench_outbox.rounds(1)).items():
        pairs = [(one.ours, one.rival) for one in drained]
        figures.append(figure(f"10,000 messages by {channel}, against the outside's time", pairs, 0.67))
    figures.append(
        figure("agreement PDF from frozen data, against typesetting alone", bench_documents.rounds(ROUNDS), 0.83)
    )
    figures.append(
        figure("roster of 100,000 rows, against reading it alone", asyncio.run(bench_roster.rounds(ROUNDS)), 0.25)
    )
    figures += [figure(name, *found) for name, found in asyncio.run(bench_million.rounds(ROUNDS)).items()]
    report(figures, settings().var / "bench.json")
    return 0 if all(f.met for f in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
