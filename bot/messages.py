"""Room: what a callback says. The strict reading of the inner XML and its one key against repeats.

The sender is authenticated by the envelope, yet parts of the text were typed by a user: an element that
stands twice could carry a second sender, a document type could carry entities. Such a document is `Forged`
like a wrong signature. Unknown types, events and elements are let through: the platform adds to them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha1
from typing import NamedTuple, NoReturn, TypeAlias
from xml.parsers.expat import ExpatError, ParserCreate

from bot.envelope import Forged

Value: TypeAlias = "str | dict[str, Value] | list[Value]"

DEPTH = 8
# A key is one column of a unique index: whatever is longer than this goes into it as a digest.
KEY_PART = 128
# Answered `success` whatever a handler says: the platform shows no reply to these (and the user who
# unsubscribed is gone), so that a reply could only be lost or, worse, be taken for delivered.
NO_REPLY = frozenset(
    {
        "location",
        "view",
        "view_miniprogram",
        "unsubscribe",
        "templatesendjobfinish",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
        "user_authorization_revoke",
        "user_info_modified",
    }
)

_LISTS = frozenset({"List", "item"})
_CONTROLS = bytes(code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D))
_OPENID = re.compile(r"[0-9A-Za-z_-]{1,64}").fullmatch
_EPOCH = re.compile(r"[0-9]{1,10}").fullmatch
_QR_PREFIX = "qrscene_"


class Inbound(NamedTuple):
    """One message or event of one user.

    `to` our account (gh_…), `sender` the openid, `created` epoch seconds by the platform's clock, `type` and
    `event` in lower case (event empty for messages), `key` the EventKey as it came, `content` the typed text,
    `msg_id` MsgId or MsgID as text (it passes 2^53), `fields` all elements under their own names: text, or a
    mapping of inner elements, and always a list for `List` and `item`. `once` names this delivery: repeats of
    it have the same, nothing else has.
    """

    to: str
    sender: str
    created: int
    type: str
    event: str
    key: str
    content: str
    msg_id: str
    fields: Mapping[str, Value]
    once: str

    @property
    def silent(self) -> bool:
        """True where the only right answer is `success`."""
        return self.event in NO_REPLY

    @property
    def scene(self) -> str:
        """The scene of the QR code that brought this event, without the prefix of a new follower; else empty."""
        if self.event == "scan":
            return self.key
        if self.event == "subscribe" and self.key.startswith(_QR_PREFIX):
            return self.key[len(_QR_PREFIX) :]
        return ""


def xml_safe(data: bytes) -> bytes:
    """UTF-8 text without the characters that XML 1.0 cannot hold (controls, U+FFFE, U+FFFF).

    Users do type them (U+001D from some keyboards), and no parser takes them.
    """
    data = data.translate(None, _CONTROLS)
    if b"\xef\xbf" in data:
        data = data.replace(b"\xef\xbf\xbe", b"").replace(b"\xef\xbf\xbf", b"")
    return data


def parse(xml: bytes, account: str) -> Inbound:
    """The message in `xml`, if it is well formed by our rules and meant for `account`. Raises `Forged`."""
    fields = read(xml)
    get = fields.get
    to, sender, created, kind = get("ToUserName"), get("FromUserName"), get("CreateTime"), get("MsgType")
    if to != account:
        raise Forged("account")
    if not (isinstance(sender, str) and isinstance(created, str) and isinstance(kind, str)):
        raise Forged("head")
    if not (kind and _OPENID(sender) and _EPOCH(created)):
        raise Forged("head")
    kind, at = kind.lower(), int(created)
    msg_id = _text(get("MsgId") or get("MsgID"))
    if kind != "event":
        once = f"m:{account}:{sender}:{_part(msg_id, xml)}"
        return Inbound(account, sender, at, kind, "", "", _text(get("Content")), msg_id, fields, once)
    event, key = _text(get("Event")), _text(get("EventKey"))
    once = f"e:{account}:{sender}:{created}:{_part(event, xml)}:{_part(key or msg_id, xml)}"
    return Inbound(account, sender, at, kind, event.lower(), key, "", msg_id, fields, once)


def read(xml: bytes) -> dict[str, Value]:
    """The elements under the root `xml`. Raises `Forged`: not well formed, document type, deeper than
    `DEPTH`, another root, a name twice under one parent (only `List` and `item` may, below the top)."""
    outer: list[dict[str, Value] | None] = []
    node: dict[str, Value] | None = None
    chunks: list[str] = []

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal node
        outer.append(node)
        node = None
        chunks.clear()

    def end(name: str) -> None:
        nonlocal node
        depth = len(outer)
        if depth > DEPTH:
            raise Forged("depth")
        value: Value = "".join(chunks) if node is None else node
        chunks.clear()
        node = outer.pop()
        if depth > 2 and name in _LISTS:
            value = [value]
        if node is None:
            node = {name: value}
        elif name not in node:
            node[name] = value
        elif isinstance(entries := node[name], list) and isinstance(value, list):
            entries += value
        else:
            raise Forged("doubled")

    parser = ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = chunks.append
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(xml_safe(xml), True)
    except ExpatError:
        raise Forged("xml") from None
    root = node.get("xml") if node else None
    if root is None:
        raise Forged("root")
    return root if isinstance(root, dict) else {}


def _no_doctype(*_declaration: object) -> NoReturn:
    raise Forged("doctype")


def _text(value: Value | None) -> str:
    """Text that a user may have had a hand in: nested elements in it (seen in the wild) read as no text."""
    return value if isinstance(value, str) else ""


def _part(text: str, xml: bytes) -> str:
    """A part of the key: the text itself, a digest of it where it is long, of the whole document where it is
    empty (the platform repeats a document byte by byte)."""
    if 0 < len(text) <= KEY_PART:
        return text
    return sha1(text.encode() or xml, usedforsecurity=False).hexdigest()
