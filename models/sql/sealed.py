"""Room: where sealed texts stand (`models.vault`), for the rotation of the data keys.

A column that holds one must stand here; a test compares with every column of a full database.
"""

from __future__ import annotations

from dataclasses import dataclass

_FORM, _SNAPSHOT, _PROFILE = "records.form", "records.snapshot", "employers.profile"


@dataclass(frozen=True, slots=True)
class Column:
    """A text column that is sealed as a whole, or a JSON column with sealed texts inside it.

    `places`: what a text in it may have been sealed for. `key`, `type`: of the primary key.
    """

    table: str
    name: str
    places: tuple[str, ...]
    json: bool = False
    key: str = "id"
    type: str = "uuid"

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


SEALED = (
    Column("graduates", "id_enc", ("graduates.id_enc",)),
    Column("graduates", "phone_enc", ("graduates.phone_enc",)),
    Column("accounts", "totp_enc", ("accounts.totp_enc",)),
    Column("employer_handovers", "agent_mobile", ("employer_handovers.agent_mobile",)),
    Column("invitation_rows", "form", ("invitation_rows.form",)),
    Column("records", "form", (_FORM,), json=True),
    Column("records", "snapshot", (_SNAPSHOT, _PROFILE), json=True),
    Column("employers", "profile", (_PROFILE,), json=True),
    Column("agreements", "data", (_SNAPSHOT, _FORM, _PROFILE), json=True, key="number", type="text"),
    Column("drafts", "form", ("drafts.form",), json=True),
    Column(
        "outbox", "params", ("outbox.params.code", "outbox.params.to", "outbox.params.text"), json=True, type="bigint"
    ),
    Column(
        "tokens",
        "payload",
        ("tokens.payload.openid", "tokens.payload.mobile", "tokens.payload.shown"),
        json=True,
        key="digest",
        type="text",
    ),
)


def _older(column: Column, mark: str) -> str:
    """It holds a text that another key sealed than the one that `mark` names; key ids are letters, digits, - and _."""
    return f"{column.name}::text ~ ('v1:(?!' || {mark} || ':)[A-Za-z0-9_-]{{1,32}}:[A-Za-z0-9+/]+={{0,2}}')"


def look(column: Column) -> str:
    """$1: the key of today; $2: the primary key after which to go on, or null; $3: how many."""
    return f"""
SELECT {column.key} AS id, {column.name}::text AS held FROM {column.table}
WHERE {_older(column, "$1")} AND ($2::{column.type} IS NULL OR {column.key} > $2)
ORDER BY {column.key} LIMIT $3"""  # noqa: S608  the names above


def find(column: Column) -> str:
    """The same, locked. Rows that somebody holds are left for later, so that nobody waits for a rotation."""
    return f"{look(column)} FOR NO KEY UPDATE SKIP LOCKED"


def put(column: Column) -> str:
    """$1: primary keys; $2: what stands there from now on."""
    value = "x.held::jsonb" if column.json else "x.held"
    return f"""
UPDATE {column.table} t SET {column.name} = {value}
FROM unnest($1::{column.type}[], $2::text[]) AS x(id, held) WHERE t.{column.key} = x.id"""  # noqa: S608  the names above


FILES = "SELECT id, result_sha256 FROM jobs WHERE kind = 'export' AND result_sha256 <> ''"
SOURCES = "SELECT id, source_stored FROM jobs WHERE source_stored <> '' AND status IN ('waiting', 'running')"

RENAME_FILE = "UPDATE jobs SET result_sha256 = $2 WHERE id = $1 AND result_sha256 = $3"
