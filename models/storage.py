"""Room: the store of files, by content: a file's name is the SHA-256 of its bytes, below `<WQ_VAR>/files`.

    files/ab/cdef…       a stored file: written aside, flushed, renamed, so that it is whole or not there
    files/parts/<id>     an upload on its way; what lies beyond the bytes that its row counts is not there yet

Nothing below this folder is ever served as it lies there, and no name of a person's making is ever a path. Processes
that serve together share the folder. Whatever the disk refuses leaves what was there before. Every call blocks.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from models.config import settings
from models.kit import new_id, parse_id

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_ASIDE: Final = "aside"  # not whole yet, or on its way out
_PARTS: Final = "parts"


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


# --- whole files ---------------------------------------------------------------------------------


def put(data: bytes) -> str:
    """Keep these bytes and give their name; the same bytes twice are one file. Raises StorageError."""
    sha256 = hashlib.sha256(data).hexdigest()
    place = _place(sha256)
    try:
        if _touched(place, len(data)):
            return sha256
        aside = _aside(sha256)
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
        _flush_folder(place.parent)
    except OSError as exc:
        raise StorageError(type(exc).__name__) from exc
    return sha256


def _touched(place: Path, size: int) -> bool:
    """Whether the file stands there already; it is young again then, so that no sweep takes it for an old orphan."""
    try:
        os.utime(place)
        return place.stat().st_size == size
    except FileNotFoundError:
        return False


def _aside(name: str) -> Path:
    place = folder() / _ASIDE / f"{name}-{new_id().hex}"
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _flush_folder(place: Path) -> None:
    """A rename is on the disk when its folder is."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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


def delete(sha256: str) -> None:
    """Harmless where there is none. Who deletes knows that no row names the file."""
    with suppress(FileNotFoundError):
        _place(sha256).unlink()


# --- uploads on their way ------------------------------------------------------------------------


def _part(upload_id: UUID) -> Path:
    return folder() / _PARTS / str(upload_id)


def write_part(upload_id: UUID, offset: int, data: bytes) -> None:
    """Write bytes at their place and flush them; what was there from `offset` on did not count. Raises StorageError."""
    place = _part(upload_id)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            rest = memoryview(data)
            while rest:
                done = os.pwrite(handle, rest, offset)
                rest, offset = rest[done:], offset + done
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as exc:
        raise StorageError(type(exc).__name__) from exc


def read_part(upload_id: UUID, total: int) -> bytes:
    """The upload's first `total` bytes. Raises NotStoredError when there are fewer, StorageError."""
    try:
        with _part(upload_id).open("rb") as file:
            data = file.read(total)
    except FileNotFoundError:
        raise NotStoredError(str(upload_id)) from None
    except OSError as exc:
        raise StorageError(type(exc).__name__) from exc
    if len(data) != total:
        raise NotStoredError(str(upload_id))
    return data


def drop_part(upload_id: UUID) -> None:
    with suppress(OSError):
        _part(upload_id).unlink()


# --- what nobody names any more ------------------------------------------------------------------


def shelves() -> list[str]:
    """The folders that files stand in, to be looked through one after the other: there may be millions of files."""
    return sorted(place.name for place in folder().glob("[0-9a-f][0-9a-f]"))


def stored(shelf: str, before: datetime) -> list[str]:
    """Names of a shelf's files that were last put before that moment."""
    names = [shelf + inner.name for inner in (folder() / shelf).iterdir()]
    return sorted(name for name in names if _NAME.fullmatch(name) and _older(_place(name), before))


def parts(before: datetime) -> Iterator[UUID]:
    """Uploads on their way whose bytes were last written before that moment."""
    for inner in sorted(folder().glob(f"{_PARTS}/*")):
        upload_id = parse_id(inner.name)
        if upload_id is not None and _older(inner, before):
            yield upload_id


def discard(sha256: str, before: datetime) -> bool:
    """Delete a file that no row names, unless it was put again since `before`.

    Moved aside first and looked at there: whoever puts the same bytes meanwhile finds none and writes them anew.
    """
    place, aside = _place(sha256), _aside(sha256)
    try:
        place.replace(aside)
    except FileNotFoundError:
        return False
    if not _older(aside, before):
        aside.replace(place)
        return False
    aside.unlink()
    return True


def sweep_aside(before: datetime) -> int:
    """Delete what a write that was cut short has left; how many."""
    left = [inner for inner in folder().glob(f"{_ASIDE}/*") if _older(inner, before)]
    for inner in left:
        with suppress(FileNotFoundError):
            inner.unlink()
    return len(left)


def _older(place: Path, before: datetime) -> bool:
    try:
        return place.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False
