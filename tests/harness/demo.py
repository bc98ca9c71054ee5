"""Room: the demo's data for tests: a database filled with them, a sweep for what looks like somebody's number."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from models import db
from models.vault import VaultError, is_sealed, unseal
from tests.harness.postgres import TestServer, database_name
from workflows.demo import seed


@asynccontextmanager
async def seeded(server: TestServer, back_to: str | None, **asked: Any) -> AsyncIterator[str]:
    """A database of its own with the demo's data, open in this process; afterwards `back_to` is open again."""
    name = database_name()
    url = server.clone(name)
    await db.close_database()
    await db.open_database(url)
    try:
        await seed(**asked)
        yield url
    finally:
        await db.close_database()
        if back_to is not None:
            await db.open_database(back_to)
        server.drop(name)


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
        for row in rows:
            value = json.loads(row["value"]) if column["data_type"] == "jsonb" else row["value"]
            for text in _texts(value):
                for kind, shape in SHAPES.items():
                    found.update((kind, hit) for hit in shape.findall(text))
    return found
