"""Room: the guides say only what there is: their pictures, their links, the words that they quote from screens."""

from __future__ import annotations

import re

import pytest

from tests.harness.screen_words import on_some_screen
from workflows.documents.fonts import font
from workflows.guides import GUIDES, PICTURES, folder
from workflows.guides.generated import UnknownPart, renewed
from workflows.guides.reading import BadGuide, on_screen, pictures, read, texts

MOST = 4 * 1024 * 1024  # bytes of all pictures together
TEXTS = {name: guide.path.read_text(encoding="utf-8") for name, guide in GUIDES.items()}
named = pytest.mark.parametrize("name", TEXTS)


@named
def test_the_parts_that_stand_in_the_rules_are_what_the_rules_say(name: str) -> None:
    assert TEXTS[name] == renewed(TEXTS[name]), "run `python -m workflows.guides.generated`"


@named
def test_every_quoted_button_menu_and_state_is_on_some_screen(name: str) -> None:
    lacking = [label for label in on_screen(TEXTS[name]) if not on_some_screen(label)]
    assert lacking == []


def test_words_that_no_screen_has_are_found_out() -> None:
    assert not on_some_screen("一键全部通过")
    assert not on_some_screen("签约设")


@named
def test_every_picture_is_there(name: str) -> None:
    there = {file.name for file in (folder() / PICTURES).iterdir()}
    assert [picture for picture in pictures(read(TEXTS[name])) if picture not in there] == []


def test_no_picture_is_kept_that_no_guide_shows_and_all_are_small() -> None:
    shown = {picture for text in TEXTS.values() for picture in pictures(read(text))}
    files = list((folder() / PICTURES).iterdir())
    assert {file.name for file in files} == shown
    assert sum(file.stat().st_size for file in files) < MOST


@named
def test_links_within_a_guide_lead_somewhere(name: str) -> None:
    blocks = read(TEXTS[name])
    anchors = [block["anchor"] for block in blocks if block["kind"] == "heading"]
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXTS[name])) <= set(anchors)


@named
def test_every_character_can_be_printed(name: str) -> None:
    font().check([GUIDES[name].title, *texts(read(TEXTS[name]))])


@pytest.mark.parametrize(
    "text",
    ["<b>粗</b>\n", "![图](elsewhere/a.png)\n", "一段 ![图](pictures/a.png) 话\n", "---\n", "    代码\n"],
    ids=["html", "foreign picture", "picture in a sentence", "rule", "code block"],
)
def test_what_page_and_pdf_could_not_show_is_refused(text: str) -> None:
    with pytest.raises(BadGuide):
        read(text)


def test_a_part_that_nobody_writes_is_refused() -> None:
    with pytest.raises(UnknownPart):
        renewed("<!-- 生成：nothing -->\n<!-- 生成结束 -->\n")
