"""Room: photographs and screenshots: decoded, turned upright, drawn on a fresh canvas, written anew as JPEG.

Whatever the file said beside its picture (place, device, thumbnails, comments, tails of other formats) stays behind.
"""

from __future__ import annotations

import io
import math
from typing import Final

from PIL import Image

from workflows.intake.faults import Unfit

DECODED: Final = {"JPEG": 52_000_000, "PROGRESSIVE": 18_000_000, "PNG": 17_000_000}
"""Pixels that may be decoded within 256 MB: phones' whole sensors where a JPEG can be read at a fraction of its size;
a PNG, or a JPEG that comes in finer and finer passes, must be held as a whole."""
LONGEST_SIDE: Final = 30_000  # a long screenshot is one column; a strip of a million pixels is no picture
KEPT: Final = 9_000_000  # pixels: a page of A4 at 300 dpi stays whole
QUALITY: Final = 85
FLAT: Final = 12  # of 255: an evenly grey picture resembles every other

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
Image.MAX_IMAGE_PIXELS = None  # our own bounds are judged below, before anything is decoded


def remake(data: bytes, kind: str) -> tuple[bytes, str]:
    """A JPEG of our own making, and its perceptual hash. `kind`: JPEG or PNG. Raises Unfit."""
    try:
        canvas = _canvas(data, kind)
    except Unfit:
        raise
    except MemoryError:
        raise Unfit("file_heavy") from None
    except Exception:  # a decoder that meets rubbish raises whatever it likes
        raise Unfit("file_broken") from None
    out = io.BytesIO()
    # Whole colour for every pixel: seals are red, and halved colour blurs their edges.
    canvas.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue(), dhash(canvas)


def _canvas(data: bytes, kind: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(kind,)) as source:
        _judge(source, kind)
        turn = source.getexif().get(_ORIENTATION, 1)
        wanted = _kept_size(source.size)
        if kind == "JPEG":
            source.draft(None, wanted)
        source.load()
        picture = _plain(_scaled(source, wanted))
    for step in _UPRIGHT.get(turn, ()):
        picture = picture.transpose(step)
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh


def _judge(source: Image.Image, kind: str) -> None:
    """Before anything is decoded. A phone's JPEG may carry further pictures behind the first; a PNG that does moves."""
    width, height = source.size
    held = "PROGRESSIVE" if source.info.get("progressive") else kind
    if width * height > DECODED[held] or max(width, height) > LONGEST_SIDE:
        raise Unfit("file_dimensions")
    if kind == "PNG" and getattr(source, "n_frames", 1) > 1:
        raise Unfit("file_animated")


def _kept_size(size: tuple[int, int]) -> tuple[int, int]:
    share = min(1.0, math.sqrt(KEPT / (size[0] * size[1])))
    return max(1, int(size[0] * share)), max(1, int(size[1] * share))


def _scaled(source: Image.Image, wanted: tuple[int, int]) -> Image.Image:
    """Down to what is kept; first in whole steps, which need little memory, then exactly."""
    picture = _eight_bits(source)
    if picture.size == wanted:
        return picture
    if picture.mode in ("P", "1", "PA"):
        picture = picture.convert("RGBA" if _see_through(picture) else "RGB")
    step = min(picture.width // wanted[0], picture.height // wanted[1])
    if step > 1:
        picture = picture.reduce(step)
    return picture.resize(wanted, Image.Resampling.BICUBIC)


def _eight_bits(source: Image.Image) -> Image.Image:
    """Greys of 16 bits as their upper eight; the library's own conversion would cut them off at 255."""
    if source.mode.startswith("I"):
        return source.point(lambda value: value * (1 / 256)).convert("L")
    return source


def _see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info


def _plain(picture: Image.Image) -> Image.Image:
    """As grey or as red, green, blue; what is transparent becomes paper."""
    if picture.mode in ("L", "RGB") and not _see_through(picture):
        return picture
    if picture.mode == "1":
        return picture.convert("L")
    if _see_through(picture):
        seen = picture.convert("RGBA")
        paper = Image.new("RGB", seen.size, "white")
        paper.paste(seen, mask=seen.getchannel("A"))
        return paper
    return picture.convert("RGB")


def dhash(picture: Image.Image) -> str:
    """64 bits, as 16 hex digits, that two copies of one picture share however they were scaled; empty for a flat one.

    Each bit says whether a field of a 9 x 8 grid is darker than its right neighbour.
    """
    small = picture.convert("L").resize((9, 8), Image.Resampling.BOX)
    grey = small.tobytes()
    if max(grey) - min(grey) < FLAT:
        return ""
    bits = 0
    for row in range(8):
        for column in range(8):
            at = row * 9 + column
            bits = bits << 1 | (grey[at] < grey[at + 1])
    return f"{bits:016x}"
