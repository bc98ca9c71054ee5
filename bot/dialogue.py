"""Room: the conversation: what a message means in it, how an answer is laid out, what the next number will mean.

What "1" means lives in the store, per WeChat account, for ten minutes. It is conversation and nothing else: losing
it shows the menu, and no number does more than lead to the next question, but the one-time number of a confirmation,
which is a row in the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot import words
from bot.buttons import Button, Do, Join, Show, Topic, unpack
from bot.messages import Inbound
from bot.replies import TEXT_BYTES, cut
from bot.router import Heard, Say
from models.store import Store
from workflows.limits import CHAT_NUMBER_LIVES

CONFIRM_DIGITS = 4
PRESS_NUMBER = "请回复数字："
_ACTS = {"accept": "accept", "refuse": "refuse"}  # topics that are actions, so that `同意 2` can name a line


@dataclass(frozen=True, slots=True)
class Context:
    """What was offered last: numbered choices, the next page, a question that waits for a text."""

    options: tuple[Button, ...] = ()
    more: Button | None = None
    ask: Button | None = None

    def option(self, number: str) -> Button | None:
        place = int(number)
        return self.options[place - 1] if 1 <= place <= len(self.options) else None


EMPTY = Context()


class Conversations:
    """The contexts of all conversations. The store's keys do not name the openid."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, openid: str) -> Context:
        found = await self._store.get(_key(openid))
        return _context(found) if isinstance(found, dict) else EMPTY

    async def keep(self, openid: str, say: Say) -> None:
        """From now on numbers mean what this answer offers; nothing, if it offers nothing."""
        if not (say.options or say.more or say.ask):
            await self._store.delete(_key(openid))
            return
        value = {
            "options": [option.button.pack() for option in say.options],
            "more": say.more.pack() if say.more else "",
            "ask": say.ask.pack() if say.ask else "",
        }
        await self._store.set(_key(openid), value, CHAT_NUMBER_LIVES.total_seconds())


def _key(openid: str) -> str:
    return f"chat:{sha256(openid.encode()).hexdigest()[:32]}"


def _context(found: Mapping[str, Any]) -> Context:
    """What was kept, as far as this release understands it; one choice that it does not ends all of them."""
    options = [unpack(str(text)) for text in found.get("options", [])]
    known = tuple(option for option in options if option is not None)
    return Context(
        options=known if len(known) == len(options) else (),
        more=unpack(str(found.get("more", ""))),
        ask=unpack(str(found.get("ask", ""))),
    )


async def hear(inbound: Inbound, conversations: Conversations) -> Heard:
    """What the message means. Only numbers, unknown words and the like need the conversation."""
    if inbound.type == "event":
        if inbound.event == "click":
            return Heard(pressed=unpack(inbound.key) or Topic("menu"))
        return Heard(event=inbound.event)
    text = inbound.content or _spoken(inbound)
    tidy = words.tidy(text)
    if not tidy:
        return Heard(text=text.strip())
    if tidy == words.MENU_NUMBER:
        return Heard(pressed=Topic("menu"))
    topic = words.topic_of(tidy)
    if topic:
        return Heard(pressed=Topic(topic))
    return _in_context(text.strip(), tidy, await conversations.read(inbound.sender))


def _spoken(inbound: Inbound) -> str:
    """What the platform understood of a voice message, where the account has that service."""
    found = inbound.fields.get("Recognition", "")
    return found if isinstance(found, str) else ""


def _in_context(text: str, tidy: str, context: Context) -> Heard:
    if tidy in words.NEXT:
        return Heard(pressed=context.more or Topic("menu"))
    number = words.number_of(tidy)
    if number:
        chosen = context.option(number) if len(number) < CONFIRM_DIGITS else None
        if chosen is None and isinstance(context.ask, Join):
            return Heard(asked=context.ask, text=number)
        return Heard(pressed=chosen) if chosen else Heard(number=number)
    named = words.numbered(tidy)
    if named is not None:
        return Heard(pressed=_act_on(named[0], context.option(str(named[1]))))
    if context.ask is not None:
        return Heard(asked=context.ask, text=text)
    return Heard(text=text)


def _act_on(topic: str, option: Button | None) -> Button:
    """`同意 2` where line 2 is a record; any other combination is just the topic."""
    action = _ACTS.get(topic)
    if action and isinstance(option, Show | Do):
        return Do(option.record, action)
    return Topic(topic)


def lay_out(say: Say) -> str:
    """The answer as one text of at most 2047 bytes. Choices and closing always fit; blocks are cut at their borders."""
    tail = []
    labelled = [f"{place} {option.label}" for place, option in enumerate(say.options, 1) if option.label]
    if labelled:
        tail.extend(["", PRESS_NUMBER, *labelled])
    if say.more is not None:
        tail.append("n 下一页")
    if say.closing:
        tail.extend(["", say.closing])
    room = TEXT_BYTES - len("\n".join(["", *tail]).encode())
    return "\n".join([cut(say.blocks, limit=room), *tail])
