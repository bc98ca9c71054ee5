"""Room: looking at a page as people do: by axe for what is hard to use, by its width, and as a picture to be seen."""

from __future__ import annotations

from typing import Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.conftest import ROOT

SCREENS: Final = ROOT / "var" / "screens"


async def looked_at(page: Page, name: str) -> None:
    """Nothing serious for axe, no wider than its window; the picture goes to `var/screens/<name>.png`."""
    found = await Axe().run(page)
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == [], f"{name}: {serious}"
    assert len(found.response["passes"]) > 5, "axe has looked at something"
    box = await page.locator("html").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert box[0] <= box[1], name
    SCREENS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENS / f"{name}.png", full_page=True)
