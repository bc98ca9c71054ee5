"""Room: a roster file is read in a process of its own: `python -m workflows.roster_reader`.

Reading keeps a processor busy for seconds, and a hostile workbook may ask for more memory than there is: both stay
out of the notifier's loop. One line of JSON comes in (what to read, for whom), lines of COPY go out on stdout; on
stderr one line says what the file is, or why it cannot be read. When the other side dies, the pipe breaks and this
process ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from models import storage
from models.parties import Level
from models.vault import unseal_file
from workflows.roster_files import TOO_BIG_INSIDE, BadFileError, RosterFile, read_file
from workflows.roster_staging import Stager

SOURCE_PLACE: Final = "jobs.source"
"""Where a roster file stands sealed: it holds everybody's numbers."""
MEMORY: Final = 4 * 1024**3
SECONDS: Final = 600
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """`stored`: the sealed file in the store; `level`: the scope of the account; `today`: ISO, Asia/Shanghai."""

    stored: str
    school_code: str
    today: str
    level: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a file is: its sheet, how many rows it has (roughly), the columns that nobody reads."""

    sheet: str
    total: int
    ignored: tuple[str, ...]


class ReaderError(Exception):
    """The reading process ended without a reason that could be told."""


# --- on the side of the notifier -----------------------------------------------------------------


@dataclass(slots=True)
class Reading:
    """A file that is being read by a child. First `head()`, then `lines()` to its end; `close()` in any case."""

    process: asyncio.subprocess.Process

    @classmethod
    async def begin(cls, order: Order) -> Reading:
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "workflows.roster_reader")
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, limit=2 * _CHUNK)
        reading = cls(process)
        if process.stdin is not None:
            process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            process.stdin.close()
        return reading

    async def head(self) -> Head:
        """Raises BadFileError, ReaderError."""
        said = await self._said()
        if "total" not in said:
            await self._fail(said)
        return Head(said["sheet"], said["total"], tuple(said["ignored"]))

    async def lines(self, count: Callable[[int], None]) -> AsyncIterator[bytes]:
        """COPY text in pieces; `count` is told how many rows have passed. Raises BadFileError, ReaderError."""
        out = self.process.stdout
        rows = 0
        while out is not None and (piece := await out.read(_CHUNK)):
            rows += piece.count(b"\n")
            count(rows)
            yield piece
        said = await self._said()
        if said or await self.process.wait() != 0:
            await self._fail(said)

    async def close(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def _said(self) -> dict[str, Any]:
        line = await self.process.stderr.readline() if self.process.stderr is not None else b""
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
        return {"noise": True} if line else {}

    async def _fail(self, said: dict[str, Any]) -> None:
        if "sentence" in said:
            raise BadFileError(str(said["sentence"]))
        status = await self.process.wait()
        # Out of memory ends in an abort of the parser's allocator, endless reading in the kernel's signal.
        if status < 0 or said.get("memory"):
            raise BadFileError(TOO_BIG_INSIDE)
        raise ReaderError(f"the reader ended with {status}")


# --- on the side of the child --------------------------------------------------------------------


def _say(**words: Any) -> None:
    sys.stderr.write(json.dumps(words, ensure_ascii=False) + "\n")
    sys.stderr.flush()


def _work(order: Order) -> None:
    file: RosterFile = read_file(unseal_file(SOURCE_PLACE, storage.get(order.stored)))
    _say(sheet=file.sheet, total=file.total, ignored=file.ignored)
    stager = Stager(order.school_code, date.fromisoformat(order.today), Level(order.level))
    columns = tuple(file.columns.items())
    out = sys.stdout.buffer
    for line, cells in file.rows:
        row = {name: cells[at] for name, at in columns if at < len(cells)}
        out.write(stager.line(line, row))
    out.flush()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = Order(**json.loads(sys.stdin.readline()))
    gc.disable()  # nothing here is circular, and a million cells would be looked through again and again
    try:
        _work(order)
    except BadFileError as bad:
        _say(sentence=bad.sentence)
        return 2
    except MemoryError:
        _say(memory=True)
        return 3
    except BrokenPipeError:
        return 4
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
