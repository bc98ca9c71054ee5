"""Room: the envelope against forgers: each malformed address and envelope gets the same silent 403."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime

import pytest

from bot.callback import REFUSED, Callback
from bot.envelope import Forged, Keys, open_envelope, verify_url
from bot.messages import Inbound
from models import kit
from tests.harness import wechat_wire as wire

GOOD = wire.encrypted(wire.message())
BODY = wire.safe_body(GOOD)
RIGHT = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE, GOOD)


def answered(query: str | bytes, body: bytes, keys: Keys, method: str = "POST") -> object:
    """What the caller sees, at NOW."""

    async def never(_message: Inbound) -> str | None:
        raise AssertionError("a forged message reached the handlers")

    kit.set_clock(lambda: datetime.fromtimestamp(wire.NOW, UTC))
    try:
        return asyncio.run(Callback(keys).handle(query, body, method, never))
    finally:
        kit.set_clock(None)


def refused(query: str | bytes, body: bytes, reason: str, keys: Keys | None = None) -> None:
    keys = keys or wire.keys()
    with pytest.raises(Forged) as caught:
        open_envelope(query, body, keys, wire.NOW)
    assert caught.value.reason == reason
    assert answered(query, body, keys) == REFUSED == (403, "text/plain", b"")


def unsigned(query: str, name: str) -> str:
    return "&".join(pair for pair in query.split("&") if not pair.startswith(f"{name}="))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param(wire.safe_query(GOOD, msg_signature="0" * 40), "signature", id="wrong signature"),
        pytest.param(wire.safe_query(GOOD, msg_signature=""), "shape", id="empty signature"),
        pytest.param(unsigned(wire.safe_query(GOOD), "msg_signature"), "shape", id="missing signature"),
        pytest.param(wire.safe_query(GOOD, msg_signature=RIGHT.upper()), "shape", id="upper-case signature"),
        pytest.param(wire.safe_query(GOOD, msg_signature=RIGHT + "\n"), "shape", id="signature with a newline"),
        pytest.param(wire.safe_query(GOOD, msg_signature="签" * 40), "shape", id="non-ASCII signature"),
        pytest.param(wire.safe_query(GOOD, msg_signature="é" + RIGHT[1:]), "shape", id="one non-ASCII character"),
        pytest.param(wire.safe_query(GOOD) + "\udc80", "shape", id="half a surrogate pair"),
        pytest.param(
            wire.safe_query(GOOD, msg_signature=wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)),
            "signature",
            id="signature of the address in place of the message's",
        ),
        pytest.param(
            wire.safe_query(GOOD, timestamp=f"{wire.NOW}1", nonce="234567890", msg_signature=RIGHT),
            "shape",
            id="digit moved from nonce to timestamp",
        ),
        pytest.param(
            wire.safe_query(GOOD, timestamp=str(wire.NOW)[:-1], nonce=f"0{wire.NONCE}", msg_signature=RIGHT),
            "shape",
            id="digit moved from timestamp to nonce",
        ),
        pytest.param(wire.safe_query(GOOD, timestamp=str(wire.NOW - 301)), "age", id="301 seconds old"),
        pytest.param(wire.safe_query(GOOD, timestamp=str(wire.NOW + 301)), "age", id="301 seconds ahead"),
        pytest.param(wire.safe_query(GOOD, timestamp=f"{wire.NOW}0"), "shape", id="timestamp of 11 digits"),
        pytest.param(wire.safe_query(GOOD, timestamp="-700000000"), "shape", id="negative timestamp"),
        pytest.param(wire.safe_query(GOOD, timestamp="１７００００００００"), "shape", id="full-width digits"),
        pytest.param(unsigned(wire.safe_query(GOOD), "timestamp"), "shape", id="missing timestamp"),
        pytest.param(wire.safe_query(GOOD, nonce=""), "shape", id="empty nonce"),
        pytest.param(wire.safe_query(GOOD, nonce="1" * 33), "shape", id="nonce of 33 characters"),
        pytest.param(wire.safe_query(GOOD, nonce="1 2"), "shape", id="space in the nonce"),
        pytest.param(wire.safe_query(GOOD) + f"&timestamp={wire.NOW}", "query", id="repeated timestamp"),
        pytest.param(wire.safe_query(GOOD) + f"&%74imestamp={wire.NOW}", "query", id="repeated, name escaped"),
        pytest.param(wire.safe_query(GOOD) + "&openid=oVictim", "query", id="repeated openid"),
        pytest.param("", "mode", id="no query at all"),
        pytest.param("&&&", "query", id="only separators"),
        pytest.param(wire.safe_query(GOOD, pad="x" * 2048), "size", id="query of more than 2 KiB"),
        pytest.param(wire.safe_query(GOOD, encrypt_type="raw"), "mode", id="encrypt_type=raw"),
        pytest.param(unsigned(wire.safe_query(GOOD), "encrypt_type"), "mode", id="encrypt_type missing"),
    ],
)
def test_a_malformed_address_is_refused(query: str, reason: str) -> None:
    refused(query, BODY, reason)


def enveloped(text: str) -> tuple[str, bytes]:
    return wire.safe_query(text), wire.safe_body(text)


XML = wire.message().encode()
FRAME = wire.frame(XML)
PADDED = wire.pad(FRAME)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "length", id="empty Encrypt"),
        pytest.param("!not base64!", "base64", id="not base64"),
        pytest.param(GOOD[:-1], "base64", id="base64 cut by a character"),
        pytest.param(GOOD + "====", "base64", id="base64 with surplus padding"),
        pytest.param(GOOD[:10] + "\n" + GOOD[10:], "base64", id="newline inside base64"),
        pytest.param(GOOD.replace("+", "-").replace("/", "_") + "-_", "base64", id="alphabet of addresses"),
        pytest.param(base64.b64encode(bytes(15)).decode(), "length", id="15 bytes"),
        pytest.param(base64.b64encode(bytes(16)).decode(), "length", id="16 bytes"),
        pytest.param(base64.b64encode(bytes(47)).decode(), "length", id="no whole blocks"),
        pytest.param(wire.encrypt(FRAME[:16] + bytes(16)), "padding", id="pad byte 0"),
        pytest.param(wire.encrypt(bytes(31) + b"\x21" * 33), "padding", id="pad byte 33"),
        pytest.param(wire.encrypt(bytes(31) + b"\xff" * 33), "padding", id="pad byte 255"),
        pytest.param(wire.encrypt(wire.pad(b"x" * 30)[:-2] + b"\x01\x02"), "padding", id="pad bytes unequal, last two"),
        pytest.param(
            wire.encrypt(PADDED[: -PADDED[-1]] + b"\x00" + PADDED[-PADDED[-1] :][1:]),
            "padding",
            id="first pad byte differs",
        ),
        pytest.param(wire.encrypt(b"\x20" * 32), "length", id="nothing but padding"),
        pytest.param(wire.encrypt(wire.pad(b"x" * 16)), "length", id="random bytes only"),
        pytest.param(wire.encrypt(wire.pad(wire.frame(XML, length=2**32 - 1))), "length", id="length field 2^32-1"),
        pytest.param(wire.encrypt(wire.pad(wire.frame(XML, length=len(XML) + 1))), "app_id", id="length one too long"),
        pytest.param(wire.encrypt(wire.pad(wire.frame(XML, length=len(XML) - 1))), "app_id", id="length one too short"),
        pytest.param(
            wire.encrypt(wire.pad(wire.frame(XML, app_id="wxfedcba9876543210"))), "app_id", id="foreign app id"
        ),
        pytest.param(wire.encrypt(wire.pad(wire.frame(XML, app_id=""))), "app_id", id="no app id"),
        pytest.param(
            wire.encrypt(wire.pad(wire.frame(XML, app_id=wire.APP_ID + "0"))), "app_id", id="app id with a tail"
        ),
    ],
)
def test_a_malformed_envelope_is_refused(text: str, reason: str) -> None:
    refused(*enveloped(text), reason)


def test_a_foreign_key_is_refused() -> None:
    query, body = wire.post(XML, wire.OLD_AES_KEY)
    with pytest.raises(Forged):
        open_envelope(query, body, wire.keys(), wire.NOW)
    assert answered(query, body, wire.keys()) == REFUSED


def test_one_altered_character_of_the_ciphertext_fails_at_the_signature() -> None:
    altered = ("A" if GOOD[40] != "A" else "B").join((GOOD[:40], GOOD[41:]))
    refused(wire.safe_query(GOOD), wire.safe_body(altered), "signature")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "encrypt", id="empty body"),
        pytest.param(wire.message().encode(), "encrypt", id="plaintext body"),
        pytest.param(b'{"ToUserName": "gh_0123456789ab", "Encrypt": "x"}', "encrypt", id="JSON body"),
        pytest.param(b"<xml><Encrypt>" + GOOD.encode(), "encrypt", id="Encrypt without an end"),
        pytest.param(BODY + BODY, "encrypt", id="two Encrypt elements"),
        pytest.param(wire.safe_body(GOOD, plain="<MsgType><![CDATA[text]]></MsgType>"), "mode", id="compatible mode"),
        pytest.param(b" " * (65 * 1024) + BODY, "size", id="65 KiB"),
        pytest.param(BODY + b"x" * 2_000_000, "size", id="2 MB"),
    ],
)
def test_a_malformed_body_is_refused(body: bytes, reason: str) -> None:
    refused(wire.safe_query(GOOD), body, reason)


def test_a_body_of_exactly_64_kib_is_read() -> None:
    body = BODY.replace(b"</xml>", b" " * (64 * 1024 - len(BODY)) + b"</xml>")
    assert len(body) == 64 * 1024
    assert open_envelope(wire.safe_query(GOOD), body, wire.keys(), wire.NOW).xml == XML


@pytest.mark.parametrize("mode", [{}, {"encrypt_type": "raw"}])
def test_a_plaintext_body_with_a_valid_address_signature_is_refused(mode: dict[str, str]) -> None:
    signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)
    query = f"signature={signature}&timestamp={wire.NOW}&nonce={wire.NONCE}&openid={wire.OPENID}"
    query += "".join(f"&{name}={value}" for name, value in mode.items())
    refused(query, wire.message().encode(), "encrypt")


ECHO_SIGNATURE = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)


def signed_at(moment: int) -> dict[str, str]:
    return {"timestamp": str(moment), "signature": wire.sign(wire.TOKEN, str(moment), wire.NONCE)}


def check_query(**other: str) -> str:
    given = {"signature": ECHO_SIGNATURE, "timestamp": str(wire.NOW), "nonce": wire.NONCE, "echostr": "123"} | other
    return "&".join(f"{name}={value}" for name, value in given.items() if value != "-")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param(check_query(signature="0" * 40), "signature", id="wrong signature"),
        pytest.param(check_query(signature=""), "shape", id="empty signature"),
        pytest.param(check_query(signature="-"), "shape", id="missing signature"),
        pytest.param(check_query(signature=ECHO_SIGNATURE.upper()), "shape", id="upper-case signature"),
        pytest.param(check_query(signature="%E7%AD%BE" * 40), "shape", id="non-ASCII signature"),
        pytest.param(
            check_query(timestamp=f"{wire.NOW}1", nonce="234567890"), "shape", id="digit moved to the timestamp"
        ),
        pytest.param(
            check_query(**signed_at(wire.NOW - 301)),
            "age",
            id="301 seconds old",
        ),
        pytest.param(
            check_query(**signed_at(wire.NOW + 301)),
            "age",
            id="301 seconds ahead",
        ),
        pytest.param(check_query() + f"&timestamp={wire.NOW}", "query", id="repeated timestamp"),
        pytest.param(check_query(echostr="-"), "shape", id="no echo"),
        pytest.param(check_query(echostr=""), "shape", id="empty echo"),
        pytest.param(check_query(echostr="1" * 257), "shape", id="long echo"),
        pytest.param(check_query(echostr="a%0d%0aSet-Cookie:x"), "shape", id="line break in the echo"),
        pytest.param(check_query(echostr="%E5%9B%9E"), "shape", id="non-ASCII echo"),
        pytest.param("", "shape", id="no query at all"),
    ],
)
def test_a_malformed_address_check_is_refused(query: str, reason: str) -> None:
    with pytest.raises(Forged) as caught:
        verify_url(query, wire.keys(), wire.NOW)
    assert caught.value.reason == reason
    assert answered(query, b"", wire.keys(), "GET") == REFUSED


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "post", ""])
def test_any_other_method_is_refused_the_same_way(method: str) -> None:
    assert answered(wire.safe_query(GOOD), BODY, wire.keys(), method) == REFUSED
