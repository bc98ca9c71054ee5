"""Room: the demo's data for tests: a database filled with them, a sweep for what looks like somebody's number."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

from models import db, kit
from models.codes.identity import check_id_number, check_uscc
from models.states import (
    Destination,
    OfflineSigning,
    OfflineTermination,
    OnlineSigning,
    OnlineTermination,
    Supplementary,
)
from models.vault import VaultError, is_sealed, unseal
from tests.harness.postgres import TestServer, own_database
from workflows.demo import seed
from workflows.demo.invented import ABOLISHED
from workflows.flows import FLOWS

EVERY_STATE = {(str(flow), state.name) for flow, table in FLOWS.items() for state in table.states}


@asynccontextmanager
async def seeded(server: TestServer, **asked: Any) -> AsyncIterator[str]:
    """One with the demo's data."""
    async with own_database(server) as url:
        await seed(**asked)
        yield url


_TEXTS = """
SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN pg_class k ON k.relname = c.table_name
WHERE c.table_schema = 'public' AND k.relkind = 'r' AND c.data_type IN ('text', 'character varying', 'jsonb')"""
_SEALED_TEXT = "v1:[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]{30,}"


async def sealed_columns() -> set[str]:
    """Every column of the open database in which a sealed text stands, as `table.column`."""
    found = set()
    for row in await db.fetch(_TEXTS):
        table, column = row["table_name"], row["column_name"]
        if await db.fetch_value(f'SELECT EXISTS (SELECT 1 FROM "{table}" WHERE "{column}"::text ~ $1)', _SEALED_TEXT):
            found.add(f"{table}.{column}")
    return found


_PLACES = (
    "graduates.id_enc",
    "graduates.phone_enc",
    "records.form",
    "records.snapshot",
    "employers.profile",
    "tokens.payload.openid",
)
SHAPES = {
    "mobile": re.compile(r"(?<![0-9A-Za-z-])1[3-9][0-9]{9}(?![0-9A-Za-z])"),
    "id_number": re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9X](?![0-9A-Za-z])"),
    "credit_code": re.compile(r"(?<![0-9A-Za-z])[0-9A-Z]{2}[0-9]{6}[0-9A-Z]{9}[0-9A-Z](?![0-9A-Za-z])"),
    "fixed_line": re.compile(r"(?<![0-9A-Za-z-])0[0-9]{2,3}-[0-9]{7,8}(?![0-9A-Za-z-])"),
    "email": re.compile(r"[\w.+-]+@[\w.-]+"),
}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str() if is_sealed(value):
            yield _opened(value)
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)


def _opened(sealed: str) -> str:
    for place in _PLACES:
        try:
            return unseal(place, sealed)
        except VaultError:
            continue
    raise AssertionError("a sealed text of no known place")


async def lookalikes() -> Counter[tuple[str, str]]:
    """Whatever looks like a number of somebody, anywhere in the database: its kind and itself."""
    found: Counter[tuple[str, str]] = Counter()
    columns = await db.fetch(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type IN ('character varying', 'text', 'jsonb')"
    )
    for column in columns:
        name = column["column_name"]
        rows = await db.fetch(f'SELECT "{name}" AS value FROM "{column["table_name"]}" WHERE "{name}" IS NOT NULL')
        values = (json.loads(row["value"]) if column["data_type"] == "jsonb" else row["value"] for row in rows)
        text = "\n".join(text for value in values for text in _texts(value))
        for kind, shape in SHAPES.items():
            found.update((kind, hit) for hit in shape.findall(text))
    return found


def check_invented(kind: str, number: str) -> None:
    """That a number which `lookalikes` found is one that nobody has."""
    today = kit.shanghai_day(kit.now())
    match kind:
        case "mobile":
            assert number.startswith("154"), number
        case "id_number" if number[2:8] in ABOLISHED:
            assert check_uscc(number) == number  # a credit code without letters
        case "id_number":
            assert check_id_number(number, today) == number
            assert number[2:6] == "0000"
            assert number[:2] not in ("81", "82", "83")
        case "credit_code":
            assert number[2:8] in ABOLISHED or number[2:6] == "0000", number
        case "fixed_line":
            assert number.split("-")[1].startswith("0"), number
        case "email":
            assert number.endswith("@example.com"), number


# What each person of the sandbox phone has been through: the states of their records, the oldest first.
S, T, D = OnlineSigning, OnlineTermination, Destination
SITUATIONS: dict[int, list[StrEnum]] = {
    1: [S.INVITED, S.INVITED],
    2: [S.REVIEW_DEPARTMENT],
    3: [S.REVIEW_SCHOOL],
    4: [S.SIGNED],
    5: [S.REFUSED, S.INVITED],
    6: [S.INVITED],
    7: [S.INVITED],
    8: [],
    9: [S.INVITED],
    10: [S.SIGNED],
    11: [S.REJECTED, S.INVITED],
    12: [S.WITHDRAWN, S.EXPIRED, S.SUPERSEDED, S.SIGNED],
    13: [S.REVIEW_SCHOOL, S.INVITED],
    14: [],
    15: [S.SIGNED],
    16: [OfflineSigning.AGREEMENT_ISSUED],
    17: [Supplementary.RETURNED],
    18: [S.SIGNED, T.AWAITING_GRADUATE],
    19: [D.RETURNED],
    20: [D.APPROVED],
    21: [D.REVIEW_DEPARTMENT],
    22: [S.SIGNED],
    23: [S.SIGNED, T.AWAITING_EMPLOYER],
    24: [S.TERMINATED, T.FORCED],
    25: [D.REVIEW_DEPARTMENT],
    26: [OfflineSigning.SIGNED, OfflineTermination.RETURNED],
    27: [OfflineSigning.TERMINATED, OfflineTermination.COMPLETED],
    28: [OfflineSigning.SIGNING_RETURNED],
    29: [S.SIGNED, T.EMPLOYER_REFUSED, T.WITHDRAWN],
    30: [OfflineSigning.LAPSED],
    31: [OfflineSigning.AGREEMENT_DRAFT],
    32: [OfflineSigning.AGREEMENT_RETURNED],
    33: [D.VOIDED],
}
MODES = {8: "41", 21: "21"}
