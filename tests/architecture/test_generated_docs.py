"""Room: generated documents equal what would be generated now."""

from __future__ import annotations

from workflows.chart import TARGET, render


def test_the_flows_readme_is_what_the_tables_say() -> None:
    assert TARGET.read_text(encoding="utf-8") == render(), "run `python -m workflows.chart`"
