"""Room: secrets at rest. Sensitive fields are sealed before they reach a row, and found by a blind index.

A sealed text is `v1:<key id>:<base64>`: AES-256-GCM over a 12-byte nonce, the text and the tag, bound to the
place where it stands (`table.column`, inside JSON `table.column.field`), so that it opens nowhere else. The
blind index is HMAC-SHA-256 under a second key, cut to 16 bytes: equal texts of one kind give equal bytes.

Keys: `WQ_DATA_KEYS` = `id:base64,id2:base64` (the first one seals, all open), `WQ_INDEX_KEY` and
`WQ_SESSION_KEY` = base64, each of 32 bytes. Outside production missing ones are invented once and kept in
`var/keys.json` (0600); production refuses to invent, because data sealed with a lost key is lost.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.codes import PAPER_RESIDENT_ID, table
from models.config import Profile, Settings, settings

KEY_BYTES = 32
NONCE_BYTES = 12
INDEX_BYTES = 16
_SEALED = re.compile(r"v1:([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]+={0,2})")


class VaultError(Exception):
    """A key is missing or malformed, or a sealed text is not what stands for this place. Never quotes the text."""


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of one installation; `current` seals."""

    current: str
    data: dict[str, bytes]
    index: bytes
    session: bytes

    def __repr__(self) -> str:
        return f"Keys(current={self.current!r}, data=<{len(self.data)}>)"


def seal(place: str, text: str) -> str:
    """Encrypt a text for the place (`graduates.id_enc`) where it will stand; the empty text stays empty."""
    if not text:
        return ""
    held = keys()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(held.current).encrypt(nonce, text.encode(), place.encode())
    return f"v1:{held.current}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(place: str, sealed: str) -> str:
    """The text again. Raises VaultError for another place, an unknown key, or a changed byte."""
    if not sealed:
        return ""
    match = _SEALED.fullmatch(sealed)
    if match is None:
        raise VaultError(f"what stands in {place} is not a sealed text")
    raw = base64.b64decode(match[2])
    try:
        return _cipher(match[1]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode()).decode()
    except (InvalidTag, ValueError) as exc:
        raise VaultError(f"the sealed text in {place} does not open") from exc


def seal_file(place: str, content: bytes) -> bytes:
    """Encrypt a file for a place: `v1:<key id>:`, nonce, sealed bytes. For files that hold numbers of many persons."""
    held = keys()
    nonce = secrets.token_bytes(NONCE_BYTES)
    return f"v1:{held.current}:".encode() + nonce + _cipher(held.current).encrypt(nonce, content, place.encode())


def unseal_file(place: str, sealed: bytes) -> bytes:
    """The file again. Raises VaultError for another place, an unknown key, or a changed byte."""
    parts = sealed.split(b":", 2)
    if len(parts) != 3 or parts[0] != b"v1":
        raise VaultError(f"what stands in {place} is not a sealed file")
    try:
        return _cipher(parts[1].decode()).decrypt(parts[2][:NONCE_BYTES], parts[2][NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as exc:
        raise VaultError(f"the sealed file in {place} does not open") from exc


def is_sealed(text: str) -> bool:
    """Does a text have the form of a sealed one? (journals and exports are searched with it)"""
    return _SEALED.fullmatch(text) is not None


def is_current(sealed: str) -> bool:
    """Was it sealed with today's key? If not, key rotation is not finished."""
    match = _SEALED.fullmatch(sealed)
    return match is not None and match[1] == keys().current


def sealed_anew(places: Sequence[str], text: str) -> str:
    """What another key sealed for one of these places, sealed with today's; all else as it is (for key rotation)."""
    if not is_sealed(text) or is_current(text):
        return text
    for place in places:
        try:
            return seal(place, unseal(place, text))
        except VaultError:
            continue
    return text


def is_current_file(sealed: bytes) -> bool:
    """Was the file sealed with today's key?"""
    return sealed.startswith(f"v1:{keys().current}:".encode())


def blind_index(kind: str, text: str) -> bytes:
    """16 bytes to look a text up by; `kind` (`id_number`, `mobile`) keeps unlike things apart. Fold the text first."""
    return hmac.digest(keys().index, kind.encode() + b"\0" + text.encode(), sha256)[:INDEX_BYTES]


def paper_index(paper: str, number: str) -> bytes:
    """Who somebody is, by kind of paper (table `paper`) and number: a passport is not an identity card of that number.

    Of another paper than the identity card it is a digest of the number's index and the kind, so that what was written
    before kinds counted could be put right without the numbers (`migrations/0017_papers.py`).
    """
    index = blind_index("id_number", number)
    return index if paper == PAPER_RESIDENT_ID else sha256(index + f":{paper}".encode()).digest()[:INDEX_BYTES]


def paper_indexes(number: str) -> list[bytes]:
    """Everybody who may have this number, whatever the paper: for searches that ask for the number alone."""
    return [paper_index(kind.code, number) for kind in table("paper")]


def session_key() -> bytes:
    """Signs what is not secret but must be ours: CSRF values, cursors."""
    return keys().session


@lru_cache(maxsize=1)
def keys() -> Keys:
    """This process's keys, read once. Raises VaultError when production lacks one."""
    return load_keys(settings())


def load_keys(chosen: Settings) -> Keys:
    """Keys from the settings; outside production the missing ones from `keys.json` in the var folder."""
    data = _parse_data_keys(chosen.data_keys.get_secret_value())
    index = _parse_key("WQ_INDEX_KEY", chosen.index_key.get_secret_value())
    session = _parse_key("WQ_SESSION_KEY", chosen.session_key.get_secret_value())
    missing = [
        name
        for name, value in (("WQ_DATA_KEYS", data), ("WQ_INDEX_KEY", index), ("WQ_SESSION_KEY", session))
        if not value
    ]
    if missing:
        if chosen.profile is Profile.PRODUCTION:
            raise VaultError(f"production needs {', '.join(missing)}")
        invented = _invented(chosen.var / "keys.json")
        data, index, session = data or invented.data, index or invented.index, session or invented.session
    return Keys(next(iter(data)), data, index, session)


@lru_cache(maxsize=16)
def _cipher(key_id: str) -> AESGCM:
    try:
        return AESGCM(keys().data[key_id])
    except KeyError:
        raise VaultError(f"no key named {key_id}") from None


def forget_keys() -> None:
    """Read the settings again at the next use (tests, rotation)."""
    keys.cache_clear()
    _cipher.cache_clear()


def _parse_data_keys(text: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = part.partition(":")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) or key_id in found or not encoded:
            raise VaultError("WQ_DATA_KEYS must read id:base64,id2:base64 with different ids")
        found[key_id] = _parse_key("WQ_DATA_KEYS", encoded)
    return found


def _parse_key(name: str, encoded: str) -> bytes:
    if not encoded:
        return b""
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as exc:
        raise VaultError(f"{name} is not base64") from exc
    if len(key) != KEY_BYTES:
        raise VaultError(f"{name} must hold {KEY_BYTES} bytes")
    return key


def _invented(path: Path) -> Keys:
    """The keys of a development or test installation; of several processes that start together one makes them."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {
            name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in ("data", "index", "session")
        }
        draft = path.with_name(f".keys-{secrets.token_hex(6)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename it never replaces the keys that somebody else has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(path.read_text())
    data, index, session = (_parse_key(str(path), kept[name]) for name in ("data", "index", "session"))
    return Keys("local", {"local": data}, index, session)
