"""Room: names of files: what a person called it, made fit to be shown and to be served under."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

JPEG: Final = "image/jpeg"
PDF: Final = "application/pdf"
EXTENSIONS: Final[Mapping[str, str]] = {JPEG: ".jpg", PDF: ".pdf"}
"""What is served at all: both are our own making."""

UNNAMED: Final = "文件"
LONGEST: Final = 100  # characters of a name without its extension; the column holds 120

_EXTENSION = re.compile(r"\.[0-9A-Za-z]{1,5}$")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)  # devices of Windows, with any extension
_UNFIT = re.compile(r'[\\/:*?"<>|]')
_TURNING = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def display_name(raw: str, media: str = "") -> str:
    """A person's file name as it may be shown: no folders, nothing unseen, nothing that turns the reading direction.

    With a media type of `EXTENSIONS` the extension is that type's, whatever stood there.
    """
    name = unicodedata.normalize("NFC", raw[:2000].replace("\\", "/").rpartition("/")[2])
    name = "".join(ch for ch in _TURNING.sub("", name) if unicodedata.category(ch) not in ("Cc", "Cs", "Cn", "Co"))
    name = " ".join(_UNFIT.sub("_", name).split()).rstrip(". ")
    found = _EXTENSION.search(name)
    stem, extension = (name[: found.start()], found[0]) if found else (name, "")
    stem = stem.strip(". ")[:LONGEST].rstrip(". ")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"{UNNAMED}{stem}"
    return stem + EXTENSIONS.get(media, extension.lower())
