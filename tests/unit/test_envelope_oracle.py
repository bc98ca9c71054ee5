"""Room: the envelope beside wechatpy, which knows the wire format and nothing of us: each reads the other."""

from __future__ import annotations

import re

import pytest
import xmltodict
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature

from bot.envelope import Forged, open_envelope, seal
from bot.messages import parse, read
from tests.harness import wechat_wire as wire

ORACLE = WeChatCrypto(wire.TOKEN, wire.AES_KEY, wire.APP_ID)
TEXTS = [
    pytest.param("<xml/>", id="shortest"),
    pytest.param(wire.message("<Content><![CDATA[查询签约状态 😀]]></Content>"), id="chinese and astral"),
    *(pytest.param(f"<xml><P>{'x' * size}</P></xml>", id=f"{size} characters") for size in range(20, 55)),
    pytest.param(f"<xml><P>{'长' * 10_000}</P></xml>", id="30 KB"),
]


def parts(sealed: bytes | str) -> dict[str, str]:
    text = sealed.decode() if isinstance(sealed, bytes) else sealed
    return dict(xmltodict.parse(text)["xml"])


@pytest.mark.parametrize("xml", TEXTS)
def test_wechatpy_opens_what_we_seal(xml: str) -> None:
    sealed = seal(xml, wire.keys(), 0, wire.NOW)
    head = parts(sealed)
    assert ORACLE.decrypt_message(sealed, head["MsgSignature"], head["TimeStamp"], head["Nonce"]) == xml


@pytest.mark.parametrize("xml", TEXTS)
def test_we_open_what_wechatpy_seals(xml: str) -> None:
    sealed = ORACLE.encrypt_message(xml, wire.NONCE, str(wire.NOW))
    query = f"encrypt_type=aes&timestamp={wire.NOW}&nonce={wire.NONCE}&msg_signature={parts(sealed)['MsgSignature']}"
    assert open_envelope(query, sealed.encode(), wire.keys(), wire.NOW) == (xml.encode(), 0, wire.NOW)


def test_wechatpy_and_we_agree_on_what_a_foreign_account_sealed() -> None:
    foreign = wire.keys(app_id="wxfedcba9876543210")
    head = parts(sealed := seal("<xml/>", foreign, 0, wire.NOW))
    with pytest.raises(InvalidAppIdException):
        ORACLE.decrypt_message(sealed, head["MsgSignature"], head["TimeStamp"], head["Nonce"])
    with pytest.raises(InvalidSignatureException):
        ORACLE.decrypt_message(sealed, "0" * 40, head["TimeStamp"], head["Nonce"])


def test_wechatpy_accepts_the_address_signature_that_our_test_platform_makes() -> None:
    check_signature(wire.TOKEN, wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE), str(wire.NOW), wire.NONCE)


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(wire.message(), id="text"),
        pytest.param(wire.message("<PicUrl><![CDATA[http://x/1]]></PicUrl><MediaId>7</MediaId>", "image"), id="image"),
        pytest.param(wire.event("CLICK", "<EventKey><![CDATA[progress]]></EventKey>"), id="menu tap"),
        pytest.param(wire.event("TEMPLATESENDJOBFINISH", "<MsgID>3487542469355618313</MsgID>"), id="receipt"),
    ],
)
def test_our_parse_reads_the_same_head_and_names_as_wechatpy(xml: str) -> None:
    ours, theirs = parse(xml.encode(), wire.ACCOUNT), parse_message(xml)
    assert (ours.to, ours.sender, ours.created, ours.type) == (
        theirs.target,
        theirs.source,
        theirs.time,
        theirs.type,
    )
    assert ours.event == getattr(theirs, "event", "")
    assert read(xml.encode()) == dict(xmltodict.parse(xml)["xml"])


def test_unequal_padding_that_wechatpy_lets_through_is_refused() -> None:
    padded = bytearray(wire.pad(wire.frame(b"<xml/>")))
    padded[-2] ^= 1
    text = wire.encrypt(bytes(padded))
    query, body = wire.safe_query(text), wire.safe_body(text)
    signature = dict(re.findall(r"(\w+)=([^&]*)", query))["msg_signature"]
    assert ORACLE.decrypt_message(body, signature, str(wire.NOW), wire.NONCE) == "<xml/>"
    with pytest.raises(Forged):
        open_envelope(query, body, wire.keys(), wire.NOW)


def test_a_second_sender_that_wechatpy_turns_into_a_list_is_refused() -> None:
    doubled = wire.message("<FromUserName>oVictim</FromUserName>")
    assert parse_message(doubled)._data["FromUserName"] == [wire.OPENID, "oVictim"]
    with pytest.raises(Forged):
        parse(doubled.encode(), wire.ACCOUNT)
