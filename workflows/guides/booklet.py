"""Room: a guide as a PDF for printing: its blocks set by typst in the house's font, with a table of contents.

Pictures lie beside the texts, so this compiler's root is their folder; typesetting itself is `workflows/documents`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from workflows.documents.fonts import Font, font
from workflows.guides import PICTURES, Guide, folder
from workflows.guides.reading import Block, read, size, texts

_TEMPLATE: Final = Path(__file__).parent / "booklet.typ"
_NOWHERE: Final = str(Path(__file__).parent / "none")  # where packages are looked for: nothing is fetched
_DESK_DOTS, _PHONE_DOTS = 1400, 540  # as wide as the browser's window and the phone's screen are
_DESK_MM, _PHONE_MM = 170.0, 50.0  # as wide as they stand on A4
_GUTTER_MM = 6.0  # between pictures beside each other


def booklet(guide: Guide) -> bytes:
    """The PDF. Takes about a second: not for the event loop. Raises Unavailable, BadGuide, Unprintable, NoFont."""
    chosen = font()
    blocks = read(guide.path.read_text(encoding="utf-8"))
    chosen.check([guide.title, *texts(blocks)])
    return _set(chosen, guide.title, blocks)


def _set(chosen: Font, title: str, blocks: Sequence[Block]) -> bytes:
    fonts = typst.Fonts(False, False, [str(chosen.folder)])
    compiler = typst.Compiler(root=str(folder()), font_paths=fonts, package_path=_NOWHERE, package_cache_path=_NOWHERE)
    inputs = {
        "title": title,
        "font": chosen.family,
        "folder": PICTURES,
        "blocks": json.dumps([_measured(block) for block in blocks], ensure_ascii=False),
    }
    made = compiler.compile(_TEMPLATE.read_bytes(), format="pdf", sys_inputs=inputs)
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no single document")
    return made


def _measured(block: Block) -> Block:
    """The block with the width on paper of each of its pictures, so that letters are as tall in all of them."""
    match block["kind"]:
        case "pictures":
            return {**block, "pictures": _side_by_side(block["pictures"])}
        case "list":
            return {**block, "items": [[_measured(inner) for inner in item] for item in block["items"]]}
        case "note":
            return {**block, "blocks": [_measured(inner) for inner in block["blocks"]]}
    return block


def _side_by_side(pictures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """With their widths, smaller where together they are wider than the page."""
    widths = [_width(one) for one in pictures]
    room = _DESK_MM - _GUTTER_MM * (len(pictures) - 1)
    scale = min(1.0, room / sum(widths))
    return [{**one, "mm": width * scale} for one, width in zip(pictures, widths, strict=True)]


def _width(picture: Mapping[str, Any]) -> float:
    dots, _ = dimensions(picture["name"])
    if picture["phone"]:
        return _PHONE_MM * dots / _PHONE_DOTS
    return min(_DESK_MM, _DESK_MM * dots / _DESK_DOTS)


@lru_cache(maxsize=256)
def dimensions(picture: str) -> tuple[int, int]:
    """Width and height of a picture, in dots."""
    return size(folder() / PICTURES / picture)
