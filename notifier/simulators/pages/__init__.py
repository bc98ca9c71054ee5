"""Room: the sandbox's few server-made pages (sign-in, EMS ledger)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)


def render(name: str, **values: Any) -> str:
    return _pages.get_template(name).render(**values)
