"""Room: every text that the product can put on a screen, read from its sources: what a guide quotes must be among them.

What is quoted in Python, scripts and code tables, but for docstrings, and the texts of templates; the word for
reviewing stands in labels as `{verb}` and is put in both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

PACKAGES = ("dashboard", "api", "bot", "models", "workflows", "notifier")
_NOT_SHOWN = ("workflows/guides/", "workflows/demo/", "models/migrations/", "notifier/simulators/")
_VERBS = ("审核", "鉴证")
_HAN = "\u4e00-\u9fff"
_DOCSTRING = re.compile(r'""".*?"""', re.DOTALL)
_QUOTED = re.compile(r"""\"([^"\n]*)\"|'([^'\n]*)'|`([^`]*)`""")


@cache
def _texts() -> str:
    found: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*"):
            if not str(file.relative_to(ROOT)).startswith(_NOT_SHOWN):
                found.update(_of(file))
    return "\n".join(found | {text.replace("{verb}", verb) for text in found if "{verb}" in text for verb in _VERBS})


def _of(file: Path) -> Iterator[str]:
    if file.suffix not in (".py", ".html", ".json", ".js", ".css"):
        return
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".html":
        yield from re.sub(r"<[^>]*>|{%.*?%}|{{.*?}}", "\n", text, flags=re.DOTALL).split("\n")
    for double, single, back in _QUOTED.findall(_DOCSTRING.sub("", text)):
        yield double or single or back


def on_some_screen(label: str) -> bool:
    """Whether the product says these words somewhere, not merely as a part of a longer word."""
    if label in _words():
        return True
    return re.search(rf"(?<![{_HAN}]){re.escape(label)}(?![{_HAN}])", _texts()) is not None


@cache
def _words() -> frozenset[str]:
    """What stands between signs and foreign letters: most labels are just that."""
    return frozenset(re.findall(f"[{_HAN}]+", _texts()))
