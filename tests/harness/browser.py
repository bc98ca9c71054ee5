"""Room: the tests' browser: async Playwright on whatever Chromium the machine has."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

# The shell draws no window around a page, which is a third of the work; it is not everywhere to be had.
NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
)  # fmt: skip
FLAGS = (
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox refuses
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--metrics-recording-only",
    # The address bar that nobody sees loads two pages of Chromium's own: 0.6 s of work for each page of ours.
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider"
    ",WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)


def chromium_path() -> str:
    """An installed Chromium or Chrome, else Playwright's own download; fails with what to install."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    for folder in sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome")):
        return str(folder)
    raise RuntimeError("no Chromium found; install it, e.g. `apt-get install chromium fonts-noto-cjk`")


@asynccontextmanager
async def launch() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
