"""Room: the sandbox's memory: an append-only file of JSON lines per system, folded again at the next start."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Journal:
    """Events of one system. `write` appends, flushes, and only then lets the event change the state in memory.

    `durable`: also forced to the disk before `write` returns, for systems whose word must outlive a power cut.
    """

    def __init__(self, path: Path, apply: Callable[[Event], None], *, durable: bool = False) -> None:
        self._path = path
        self._apply = apply
        self._durable = durable
        path.parent.mkdir(parents=True, exist_ok=True)
        end = self._replay()
        self._file = path.open("ab")
        self._file.truncate(end)

    def write(self, event: Event) -> None:
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        start = self._file.tell()
        try:
            self._file.write(line)
            self._file.flush()
            if self._durable:
                os.fsync(self._file.fileno())
        except OSError:
            # A torn line would swallow the next event.
            self._file.truncate(start)
            raise
        self._apply(event)

    def close(self) -> None:
        self._file.close()

    def _replay(self) -> int:
        """Fold what is there; gives the length up to which it is whole (a killed process may leave a torn tail)."""
        if not self._path.exists():
            return 0
        end = 0
        with self._path.open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                self._apply(json.loads(line))
                end += len(line)
        return end
