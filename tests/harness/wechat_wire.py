"""Room: the platform's side of the callback, for tests: it signs, encrypts and can do each of them wrongly.

Written from the published protocol alone and sharing no code with `bot.envelope`, so that a mistake there
cannot cancel out here.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import struct
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import SecretStr

from bot.envelope import Keys
from models.config import Profile, WeChatSettings

TOKEN = "benchToken2468"
AES_KEY = "d2neVzJVhUfgkTQ9OKEEoOR2Hv3gqLvzH5fRKlkKW4A"
OLD_AES_KEY = "Zk7pQ2mWc9sT4xLb1NvYr8HdJ6fGaE3uKoPiVtBwSqR"
APP_ID = "wx0123456789abcdef"
ACCOUNT = "gh_0123456789ab"
OPENID = "oSample000000000000000000001"
NOW = 1_700_000_000
NONCE = "1234567890"


def keys(
    *, previous: str | None = None, allow_plaintext: bool = False, app_id: str = APP_ID, nonce_shape: str | None = None
) -> Keys:
    """Our side's keys, from settings as a process would read them."""
    settings = WeChatSettings(
        app_id=app_id,
        token=SecretStr(TOKEN),
        aes_key=SecretStr(AES_KEY),
        aes_key_previous=None if previous is None else SecretStr(previous),
        account=ACCOUNT,
        allow_plaintext=allow_plaintext,
        **({} if nonce_shape is None else {"nonce_shape": nonce_shape}),
    )
    return Keys.of(settings, Profile.DEVELOPMENT if allow_plaintext else Profile.PRODUCTION)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def frame(xml: bytes, *, app_id: str = APP_ID, prefix: bytes | None = None, length: int | None = None) -> bytes:
    """The plain frame before padding."""
    size = struct.pack(">I", len(xml) if length is None else length)
    return (prefix or os.urandom(16)) + size + xml + app_id.encode()


def pad(data: bytes) -> bytes:
    size = 32 - len(data) % 32
    return data + bytes([size]) * size


def encrypt(padded: bytes, aes_key: str = AES_KEY) -> str:
    key = base64.b64decode(aes_key + "=")
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def encrypted(xml: str | bytes, aes_key: str = AES_KEY) -> str:
    """The `Encrypt` text of a well-made message."""
    return encrypt(pad(frame(xml.encode() if isinstance(xml, str) else xml)), aes_key)


def message(
    body: str = "<Content><![CDATA[进度]]></Content>", kind: str = "text", msg_id: str = "24000000000000001"
) -> str:
    """An inner message with its usual head."""
    tail = f"<MsgId>{msg_id}</MsgId>" if msg_id else ""
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>\n<FromUserName><![CDATA[{OPENID}]]></FromUserName>\n"
        f"<CreateTime>{NOW}</CreateTime>\n<MsgType><![CDATA[{kind}]]></MsgType>\n{body}\n{tail}</xml>"
    )


def event(name: str, body: str = "") -> str:
    return message(f"<Event><![CDATA[{name}]]></Event>{body}", kind="event", msg_id="")


def safe_body(text: str, plain: str = "") -> bytes:
    """The outer document; `plain` holds the readable elements that compatible mode adds."""
    head = f"<ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
    return f"<xml>{head}{plain}<Encrypt><![CDATA[{text}]]></Encrypt></xml>".encode()


def safe_query(text: str, *, timestamp: str = str(NOW), nonce: str = NONCE, **other: str) -> str:
    """The address's query for `text` as Encrypt, correctly signed; `other` replaces or adds parameters."""
    given = {
        "signature": sign(TOKEN, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": OPENID,
        "encrypt_type": "aes",
        "msg_signature": sign(TOKEN, timestamp, nonce, text),
    }
    return urlencode(given | other)


def post(xml: str | bytes, aes_key: str = AES_KEY) -> tuple[str, bytes]:
    """Query and body of one message in safe mode."""
    text = encrypted(xml, aes_key)
    return safe_query(text), safe_body(text)


@dataclass(frozen=True)
class Reply:
    """A sealed reply as the platform reads it."""

    xml: str
    nonce: str
    timestamp: int
    text: str


def open_reply(body: bytes, aes_key: str = AES_KEY) -> Reply:
    """Check the signature of a sealed reply and decrypt it."""
    parts = {
        name: value for name, _, value in re.findall(r"<(\w+)>(<!\[CDATA\[)?([^<\]]+)", body.decode()) if name != "xml"
    }
    text, timestamp, nonce = parts["Encrypt"], parts["TimeStamp"], parts["Nonce"]
    assert parts["MsgSignature"] == sign(TOKEN, timestamp, nonce, text)
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    assert len(plain) % 32 == 0
    assert plain.endswith(bytes([plain[-1]]) * plain[-1])
    size = struct.unpack(">I", plain[16:20])[0]
    assert plain[20 + size : -plain[-1]].decode() == APP_ID
    return Reply(plain[20 : 20 + size].decode(), nonce, int(timestamp), text)
