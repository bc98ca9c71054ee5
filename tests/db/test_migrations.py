"""Room: a migrated database is what the models say, and has every guard that the migrations name."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

from tortoise.context import require_context
from tortoise.migrations.autodetector import MigrationAutodetector

from models import db
from tests.harness.postgres import TestServer

ROOT = Path(__file__).resolve().parents[2]
OWN = "tortoise_migrations"  # Tortoise's note of what was applied

COLUMNS = f"""
SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
       pg_get_expr(d.adbin, d.adrelid) AS value
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '{OWN}'"""
INDEXES = f"""
SELECT tablename AS table, indexname AS name, indexdef AS definition FROM pg_indexes
WHERE schemaname = 'public' AND tablename <> '{OWN}'"""
CONSTRAINTS = f"""
SELECT c.relname AS table, k.conname AS name, k.contype::text AS kind, pg_get_constraintdef(k.oid) AS definition
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND k.contype <> 'n' AND c.relname <> '{OWN}'"""
TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"

GENERATE = """
import asyncio, sys
from tortoise.context import TortoiseContext
from models import db
async def main():
    async with TortoiseContext() as context:
        await context.init(config=db.config(sys.argv[1]))
        await context.generate_schemas()
asyncio.run(main())
"""


async def read(url: str, sql: str) -> list[dict[str, object]]:
    line = await db.connect(url)
    try:
        return [dict(row) for row in await line.fetch(sql)]
    finally:
        await line.close()


def without_name(definition: object) -> str:
    """An index as what it does: generated names differ between a migration and a fresh table."""
    return re.sub(r"INDEX \S+ ON", "INDEX ON", str(definition))


def named_guards() -> set[str]:
    """Indexes, constraints and triggers that the migrations' own SQL makes."""
    text = "\n".join(file.read_text() for file in sorted((ROOT / "models/migrations").glob("0*.py")))
    made = re.findall(
        r"(?:CREATE (?:UNIQUE )?INDEX|ADD CONSTRAINT|CREATE (?:CONSTRAINT )?TRIGGER) (?:IF NOT EXISTS )?\"?(\w+)\"?",
        text,
    )
    gone = re.findall(r"DROP (?:INDEX|CONSTRAINT|TRIGGER) (?:IF EXISTS )?\"?(\w+)\"?", "".join(_forward(text)))
    return set(made) - set(gone)


def _forward(text: str) -> list[str]:
    """Only what is run on the way forward may take a guard away again."""
    return re.findall(r"FORWARD\s*=\s*\[.*?^\]", text, re.S | re.M)


async def test_the_models_have_no_change_that_is_not_migrated(database: str) -> None:
    settled = db.config(database)
    apps = require_context().apps
    assert apps is not None
    changes = await MigrationAutodetector(apps, settled["apps"]).changes()
    told = [str(operation) for writer in changes for operation in writer.operations]
    assert not told, "run Tortoise's makemigrations and review the file: " + "; ".join(told)


async def test_a_migrated_database_equals_the_models(
    fresh_database: str, empty_database: str, database_server: TestServer
) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", GENERATE, empty_database], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]

    def columns(rows: list[dict[str, object]]) -> set[tuple[object, ...]]:
        return {tuple(row[key] for key in ("table", "column", "type", "required", "value")) for row in rows}

    migrated, modelled = columns(await read(fresh_database, COLUMNS)), columns(await read(empty_database, COLUMNS))
    assert migrated == modelled

    guards = named_guards()
    indexes = {
        url: {
            (row["table"], without_name(row["definition"]))
            for row in await read(url, INDEXES)
            if row["name"] not in guards
        }
        for url in (fresh_database, empty_database)
    }
    assert indexes[fresh_database] == indexes[empty_database]
    constraints = {
        url: {
            (row["table"], row["kind"], row["definition"])
            for row in await read(url, CONSTRAINTS)
            if row["name"] not in guards
        }
        for url in (fresh_database, empty_database)
    }
    assert constraints[fresh_database] == constraints[empty_database]


async def test_every_guard_that_a_migration_names_stands_in_the_database(database: str) -> None:
    standing = {row["name"] for row in await read(database, INDEXES)}
    standing |= {row["name"] for row in await read(database, CONSTRAINTS)}
    standing |= {row["tgname"] for row in await read(database, TRIGGERS)}
    assert named_guards()
    assert named_guards() <= standing


async def test_no_foreign_key_points_at_records_or_the_journal(database: str) -> None:
    """So that partitioning by school stays open (contracts 2)."""
    pointing = await read(
        database,
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confrelid::regclass::text IN ('records', 'journal')",
    )
    assert pointing == []
