"""Room: the help entries: questions that people have, answered in our own words; data in `entries/*.toml`.

A file of entries is a list of

    [[entry]]
    id = "expired"                      at most 24 small letters, digits, hyphens
    title = "邀请过期了怎么办"              a numbered choice, at most 24 characters
    ask = ["…", "…"]                    the same question as people put it, at least four ways
    words = "邀请 过期 …"                 what the answer is about, between spaces
    answer = '''…'''                    at most 600 characters, without links
    guide = "7.1"                       the chapter of the operating guide that the facts are from
    next = "invitations"                a topic of the chat, or: page = "/m/records"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "entries"
TITLE_LENGTH, ANSWER_LENGTH, VARIANTS = 24, 600, 4
CHAPTERS: Final = frozenset(
    (*(str(n) for n in range(1, 17)), "7.1", "7.2", "9.1", "9.2"),
)

_ID = re.compile(r"[a-z0-9-]{1,24}").fullmatch
_MEMBERS = {"id", "title", "ask", "words", "answer", "guide"}


class EntryError(ValueError):
    """An entry that is written wrongly; a mistake of ours, found when the entries are read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answer. Either `next` (a topic of the chat) or `page` (a path of the phone pages)."""

    id: str
    title: str
    ask: tuple[str, ...]
    words: tuple[str, ...]
    answer: str
    guide: str
    next: str
    page: str


@lru_cache(maxsize=1)
def entries() -> Mapping[str, Entry]:
    """All entries by id, in the order of the files. Raises EntryError."""
    found: dict[str, Entry] = {}
    for entry in _read():
        if entry.id in found:
            raise EntryError(f"{entry.id} is there twice")
        found[entry.id] = entry
    return found


def _read() -> Iterator[Entry]:
    for file in sorted(FOLDER.glob("*.toml")):
        for raw in tomllib.loads(file.read_text(encoding="utf-8"))["entry"]:
            yield entry_of(raw)


def entry_of(raw: Mapping[str, Any]) -> Entry:
    """The entry of one table of a file. Raises EntryError that names it."""
    where = raw.get("id", "an entry without id")
    members = set(raw)
    if not members >= _MEMBERS or len(members - _MEMBERS) != 1 or not members - _MEMBERS <= {"next", "page"}:
        raise EntryError(f"{where}: members are {sorted(_MEMBERS)} and one of next, page; not {sorted(members)}")
    entry = Entry(
        id=raw["id"],
        title=raw["title"],
        ask=tuple(raw["ask"]),
        words=tuple(raw["words"].split()),
        answer=raw["answer"].strip(),
        guide=raw["guide"],
        next=raw.get("next", ""),
        page=raw.get("page", ""),
    )
    if not _ID(entry.id):
        raise EntryError(f"{where}: an id is 1 to 24 small letters, digits and hyphens")
    if not 0 < len(entry.title) <= TITLE_LENGTH or not 0 < len(entry.answer) <= ANSWER_LENGTH:
        raise EntryError(f"{where}: title up to {TITLE_LENGTH} characters, answer up to {ANSWER_LENGTH}")
    if len(set(entry.ask)) < VARIANTS:
        raise EntryError(f"{where}: the question in at least {VARIANTS} ways")
    if entry.guide not in CHAPTERS:
        raise EntryError(f"{where}: the guide has no chapter {entry.guide!r}")
    return entry
