"""Room: properties of the callback's edge: nothing but 403 for noise, every text survives both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from bot import replies
from bot.callback import REFUSED, Answer, Callback
from bot.envelope import Forged, open_envelope, seal
from bot.messages import Inbound, parse
from models import kit
from tests.harness import wechat_wire as wire

KEYS = wire.keys(previous=wire.OLD_AES_KEY)
LOOSE = wire.keys(allow_plaintext=True)
ORACLE = WeChatCrypto(wire.TOKEN, wire.AES_KEY, wire.APP_ID)
GOOD_QUERY, GOOD_BODY = wire.post(wire.message())
GOOD_XML = wire.message().encode()

# What XML can hold, less the carriage return, which every reader turns into a newline.
XML_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\ufffe\uffff").filter(lambda c: c >= " " or c in "\t\n"),
    max_size=300,
)


@pytest.fixture(autouse=True, scope="module")
def _at_the_vectors_moment() -> Iterator[None]:
    kit.set_clock(lambda: datetime.fromtimestamp(wire.NOW, UTC))
    yield
    kit.set_clock(None)


async def echo(inbound: Inbound) -> str | None:
    return replies.text(inbound, [inbound.content])


def answer(query: bytes | str, body: bytes, method: str = "POST", callback: Callback | None = None) -> Answer:
    handled = (callback or Callback(KEYS)).handle(query, body, method, echo)
    return asyncio.run(handled)


@given(
    st.binary(max_size=300) | st.text(max_size=300), st.binary(max_size=2000), st.sampled_from(["GET", "POST", "PUT"])
)
def test_noise_gets_403_and_never_an_exception(query: bytes | str, body: bytes, method: str) -> None:
    assert answer(query, body, method) == REFUSED
    assert answer(query, body, method, Callback(LOOSE)) == REFUSED


@given(st.binary(max_size=2000))
def test_a_right_address_with_any_other_body_gets_403(body: bytes) -> None:
    assert answer(GOOD_QUERY, body) == REFUSED
    assert answer(GOOD_QUERY, wire.safe_body("") + body) == REFUSED


@given(st.dictionaries(st.sampled_from(["timestamp", "nonce", "msg_signature"]), st.text(max_size=45), min_size=1))
def test_a_right_body_under_any_altered_address_gets_403(other: dict[str, str]) -> None:
    given_parameters = dict(parse_qsl(GOOD_QUERY))
    if (altered := given_parameters | other) != given_parameters:
        assert answer(urlencode(altered, errors="surrogatepass"), GOOD_BODY) == REFUSED


@given(st.binary(max_size=400))
@example(b"")
@example(bytes(31) + b"\x20")
def test_a_rightly_signed_ciphertext_of_any_content_is_refused_quietly(plain: bytes) -> None:
    text = wire.encrypt(plain.ljust(-(-max(len(plain), 32) // 16) * 16, b"\x10"))
    assert answer(wire.safe_query(text), wire.safe_body(text)) == REFUSED


@given(st.integers(0, len(GOOD_XML)), st.integers(0, len(GOOD_XML)), st.binary(max_size=40))
def test_a_damaged_document_is_forged_or_still_ours_and_never_an_exception(start: int, stop: int, noise: bytes) -> None:
    try:
        inbound = parse(GOOD_XML[:start] + noise + GOOD_XML[stop:], wire.ACCOUNT)
    except Forged:
        return
    assert inbound.to == wire.ACCOUNT
    assert inbound.sender
    assert inbound.once


@given(XML_TEXT)
@example("]]>")
@example("]]]]>>")
@example("😀𠮷")
@example("  outer space  ")
def test_any_text_arrives_as_typed_and_goes_back_as_it_came(text: str) -> None:
    inside = text.replace("]]>", "]]]]><![CDATA[>")
    query, body = wire.post(wire.message(f"<Content><![CDATA[{inside}]]></Content>"))
    status, _, sealed = answer(query, body)
    assert status == 200
    root = ElementTree.fromstring(wire.open_reply(sealed).xml)  # noqa: S314  our own output
    assert (root.findtext("Content") or "") == text


@given(st.text(max_size=3000))
@example("\ud800]]>\x00")
def test_any_reply_text_is_well_formed_and_within_the_limit(text: str) -> None:
    inbound = parse(GOOD_XML, wire.ACCOUNT)
    root = ElementTree.fromstring(replies.text(inbound, text))  # noqa: S314  our own output
    assert len((root.findtext("Content") or "").encode()) <= replies.TEXT_BYTES
    assert len(root) == 5


@given(st.lists(st.text(max_size=400), max_size=30))
def test_a_list_is_cut_only_between_its_items(blocks: list[str]) -> None:
    shown = replies.cut(blocks, more="更多")
    assert len(shown.encode()) <= replies.TEXT_BYTES
    whole = [replies.cut([block]) for block in blocks]
    assert shown in ("\n".join(whole), *("\n".join([*whole[:count], "更多"]) for count in range(1, len(whole))))


@given(st.text(st.characters(codec="utf-8"), max_size=2000), st.binary(min_size=16, max_size=16))
def test_what_we_seal_wechatpy_and_we_open_and_the_reverse(text: str, prefix: bytes) -> None:
    for index, aes_key in enumerate((wire.AES_KEY, wire.OLD_AES_KEY)):
        sealed = seal(text, KEYS, index, wire.NOW, wire.NONCE.encode(), prefix)
        reply = wire.open_reply(sealed, aes_key)
        assert reply.xml == text
        signed = wire.safe_query(reply.text)
        assert open_envelope(signed, wire.safe_body(reply.text), KEYS, wire.NOW).xml == text.encode()
        if index == 0:
            signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE, reply.text)
            assert ORACLE.decrypt_message(sealed, signature, str(wire.NOW), wire.NONCE) == text


@given(st.text(st.characters(codec="utf-8"), max_size=2000), st.sampled_from([wire.AES_KEY, wire.OLD_AES_KEY]))
def test_either_key_opens_and_is_named(text: str, aes_key: str) -> None:
    opened = open_envelope(*wire.post(text, aes_key), KEYS, wire.NOW)
    assert opened.xml == text.encode()
    assert opened.key_index == (0 if aes_key == wire.AES_KEY else 1)


@given(st.integers(0, 4_000_000_000))
def test_only_five_minutes_around_now_are_young_enough(moment: int) -> None:
    text = wire.encrypted(GOOD_XML)
    query = wire.safe_query(text, timestamp=f"{moment:010d}")
    status, _, _ = answer(query, wire.safe_body(text))
    assert status == (200 if abs(moment - wire.NOW) <= 300 else 403)
