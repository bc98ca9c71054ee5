"""Room: acts whose n-th statement fails: what a lost connection does, at every place where it can."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from models import db
from workflows import engine, journal, loading

READERS = ((engine, ("fetch", "execute")), (journal, ("fetch", "execute")), (loading, ("fetch",)))


class Broken(Exception):
    """Planted."""


@contextmanager
def broken_after(done: int) -> Iterator[None]:
    """Within, the first so many statements of an act do their work and the next one fails after it."""
    calls = 0

    def counting(real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run(*args: Any) -> Any:
            nonlocal calls
            calls += 1
            result = await real(*args)
            if calls > done:
                raise Broken
            return result

        return run

    with pytest.MonkeyPatch.context() as patch:
        for module, names in READERS:
            for name in names:
                patch.setattr(module, name, counting(getattr(db, name)))
        yield
