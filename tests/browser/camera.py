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
    async with _framed(mark):
        shot = await page.screenshot(clip=clip, animations="disabled")  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    target = folder() / PICTURES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


@asynccontextmanager
async def _framed(mark: Sequence[Locator]) -> AsyncIterator[None]:
    for one in mark:
        await one.evaluate(f"e => {{ e.style.outline = '{_FRAME}'; e.style.outlineOffset = '3px'; }}")
    yield
    for one in mark:
        await one.evaluate("e => { e.style.outline = ''; e.style.outlineOffset = ''; }")
