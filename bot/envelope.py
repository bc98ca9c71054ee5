"""Room: the callback's envelope. Verifies, opens and seals what travels between the platform and us.

Safe mode (AES) of the official account's message push. The order of the checks is part of the defence:
nothing that costs or parses runs before the signature over the ciphertext was found right, and each
failure is the same `Forged` to whoever knocks. Standards: AES-256-CBC (NIST SP 800-38A), PKCS#7 padding
with blocks of 32 bytes, SHA-1 over the sorted parts as the platform's message push prescribes.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from hashlib import sha1
from hmac import compare_digest
from os import urandom
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from models.config import Profile, WeChatSettings

BODY_BYTES = 64 * 1024
QUERY_BYTES = 2048
AGE_SECONDS = 300

_BLOCK = 32
_PADS = tuple(bytes([size]) * size for size in range(_BLOCK + 1))
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_PAIRS = re.compile(rb"(?:^|&)([^&=]*)=?([^&]*)").findall
_TIMESTAMP = re.compile(rb"[0-9]{10}").fullmatch
_SIGNATURE = re.compile(rb"[0-9a-f]{40}").fullmatch
# Reflected to the caller, so: visible ASCII and short.
_ECHO = re.compile(rb"[\x21-\x7e]{1,256}").fullmatch
_TOKEN = re.compile(r"[0-9A-Za-z]{3,32}").fullmatch
_AES_KEY = re.compile(r"[0-9A-Za-z]{43}").fullmatch
_SEALED = (
    b"<xml><Encrypt><![CDATA[%b]]></Encrypt><MsgSignature><![CDATA[%b]]></MsgSignature>"
    b"<TimeStamp>%b</TimeStamp><Nonce><![CDATA[%b]]></Nonce></xml>"
)


class Forged(Exception):
    """A callback that the platform did not send, or not for us.

    `reason` is one of a small closed set of words (size, query, encrypt, mode, shape, signature, age,
    base64, length, padding, app_id, xml, doctype, depth, root, doubled, head, account, method) and serves
    counters only: whoever knocks gets 403 and nothing else, so that no answer tells how near a guess came.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Keys:
    """What the account's secrets come to: prepared once per process, shared by all callbacks.

    `ciphers` holds the current AES key first and the previous one second, if there is one: while keys are
    changed over the platform may still use the old one.
    """

    token: bytes
    app_id: bytes
    account: str
    ciphers: tuple[Cipher[CBC], ...]
    nonce_shape: re.Pattern[bytes]
    allow_plaintext: bool

    @classmethod
    def of(cls, wechat: WeChatSettings, profile: Profile = Profile.PRODUCTION) -> Keys:
        """Keys from the settings; ValueError in plain words if a secret is malformed.

        Plaintext and compatible mode need both the setting and the development profile: whoever once saw a
        signed plaintext address could forge any message, for its signature does not cover the body.
        """
        token = wechat.token.get_secret_value()
        if not _TOKEN(token):
            raise ValueError("WQ_WECHAT_TOKEN: 3 to 32 letters and digits")
        keys = [_cipher("WQ_WECHAT_AES_KEY", wechat.aes_key.get_secret_value())]
        if wechat.aes_key_previous is not None and (previous := wechat.aes_key_previous.get_secret_value()):
            keys.append(_cipher("WQ_WECHAT_AES_KEY_PREVIOUS", previous))
        return cls(
            token=token.encode(),
            app_id=wechat.app_id.encode(),
            account=wechat.account,
            ciphers=tuple(keys),
            nonce_shape=re.compile(wechat.nonce_shape.encode()),
            allow_plaintext=wechat.allow_plaintext and profile is Profile.DEVELOPMENT,
        )


class Opened(NamedTuple):
    """A verified message: its inner XML, the key that opened it (None: it came in plaintext), the address's
    timestamp in epoch seconds."""

    xml: bytes
    key_index: int | None
    timestamp: int


def verify_url(query: bytes | str, keys: Keys, now: float) -> bytes:
    """The `echostr` of the platform's address check (GET), to be sent back unchanged. Raises `Forged`."""
    given = _parameters(query)
    echo = given.get(b"echostr", b"")
    if not _ECHO(echo):
        raise Forged("shape")
    _check(given, b"signature", keys, now)
    return echo


def open_envelope(query: bytes | str, body: bytes, keys: Keys, now: float) -> Opened:
    """Verify and decrypt one POST. `now` in epoch seconds. Raises `Forged` for everything that is not ours."""
    if len(body) > BODY_BYTES:
        raise Forged("size")
    encrypted = _find_encrypt(body)
    given = _parameters(query)
    if keys.allow_plaintext and given.get(b"encrypt_type", b"raw") == b"raw" and b"msg_signature" not in given:
        return Opened(body, None, _check(given, b"signature", keys, now))
    if encrypted is None:
        raise Forged("encrypt")
    if given.get(b"encrypt_type") != b"aes":
        raise Forged("mode")
    timestamp = _check(given, b"msg_signature", keys, now, encrypted)
    if not keys.allow_plaintext and (b"<FromUserName" in body or b"<MsgType" in body):
        raise Forged("mode")
    xml, key_index = _decrypt(encrypted, keys)
    return Opened(xml, key_index, timestamp)


def seal(
    reply_xml: str, keys: Keys, key_index: int, now: float, nonce: bytes | None = None, prefix: bytes | None = None
) -> bytes:
    """The encrypted, signed form of a reply, under the key that opened the message.

    The initialisation vector is fixed per key, so the 16 random bytes of `prefix` are all the randomness
    there is: they come from the system's generator and are given only by tests, as is `nonce`.
    """
    message = reply_xml.encode()
    random = urandom(24)
    payload = b"".join((prefix or random[:16], len(message).to_bytes(4, "big"), message, keys.app_id))
    padded = payload + _PADS[_BLOCK - len(payload) % _BLOCK]
    # Whole blocks, so `update` gives all of it and `finalize` would have nothing to add.
    encrypted = b2a_base64(keys.ciphers[key_index].encryptor().update(padded), newline=False)
    timestamp = b"%d" % now
    if nonce is None:
        nonce = b"%d" % int.from_bytes(random[16:], "big")
    signature = _sign(keys.token, timestamp, nonce, encrypted)
    return _SEALED % (encrypted, signature, timestamp, nonce)


def _cipher(name: str, text: str) -> Cipher[CBC]:
    if not _AES_KEY(text):
        raise ValueError(f"{name}: exactly 43 letters and digits")
    key = b64decode(text + "=")
    return Cipher(AES(key), CBC(key[:16]))


def _sign(*parts: bytes) -> bytes:
    return sha1(b"".join(sorted(parts)), usedforsecurity=False).hexdigest().encode()


def _parameters(query: bytes | str) -> dict[bytes, bytes]:
    """The address's parameters, decoded; a name that stands twice is refused, for two readers could each
    believe in another of the values."""
    if isinstance(query, str):
        query = query.encode("utf-8", "surrogatepass")
    if len(query) > QUERY_BYTES:
        raise Forged("size")
    pairs = _PAIRS(query)
    if b"%" in query:
        pairs = [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, value in pairs]
    given: dict[bytes, bytes] = dict(pairs)
    if len(given) != len(pairs):
        raise Forged("query")
    return given


def _check(given: dict[bytes, bytes], name: bytes, keys: Keys, now: float, *signed: bytes) -> int:
    """Shapes, signature, age; the timestamp. Shapes come first: the parts are hashed without a separator,
    so a digit moved from one to the next would leave the signature right."""
    timestamp, nonce, signature = given.get(b"timestamp", b""), given.get(b"nonce", b""), given.get(name, b"")
    if not (_TIMESTAMP(timestamp) and keys.nonce_shape.fullmatch(nonce) and _SIGNATURE(signature)):
        raise Forged("shape")
    if not compare_digest(_sign(keys.token, timestamp, nonce, *signed), signature):
        raise Forged("signature")
    sent = int(timestamp)
    if abs(now - sent) > AGE_SECONDS:
        raise Forged("age")
    return sent


def _find_encrypt(body: bytes) -> bytes | None:
    """The text of the one `Encrypt` element, found without a parser; None if there is none."""
    before, opened, rest = body.partition(b"<Encrypt>")
    value, closed, after = rest.partition(b"</Encrypt>")
    if not (opened and closed):
        return None
    if b"<Encrypt" in before or b"<Encrypt" in after:
        raise Forged("encrypt")
    value = value.strip()
    if value.startswith(_CDATA) and value.endswith(_CDATA_END):
        value = value[len(_CDATA) : -len(_CDATA_END)]
    return value


def _decrypt(encrypted: bytes, keys: Keys) -> tuple[bytes, int]:
    try:
        data = a2b_base64(encrypted, strict_mode=True)
    except Base64Error:
        raise Forged("base64") from None
    if len(data) < _BLOCK or len(data) % 16:
        raise Forged("length")
    failed: Forged | None = None
    for index, cipher in enumerate(keys.ciphers):
        try:
            return _unpack(cipher.decryptor().update(data), keys.app_id), index
        except Forged as error:
            failed = failed or error
    raise failed or Forged("length")


def _unpack(plain: bytes, app_id: bytes) -> bytes:
    """16 random bytes, 4 bytes of length, the message, the app id, the padding: all of it must be right."""
    pad = plain[-1]
    if not 1 <= pad <= _BLOCK or not plain.endswith(_PADS[pad]):
        raise Forged("padding")
    end = len(plain) - pad
    stop = 20 + int.from_bytes(plain[16:20], "big")
    if stop > end:
        raise Forged("length")
    if not compare_digest(plain[stop:end], app_id):
        raise Forged("app_id")
    return plain[20:stop]
