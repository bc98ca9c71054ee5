"""Room: PostgreSQL as such. Its addresses, one plain connection, and what its errors mean.

Pools, transactions and migrations are in `models/db.py`, hints between processes in `models/wakeup.py`.
"""

from __future__ import annotations

import errno
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError, TransactionManagementError

from models.config import settings


class DatabaseConfigError(Exception):
    """`DATABASE_URL` is missing or names something that is not PostgreSQL."""


def credentials(url: str | None = None) -> dict[str, Any]:
    """What the driver needs to connect, read from an address.

    Forms: `postgres://user:secret@host:5432/name`, also `postgresql://` and `asyncpg://`;
    over a socket folder `asyncpg://postgres@/name?host=/folder`; `?sslmode=require` as libpq has it.
    """
    url = url or settings().database_url
    if not url:
        raise DatabaseConfigError("DATABASE_URL is empty; `wangqian demo` brings its own PostgreSQL")
    if urllib.parse.urlsplit(url).scheme not in {"postgres", "postgresql", "asyncpg"}:
        raise DatabaseConfigError("DATABASE_URL must begin with postgres://, postgresql:// or asyncpg://")
    found: dict[str, Any] = expand_db_url(url)["credentials"]
    if "sslmode" in found:
        found["ssl"] = found.pop("sslmode")
    if "command_timeout" in found:
        found["command_timeout"] = float(found["command_timeout"])
    return found


async def connect(url: str | None = None) -> Any:
    """One connection outside the pool: for LISTEN, for locks that outlive a statement. The caller closes it."""
    found = credentials(url)
    for pooled in ("minsize", "maxsize", "min_size", "max_size"):
        found.pop(pooled, None)
    found.pop("application_name", None)
    return await asyncpg.connect(timeout=10, **{k: v for k, v in found.items() if v is not None})


@contextmanager
def translated() -> Iterator[None]:
    """Statements written by hand raise the same errors as the ORM's."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as exc:
        raise IntegrityError(exc) from exc
    except (asyncpg.SyntaxOrAccessError, asyncpg.DataError) as exc:
        raise OperationalError(exc) from exc
    except asyncpg.InvalidTransactionStateError as exc:
        raise TransactionManagementError(exc) from exc


def constraint_of(exc: BaseException) -> str:
    """The name of the constraint or unique index that an IntegrityError speaks of; empty when unknown."""
    for one in _chain(exc):
        name = getattr(one, "constraint_name", None)
        if name:
            return str(name)
    return ""


# Words of asyncpg's InterfaceError that mean a lost line; its other uses are mistakes of ours.
_LOST = ("connection is closed", "connection was closed", "pool is clos", "connection has been released")
_REFUSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    DBConnectionError,
)


def is_unavailable(exc: BaseException) -> bool:
    """Does this error mean that the database cannot be reached just now (503), not that we asked wrongly?"""
    return any(_unreachable(one) for one in _chain(exc))


def _unreachable(exc: BaseException) -> bool:
    if isinstance(exc, _REFUSING):
        return True
    if isinstance(exc, asyncpg.InterfaceError):
        return any(words in str(exc) for words in _LOST)
    if isinstance(exc, (ConnectionError, TimeoutError)):
        return True
    # A missing socket is reported without a file name; a missing file of ours always has one.
    return isinstance(exc, OSError) and exc.filename is None and exc.errno in {errno.ENOENT, errno.EHOSTUNREACH}


def _chain(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [exc]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, *(arg for arg in one.args if isinstance(arg, BaseException))]
