"""Room: the agreement's bench: from frozen data to a PDF, against typesetting alone.

Ours is what the job and a hurried download do before the file is kept: numbers are unsealed, the sheet is written, its
characters are held against the font, the QR is drawn, and the page is set in the pool while the event loop goes on.
The rival gets the same kind of sheet ready-made and only sets it, in this thread. Reading the row and keeping the file
are the same for both and left out. Both do nothing but compute, so what counts is the processor's time.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from tests.harness.paper import CHECK, frozen
from workflows.documents.fonts import font
from workflows.documents.sheet import sheet
from workflows.documents.typesetting import inputs, printed, set_pages

EACH = 100


def rounds(count: int) -> list[tuple[float, float]]:
    """Agreements per second of processor time, (ours, rival), taking turns; every one has a number of its own."""
    os.sched_setaffinity(0, {0})
    return [asyncio.run(_round(n)) for n in range(count + 1)][1:]  # the first one reads the font


async def _round(turn: int) -> tuple[float, float]:
    ours = rival = 0.0
    for n in range(EACH):
        ours += await _ours(_data(turn, 2 * n))
        rival += _rival(_data(turn, 2 * n + 1))
    return EACH / ours, EACH / rival


def _data(turn: int, n: int) -> dict[str, Any]:
    """Never the same twice, so that nothing which the typesetter remembers helps."""
    return frozen(number=f"990012027{turn:03d}{n:05d}", proof_code=f"K{turn:03d}{n:06d}")


async def _ours(data: dict[str, Any]) -> float:
    began = time.process_time()
    await printed(data, f"{CHECK[:-17]}{data['number']}")
    return time.process_time() - began


def _rival(data: dict[str, Any]) -> float:
    chosen, ready = font(), inputs(sheet(data), f"{CHECK[:-17]}{data['number']}")
    began = time.process_time()
    set_pages(chosen, data["edition"], ready)
    return time.process_time() - began
