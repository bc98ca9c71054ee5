"""Room: child processes. Starting our own programs, waiting until they answer, ending them as a group.

`wangqian demo` and the tests start the platform through this; nothing here knows what a child does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

READY_SECONDS = 60.0
END_SECONDS = 15.0  # uvicorn drains running requests; longer than the longest of them
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec nothing may be imported


class ChildError(Exception):
    """A child died or did not become ready; the message ends with the last lines of its log."""


class Child:
    """One program of ours in a process group of its own, its output in a file.

    Make it in a thread that lives as long as the child may: on Linux the child dies with that thread.
    """

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._start = log.stat().st_size if log.exists() else 0
        with log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603  our own programs, no shell
                list(command), env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_die_with_parent,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 25) -> str:
        """The last lines of what this run of the child has printed."""
        with contextlib.suppress(OSError), self.log.open("rb") as file:
            file.seek(self._start)
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        return "(no log)"

    def wait_ready(self, ready: Callable[[], bool], *, seconds: float = READY_SECONDS) -> None:
        """Poll until `ready()`; raises ChildError when the child dies first or the time is up."""
        ends = time.monotonic() + seconds
        while not ready():
            if not self.alive:
                raise ChildError(f"{self.name} ended with code {self.process.returncode}\n{self.tail()}")
            if time.monotonic() > ends:
                raise ChildError(f"{self.name} did not become ready in {seconds:.0f} s\n{self.tail()}")
            time.sleep(0.05)

    def terminate(self) -> None:
        """Ask it to end; `end` waits. Apart, so that several children drain at the same time."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def end(self, *, seconds: float = END_SECONDS) -> int:
        """End the child and whatever it has started: SIGTERM, then SIGKILL to the group. Its exit code."""
        self.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def kill(self) -> None:
        """kill -9 of the whole group, as a crash would."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _die_with_parent() -> None:
    """A killed parent must not leave children on its ports (Linux; elsewhere a no-op).

    The signals go back to their defaults: a background job of a non-interactive shell is started with
    SIGINT ignored, and children would inherit that.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform == "linux":
        _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def answers(url: str) -> Callable[[], bool]:
    """A `ready` for programs that speak HTTP: the address answers below 400."""

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  loopback addresses we made
                return bool(answer.status < 400)
        except (urllib.error.URLError, OSError):
            return False

    return check


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
