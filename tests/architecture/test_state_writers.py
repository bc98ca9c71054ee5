"""Room: only the engine writes a state. Reads the code of all packages, SQL in strings and files included."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, dotted, name, python_files, repository_files, strings, tree

ENGINE = "workflows/engine.py"
STATEMENTS = "models/sql/"
WRITES_BY_KEYWORD = {
    "update",
    "create",
    "bulk_create",
    "get_or_create",
    "update_or_create",
    "update_from_dict",
    "Record",
}
SET_STATE = re.compile(
    r"\bUPDATE\s+(?:ONLY\s+)?\"?records\"?\b.*?\bSET\b(?:(?!\bWHERE\b).)*?\"?\bstate\"?\s*=", re.I | re.S
)
INSERT_RECORD = re.compile(
    r"\bINSERT\s+INTO\s+\"?records\"?\b|\bCOPY\s+\"?records\"?\b|\bMERGE\s+INTO\s+\"?records\"?\b", re.I
)


def writes_state(sql: str) -> bool:
    return bool(SET_STATE.search(sql) or INSERT_RECORD.search(sql))


def in_code(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Assignments to `.state`, `setattr(…, "state")`, `state=` handed to the ORM's writers."""
    for node in ast.walk(module):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            # An object's own attribute of that name (a parser, a screen) is no record's state.
            if isinstance(target, ast.Attribute) and target.attr == "state" and dotted(target.value) != "self":
                yield node.lineno, f"{dotted(target)} = …"
        if isinstance(node, ast.Call):
            called = dotted(node.func).split(".")[-1]
            if called in WRITES_BY_KEYWORD and any(word.arg == "state" for word in node.keywords):
                yield node.lineno, f"{called}(state=…)"
            if called == "setattr" and len(node.args) > 1 and getattr(node.args[1], "value", "") == "state":
                yield node.lineno, "setattr(…, 'state', …)"


def state_writing_statements() -> dict[str, Path]:
    """Names of the constants in models/sql whose SQL, however it was put together, writes a record's state."""
    found: dict[str, Path] = {}
    for file in python_files("models"):
        if not name(file).startswith(STATEMENTS):
            continue
        module = importlib.import_module(name(file).removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        texts = {key: value for key, value in vars(module).items() if isinstance(value, str)}
        found.update((key, file) for key, value in texts.items() if writes_state(value))
    return found


def test_only_the_engine_writes_a_state_in_code() -> None:
    found = [
        f"{name(file)}:{line} {what}: a state is written by workflows/engine.py alone; make it a transition"
        for file in python_files(*PACKAGES)
        if name(file) != ENGINE and not name(file).startswith("models/migrations/")
        for line, what in in_code(tree(file))
    ]
    assert not found, "\n".join(found)


def test_only_the_engines_statements_write_a_state_in_sql() -> None:
    found = []
    for file in repository_files():
        if name(file).split("/")[0] not in PACKAGES or name(file).startswith((STATEMENTS, "models/migrations/")):
            continue
        texts = strings(file) if file.suffix == ".py" else [(file.read_text(), 1)] if file.suffix == ".sql" else []
        found += [f"{name(file)}:{line} SQL that writes a record's state" for text, line in texts if writes_state(text)]
    assert not found, "\n".join(found)


def test_only_the_engine_runs_the_statements_that_write_a_state() -> None:
    writing = state_writing_statements()
    assert {"INSERT_RECORD", "MOVE_RECORD"} <= set(writing), "the scan no longer finds the engine's own statements"
    found = []
    for file in python_files(*PACKAGES):
        if name(file) == ENGINE or name(file).startswith(STATEMENTS):
            continue
        for node in ast.walk(tree(file)):
            used = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if isinstance(node, ast.ImportFrom):
                used = next((alias.name for alias in node.names if alias.name in writing), "")
            if used in writing:
                found.append(f"{name(file)}:{node.lineno} uses {used}, a statement of the engine's")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "record.state = 'signed'",
        "row.record.state: str = 'x'",
        "await Record.filter(id=i).update(state='signed')",
        "Record(id=i, state='signed')",
        "setattr(record, 'state', 'signed')",
    ],
)
def test_the_scan_sees_every_way_to_write_a_state(code: str) -> None:
    assert list(in_code(ast.parse(f"async def f():\n    {code}")))


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("UPDATE records SET version = version + 1, state = $1 WHERE id = $2", True),
        ('update "records" r set "state"=$1', True),
        ("INSERT INTO records (id) VALUES ($1)", True),
        ("UPDATE records SET remind_at = $1 WHERE state = 'invited'", False),
        ("UPDATE registry_status SET status = 'x'; SELECT state = 'a' FROM records", False),
        ("SELECT count(*) FROM records WHERE state = 'signed'", False),
    ],
)
def test_the_scan_tells_writing_from_reading(sql: str, writes: bool) -> None:
    assert writes_state(sql) is writes
