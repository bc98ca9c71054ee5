"""Room: what typed texts mean: spelling forgiven, synonyms, nearest offers."""

from __future__ import annotations

import pytest

from bot import words
from bot.handlers import table


@pytest.mark.parametrize(
    ("typed", "topic"),
    [
        ("进度", "progress"),
        (" 进 度 ", "progress"),
        ("进度。", "progress"),
        ("【进度】！！", "progress"),
        ("進度", "progress"),
        ("請問進度？", "progress"),
        ("帮我查询一下", "progress"),
        ("接受", "accept"),
        ("同意邀请", "accept"),
        ("不同意", "refuse"),
        ("不接受！", "refuse"),
        ("我同意。", "accept"),
        ("我不同意", "refuse"),
        ("同意解约", "accept"),
        ("不同意解约", "refuse"),
        ("ＨＥＬＰ", "help"),
        ("Hello", "menu"),
        ("解綁", "unbind"),
        ("我要解约", "terminate"),
        ("户口", "household"),
        ("人工客服", "desk"),
    ],
)
def test_a_word_is_understood_however_it_is_typed(typed: str, topic: str) -> None:
    assert words.topic_of(words.tidy(typed)) == topic


@pytest.mark.parametrize("typed", ["不能同意", "同意吗拒绝吗", "我不太想接受这个", "1", "", "。。。", "随便"])
def test_what_is_not_a_word_names_no_topic(typed: str) -> None:
    assert words.topic_of(words.tidy(typed)) == ""


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1", "1"),
        ("１", "1"),
        ("1.", "1"),
        ("（2）", "2"),
        ("第二个", "2"),
        ("三", "3"),
        ("选 4", "4"),
        ("3 8 2 1", "3821"),
    ],
)
def test_numbers_are_read_in_all_their_spellings(typed: str, number: str) -> None:
    assert words.number_of(words.tidy(typed)) == number


@pytest.mark.parametrize("typed", ["1a", "1234567", "十二三", "-", "1,2x"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert words.number_of(words.tidy(typed)) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("同意 2", ("accept", 2)),
        ("接受第3个", ("accept", 3)),
        ("拒绝１", ("refuse", 1)),
        ("吃饭 2", None),
        ("同意", None),
    ],
)
def test_a_word_with_a_number(typed: str, meant: tuple[str, int] | None) -> None:
    assert words.numbered(words.tidy(typed)) == meant


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("进渡", "progress"),
        ("要请", "invitations"),
        ("户口怎么迁", "household"),
        ("怎么接受邀请", "accept"),
        ("绑订", "bind"),
    ],
)
def test_a_typing_error_comes_near_what_was_meant(typed: str, first: str) -> None:
    assert words.nearest(words.tidy(typed))[0] == first
    assert len(words.nearest(words.tidy(typed))) <= words.OFFERED


def test_nothing_is_offered_for_noise() -> None:
    assert words.nearest("qwertyuiop") == ()


def test_every_topic_has_a_label_words_and_a_handler() -> None:
    assert set(words.LABELS) == set(words.TOPICS)
    assert table().topics == set(words.TOPICS)


def test_no_word_stands_for_two_topics_and_all_are_tidy() -> None:
    seen: dict[str, str] = {}
    for topic, listed in words.TOPICS.items():
        for word in listed:
            assert words.tidy(word) == word, word
            assert seen.setdefault(word, topic) == topic, word
            assert not words.number_of(word), word
