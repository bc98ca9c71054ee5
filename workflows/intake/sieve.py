"""Room: the first look at a file: what it claims to be by its first bytes. It decides nothing but who looks next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from workflows.intake import images, pdfs
from workflows.intake.faults import Unfit
from workflows.intake.names import JPEG, PDF
from workflows.limits import FILE_BYTES

_BEGIN: Final = (("JPEG", b"\xff\xd8\xff"), ("PNG", b"\x89PNG\r\n\x1a\n"), ("PDF", b"%PDF-"))
_HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"})
_BLANK: Final = b"\xef\xbb\xbf\r\n\t \x00"  # some scanners' programs put these in front of a PDF


@dataclass(frozen=True, slots=True)
class Made:
    """A file of our own making. `media` is one of `names.EXTENSIONS`."""

    data: bytes
    media: str
    pages: int
    dhash: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def remake(data: bytes) -> Made:
    """Judge the file and make it anew. Raises Unfit. Slow, hungry and exposed: see `making`."""
    if not data:
        raise Unfit("file_empty")
    if len(data) > FILE_BYTES:
        raise Unfit("file_too_large")
    kind = claimed(data)
    if kind == "PDF":
        made, pages, dhash = pdfs.remake(data.lstrip(_BLANK))
        return Made(made, PDF, pages, dhash)
    made, dhash = images.remake(data, kind)
    return Made(made, JPEG, 1, dhash)


def claimed(data: bytes) -> str:
    """JPEG, PNG or PDF. Raises Unfit for anything else, with a way out for iPhone photographs."""
    for kind, magic in _BEGIN:
        if data.startswith(magic):
            return kind
    if data[:64].lstrip(_BLANK).startswith(b"%PDF-"):
        return "PDF"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        raise Unfit("file_heic")
    raise Unfit("file_format")
