"""Room: having a file made over by a child process: one at a time, off the event loop, with an end in any case."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from workflows.errors import Unavailable
from workflows.intake.faults import Unfit
from workflows.intake.sieve import Made

SECONDS: Final = 20.0

_ONE = ThreadPoolExecutor(1, "intake")  # one child at a time, so that memory stays bounded however many upload at once
_COMMAND: Final = (sys.executable, "-I", "-m", "workflows.intake")
_ENVIRONMENT: Final = {"LANG": "C.UTF-8"}  # nothing of ours: no keys, no addresses

log = logging.getLogger(__name__)


async def make_over(data: bytes) -> Made:
    """The file as we make it anew. Raises Unfit; Unavailable when no child could be started."""
    return await asyncio.get_running_loop().run_in_executor(_ONE, make_over_here, data)


def make_over_here(data: bytes) -> Made:
    """The same, blocking."""
    try:
        done = subprocess.run(  # noqa: S603  our own program, no shell
            _COMMAND, input=data, capture_output=True, timeout=SECONDS, env=_ENVIRONMENT, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unfit("file_heavy") from None
    except OSError as exc:
        log.error("no child for a file: %s", type(exc).__name__)
        raise Unavailable from exc
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode or not head:
        return _ended(done.returncode, done.stderr)
    said = json.loads(head)
    if said["fault"]:
        raise Unfit(said["fault"])
    return Made(body, said["media"], said["pages"], said["dhash"])


def _ended(code: int, said: bytes) -> Made:
    """A child that says nothing was ended by its bounds, or its decoder fell; one that could not begin is our fault."""
    if code < 0 or b"MemoryError" in said:
        log.warning("a file ended its child: %d", code)
        raise Unfit("file_heavy")
    log.error("a child for files failed: %s", said.decode(errors="replace").strip().splitlines()[-1:])
    raise Unavailable
