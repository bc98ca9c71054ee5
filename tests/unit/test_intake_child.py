"""Room: the child that makes a file over: bounded in memory and time, without anything of ours (test catalogue F3)."""

from __future__ import annotations

import asyncio
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.harness import files
from workflows.errors import Unavailable
from workflows.intake import making
from workflows.intake.faults import Unfit
from workflows.intake.sieve import remake

MEGABYTES = 256
SECONDS = 2.0  # of the processor: others may want the machine too

HEAVY = {
    "photograph": lambda: files.written(Image.effect_noise((8000, 6400), 8).convert("RGB"), quality=50),
    "progressive": lambda: files.written(
        Image.effect_noise((4900, 3600), 5).convert("CMYK"), quality=30, progressive=True
    ),
    "transparent": lambda: files.png_of(4100, 4100, colour=6),
    "sixteen bits": lambda: files.png_of(4100, 4100, colour=0, bits=16),
}

# The child's own report of the most memory that it held, and how long it took.
MEASURE = """
import resource, subprocess, sys
command = [sys.executable, "-I", "-m", "workflows.intake"]
done = subprocess.run(command, stdin=open(sys.argv[1], "rb"), capture_output=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_maxrss // 1024, used.ru_utime + used.ru_stime, done.stdout.partition(b"\\n")[0].decode())
"""


@pytest.mark.parametrize("name", HEAVY)
def test_the_heaviest_pictures_that_are_taken_stay_within_memory_and_time(name: str, tmp_path: Path) -> None:
    file = tmp_path / "heavy"
    file.write_bytes(HEAVY[name]())
    done = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True)
    code, used, seconds, said = done.stdout.strip().split(" ", 3)
    assert '"fault": ""' in said
    assert code == "0"
    assert int(used) <= MEGABYTES
    assert float(seconds) <= SECONDS


async def test_a_file_comes_back_as_it_would_be_made_here() -> None:
    assert await making.make_over(files.jpeg()) == remake(files.jpeg())
    assert await making.make_over(files.wicked_pdf()) == remake(files.wicked_pdf())


async def test_a_refusal_comes_back_with_its_reason() -> None:
    with pytest.raises(Unfit) as caught:
        await making.make_over(files.HEIC)
    assert caught.value.code == "file_heic"


async def test_files_are_made_over_one_at_a_time_and_the_loop_goes_on() -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0.01)

    beating = asyncio.ensure_future(beat())
    made = await asyncio.gather(*(making.make_over(files.jpeg(seed)) for seed in range(4)))
    beating.cancel()
    assert len({one.sha256 for one in made}) == 4
    assert beats > 10
    assert len(making._ONE._threads) == 1


def bomb(megabytes: int) -> bytes:
    """A PDF of one page whose catalogue stands in a stream with so many megabytes of blanks behind it."""
    catalogue, pages = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    head = b"1 0 2 %d " % (len(catalogue) + 1)
    packer = zlib.compressobj(6)
    body = packer.compress(head + catalogue + b" " + pages)
    body += b"".join(packer.compress(b" " * 1_000_000) for _ in range(megabytes)) + packer.flush()
    page = b"%PDF-1.5\n3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n"
    packed = b"<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length %d>>" % (len(head), len(body))
    held = page + b"5 0 obj " + packed + b" stream\n" + body + b"\nendstream endobj\n"
    places = [(0, 0, 0), (2, 5, 0), (2, 5, 1), (1, 9, 0), (0, 0, 0), (1, len(page), 0), (1, len(held), 0)]
    rows = b"".join(struct.pack(">BIB", *place) for place in places)
    table = b"6 0 obj <</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>" % len(rows)
    return held + table + b" stream\n" + rows + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % len(held)


def test_a_document_that_unpacks_itself_without_end_ends_its_child_and_nothing_else() -> None:
    assert remake(bomb(1)).pages == 1  # it is a good document but for its size
    data = bomb(500)
    assert len(data) < 1_000_000
    with pytest.raises(Unfit) as caught:
        making.make_over_here(data)
    assert caught.value.code in {"file_heavy", "file_broken"}


def test_the_child_has_none_of_our_settings() -> None:
    """Neither environment nor working folder reach it: it imports what is installed and reads what it is given."""
    assert "DATABASE_URL" not in making._ENVIRONMENT
    assert not [name for name in making._ENVIRONMENT if name.startswith("WQ_")]
    assert "-I" in making._COMMAND
    seen = subprocess.run(
        [sys.executable, "-I", "-c", "import sys, workflows.intake.sieve; print(*sorted(sys.modules))"],
        capture_output=True, text=True, check=True, env=making._ENVIRONMENT,
    )  # fmt: skip
    loaded = set(seen.stdout.split())
    assert "workflows.intake.pdfs" in loaded
    assert not loaded & {"models.config", "models.vault", "models.db", "tortoise", "asyncpg", "redis", "quart"}


async def test_no_child_at_all_is_ours_to_answer_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(making, "_COMMAND", (str(tmp_path / "missing"),))
    with pytest.raises(Unavailable):
        await making.make_over(files.jpeg())
    monkeypatch.setattr(making, "_COMMAND", (sys.executable, "-I", "-c", "raise ImportError('workflows')"))
    with pytest.raises(Unavailable):
        await making.make_over(files.jpeg())


@pytest.mark.parametrize("ending", ["os.kill(os.getpid(), signal.SIGSEGV)", "time.sleep(60)"])
def test_a_child_that_falls_or_hangs_refuses_its_file(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"import os, signal, time; {ending}"
    monkeypatch.setattr(making, "_COMMAND", (sys.executable, "-I", "-c", code))
    monkeypatch.setattr(making, "SECONDS", 0.5)
    with pytest.raises(Unfit) as caught:
        making.make_over_here(files.jpeg())
    assert caught.value.code == "file_heavy"
