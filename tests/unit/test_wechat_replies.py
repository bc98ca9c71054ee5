"""Room: passive replies: well formed whatever users typed, within the platform's limits, cut between items."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from bot.messages import Inbound, parse
from bot.replies import MORE, TEXT_BYTES, Article, cut, news, plain, text, transfer
from models import kit
from tests.harness import wechat_wire as wire

MESSAGE = parse(wire.message().encode(), wire.ACCOUNT)
EVENT = parse(wire.event("CLICK", "<EventKey>k</EventKey>").encode(), wire.ACCOUNT)
AT = datetime.fromtimestamp(wire.NOW, UTC)


def tree(xml: str) -> ElementTree.Element:
    return ElementTree.fromstring(xml)  # noqa: S314  our own output, read back by a strict parser


def content(xml: str) -> str:
    return tree(xml).findtext("Content") or ""


def test_a_text_reply_has_the_platforms_form() -> None:
    assert text(MESSAGE, ["第一行", "第二行"], at=AT) == (
        f"<xml><ToUserName><![CDATA[{wire.OPENID}]]></ToUserName><FromUserName><![CDATA[{wire.ACCOUNT}]]>"
        f"</FromUserName><CreateTime>{wire.NOW}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[第一行\n第二行]]></Content></xml>"
    )


def test_a_reply_carries_the_houses_time() -> None:
    kit.set_clock(lambda: AT)
    try:
        assert tree(text(MESSAGE, "好")).findtext("CreateTime") == str(wire.NOW)
    finally:
        kit.set_clock(None)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("a]]>b", "a]]>b", id="CDATA end"),
        pytest.param("]]>]]>", "]]>]]>", id="two of them"),
        pytest.param("]]]]>>", "]]]]>>", id="nested brackets"),
        pytest.param("]]><FromUserName>oVictim</FromUserName><![CDATA[", None, id="an injected element"),
        pytest.param("签\x1d约\x00", "签约", id="controls"),
        pytest.param("a\ud800b\uffffc", "abc", id="half a surrogate pair and a noncharacter"),
        pytest.param("<a href='x'>&lt;&", None, id="markup"),
        pytest.param("😀", "😀", id="astral"),
        pytest.param("", "", id="empty"),
    ],
)
def test_user_text_never_breaks_the_reply(typed: str, shown: str | None) -> None:
    root = tree(text(MESSAGE, [typed]))
    assert [child.tag for child in root] == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert root.findtext("Content") == (typed if shown is None else shown)


@pytest.mark.parametrize("size", [2046, 2047])
@pytest.mark.parametrize("letter", ["x", "é", "长", "😀"])
def test_a_text_of_up_to_2047_bytes_is_left_alone(size: int, letter: str) -> None:
    width = len(letter.encode())
    exact = "x" * (size % width) + letter * (size // width)
    assert len(exact.encode()) == size
    assert content(text(MESSAGE, [exact])) == exact


@pytest.mark.parametrize("size", [2048, 2049, 2050, 2051, 6000])
@pytest.mark.parametrize("letter", ["x", "é", "长", "😀"])
def test_one_block_that_is_too_long_is_cut_between_characters(size: int, letter: str) -> None:
    width = len(letter.encode())
    long = "x" * (size % width) + letter * (size // width)
    shown = content(text(MESSAGE, [long]))
    assert TEXT_BYTES - 4 < len(shown.encode()) <= TEXT_BYTES
    assert shown.endswith(f"…\n{MORE}")
    assert long.startswith(shown.removesuffix(f"…\n{MORE}"))


def test_a_list_is_cut_between_items_and_says_so() -> None:
    items = [f"{n}. 示例单位{n}\n   岗位：软件工程师\n   截止：2027年3月5日 14:30" for n in range(1, 100)]
    shown = content(text(MESSAGE, items, more="回复 n 看下一页"))
    assert len(shown.encode()) <= TEXT_BYTES
    body = shown.removesuffix("\n回复 n 看下一页")
    kept = body.count("岗位：")
    assert body == "\n".join(items[:kept])
    assert len("\n".join((*items[: kept + 1], "回复 n 看下一页")).encode()) > TEXT_BYTES


def test_a_plain_string_is_cut_between_its_lines() -> None:
    shown = cut("\n".join(["一" * 100] * 9))
    assert shown == "\n".join(["一" * 100] * 6 + [MORE])


def test_the_limit_counts_what_the_user_sees_not_the_escapes() -> None:
    brackets = "]]>" * 682
    assert content(text(MESSAGE, [brackets])) == brackets


def test_controls_do_not_count() -> None:
    assert content(text(MESSAGE, ["\x01" * 5000 + "好"])) == "好"


CARD = Article("签约邀请", "示例单位 ]]> <b>", "https://h5.example.com/i/1?a=1&b=2", "https://h5.example.com/i.png")


def test_a_card_has_the_platforms_form() -> None:
    root = tree(news(MESSAGE, [CARD], at=AT))
    assert root.findtext("MsgType") == "news"
    assert root.findtext("ArticleCount") == "1"
    item = root.find("Articles/item")
    assert item is not None
    assert {child.tag: child.text for child in item} == {
        "Title": CARD.title,
        "Description": CARD.description,
        "PicUrl": CARD.picture,
        "Url": CARD.url,
    }


@pytest.mark.parametrize(("to", "count"), [pytest.param(MESSAGE, 1, id="message"), pytest.param(EVENT, 8, id="event")])
def test_of_nine_cards_as_many_go_as_the_platform_shows(to: Inbound, count: int) -> None:
    root = tree(news(to, [CARD._replace(title=str(n)) for n in range(9)]))
    assert root.findtext("ArticleCount") == str(count)
    assert [title.text for title in root.iterfind("Articles/item/Title")] == [str(n) for n in range(count)]


def test_a_reply_without_cards_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="article"):
        news(MESSAGE, [])


def test_a_conversation_is_handed_over_to_anyone_or_to_one_desk() -> None:
    assert tree(transfer(MESSAGE)).findtext("MsgType") == "transfer_customer_service"
    assert tree(transfer(MESSAGE)).find("TransInfo") is None
    assert tree(transfer(MESSAGE, "help@sample")).findtext("TransInfo/KfAccount") == "help@sample"


def test_an_event_cannot_be_handed_over() -> None:
    with pytest.raises(ValueError, match="event"):
        transfer(EVENT)


def test_a_foreign_name_cannot_become_a_link() -> None:
    shown = plain('<a href="https://evil.example">查看</a>')
    assert "<" not in shown
    assert ">" not in shown
    assert "查看" in shown
