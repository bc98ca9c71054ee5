"""Room: pictures of papers that nobody ever signed: a title, lines that say so, a seal. Each one is another picture.

Drawn at once as a phone's picture would come, made over as every file is, and handed in as an upload of one's own. The
pale ground differs from picture to picture, so that two of them are never taken for the same one
(`queries/attachments`).
"""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from PIL import Image, ImageDraw, ImageFont

from workflows.actors import Actor
from workflows.commands.uploads import keep_made
from workflows.documents.fonts import drawing_font
from workflows.intake.images import remake
from workflows.intake.names import JPEG
from workflows.intake.sieve import Made

SIZE: Final = (320, 452)  # A4 upright, small
NOTICE: Final = "演示材料  内容均为虚构"
_INK, _SEAL, _PALE = (40, 44, 52), (200, 30, 38), (222, 255)
_FIELDS: Final = (9, 8)  # of the ground, as the comparison of pictures sees it


@dataclass(frozen=True, slots=True)
class Paper:
    """`title`: what it is; `lines`: what stands on it; `seal`: whose seal, empty for a paper that is only signed.

    `mark`: the picture's own; the same mark gives the same picture.
    """

    title: str
    lines: tuple[str, ...]
    seal: str
    mark: str


def draw(paper: Paper) -> bytes:
    """The picture, as a PNG."""
    rng = random.Random(f"paper:{paper.mark}")  # noqa: S311  a pattern, guards nothing
    picture = _ground(rng)
    pen = ImageDraw.Draw(picture)
    pen.text((SIZE[0] / 2, 44), paper.title, _INK, _face(20), anchor="mm")
    for place, line in enumerate(paper.lines):
        pen.text((28, 84 + 26 * place), line, _INK, _face(13))
    if paper.seal:
        seal = _seal(paper.seal)
        picture.paste(seal, (160 + rng.randrange(30), 278 + rng.randrange(30)), seal)
    pen.text((SIZE[0] / 2, SIZE[1] - 18), NOTICE, _SEAL, _face(13), anchor="mm")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=0)
    return out.getvalue()


def _ground(rng: random.Random) -> Image.Image:
    tints = bytes(rng.randrange(*_PALE) for _ in range(_FIELDS[0] * _FIELDS[1]))
    return Image.frombytes("L", _FIELDS, tints).resize(SIZE, Image.Resampling.BICUBIC).convert("RGB")


@cache
def _seal(name: str) -> Image.Image:
    """A round red seal that says it is none."""
    seal = Image.new("RGBA", (120, 120))
    pen = ImageDraw.Draw(seal)
    pen.ellipse((3, 3, 116, 116), outline=_SEAL, width=4)
    pen.text((60, 38), "★", _SEAL, _face(20), anchor="mm")
    pen.text((60, 64), name[:7], _SEAL, _face(13), anchor="mm")
    pen.text((60, 86), "演示专用章", _SEAL, _face(13), anchor="mm")
    return seal


@cache
def _face(size: int) -> ImageFont.FreeTypeFont:
    file, index = drawing_font()
    return ImageFont.truetype(file, size, index)


def made_over(paper: Paper) -> Made:
    """The paper as the platform keeps a picture. Without the child process: nobody else has drawn it."""
    data, dhash = remake(draw(paper), "PNG")
    return Made(data, JPEG, 1, dhash)


async def hand_over(actor: Actor, paper: Paper, moment: datetime) -> UUID:
    """An upload of this actor's, ready to be handed in with a form of that moment."""
    return await keep_made(actor, f"{paper.title}.jpg", made_over(paper), moment)
