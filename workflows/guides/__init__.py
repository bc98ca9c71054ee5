"""Room: the operating guides: which there are, where their texts lie. Texts are Markdown under `docs/`, for people
who read the repository; from the same files come the pages and PDFs that everybody may download.

`reading` takes a text apart, `generated` writes the tables that stand in the rules, `booklet` sets the PDF.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from workflows.errors import Unavailable

PICTURES: Final = "pictures"
NO_TEXTS: Final = "本服务没有附带使用指南的文件，请联系平台运维人员安装完整的程序包。"
_FOLDER: Final = Path(__file__).parent / "docs"  # in the repository a link to docs/; a built package carries the files


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide. `file`: below the folder of the texts; `readers`: whom it is for."""

    name: str
    title: str
    readers: str

    @property
    def file(self) -> str:
        return f"{self.name}.zh.md"

    @property
    def path(self) -> Path:
        """Raises Unavailable where this installation carries none."""
        return folder() / self.file

    @property
    def download(self) -> str:
        """What the PDF is called when it is saved."""
        return f"毕业去向登记与网上签约平台{self.title}.pdf"


GUIDES: Final[Mapping[str, Guide]] = MappingProxyType(
    {
        guide.name: guide
        for guide in (
            Guide("staff", "使用指南（省级、学校、院系）", "省级、学校和院系用户"),
            Guide("graduate", "使用指南（毕业生）", "毕业生"),
            Guide("employer", "使用指南（用人单位）", "用人单位"),
        )
    }
)


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where the texts lie. Raises Unavailable where this installation carries none."""
    if not all((_FOLDER / guide.file).is_file() for guide in GUIDES.values()):
        raise Unavailable(NO_TEXTS)
    return _FOLDER.resolve()
