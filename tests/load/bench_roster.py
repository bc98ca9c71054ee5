"""Room: the bench of roster files: 100,000 rows of the 49-column national layout, against reading the file alone.

Ours is the whole job, as a notifier does it: a child reads and checks the rows and seals their numbers, the staging
table takes them by COPY, sets are matched and 100,000 graduates written in one transaction. The rival is calamine's
`to_python` of the same file in a process of its own, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from models import db
from tests.harness.roster_files import national_file
from tests.harness.world import World, make_world, roster_row
from tests.load.serving import fresh_database
from workflows.actors import CLOCK
from workflows.commands import jobs
from workflows.commands.jobs import Progress
from workflows.commands.roster_jobs import begin_import, do_import

ROWS = 100_000
NAMES = {
    "xb": "男", "mz": "汉族", "zzmm": "共青团员", "yx": "示范大学", "xl": "本科生毕业", "pyfs": "非定向",
    "syszddm": "110000", "syszd": "北京市", "knslbdm": "0", "knslb": "非困难生", "dazjdw": "示范市人才服务中心",
}  # fmt: skip

_ALONE = """
import sys, time
from python_calamine import CalamineWorkbook
began = time.perf_counter()
rows = CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
print(len(rows), time.perf_counter() - began)
"""


async def rounds(count: int) -> list[tuple[float, float]]:
    """Interleaved (ours, rival) rows per second."""
    cores = range(os.cpu_count() or 1)
    os.sched_setaffinity(0, cores)  # the acts' bench, in the same process, keeps to one core
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "roster.xlsx"
        file.write_bytes(_made())
        async with fresh_database(cores=cores):
            return await _rounds(file, count)


def _made() -> bytes:
    return national_file(
        [
            roster_row(**NAMES, szbj=f"计科{n % 40}班", dzyx=f"a{n}@example.com", jtdz=f"示范市示范路{n}号")
            for n in range(ROWS)
        ]
    )


async def _rounds(file: Path, count: int) -> list[tuple[float, float]]:
    found, content = [], await asyncio.to_thread(file.read_bytes)
    for _ in range(count):
        world = await make_world(graduates=0, employers=0, submit=False)
        watching = asyncio.create_task(_watch())
        found.append((await _ours(world, content), _rival(file)))
        watching.cancel()
        await db.execute("DELETE FROM graduates")  # the next round's school would take everybody over from this one
        await db.execute("VACUUM graduates")
    sys.stdout.write(f"peak memory of a reading process: {max(_peaks.values()) // 1024} MB, of two at most\n")
    return found


_peaks: dict[str, int] = {}


async def _watch() -> None:
    """Note the peaks (KB) of the processes that read, which the system tells only while they live."""
    while True:
        for place in await asyncio.to_thread(lambda: list(Path("/proc").glob("[0-9]*"))):
            with contextlib.suppress(OSError):
                if b"workflows.roster_reader" in (place / "cmdline").read_bytes():
                    found = re.search(r"VmHWM:\s+([0-9]+)", (place / "status").read_text())
                    _peaks[place.name] = int(found[1]) if found else 0
        await asyncio.sleep(0.2)


async def _ours(world: World, content: bytes) -> float:
    await begin_import(world.school, world.cohort, content)
    began = time.perf_counter()
    work = await jobs.claim_job(CLOCK)
    if work is None:
        raise RuntimeError("the job was not there")
    await do_import(work, Progress())
    passed = time.perf_counter() - began
    there = await db.fetch_value("SELECT count(*) FROM graduates WHERE school_id = $1", world.school_id)
    if there != ROWS:
        raise RuntimeError(f"{there} rows were imported")
    return ROWS / passed


def _rival(file: Path) -> float:
    done = subprocess.run([sys.executable, "-c", _ALONE, str(file)], check=True, capture_output=True, text=True)
    rows, seconds = done.stdout.split()
    if int(rows) != ROWS + 2:
        raise RuntimeError(f"{rows} rows were read")
    return ROWS / float(seconds)


if __name__ == "__main__":
    for ours, rival in asyncio.run(rounds(int(sys.argv[1]) if len(sys.argv) > 1 else 3)):
        sys.stdout.write(f"{ours:.0f} rows/s against {rival:.0f}: {rival / ours:.2f} times\n")
