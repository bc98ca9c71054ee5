"""Room: which entry answers a question best, and how sure that is. BM25 over the ways a question is put, and overlap.

Two looks at each entry are added up. As a whole (all ways of asking, the words of the answer, the answer) by BM25; way
by way, by how much of what question and way say they have in common. What a term says is its rarity among the entries;
one that no entry knows says much, so that a question about something else fares badly however well the rest fits.

The numbers were chosen on the tuning part of `tests/data/help_phrasings.csv`; what they are worth is measured on its
test part (`wangqian help measure`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from workflows.help.entries import Entry, entries
from workflows.help.reading import PAIR, Reader, reader

K1, B = 1.2, 0.6
WORD_OF_ANSWER: Final = 2.0  # what an occurrence among the words of the answer counts, beside one in a question
ANSWER: Final = 0.25  # the same in the answer itself
PAIR_SAYS: Final = 0.2  # of what a whole word says
UNKNOWN_SAYS: Final = 0.75  # of what a term says that one entry alone has
BM25_SHARE: Final = 0.75  # of the score; the rest is the best way of asking
SAME, SAME_FROM = 0.2, 0.85  # what it adds that a question is put in this very way, and from when it is

SURE: Final = 0.33
AHEAD: Final = 0.08  # by how much the first must lead
WORDS: Final = 2  # words that question and entry must share: one alone is chance
LIKELY: Final = 0.15  # below, an entry is not even offered
OFFERED: Final = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry with its score, 0 to about 1.2; the words shared with it; whether it is asked in this very way."""

    entry: Entry
    score: float
    words: int
    same: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a question comes to: the answer, where it is sure; and up to three that it may have meant, best first."""

    answer: Entry | None
    near: tuple[Entry, ...]
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One entry as it is searched. `ways`: the terms of each way of asking; `length`: all that counts in it."""

    entry: Entry
    ways: tuple[frozenset[str], ...]
    counts: Mapping[str, float]
    length: float


@dataclass(frozen=True, slots=True)
class Index:
    """All entries with what each term says; `unknown` is what one says that no entry has."""

    read: Reader
    documents: tuple[Document, ...]
    says: Mapping[str, float]
    unknown: float
    length: float

    def weight(self, term: str) -> float:
        says = self.says.get(term, self.unknown)
        return says * PAIR_SAYS if term.startswith(PAIR) else says

    def hits(self, text: str) -> tuple[Hit, ...]:
        """All entries that share anything with the text, the best first."""
        asked = {term: self.weight(term) for term in self.read.terms(text)}
        whole = sum(asked.values())
        found = [hit for document in self.documents if (hit := self._hit(document, asked, whole)) is not None]
        return tuple(sorted(found, key=lambda hit: -hit.score))

    def _hit(self, document: Document, asked: Mapping[str, float], whole: float) -> Hit | None:
        shared = [term for term in asked if term in document.counts]
        if not shared:
            return None
        bm25 = sum(asked[term] * self._saturated(document, term) for term in shared) / (whole * (K1 + 1))
        alike = max(self._alike(way, asked, whole) for way in document.ways)
        same = alike >= SAME_FROM
        score = BM25_SHARE * bm25 + (1 - BM25_SHARE) * alike + (SAME if same else 0.0)
        return Hit(document.entry, score, _separate(shared), same)

    def _saturated(self, document: Document, term: str) -> float:
        times = document.counts[term]
        return times * (K1 + 1) / (times + K1 * (1 - B + B * document.length / self.length))

    def _alike(self, way: frozenset[str], asked: Mapping[str, float], whole: float) -> float:
        """Twice the common part of question and way over both: 1 where they say the same."""
        common = sum(says for term, says in asked.items() if term in way)
        return 2 * common / (whole + sum(map(self.weight, way))) if common else 0.0


def _separate(terms: Iterable[str]) -> int:
    """How many words, those that stand within another one not counted."""
    words = [term for term in terms if not term.startswith(PAIR)]
    return sum(1 for word in words if not any(word != other and word in other for other in words))


@lru_cache(maxsize=1)
def index() -> Index:
    """The index over all entries, made at the first call; as `reader`, it lets nothing else run meanwhile."""
    read = reader()
    documents = tuple(_document(entry, read) for entry in entries().values())
    holders = Counter(term for document in documents for term in document.counts)
    many = len(documents)

    def rarity(n: int) -> float:
        return log(1 + (many - n + 0.5) / (n + 0.5))

    return Index(
        read=read,
        documents=documents,
        says={term: rarity(n) for term, n in holders.items()},
        unknown=UNKNOWN_SAYS * rarity(0),
        length=sum(document.length for document in documents) / many,
    )


def _document(entry: Entry, read: Reader) -> Document:
    ways = tuple(frozenset(read.terms(way)) for way in (entry.title, *entry.ask))
    counts: defaultdict[str, float] = defaultdict(float)
    for way in ways:
        for term in way:
            counts[term] += 1
    for term in read.terms(" ".join(entry.words)):
        counts[term] += WORD_OF_ANSWER
    for term in set(read.terms(entry.answer)):
        counts[term] += ANSWER
    return Document(entry, ways, dict(counts), sum(counts.values()))


def find(text: str) -> Found:
    """The entry that answers a question in plain words, and those that it may have meant."""
    return judge(index().hits(text))


def judge(hits: Sequence[Hit]) -> Found:
    """How sure it is: asked in a known way, or high enough, by more than one word, and ahead of the next."""
    if not hits:
        return Found(None, (), ())
    first = hits[0]
    lead = first.score - (hits[1].score if len(hits) > 1 else 0.0)
    fits = first.score >= SURE and first.words >= WORDS and lead >= AHEAD
    sure = fits or (first.same and (lead > 0 or len(hits) == 1))
    near = tuple(hit.entry for hit in hits[:OFFERED] if hit.score >= LIKELY)
    return Found(first.entry if sure else None, near, tuple(hits[: OFFERED + 1]))
