"""Room: what the notifier counts. Labels are channels, verdicts and job names: never a person, school or record.

The process listens on no port; the numbers are written to `var/notifier.prom` in Prometheus's text format, where a
textfile collector picks them up.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, write_to_textfile

from models.config import settings

REGISTRY: Final = CollectorRegistry()
TRIES: Final = Counter(
    "wangqian_delivery_tries", "Tries by what came of them", ("channel", "verdict"), registry=REGISTRY
)
SECONDS: Final = Histogram("wangqian_delivery_seconds", "Duration of calls outward", ("channel",), registry=REGISTRY)
SETTLED: Final = Counter(
    "wangqian_delivery_settled", "Rows by what became of them", ("channel", "status"), registry=REGISTRY
)
STALE: Final = Counter(
    "wangqian_delivery_stale", "Settlements refused because the lease had passed on", ("channel",), registry=REGISTRY
)
ALARMS: Final = Counter(
    "wangqian_delivery_alarms", "Answers that an operator must look at", ("channel",), registry=REGISTRY
)
IN_HAND: Final = Gauge("wangqian_delivery_in_hand", "Rows being delivered", ("channel",), registry=REGISTRY)
BREAKER: Final = Gauge("wangqian_breaker_open", "1 while a provider is left alone", ("channel",), registry=REGISTRY)
JOBS: Final = Counter("wangqian_jobs", "Runs of clock jobs", ("job", "outcome"), registry=REGISTRY)
DONE: Final = Counter("wangqian_job_rows", "Rows that clock jobs changed", ("job",), registry=REGISTRY)


def write() -> None:
    """Put the present numbers into the file, whole or not at all."""
    folder = settings().var
    folder.mkdir(parents=True, exist_ok=True)
    write_to_textfile(os.fspath(folder / "notifier.prom"), REGISTRY)
