"""Room: the rules of the house that a machine can read: names, sizes, docstrings, clocks, argued exemptions."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.architecture.source import (
    PACKAGES,
    ROOT,
    comments,
    dotted,
    name,
    python_files,
    repository_files,
    strings,
    tree,
)

FORBIDDEN_NAMES = {"services", "utils", "util", "helpers", "helper", "common", "base"}
LONGEST = 400
CLOCK = "models/kit.py"
WALL_CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.localtime", "time.gmtime", "time.ctime",
}  # fmt: skip
GENERATED = "models/migrations/"

# Written in pieces, so that this file does not contain what it looks for.
UNWANTED = re.compile(
    "|".join(
        [
            r"p[y]pi\.o", r"python[h]osted", r"np[m]js\.o", r"deb\.de[b]ian", r"/w[o]rk/(?:main|shared|steering)",
            r"/fa[r]m/", r"\.libr[a]ry/", r"\bA[I]\b", r"Cl[a]ude", r"Chat[G]PT", r"Co[p]ilot", r"\bL[L]Ms?\b",
        ]
    )
)  # fmt: skip


def test_no_file_is_called_after_nothing() -> None:
    """services, utils, helpers, common and base say nothing about the room (rule 11)."""
    found = []
    for file in repository_files():
        for part in file.relative_to(ROOT).parts:
            if part.split(".")[0] in FORBIDDEN_NAMES and name(file).split("/")[0] in (*PACKAGES, "tests"):
                found.append(name(file))
    assert not found, found


def test_every_file_can_be_read_in_one_sitting() -> None:
    long = {
        name(file): lines
        for file in python_files()
        if (lines := file.read_text(encoding="utf-8").count("\n")) > LONGEST and not name(file).startswith(GENERATED)
    }
    assert not long, long


def test_every_module_says_what_room_it_is_in() -> None:
    found = [
        name(file)
        for file in python_files()
        if tree(file).body and not (ast.get_docstring(tree(file)) or "").startswith("Room:")
        if not name(file).startswith(GENERATED)
    ]
    assert not found, f"the docstring's first line must begin with 'Room:' in {found}"


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by their base name."""
    seen: dict[str, str] = {}
    twice = []
    for file in python_files("tests"):
        if file.name.startswith("test_"):
            if file.name in seen:
                twice.append(f"{name(file)} and {seen[file.name]}")
            seen[file.name] = name(file)
    assert not twice, twice


def wall_clocks(module: ast.Module, *, guest: bool = False) -> Iterator[tuple[int, str]]:
    """Readings of the machine's clock, and moments that do not say their zone.

    The dashboard is a guest that cannot import the clock; it may ask for the present moment of a named zone.
    """
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        called = dotted(node.func)
        last = ".".join(called.split(".")[-2:])
        words = {word.arg for word in node.keywords}
        if guest and last == "datetime.now" and (node.args or "tz" in words):
            continue
        if last in WALL_CLOCKS:
            yield node.lineno, f"{called}(): take models.kit.now()"
        elif called.split(".")[-1] == "datetime" and len(node.args) < 8 and "tzinfo" not in words and node.args:
            yield node.lineno, "datetime(…) without a zone"
        elif last == "datetime.combine" and len(node.args) < 3 and "tzinfo" not in words:
            yield node.lineno, "datetime.combine(…) without a zone"
        elif (
            last in {"datetime.fromtimestamp", "datetime.utcfromtimestamp"} and len(node.args) < 2 and "tz" not in words
        ):
            yield node.lineno, f"{last}(…) without a zone"


def test_time_comes_from_the_clock_in_kit() -> None:
    found = [
        f"{name(file)}:{line} {what}"
        for file in python_files(*PACKAGES)
        if name(file) != CLOCK
        for line, what in wall_clocks(tree(file), guest=name(file).startswith("dashboard/"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("datetime.now(UTC)", True),
        ("dt.datetime.utcnow()", True),
        ("time.time()", True),
        ("datetime(2027, 3, 5)", True),
        ("datetime(2027, 3, 5, tzinfo=UTC)", False),
        ("datetime.fromtimestamp(7)", True),
        ("datetime.fromtimestamp(7, UTC)", False),
        ("datetime.combine(day, noon)", True),
        ("datetime.combine(day, noon, SHANGHAI)", False),
        ("time.monotonic()", False),
        ("kit.now()", False),
    ],
)
def test_the_scan_knows_a_wall_clock(code: str, seen: bool) -> None:
    assert bool(list(wall_clocks(ast.parse(code)))) is seen


# What a statement can leave behind in a session: pooled connections go home without being reset (`models/db.py`).
LEFT_BEHIND = re.compile(
    r"^\s*(?:SET\s+(?!LOCAL\b|CONSTRAINTS\b|NULL)\w+\s*(?:=|TO\b)|SET\s+SESSION\b|LISTEN\b|DECLARE\b|PREPARE\b)"
    r"|pg_advisory_lock|pg_try_advisory_lock|\bset_config\([^)]*,\s*(?:false|FALSE)\)"
    r"|CREATE\s+TEMP\w*\s+TABLE(?![\s\S]*ON COMMIT DROP)"
)
OWN_CONNECTION = {"models/db.py", "models/wakeup.py"}  # take the lock of migrations and listen, on lines of their own


def test_no_statement_leaves_anything_behind_in_a_pooled_session() -> None:
    found = [
        f"{name(file)}:{line}"
        for file in python_files("models", "workflows", "notifier", "bot", "api")
        if name(file) not in OWN_CONNECTION
        for text, line in strings(file)
        if LEFT_BEHIND.search(text)
    ]
    assert not found, found


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("SET statement_timeout = 0", True),
        ("SET SESSION x TO y", True),
        ("SET LOCAL statement_timeout = 0", False),
        ("LISTEN wake", True),
        ("SELECT pg_advisory_lock(1)", True),
        ("SELECT pg_advisory_xact_lock(1)", False),
        ("SELECT set_config('jit', 'off', false)", True),
        ("CREATE TEMP TABLE x (a int)", True),
        ("CREATE TEMP TABLE x (a int) ON COMMIT DROP", False),
        ("UPDATE outbox SET status = $1", False),
    ],
)
def test_the_scan_knows_what_stays_in_a_session(text: str, seen: bool) -> None:
    assert bool(LEFT_BEHIND.search(text)) is seen


def test_every_exemption_from_ruff_is_argued() -> None:
    """In pyproject each code has a comment; in the code `# noqa: CODE  reason`, never a bare one."""
    found = []
    text = (ROOT / "pyproject.toml").read_text()
    settings = tomllib.loads(text)["tool"]["ruff"]["lint"]
    codes = [*settings["ignore"], *(code for codes in settings["per-file-ignores"].values() for code in codes)]
    lines = [line.strip() for line in text.splitlines()]
    for code in codes:
        argued = [line for line in lines if line.startswith(f'"{code}"')]
        if not argued or any(not re.match(r'"[A-Z0-9]+",\s*#\s*\w', line) for line in argued):
            found.append(f"pyproject.toml: {code} is left out without a reason")
    for file in python_files():
        for number, comment in comments(file):
            if "noqa" in comment and not re.search(r"noqa: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)*\s{2,}\S", comment):
                found.append(f"{name(file)}:{number} {comment}")
    assert not found, "\n".join(found)


def test_every_mypy_exemption_names_its_code() -> None:
    found = [
        f"{name(file)}:{number}"
        for file in python_files(*PACKAGES)
        for number, comment in comments(file)
        if re.search(r"type:\s*ignore(?!\[)", comment)
    ]
    assert not found, found


def test_nothing_in_the_repository_names_where_it_was_made() -> None:
    """No registry's address, no path of one machine, no maker's tool: it must read the same everywhere."""
    found = []
    for file in repository_files():
        # Two letters of a country are no maker's tool.
        if (
            file.name == "country.json"
            or file.parent.name == "requirements"
            or file.suffix in {".png", ".ico", ".woff2", ".ttf", ".jpg"}
        ):
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            hit = UNWANTED.search(line)
            if hit:
                found.append(f"{name(file)}:{number} {hit[0]}")
    assert not found, "\n".join(found)


def test_the_locks_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        for line in lock.read_text().splitlines():
            assert not re.match(r"\s*(?:-i|--index|--extra-index|--find-links|--trusted-host)", line), lock.name
            assert "://" not in line, f"{lock.name}: {line}"
