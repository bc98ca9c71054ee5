"""Room: what a person would notice on a page and a test has to measure: foreign words, jumps of the layout."""

from __future__ import annotations

import re

from playwright.async_api import Page

from tests.browser.dashboard_hands import drawn

KEYS = {"Alt", "Ctrl", "Enter", "Esc", "Tab", "PDF", "MB"}
"""Names of keys, which stand on every keyboard in Latin letters, and of what everybody calls so."""

LETTERS = re.compile(r"[A-Za-z][A-Za-z_'-]*")
CODES = re.compile(r"\b(?:[0-9A-Z]{16}|[0-9A-Z]{18})\b|\d{4}\*+\d*X?|\b\d+X\b|\b[A-Z]\b")
"""Credit codes, 签约证明码, masked numbers, other numbers with a check character, single letters of shortcuts."""

_VISIBLE = """() => {
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.matches('script, style, noscript, title')) continue;
      const box = node.getBoundingClientRect(), style = getComputedStyle(node);
      const seen = box.width > 1 && box.height > 1 && style.visibility === 'visible' && style.opacity !== '0'
        && parseFloat(style.fontSize) > 0 && !node.closest('[data-testid="stIconMaterial"]');
      if (!seen) continue;
      for (const child of node.childNodes) if (child.nodeType === 3 && child.data.trim()) found.push(child.data.trim());
      if (node.placeholder) found.push(node.placeholder);
      if (node.title) found.push(node.title);
    }
  };
  look(document);
  return found;
}"""


async def foreign_words(page: Page) -> list[str]:
    """Visible words in Latin letters that are neither keys nor numbers; they would be English or a code."""
    texts: list[str] = await page.evaluate(_VISIBLE)
    words = [word for text in texts for word in LETTERS.findall(CODES.sub(" ", text))]
    return [word for word in words if word not in KEYS]


_WATCH = """buffered => { window.shifted = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift', buffered}); }"""


async def watch_shifts(page: Page) -> None:
    """Measure jumps of what is drawn on this page and, from its start, of every page that it loads from here on."""
    await page.add_init_script(f"({_WATCH})(true)")
    await drawn(page)
    await page.evaluate(f"({_WATCH})(false)")


async def shifts(page: Page) -> float:
    """The sum of jumps (CLS) since they are measured."""
    return float(await page.evaluate("window.shifted"))


async def fits(page: Page) -> None:
    """Nothing is cut off at the side."""
    assert await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
