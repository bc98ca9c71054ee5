"""Room: typesetting: a sheet becomes PDF bytes, the same sheet the same bytes.

The document's date is the day of issue, data go in as JSON (what somebody typed is printed, never run), pictures come
from no address. typst wants one compiler per thread; each keeps its font and is used again. It lets go of the
interpreter while it sets, so that two threads serve a process whose event loop goes on.
"""

from __future__ import annotations

import asyncio
import functools
import io
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import segno
import typst

from workflows.documents.fonts import Font, font
from workflows.documents.sheet import sheet, texts

P = ParamSpec("P")
T = TypeVar("T")

HANDS: Final = 2
_TEMPLATES: Final = Path(__file__).parent / "templates"
_NOWHERE: Final = str(_TEMPLATES / "none")  # where packages are looked for: nothing is fetched

_STANDARD: Final = "a-2a"  # to be kept for years, and read aloud

_pool = ThreadPoolExecutor(HANDS, thread_name_prefix="typesetting")
_own = threading.local()


@dataclass(frozen=True, slots=True)
class Printed:
    """A document and the font it was set in."""

    pdf: bytes = field(repr=False)
    font_sha256: str


async def printed(data: Mapping[str, Any], check_url: str) -> Printed:
    """`typeset` without holding up the event loop."""
    return await beside(typeset, data, check_url)


async def beside(work: Callable[P, T], /, *given: P.args, **more: P.kwargs) -> T:
    """Set something in a thread that has a compiler of its own."""
    return await asyncio.get_running_loop().run_in_executor(_pool, functools.partial(work, *given, **more))


def typeset(data: Mapping[str, Any], check_url: str, chosen: Font | None = None) -> Printed:
    """An agreement's PDF. `data`: as frozen at approval; `check_url`: what its QR leads to.

    Raises Unprintable for a character without a glyph, NoFont.
    """
    chosen = chosen or font()
    found = sheet(data)
    chosen.check(texts(found))
    return Printed(set_pages(chosen, int(data["edition"]), inputs(found, check_url)), chosen.sha256)


def inputs(found: Mapping[str, Any], check_url: str) -> dict[str, str]:
    """What the template reads of a sheet."""
    return {"sheet": json.dumps(found, ensure_ascii=False), "qr": qr(check_url), "check": check_url}


def qr(text: str) -> str:
    """A QR code as SVG. The mask is fixed: trying all eight costs more than setting a page."""
    code = segno.make_qr(text, error="m", mask=4, boost_error=False)
    picture = io.BytesIO()
    code.save(picture, kind="svg", xmldecl=False, border=2, svgclass=None, lineclass=None)
    return picture.getvalue().decode()


def set_pages(chosen: Font, edition: int, values: dict[str, str]) -> bytes:
    """The pages of one agreement. `values`: from `inputs`."""
    return compiled(chosen, template(edition), values, archived=True)


def compiled(chosen: Font, source: bytes, values: dict[str, str], *, archived: bool = False) -> bytes:
    """The pages of a template of ours; the font's name is put to the values. `archived`: as PDF/A, to be kept."""
    made = _compiler(chosen).compile(
        source,
        format="pdf",
        sys_inputs={**values, "font": chosen.family},
        pdf_standards=[_STANDARD] if archived else [],
    )
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no single document")
    return made


@lru_cache(maxsize=8)
def template(edition: int) -> bytes:
    """The template of an edition; old ones stay, for agreements that were issued under them."""
    return (_TEMPLATES / f"agreement_{edition}.typ").read_bytes()


def _compiler(chosen: Font) -> typst.Compiler:
    """This thread's compiler for a font."""
    kept: dict[str, typst.Compiler] = _own.__dict__.setdefault("compilers", {})
    if chosen.sha256 not in kept:
        fonts = typst.Fonts(False, False, [str(chosen.folder)])
        kept[chosen.sha256] = typst.Compiler(
            root=str(_TEMPLATES), font_paths=fonts, package_path=_NOWHERE, package_cache_path=_NOWHERE
        )
    return kept[chosen.sha256]
