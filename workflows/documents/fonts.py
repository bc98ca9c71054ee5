"""Room: the font in which documents are set, and whether it has every character that is to be printed.

Typesetting leaves a missing character out without a word, and a name without one of its characters is another name;
so texts are held against the font before anything is set. The machine's Noto Sans CJK (Debian `fonts-noto-cjk`) knows
the most characters; where it is not installed, Noto Sans SC from the package `justmytype-intl-cjk` serves. Both are
under the SIL Open Font License 1.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTFont

# Debian and Ubuntu, Arch, Fedora, openSUSE
_FOLDERS: Final = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/noto-cjk",
    "/usr/share/fonts/google-noto-sans-cjk-fonts",
    "/usr/share/fonts/google-noto-cjk",
    "/usr/share/fonts/truetype",
)
_MACHINE: Final = ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
_MACHINE_FAMILY: Final = "Noto Sans CJK SC"
_PACKAGE: Final = "justmytype_intl_cjk"
_PACKAGED: Final = "fonts/ofl/notosanssc"
_PACKAGED_FILE: Final = "NotoSansSC[wght].ttf"
_PACKAGED_FAMILY: Final = "Noto Sans SC"


class NoFont(RuntimeError):
    """This machine has no Chinese font. Says what to install."""


class Unprintable(ValueError):
    """Characters that the font does not have, each once, in the order of the text."""

    def __init__(self, characters: str, font_sha256: str) -> None:
        self.characters = characters
        self.font_sha256 = font_sha256
        super().__init__(f"no glyph for {' '.join(f'U+{ord(c):04X}' for c in characters)}")

    @property
    def sentence(self) -> str:
        shown = "、".join(f"“{c}”（U+{ord(c):04X}）" for c in self.characters)
        return (
            f"协议中的{shown}在服务器现有的字体中没有字形，文件暂不能生成；"
            "请联系平台运维人员安装更全的中文字体，协议的编号和内容不受影响。"
        )


@dataclass(frozen=True)
class Font:
    """One family in one folder. `sha256` covers its files: equal hashes set equal pages."""

    family: str
    folder: Path
    sha256: str
    characters: frozenset[str] = field(repr=False)

    def check(self, texts: Iterable[str]) -> None:
        """Raises Unprintable unless every character of the texts has a glyph; line ends need none."""
        text = "".join(texts)
        missing = set(text) - self.characters - {"\n"}
        if missing:
            raise Unprintable("".join(c for c in dict.fromkeys(text) if c in missing), self.sha256)


@lru_cache(maxsize=1)
def font() -> Font:
    """The font of this process. Raises NoFont."""
    found = machine_font() or packaged_font()
    if found is None:
        raise NoFont("no Chinese font: install the system package fonts-noto-cjk or pip's justmytype-intl-cjk")
    return found


def machine_font() -> Font | None:
    """Noto Sans CJK as the system's package manager installs it."""
    for folder in map(Path, _FOLDERS):
        files = [folder / name for name in _MACHINE]
        if all(file.is_file() for file in files):
            return _font(_MACHINE_FAMILY, folder, files)
    return None


def packaged_font() -> Font | None:
    """Noto Sans SC as pip installs it."""
    spec = find_spec(_PACKAGE)
    for place in spec.submodule_search_locations or () if spec else ():
        file = Path(place) / _PACKAGED / _PACKAGED_FILE
        if file.is_file():
            return _font(_PACKAGED_FAMILY, file.parent, [file])
    return None


@lru_cache(maxsize=1)
def drawing_font() -> tuple[Path, int]:
    """File of a Chinese font and its number within, for pictures; no glyph is promised. Raises NoFont."""
    for folder in map(Path, _FOLDERS):
        if (folder / _MACHINE[0]).is_file():
            return folder / _MACHINE[0], _numbered(folder / _MACHINE[0])
    found = packaged_font()
    if found is None:
        raise NoFont("no Chinese font: install the system package fonts-noto-cjk or pip's justmytype-intl-cjk")
    return found.folder / _PACKAGED_FILE, 0


def _numbered(file: Path) -> int:
    """Which font of a collection is ours."""
    with TTCollection(file, lazy=True) as collection:
        names = [one["name"].getBestFamilyName() for one in collection.fonts]
    return names.index(_MACHINE_FAMILY)


def _font(family: str, folder: Path, files: list[Path]) -> Font:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    # A heading is set in bold: what one of the files lacks cannot be promised.
    sets = [_characters(file, family) for file in files]
    return Font(family, folder, digest.hexdigest(), frozenset.intersection(*sets))


def _characters(file: Path, family: str) -> frozenset[str]:
    if file.suffix != ".ttc":
        with TTFont(file, lazy=True) as only:
            return frozenset(map(chr, only.getBestCmap()))
    with TTCollection(file, lazy=True) as collection:
        for one in collection.fonts:
            if one["name"].getBestFamilyName() == family:
                return frozenset(map(chr, one.getBestCmap()))
    raise NoFont(f"{file.name} does not hold {family}")
