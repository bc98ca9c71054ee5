"""Room: a WeChat account in a test's hand: it types, taps and follows, through real encryption and the real callback.

The other side is wechatpy's (crypto, replies), so that a mistake of our codec cannot cancel out here.

    chat = Chat(callback_app(kept=MemoryStore()), new_openid())
    assert "绑定" in await chat.say("进度")
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import httpx
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import deserialize_reply

from bot.app import BotApp
from bot.asgi import PATH
from models import kit
from models.config import settings
from models.tables import Binding
from tests.harness.world import Person, World

_msg_ids = itertools.count(24_000_000_000_000_000 + secrets.randbelow(10**12))


def new_openid() -> str:
    return "oTest" + secrets.token_hex(11)


async def bound(world: World, person: Person, openid: str | None = None) -> str:
    """A live binding of this graduate, written as a fact; the openid."""
    openid = openid or new_openid()
    await Binding(
        id=kit.new_id(),
        school_id=world.school_id,
        graduate_id=person.id,
        cohort=world.cohort,
        openid=openid,
        bound_at=kit.now(),
        chosen_at=kit.now(),
    ).save()
    return openid


async def binding_of(openid: str) -> UUID | None:
    row = await Binding.get_or_none(openid=openid, ended_at=None)
    return row.id if row else None


class Chat:
    """One person's chat with the account. What is said comes back as text; None is the platform's `success`."""

    def __init__(self, app: BotApp, openid: str) -> None:
        self.app = app
        self.openid = openid
        self.account = settings().wechat.account
        chosen = settings().wechat
        self._crypto = WeChatCrypto(chosen.token.get_secret_value(), chosen.aes_key.get_secret_value(), chosen.app_id)

    def text(self, content: str, msg_id: int | None = None) -> str:
        """The inner XML of a typed message."""
        safe = content.replace("]]>", "]]]]><![CDATA[>")
        return self._message("text", f"<Content><![CDATA[{safe}]]></Content><MsgId>{msg_id or next(_msg_ids)}</MsgId>")

    def event(self, name: str, key: str = "", **fields: str) -> str:
        """The inner XML of an event."""
        more = "".join(f"<{k}>{escape(v)}</{k}>" for k, v in fields.items())
        return self._message("event", f"<Event>{name}</Event><EventKey><![CDATA[{key}]]></EventKey>{more}")

    def _message(self, kind: str, body: str) -> str:
        at = int(kit.now().timestamp())
        return (
            f"<xml><ToUserName><![CDATA[{self.account}]]></ToUserName>"
            f"<FromUserName><![CDATA[{self.openid}]]></FromUserName><CreateTime>{at}</CreateTime>"
            f"<MsgType><![CDATA[{kind}]]></MsgType>{body}</xml>"
        )

    def sealed(self, xml: str) -> tuple[dict[str, str], str]:
        """Query and body as the platform would send them."""
        nonce, at = str(secrets.randbelow(10**10)), str(int(kit.now().timestamp()))
        outer = self._crypto.encrypt_message(xml, nonce, at)
        encrypted, signature = _element(outer, "Encrypt"), _element(outer, "MsgSignature")
        query = {
            "signature": "0" * 40,
            "timestamp": at,
            "nonce": nonce,
            "openid": self.openid,
            "encrypt_type": "aes",
            "msg_signature": signature,
        }
        body = (
            f"<xml><ToUserName><![CDATA[{self.account}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        return query, body

    async def deliver(self, xml: str) -> str | None:
        """Send one delivery; the plain reply XML, None for `success`."""
        query, body = self.sealed(xml)
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
            answer = await http.post(PATH, params=query, content=body.encode())
        assert answer.status_code == 200, answer.text
        if answer.content == b"success":
            return None
        parts = {name: _element(answer.text, name) for name in ("MsgSignature", "TimeStamp", "Nonce")}
        plain = self._crypto.decrypt_message(answer.text, parts["MsgSignature"], parts["TimeStamp"], parts["Nonce"])
        return plain.decode() if isinstance(plain, bytes) else str(plain)

    async def shown(self, xml: str) -> str | None:
        """The text that the person sees for this delivery."""
        plain = await self.deliver(xml)
        if plain is None:
            return None
        reply: Any = deserialize_reply(plain)
        assert reply.type == "text"
        assert reply.target == self.openid
        assert reply.source == self.account
        assert len(reply.content.encode()) <= 2047
        return str(reply.content)

    async def say(self, content: str) -> str:
        """Type something; the answer, which must be there."""
        found = await self.shown(self.text(content))
        assert found is not None, f"no answer to {content!r}"
        return found

    async def tap(self, key: str) -> str:
        """Tap an entry of the menu."""
        found = await self.shown(self.event("CLICK", key))
        assert found is not None
        return found

    async def happen(self, name: str, key: str = "", **fields: str) -> str | None:
        return await self.shown(self.event(name, key, **fields))


def _element(xml: str, name: str) -> str:
    head, _, rest = xml.partition(f"<{name}>")
    assert rest, f"no {name} in {head[:80]}"
    text = rest.partition(f"</{name}>")[0].strip()
    return text.removeprefix("<![CDATA[").removesuffix("]]>")


def numbers(text: str) -> Mapping[str, str]:
    """The numbered choices of an answer: number → label."""
    lines = (line.partition(" ") for line in text.splitlines())
    return {number: label for number, _, label in lines if number.isdigit() and len(number) == 1 and label}


def choice(text: str, label: str) -> str:
    """The number under which an answer offers this."""
    offered = numbers(text).items()
    found = next((n for n, shown in offered if shown == label), None)
    found = found or next((n for n, shown in offered if label in shown), None)
    assert found is not None, f"{label!r} is not offered in:\n{text}"
    return found


def confirmation(text: str) -> str:
    """The four digits that confirm."""
    for word in text.replace("（", " ").split():
        if len(word) == 4 and word.isdigit():
            return word
    raise AssertionError(f"no number to confirm in:\n{text}")
