"""Room: PDFs: the pages alone are taken over into a new document; whatever acts, calls or hides stays behind.

A document that its reader may fill in or has signed is drawn flat first, so that what was filled in stays visible.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pikepdf

from workflows.intake import images
from workflows.intake.faults import Unfit
from workflows.limits import FILE_BYTES, PDF_PAGES

OBJECTS: Final = 100_000
MOST: Final = 2 * FILE_BYTES  # of what we write: more means that the file unpacks itself
_PAGE: Final = frozenset({
    "/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Contents", "/UserUnit", "/Group",
})  # fmt: skip
"""All that a page needs to be drawn and printed."""
FORBIDDEN: Final = frozenset({
    "/AA", "/AF", "/AcroForm", "/Annots", "/EF", "/EmbeddedFiles", "/FDecodeParms", "/FFilter", "/JS", "/JavaScript",
    "/Metadata", "/OPI", "/OpenAction", "/PieceInfo", "/Ref", "/RichMedia", "/Thumb", "/XFA",
})  # fmt: skip
"""Keys that none of our documents has: they act, or tell what is not on the page."""
_NAMED: Final = frozenset({
    "/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties", "/CharProcs",
})  # fmt: skip
"""Below these the keys are names that the document chose itself (`/AF` may well be a font there)."""


def remake(data: bytes) -> tuple[bytes, int, str]:
    """A PDF of our own making, its number of pages, and the perceptual hash of a scan on its first page.

    Raises Unfit.
    """
    try:
        return _remade(data)
    except pikepdf.PasswordError:
        raise Unfit("file_encrypted") from None
    except Unfit:
        raise
    except (MemoryError, RecursionError):
        raise Unfit("file_heavy") from None
    except Exception:  # the library raises many kinds for rubbish
        raise Unfit("file_broken") from None


def _remade(data: bytes) -> tuple[bytes, int, str]:
    with pikepdf.open(io.BytesIO(data)) as source, pikepdf.new() as fresh:
        if source.is_encrypted:
            raise Unfit("file_encrypted")
        pages = len(source.pages)
        if not pages:
            raise Unfit("file_broken")
        if pages > PDF_PAGES:
            raise Unfit("file_pages")
        _flatten(source)
        for page in source.pages:
            _strip(page.obj)
        fresh.pages.extend(source.pages)
        for page in fresh.pages:
            _strip(page.obj)
        _clean(fresh)
        out = io.BytesIO()
        fresh.save(out, deterministic_id=True, compress_streams=True, linearize=False)
        made = out.getvalue()
        if len(made) > MOST:
            raise Unfit("file_heavy")
        return made, pages, _scan_hash(fresh)


def _flatten(source: pikepdf.Pdf) -> None:
    """Draw fields and stamps into their pages. What cannot be drawn is left out, as a viewer would."""
    if "/AcroForm" not in source.Root and not any("/Annots" in page.obj for page in source.pages):
        return
    with suppress(Exception):
        source.generate_appearance_streams()
    source.flatten_annotations("screen")


def _strip(page: pikepdf.Object) -> None:
    for key in [key for key in page.keys() if key not in _PAGE]:  # noqa: SIM118  a PDF object, no mapping
        del page[key]


def _clean(fresh: pikepdf.Pdf) -> None:
    """Take forbidden keys out of everything that came along with the pages."""
    if len(fresh.objects) > OBJECTS:
        raise Unfit("file_heavy")
    found = list(_dictionaries(fresh))
    names = {inner.objgen for _, inner, named in found if named and inner.is_indirect}
    for top, inner, named in found:
        if named or (inner is top and inner.objgen in names):
            continue
        for key in [key for key in inner.keys() if key in FORBIDDEN]:  # noqa: SIM118  a PDF object, no mapping
            del inner[key]
        if inner.get("/Subtype") == "/PS":
            raise Unfit("file_format")  # a program for printers; no scanner writes it
        if isinstance(inner, pikepdf.Stream) and "/F" in inner:
            raise Unfit("file_format")  # its bytes are said to be in another file


def _dictionaries(fresh: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Object, pikepdf.Object, bool]]:
    """Every dictionary: the object that it stands in, itself, and whether its keys are the document's own names.

    One that stands by itself is met by itself; where another calls it by names, it comes a second time and says so.
    """
    for top in fresh.objects:
        waiting: list[tuple[object, bool]] = [(top, False)]
        while waiting:
            one, named = waiting.pop()
            if isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
                yield top, one, named
                if one is top or not one.is_indirect:
                    waiting += [(inner, key in _NAMED) for key, inner in one.items() if _walked(inner, key in _NAMED)]
            elif isinstance(one, pikepdf.Array):
                waiting += [(inner, False) for inner in one if _walked(inner, False)]


def _walked(inner: object, named: bool) -> bool:
    return isinstance(inner, pikepdf.Object) and (named or not inner.is_indirect)


def _scan_hash(fresh: pikepdf.Pdf) -> str:
    """Of the first page's only picture, where a page is a scan; else empty."""
    with suppress(Exception):
        pictures = list(fresh.pages[0].get_images().values())
        if len(pictures) == 1 and int(pictures[0].Width) * int(pictures[0].Height) <= images.KEPT * 2:
            scan = pictures[0]
            return images.dhash(pikepdf.PdfImage(scan).as_pil_image()) if isinstance(scan, pikepdf.Stream) else ""
    return ""
