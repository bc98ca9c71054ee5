"""Room: the camera that makes the guides' pictures: crops to what is explained, frames what is to be pressed, keeps
them small. `make guides` is the only one who presses it.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from PIL import Image
from playwright.async_api import Locator, Page

from workflows.guides import PICTURES, folder

COLOURS = 96  # of a picture's palette: screens have few
_FRAME = "3px solid #d0342c"

# The words in fields for dates and files are the browser's own: in the pictures they are those of a Chinese one,
# whatever the browser of this machine speaks.
_CHINESE = """() => {
  for (const field of document.querySelectorAll('input[type=date]')) {
    const day = field.value;
    Object.assign(field, { type: 'text', value: day ? day.replaceAll('-', '/') : '年/月/日' });
    field.dataset.day = day;
  }
  for (const field of document.querySelectorAll('input[type=file]')) {
    const words = document.createElement('span'), looks = getComputedStyle(field);
    const kept = ['width', 'padding', 'border', 'borderRadius', 'background', 'font', 'boxSizing', 'color', 'flex'];
    for (const name of kept) words.style[name] = looks[name];
    if (field.getBoundingClientRect().width < 40) words.style.width = '100%'; // a script shows its own in its place
    Object.assign(words, { className: 'chinese', innerHTML: '<button type=button>选择文件</button> ' });
    words.append([...field.files].map((file) => file.name).join('、') || '未选择任何文件');
    words.style.display = field.hidden || looks.display === 'none' ? 'none' : 'block';
    field.after(words);
    field.style.display = 'none';
  }
}"""
_AS_BEFORE = """() => {
  for (const field of document.querySelectorAll('input[data-day]'))
    Object.assign(field, { type: 'date', value: field.dataset.day });
  for (const words of document.querySelectorAll('span.chinese')) {
    words.previousElementSibling.style.display = '';
    words.remove();
  }
}"""


async def take(
    page: Page,
    name: str,
    *,
    of: Locator | None = None,
    height: int | None = None,
    down_to: Locator | None = None,
    left: int = 0,
    mark: Sequence[Locator] = (),
    pad: int = 0,
) -> None:
    """Write `docs/pictures/<name>.png`: the window from `left` on down to a `height` or a place, or `of` alone.

    `mark`: what the reader is to press, framed in red.
    """
    size = page.viewport_size
    assert size
    if of is not None:
        box = await of.bounding_box()
        assert box, name
        x, y = max(0, box["x"] - pad), max(0, box["y"] - pad)
        right, bottom = min(size["width"], box["x"] + box["width"] + pad), box["y"] + box["height"] + pad
        clip = {"x": x, "y": y, "width": right - x, "height": min(size["height"], bottom) - y}
    else:
        if down_to is not None:
            box = await down_to.bounding_box()
            assert box, name
            height = min(size["height"], round(box["y"] + box["height"]) + 12)
        clip = {"x": left, "y": 0, "width": size["width"] - left, "height": height or size["height"]}
    async with _dressed(page, mark):
        shot = await page.screenshot(clip=clip, animations="disabled")  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    target = folder() / PICTURES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


@asynccontextmanager
async def _dressed(page: Page, mark: Sequence[Locator]) -> AsyncIterator[None]:
    """As it is photographed; afterwards as it was."""
    for one in mark:
        await one.evaluate(f"e => {{ e.style.outline = '{_FRAME}'; e.style.outlineOffset = '3px'; }}")
    await page.evaluate(_CHINESE)
    yield
    await page.evaluate(_AS_BEFORE)
    for one in mark:
        await one.evaluate("e => { e.style.outline = ''; e.style.outlineOffset = ''; }")
