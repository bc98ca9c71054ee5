"""Room: the store of files, by content: a file's name is the SHA-256 of its bytes, below `<WQ_VAR>/files`.

    files/ab/cdef…       a stored file: written aside, flushed, renamed, so that it is whole or not there

Nothing below this folder is ever served as it lies there, and no name of a person's making is ever a path. Processes
that serve together share the folder. Whatever the disk refuses leaves what was there before. Every call blocks.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from models.config import settings
from models.kit import new_id

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_ASIDE: Final = "aside"  # not whole yet


class StorageError(Exception):
    """The disk did not take the bytes, or does not give them; nothing has changed."""


class NotStoredError(LookupError):
    """No whole file of that name: never stored, deleted, or no longer what its name says."""


def folder() -> Path:
    return settings().var / "files"


def _place(sha256: str) -> Path:
    if not _NAME.fullmatch(sha256):
        raise NotStoredError(sha256)
    return folder() / sha256[:2] / sha256[2:]


def put(data: bytes) -> str:
    """Keep these bytes and give their name; the same bytes twice are one file. Raises StorageError."""
    sha256 = hashlib.sha256(data).hexdigest()
    place = _place(sha256)
    aside = folder() / _ASIDE / f"{sha256}-{new_id().hex}"
    try:
        if place.is_file():
            return sha256
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            place.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(place)
        except BaseException:
            with suppress(OSError):
                aside.unlink()
            raise
    except OSError as exc:
        raise StorageError(type(exc).__name__) from exc
    return sha256


def get(sha256: str) -> bytes:
    """The bytes of that name. Raises NotStoredError, also when they are no longer those; StorageError."""
    try:
        data = _place(sha256).read_bytes()
    except FileNotFoundError:
        raise NotStoredError(sha256) from None
    except OSError as exc:
        raise StorageError(type(exc).__name__) from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise NotStoredError(sha256)
    return data
