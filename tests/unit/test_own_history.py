"""Room: the own history knows a Chinese name for everything that commands write into the journal."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import python_files, tree
from workflows.queries.own_history import COMMANDS


def noted() -> Iterator[str]:
    """Actions as they are written: the fourth argument of a book's `note`, a word handed to a `_note` of a module."""
    for file in python_files("workflows"):
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            places = node.args[3:4] if called == "note" else node.args if called == "_note" else []
            yield from (a.value for a in places if isinstance(a, ast.Constant) and isinstance(a.value, str))


def test_every_command_has_a_name_in_the_own_history() -> None:
    found = set(noted())
    assert {"mark_employer", "set_handler", "unmask"} <= found
    assert found - set(COMMANDS) == set()


def test_the_names_are_chinese_and_each_stands_once() -> None:
    assert len(set(COMMANDS.values())) == len(COMMANDS)
    assert not any(ch.isascii() for name in COMMANDS.values() for ch in name)
