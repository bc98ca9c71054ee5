"""Room: who may import whom, who may open what. The package arrows themselves are import-linter's contracts."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT, dotted, imports, name, python_files, tree

# What the edges may know of `models` (architecture, "Who may import whom"); the rest they reach through workflows.
OPEN_MODELS = {"states", "parties", "codes", "kit", "config", "store", "storage", "gathering"}
WIRING = {"api/app.py": {"db"}, "api/cli.py": {"db", "embedded"}}


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.partition("Broken contracts")[2] or done.stdout + done.stderr


def test_bot_and_api_know_only_the_open_part_of_models() -> None:
    found = []
    for file in python_files("bot", "api"):
        allowed = OPEN_MODELS | WIRING.get(name(file), set())
        for module, line in imports(file):
            parts = module.split(".")
            if parts[0] == "models" and len(parts) > 1 and parts[1] not in allowed:
                found.append(f"{name(file)}:{line} imports {module}; ask workflows for it")
    assert not found, "\n".join(found)


def test_only_acts_and_commands_open_transactions() -> None:
    """In workflows the engine and the definition of `@command`; bot and api never (rule 2 of the house)."""
    found = []
    for file in python_files("workflows", "bot", "api"):
        if name(file) == "workflows/engine.py" or _defines_command(file):
            continue
        for module, line in imports(file):
            if module.rsplit(".", 1)[-1] in {"transaction", "in_transaction", "atomic"}:
                found.append(f"{name(file)}:{line} opens a transaction; be a @command, or let act do it")
    assert not found, "\n".join(found)


def _defines_command(file: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == "command" for node in tree(file).body)


def test_only_the_database_module_makes_a_tortoise_context() -> None:
    found = []
    for file in python_files("models", "workflows", "notifier", "bot", "api", "dashboard"):
        if name(file) == "models/db.py":
            continue
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] in {
                "TortoiseContext",
                "register_tortoise",
            }:
                found.append(f"{name(file)}:{node.lineno} opens a database; call models.db.open_database")
            if isinstance(node, ast.Call) and dotted(node.func) == "Tortoise.init":
                found.append(f"{name(file)}:{node.lineno} opens a database; call models.db.open_database")
    assert not found, "\n".join(found)
