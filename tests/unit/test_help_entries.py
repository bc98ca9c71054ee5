"""Room: the help texts as data: whole, readable, true to what the chat knows."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from bot.handlers import table
from bot.replies import TEXT_BYTES
from bot.words import TOPICS, tidy, topic_of
from workflows.help.entries import CHAPTERS, EntryError, entries, entry_of
from workflows.help.reading import FILE

ALL = list(entries().values())
GOOD = {
    "id": "one",
    "title": "一个问题",
    "ask": ["一", "二", "三", "四"],
    "words": "甲 乙",
    "answer": "答。",
    "guide": "7.1",
    "next": "progress",
}


def test_there_are_some_sixty_entries_or_more_and_every_one_is_read() -> None:
    assert len(ALL) >= 60
    assert list(entries()) == [entry.id for entry in ALL]


def test_every_entry_leads_on_to_a_word_of_the_chat_or_a_page() -> None:
    for entry in ALL:
        assert bool(entry.next) != bool(entry.page), entry.id
        assert not entry.next or entry.next in TOPICS, entry.id
        assert not entry.page or entry.page.startswith("/m/"), entry.id


def test_words_that_an_answer_tells_people_to_reply_are_words_of_the_chat() -> None:
    told = [(entry.id, word) for entry in ALL for word in re.findall(r"回复“([^”]+)”", entry.answer)]
    assert len(told) > 10
    assert [(where, word) for where, word in told if topic_of(tidy(word)) not in table().topics] == []


def test_no_way_of_asking_belongs_to_two_entries() -> None:
    asked = Counter(way for entry in ALL for way in {entry.title, *entry.ask})
    assert [way for way, times in asked.items() if times > 1] == []


def test_titles_are_told_apart_where_they_are_choices() -> None:
    assert len({entry.title for entry in ALL}) == len(ALL)


def test_answers_leave_room_for_what_stands_around_them() -> None:
    for entry in ALL:
        assert len(entry.answer.encode()) < TEXT_BYTES - 700, entry.id
        assert "http" not in entry.answer, entry.id
        assert entry.answer.endswith(("。", "”")), entry.id


def test_every_chapter_that_graduates_need_has_its_entries() -> None:
    named = {entry.guide for entry in ALL}
    assert named <= CHAPTERS
    assert {"5", "6", "7.1", "7.2", "8", "9.1", "9.2", "10", "11", "13", "15", "16"} <= named


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": "Upper"}, "an id is"),
        ({"id": "x" * 25}, "an id is"),
        ({"title": "长" * 25}, "title up to"),
        ({"answer": "长" * 601}, "answer up to"),
        ({"ask": ["一", "二", "三", "三"]}, "at least 4 ways"),
        ({"guide": "17"}, "no chapter"),
        ({"page": "/m/records"}, "members are"),
        ({"strange": "1"}, "members are"),
    ],
)
def test_an_entry_that_is_written_wrongly_is_refused_by_name(change: dict[str, object], told: str) -> None:
    assert entry_of(GOOD).next == "progress"
    with pytest.raises(EntryError, match=told):
        entry_of({**GOOD, **change})


def test_words_are_kept_folded_so_that_they_can_be_found() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    named = [line.split('"')[1] for line in lines if line.startswith('"')]
    assert len(named) > 100
    assert [word for word in named if word != word.lower().strip()] == []
