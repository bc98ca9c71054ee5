"""Room: a roster file is read in a process of its own: `python -m workflows.roster_reader`.

Reading keeps a processor busy for seconds, and a hostile workbook may ask for more memory than there is: both stay
out of the notifier's loop. One line of JSON comes in (what to read, for whom), lines of COPY go out on stdout; on
stderr one line says what the file is, or why it cannot be read. Rows of long files are checked by two processes, each
with a pipe of its own. When the other side dies, the pipes break and these processes end.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Any, BinaryIO, Final, NoReturn

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
_AHEAD: Final = 8  # pieces that wait for the database
_WORTH_SHARING: Final = 1500
_FIRST: Final = 0.53  # of the rows: whoever takes the others has to pass these by


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


class Reading:
    """A file that is being read by a child. First `head()`, then `lines()` to its end; `close()` in any case.

    To be begun outside a transaction: what it starts would inherit the connection.
    """

    def __init__(
        self, process: asyncio.subprocess.Process, beside: asyncio.StreamReader, end: asyncio.ReadTransport
    ) -> None:
        self._process = process
        self._end = end
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
        streams = [stream for stream in (process.stdout, beside) if stream is not None]
        self._open = len(streams)
        self._pumps = [asyncio.create_task(self._pump(stream)) for stream in streams]

    @classmethod
    async def begin(cls, order: Order) -> Reading:
        """Start the child; its second half writes into a pipe of its own."""
        pipe, (ours, theirs) = asyncio.subprocess.PIPE, os.pipe()
        beside = asyncio.StreamReader(limit=2 * _CHUNK)
        end, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(beside), os.fdopen(ours, "rb", 0)
        )
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "workflows.roster_reader", str(theirs)),
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                limit=2 * _CHUNK,
                pass_fds=(theirs,),
            )
        except BaseException:
            end.close()
            raise
        finally:
            os.close(theirs)
        if process.stdin is not None:
            process.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
            process.stdin.close()
        return cls(process, beside, end)

    async def head(self) -> Head:
        """Raises BadFileError, ReaderError."""
        said = await self._said()
        if "total" not in said:
            await self._fail(said)
        return Head(said["sheet"], said["total"], tuple(said["ignored"]))

    async def lines(self, count: Callable[[int], None]) -> AsyncIterator[bytes]:
        """COPY text, whole lines; `count` is told how many rows have passed. Raises BadFileError, ReaderError."""
        rows = 0
        while self._open:
            piece = await self._pieces.get()
            if piece is None:
                self._open -= 1
                continue
            rows += piece.count(b"\n")
            count(rows)
            yield piece
        said = await self._said()
        if said or await self._process.wait() != 0:
            await self._fail(said)

    async def close(self) -> None:
        """End the child, wherever it is; its second half ends as its pipe breaks."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._end.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def _pump(self, stream: asyncio.StreamReader) -> None:
        """Pieces of one pipe, cut at the ends of lines, so that those of two can follow each other."""
        rest = b""
        while piece := await stream.read(_CHUNK):
            cut = piece.rfind(b"\n") + 1
            if cut:
                await self._pieces.put(rest + piece[:cut])
            rest = piece[cut:] if cut else rest + piece
        if rest:
            await self._pieces.put(rest)
        await self._pieces.put(None)

    async def _said(self) -> dict[str, Any]:
        line = await self._process.stderr.readline() if self._process.stderr is not None else b""
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                return found
        return {"noise": True} if line else {}

    async def _fail(self, said: dict[str, Any]) -> NoReturn:
        if "sentence" in said:
            raise BadFileError(str(said["sentence"]))
        status = await self._process.wait()
        # Out of memory ends in an abort of the parser's allocator, endless reading in the kernel's signal.
        if status < 0 or said.get("memory"):
            raise BadFileError(TOO_BIG_INSIDE)
        raise ReaderError(f"the reader ended with {status}")


# --- on the side of the child --------------------------------------------------------------------


def _say(**words: Any) -> None:
    sys.stderr.write(json.dumps(words, ensure_ascii=False) + "\n")
    sys.stderr.flush()


def _work(order: Order, beside: int) -> None:
    """Read the file, then check its rows in two processes: checking costs three times what reading does."""
    file = read_file(unseal_file(SOURCE_PLACE, storage.get(order.stored)))
    _say(sheet=file.sheet, total=file.total, ignored=file.ignored)
    first = slice(0, int(file.total * _FIRST))
    twin = os.fork() if file.total > _WORTH_SHARING else None
    if twin == 0:
        _half(order, file, first, beside)  # never returns
    os.close(beside)
    _check(order, file, slice(0 if twin is None else first.stop, None), sys.stdout.buffer)
    if twin is not None and os.waitstatus_to_exitcode(os.waitpid(twin, 0)[1]) != 0:
        raise MemoryError


def _half(order: Order, file: RosterFile, part: slice, pipe: int) -> NoReturn:
    """What is wrong with the file as a whole, whoever reads it to its end meets as well, and says."""
    status = 3
    try:
        with os.fdopen(pipe, "wb") as out:
            _check(order, file, part, out)
        status = 0
    except BadFileError:
        status = 0
    finally:
        os._exit(status)


def _check(order: Order, file: RosterFile, part: slice, out: BinaryIO) -> None:
    """A part of the rows, as lines."""
    stager = Stager(order.school_code, date.fromisoformat(order.today), Level(order.level))
    columns = tuple(file.columns.items())
    for line, cells in islice(file.rows, part.start, part.stop):
        width = len(cells)
        row = {name: cell for name, at in columns if at < width and (cell := cells[at]) != ""}
        out.write(stager.line(line, row))
    out.flush()


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = Order(**json.loads(sys.stdin.readline()))
    gc.disable()  # nothing here is circular, and a million cells would be looked through again and again
    try:
        _work(order, int(sys.argv[1]))
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
