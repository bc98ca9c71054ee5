"""Room: what a code table is: frozen entries, looked up by code, by label, by alias, by cohort."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from models.kit import fold


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


class UnknownCode(LookupError):
    """A text that stands for no entry of a table. `hint` is a Chinese sentence on what to write instead."""

    def __init__(self, table: CodeTable, text: str) -> None:
        self.table = table.name
        self.text = text
        self.hint = table.hints.get(text) or f"“{text[:40]}”不在{table.title}代码表中"
        super().__init__(self.hint)


class BadTable(ValueError):
    """A data file that contradicts itself; raised while loading, so it never reaches a person."""


@dataclass(frozen=True, slots=True)
class Code:
    """One entry. `valid_from` and `valid_until` are cohorts (years), both included, None = without limit."""

    code: str
    label: str
    group: str = ""
    aliases: tuple[str, ...] = ()
    valid_from: int | None = None
    valid_until: int | None = None
    traits: Mapping[str, Any] = field(default_factory=_nothing)

    def serves(self, cohort: int | None) -> bool:
        """Whether graduates of that cohort may choose it; None asks for no cohort in particular."""
        if cohort is None:
            return True
        return (self.valid_from or cohort) <= cohort <= (self.valid_until or cohort)


@dataclass(frozen=True)
class CodeTable:
    """A named table, in the order in which its choices are shown.

    `groups` maps a group's key to its Chinese name; `hints` maps texts that are refused on purpose
    to the sentence that says what to write instead.
    """

    name: str
    title: str
    source: str
    codes: tuple[Code, ...]
    groups: Mapping[str, str] = field(default_factory=_nothing)
    hints: Mapping[str, str] = field(default_factory=_nothing)
    _by_code: Mapping[str, Code] = field(init=False, repr=False, compare=False)
    _by_text: Mapping[str, Code] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code = {entry.code: entry for entry in self.codes}
        if len(by_code) != len(self.codes):
            raise BadTable(f"{self.name}: a code stands twice")
        if unknown := {entry.group for entry in self.codes if entry.group} - set(self.groups):
            raise BadTable(f"{self.name}: groups without a name: {sorted(unknown)}")
        object.__setattr__(self, "_by_code", MappingProxyType(by_code))
        object.__setattr__(self, "_by_text", MappingProxyType(self._texts()))

    def _texts(self) -> dict[str, Code]:
        """Every label and alias, folded. Where a lapsed entry and a later one share a name, the later one has it."""
        found: dict[str, Code] = {}
        claims = [(fold(text), entry) for entry in self.codes for text in (entry.label, *entry.aliases)]
        for text, entry in claims:
            other = found.setdefault(text, entry)
            if other is entry:
                continue
            if entry.valid_until is None and other.valid_until is None:
                raise BadTable(f"{self.name}: “{text}” stands for {other.code} and {entry.code}")
            if other.valid_until is not None and (entry.valid_until or 9999) > other.valid_until:
                found[text] = entry
        return found

    def __contains__(self, code: object) -> bool:
        return isinstance(code, str) and code in self._by_code

    def __iter__(self) -> Iterator[Code]:
        return iter(self.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def get(self, code: str) -> Code:
        """The entry of a code, lapsed ones included (old records keep theirs). Raises `UnknownCode`."""
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownCode(self, code) from None

    def label(self, code: str) -> str:
        """The Chinese name of a code. Raises `UnknownCode`."""
        return self.get(code).label

    def items(self, cohort: int | None = None) -> tuple[Code, ...]:
        """What that cohort may choose from, in the table's order; without a cohort every entry."""
        return tuple(entry for entry in self.codes if entry.serves(cohort))

    def having(self, trait: str, value: object = True) -> frozenset[str]:
        """The codes whose trait has that value, or whose list of values holds it."""
        return frozenset(entry.code for entry in self.codes if _has(entry.traits.get(trait), value))

    def accepts(self, text: str) -> str:
        """The code that a typed or imported text stands for: a code, a label or an alias.

        Excel turns `01` into the number 1, so digits are filled up with zeros where all codes of the
        table are equally long. Raises `UnknownCode`, whose hint says what to write.
        """
        folded = fold(text)
        if folded in self.hints:
            raise UnknownCode(self, folded)
        if folded in self._by_code:
            return folded
        if folded.isascii() and folded.isdigit() and (filled := folded.zfill(self._width())) in self._by_code:
            return filled
        if folded in self._by_text:
            return self._by_text[folded].code
        raise UnknownCode(self, folded)

    def _width(self) -> int:
        widths = {len(code) for code in self._by_code}
        return widths.pop() if len(widths) == 1 else 0


def _has(trait: object, value: object) -> bool:
    return value in trait if isinstance(trait, tuple) else trait == value


def load(path: Path) -> CodeTable:
    """Read one data file. Raises `BadTable` where the file's name and its `name` differ or an entry is doubled."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if raw["name"] != path.stem:
        raise BadTable(f"{path.name} calls itself {raw['name']}")
    return CodeTable(
        name=raw["name"],
        title=raw["title"],
        source=raw["source"],
        codes=tuple(_entry(item) for item in raw["codes"]),
        groups=MappingProxyType(dict(raw.get("groups", {}))),
        hints=MappingProxyType(dict(raw.get("hints", {}))),
    )


def _entry(item: Mapping[str, Any]) -> Code:
    traits = {key: tuple(value) if isinstance(value, list) else value for key, value in item.get("traits", {}).items()}
    return Code(
        code=item["code"],
        label=item["label"],
        group=item.get("group", ""),
        aliases=tuple(item.get("aliases", ())),
        valid_from=item.get("valid_from"),
        valid_until=item.get("valid_until"),
        traits=MappingProxyType(traits),
    )
