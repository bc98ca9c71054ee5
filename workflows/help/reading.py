"""Room: how a question is read: folded, slips mended, other words made ours, cut into words, stop words left out.

Cutting is rjieba's (jieba's dictionary and method, compiled): its dictionary loads in about 70 ms, jieba's own in half
a second, and jieba has had no release since 2020. Pairs of neighbouring characters stand beside the words, so that a
word with one wrong character still finds its like.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "words.toml"
READ_CHARACTERS: Final = 100
"""What is longer is no question; the rest is not read."""
PAIR: Final = "~"
"""Begins a term that is a pair of characters."""

_WHOLE: Final = 1_000_000  # a frequency that no other way of cutting outweighs
_SAYING = re.compile(r"[\u4e00-\u9fffa-z0-9]+")
_RUNS = re.compile(r"[\u4e00-\u9fff]{2,}")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Words for other words, in one pass, the longest first."""

    words: Mapping[str, str]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, words: Mapping[str, str]) -> Exchange:
        return cls(words, _any_of(words))

    def __call__(self, text: str) -> str:
        return self.pattern.sub(lambda found: self.words[found[0]], text)


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that reading needs, loaded once; see `reader`."""

    cut: Callable[[str, bool], list[str]]
    mend: Exchange
    rename: Exchange
    stop: frozenset[str]
    phrases: re.Pattern[str]

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of a text: words that say something, then pairs of characters; each as often as it occurs."""
        ours = self.rename(self.mend(fold(text)))
        words = [w for w in self.cut(ours, False) if _SAYING.fullmatch(w) and w not in self.stop]
        bare = self.phrases.sub(" ", ours)  # 怎么办 says nothing, so it makes no pairs either
        pairs = [PAIR + run[i : i + 2] for run in _RUNS.findall(bare) for i in range(len(run) - 1)]
        return (*words, *pairs)


@lru_cache(maxsize=1)
def reader() -> Reader:
    """The reader, loaded at the first call. It takes about 100 ms and lets nothing else run meanwhile."""
    import rjieba  # here, as importing it loads the dictionary: once, and it is ours to add to

    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    stop = frozenset(data["stop"]["words"].split())
    for word in {*data["vocabulary"]["words"].split(), *data["synonyms"].values()}:
        rjieba.add_word(word, _WHOLE, None)
    return Reader(
        cut=rjieba.cut_for_search,
        mend=Exchange.of(data["slips"]),
        rename=Exchange.of(data["synonyms"]),
        stop=stop,
        phrases=_any_of(stop),
    )


def fold(text: str) -> str:
    """Half width, small letters; everything but letters, digits and Chinese characters becomes a space."""
    folded = unicodedata.normalize("NFKC", text[:READ_CHARACTERS]).lower()
    return " ".join(_SAYING.findall(folded))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))))
