"""Room: looking at a page as people do: by axe for what is hard to use, by its width, and as a picture to be seen."""

from __future__ import annotations

import json
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.conftest import ROOT

SCREENS: Final = ROOT / "var" / "screens"


async def looked_at(page: Page, name: str) -> None:
    """Nothing serious for axe, no wider than its window; the picture goes to `var/screens/<name>.png`."""
    violations, passes = await judged(page)
    serious = [(rule, where) for rule, impact, where in violations if impact in ("serious", "critical")]
    assert serious == [], f"{name}: {serious}"
    assert passes > 5, "axe has looked at something"
    box = await page.locator("html").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert box[0] <= box[1], name
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


async def judged(page: Page, **options: Any) -> tuple[list[tuple[str, str, list[Any]]], int]:
    """What axe has against the page (rule, impact, where), and how many rules it keeps. `options`: those of `axe.run`.

    axe, half a megabyte, is read once by each document; of its results only this much is carried over.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    given = json.dumps({"resultTypes": ["violations"], **options})
    found = await page.evaluate(
        f"""axe.run({given}).then(r => ({{
            violations: r.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.target)]), passes: r.passes.length,
        }}))"""
    )
    return [(rule, impact, where) for rule, impact, where in found["violations"]], found["passes"]
