"""Room: which entry answers a question best, and how sure that is. BM25 over the ways a question is put, and overlap.

Two looks at each entry are added up. As a whole (all ways of asking, the words of the answer) by BM25; way by way, by
the share of what is said that question and way have in common: `cover`, of what the question says, and `meet`, of
both. What a term says is its rarity among the entries; a term that no entry knows says most, so that a question about
something else is covered badly however well the rest fits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Final

from workflows.help.entries import Entry, entries
from workflows.help.reading import PAIR, Reader, reader

K1, B = 1.2, 0.6
WORD_OF_ANSWER: Final = 2.0  # what an occurrence among the words of the answer counts, beside one in a question
ANSWER: Final = 0.25
PAIR_SAYS: Final = 0.2  # of what a whole word says
UNKNOWN_SAYS: Final = 0.75  # of what a term says that one entry alone has
BM25_SHARE: Final = 0.75  # of the score; the rest is the best way of asking
SAME, SAME_FROM = 0.2, 0.9  # what it adds that a question is asked in this very way, and from when it is

SURE: Final = 0.32
AHEAD: Final = 0.06  # by how much the first must lead
LIKELY: Final = 0.22  # below, an entry is not even offered
OFFERED: Final = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry with its score, 0 to about 1."""

    entry: Entry
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a question comes to: the answer, where it is sure; else up to three that it may have meant, best first."""

    answer: Entry | None
    near: tuple[Entry, ...]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One entry as it is searched. `ways`: the terms of each way of asking."""

    entry: Entry
    ways: tuple[frozenset[str], ...]
    counts: Mapping[str, float]
    length: float


@dataclass(frozen=True, slots=True)
class Index:
    """All entries with what each term says."""

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
        if not whole:
            return ()
        scored = (Hit(document.entry, self._score(document, asked, whole)) for document in self.documents)
        return tuple(sorted((hit for hit in scored if hit.score > 0), key=lambda hit: -hit.score))

    def _score(self, document: Document, asked: Mapping[str, float], whole: float) -> float:
        bm25 = sum(says * self._saturated(document, term) for term, says in asked.items() if term in document.counts)
        if not bm25:
            return 0.0
        best = max(self._alike(way, asked, whole) for way in document.ways)
        said_so = SAME if best >= SAME_FROM else 0.0
        return BM25_SHARE * bm25 / (whole * (K1 + 1)) + (1 - BM25_SHARE) * best + said_so

    def _saturated(self, document: Document, term: str) -> float:
        times = document.counts[term]
        return times * (K1 + 1) / (times + K1 * (1 - B + B * document.length / self.length))

    def _alike(self, way: frozenset[str], asked: Mapping[str, float], whole: float) -> float:
        """Twice the common part of question and way over both: 1 where they say the same."""
        common = sum(says for term, says in asked.items() if term in way)
        return 2 * common / (whole + sum(map(self.weight, way))) if common else 0.0


@lru_cache(maxsize=1)
def index() -> Index:
    """The index over all entries, made at the first call."""
    read = reader()
    documents = tuple(_document(entry, read) for entry in entries().values())
    holders = Counter(term for document in documents for term in document.counts)
    many = len(documents)
    says = {term: log(1 + (many - n + 0.5) / (n + 0.5)) for term, n in holders.items()}
    return Index(
        read=read,
        documents=documents,
        says=says,
        unknown=UNKNOWN_SAYS * log(1 + (many + 0.5) / 0.5),
        length=sum(document.length for document in documents) / many,
    )


def _document(entry: Entry, read: Reader) -> Document:
    ways = tuple(read.terms(way) for way in (entry.title, *entry.ask))
    counts: Counter[str] = Counter()
    for way in ways:
        counts.update(dict.fromkeys(way, 1.0))  # type: ignore[arg-type]  # weights are fractions
    for term in read.terms(" ".join(entry.words)):
        counts[term] += WORD_OF_ANSWER  # type: ignore[assignment]
    for term in set(read.terms(entry.answer)):
        counts[term] += ANSWER  # type: ignore[assignment]
    return Document(entry, tuple(frozenset(way) for way in ways), dict(counts), float(sum(counts.values())))


def find(text: str) -> Found:
    """The entry that answers a question in plain words, or those it may have meant."""
    hits = index().hits(text)
    return judge(hits[: OFFERED + 1])


def judge(hits: Sequence[Hit]) -> Found:
    """How sure it is: high enough, and ahead of the next."""
    if not hits:
        return Found(None, ())
    first = hits[0]
    lead = first.score - (hits[1].score if len(hits) > 1 else 0.0)
    near = tuple(hit.entry for hit in hits[:OFFERED] if hit.score >= LIKELY)
    sure = first.score >= SURE and lead >= AHEAD
    return Found(first.entry if sure else None, near, tuple(hits))
