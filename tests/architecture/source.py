"""Room: reading our own code. What the architecture tests have in common."""

from __future__ import annotations

import ast
import subprocess
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("models", "workflows", "notifier", "bot", "api", "dashboard")


@cache
def repository_files() -> tuple[Path, ...]:
    """What is or would be committed: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  git as the developer has it
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return tuple(sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()))


def python_files(*folders: str) -> Iterator[Path]:
    for file in repository_files():
        if file.suffix == ".py" and name(file).split("/")[0] in (folders or (*PACKAGES, "tests")):
            yield file


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Every imported module, and every name imported from one as `module.name`, with its line."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def strings(file: Path) -> Iterator[tuple[str, int]]:
    """Every text in the code; of an f-string the fixed parts, joined by `?`."""
    inside: set[int] = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.JoinedStr):
            parts = []
            for part in node.values:
                inside.add(id(part))
                parts.append(str(part.value) if isinstance(part, ast.Constant) else "?")
            yield "".join(parts), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value, node.lineno


def comments(file: Path) -> Iterator[tuple[int, str]]:
    with file.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def dotted(node: ast.expr) -> str:
    """`a.b.c` for an attribute chain; the last parts only when it starts with something else."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else node.attr
    return node.id if isinstance(node, ast.Name) else ""
