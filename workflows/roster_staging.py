"""Room: roster rows as lines of PostgreSQL's COPY, numbers sealed: what goes into the staging table of an import.

Checked row by row here; what a row means for the entries that are there is settled by sets (`models/sql/roster.py`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from json.encoder import encode_basestring
from typing import Any

from models.kit import new_id
from models.parties import Level
from models.vault import blind_index, paper_index, seal
from workflows.roster_rows import Entry, RowFault, read_row

COLUMNS = (
    "line", "id", "ems_id", "ksh", "id_kind", "id_enc", "id_bidx", "name", "level_code", "level", "department", "major",
    "training_mode", "basic", "phone_enc", "phone_bidx", "email", "proof_code", "faults",
)  # fmt: skip
"""Of the staging table, in the order of a line."""

TWICE = "与第 {line} 行是同一名学生，请只保留一行。"
OUTSIDE_LEVEL = "该学历层次不在您的账号范围内，不能导入。"

# Without look-alikes; as 32 divides 256, every sign is as likely as any other.
_SIGNS = bytes(b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[value % 32] for value in range(256))
NULL = "\x01"
"""Stands for no value; no cell may hold a control character."""


def proof_code() -> str:
    """签约证明码: 16 signs without look-alikes, 80 bits; found by staff, typed from paper, guessed by nobody."""
    return secrets.token_bytes(16).translate(_SIGNS).decode()


@dataclass(frozen=True, slots=True)
class Stager:
    """Turns the rows of one file into lines. `level`: the scope of the account that imports."""

    school_code: str
    today: date
    level: Level

    def line(self, number: int, row: Mapping[str, Any]) -> bytes:
        """One line of COPY text; a wrong row carries its faults instead of an entry."""
        entry, faults = read_row(number, row, school_code=self.school_code, today=self.today)
        if entry is None:
            return _wrong(number, faults)
        if not self.level.covers(entry.level):
            return _wrong(number, [RowFault(number, "xldm", "outside_level", OUTSIDE_LEVEL)])
        return _right(entry)


def _right(entry: Entry) -> bytes:
    index = paper_index(entry.id_kind, entry.id_number)
    values: tuple[str, ...] = (
        str(entry.line),
        new_id().hex,
        entry.ems_id,
        entry.exam_no,
        entry.id_kind,
        seal("graduates.id_enc", entry.id_number),
        "\\x" + index.hex(),
        entry.name,
        entry.level_code,
        str(entry.level),
        entry.department,
        entry.major,
        entry.training_mode,
        "{" + ",".join([f'"{name}":{encode_basestring(value)}' for name, value in entry.basic.items()]) + "}",
        seal("graduates.phone_enc", entry.phone),
        "\\x" + blind_index("mobile", entry.phone).hex() if entry.phone else NULL,
        entry.email,
        proof_code(),
        NULL,
    )
    return _text(values)


def _wrong(line: int, faults: list[RowFault]) -> bytes:
    told = json.dumps([asdict(fault) for fault in faults], ensure_ascii=False)
    return _text((str(line), *(NULL,) * (len(COLUMNS) - 2), told))


def _text(values: tuple[str, ...]) -> bytes:
    joined = "\t".join(values)
    return (joined.replace("\\", "\\\\") + "\n").encode()
