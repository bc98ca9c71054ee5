"""Room: passive replies. Builds the XML that answers a message; sealing it is the envelope's work.

The limits are the platform's: a longer text gets no reply at all, more articles are cut, malformed XML
shows the user a sentence about a broken service.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot.messages import Inbound, xml_safe
from models import kit

TEXT_BYTES = 2047
EVENT_ARTICLES = 8
MORE = "（内容较长，未完全显示，可回复“帮助”查看其他方式）"

_ELLIPSIS = "…"
_REPLY = (
    "<xml><ToUserName><![CDATA[%s]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"
    "<CreateTime>%d</CreateTime><MsgType><![CDATA[%s]]></MsgType>%s</xml>"
)


class Article(NamedTuple):
    """One card of a news reply; the picture may be left out."""

    title: str
    description: str
    url: str
    picture: str = ""


def text(to: Inbound, blocks: str | Sequence[str], *, more: str = MORE, at: datetime | None = None) -> str:
    """A text reply of whole blocks (items of a list, paragraphs), one per line, at most 2047 bytes of UTF-8.

    Blocks that do not fit are left out and `more` is put in their place. A plain string counts its lines as
    blocks. `at` is the reply's CreateTime, now unless given.
    """
    return _reply(to, "text", f"<Content>{_cdata(cut(blocks, more))}</Content>", at)


def news(to: Inbound, articles: Sequence[Article], *, at: datetime | None = None) -> str:
    """A reply of cards: one when a user's message is answered, up to eight for an event; surplus is left out.
    ValueError without any."""
    if not articles:
        raise ValueError("a news reply needs an article")
    shown = articles[: EVENT_ARTICLES if to.type == "event" else 1]
    items = "".join(
        f"<item><Title>{_cdata(_clean(card.title))}</Title><Description>{_cdata(_clean(card.description))}"
        f"</Description><PicUrl>{_cdata(_clean(card.picture))}</PicUrl><Url>{_cdata(_clean(card.url))}</Url></item>"
        for card in shown
    )
    return _reply(to, "news", f"<ArticleCount>{len(shown)}</ArticleCount><Articles>{items}</Articles>", at)


def transfer(to: Inbound, desk: str = "", *, at: datetime | None = None) -> str:
    """Hand the conversation to customer service, to one `desk` (KfAccount) if named. ValueError for an
    event: the platform takes this answer to messages only."""
    if to.type == "event":
        raise ValueError("an event cannot be handed to customer service")
    info = f"<TransInfo><KfAccount>{_cdata(_clean(desk))}</KfAccount></TransInfo>" if desk else ""
    return _reply(to, "transfer_customer_service", info, at)


def cut(blocks: str | Sequence[str], more: str = MORE, limit: int = TEXT_BYTES) -> str:
    """Blocks joined by newlines within `limit` bytes of UTF-8, cut between blocks, with `more` at the end if
    any was left out. A first block that is too long alone is cut between two characters."""
    whole = xml_safe((blocks if isinstance(blocks, str) else "\n".join(blocks)).encode("utf-8", "ignore"))
    if len(whole) <= limit:
        return whole.decode()
    parts = [_clean(block) for block in (blocks.split("\n") if isinstance(blocks, str) else blocks)]
    room = limit - len(f"\n{more}".encode())
    kept: list[str] = []
    for part in parts:
        size = len(part.encode()) + (1 if kept else 0)
        if size > room:
            break
        room -= size
        kept.append(part)
    if not kept:
        head = parts[0].encode()[: room - len(_ELLIPSIS.encode())]
        kept.append(head.decode("utf-8", "ignore") + _ELLIPSIS)
    return "\n".join((*kept, more))


def plain(text: str) -> str:
    """Foreign text (names of employers, remarks) without power over the chat: it renders `<a href>` as a
    link, and knows no escape for it, so the angle brackets become wide ones."""
    return text.replace("<", "＜").replace(">", "＞")


def _reply(to: Inbound, kind: str, content: str, at: datetime | None) -> str:
    return _REPLY % (to.sender, to.to, (at or kit.now()).timestamp(), kind, content)


def _clean(text: str) -> str:
    """Text that XML can hold: no controls, no halves of surrogate pairs."""
    return xml_safe(text.encode("utf-8", "ignore")).decode()


def _cdata(text: str) -> str:
    if "]]>" in text:
        text = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"
