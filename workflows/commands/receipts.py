"""Room: receipts: what providers say of a message after they had taken it.

They come in bursts, doubled, out of order, for messages we do not know, or before the call that sent the message has
returned. So each is written down first and then matched with its row; what finds none is tried again by a clock job.
A failure is final: no later receipt turns it into a delivery (a long SMS has a receipt per part).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from models.db import execute, fetch
from models.sql import outbox as sql
from models.states import Channel, OutboxStatus
from workflows.actors import CLOCK
from workflows.commands import Book, command
from workflows.commands.deliveries import fall_back

UNSURE: Final = "已提交，结果待回执确认"
UNSURE_DEAD: Final = "发送结果未知，且没有收到回执"
UNSURE_FOR: Final = timedelta(hours=1)
OPEN_FOR: Final = timedelta(minutes=15)  # longer than any lease: what found no row by then belongs to none
KEPT_FOR: Final = timedelta(days=30)
AT_ONCE: Final = 500
GATHER: Final = 0.2  # seconds in which receipts are gathered before they are written together

_CONTEXT = re.compile(r"(\d{1,18})-([0-9a-f]{12})")
_CODE = re.compile(r"[^0-9A-Za-z_:.\-]")
_WORDS: Final = {
    "failed:userblock": "毕业生拒收了服务号的消息",
    "failed:systemfailed": "微信平台未能送达",
    "failed:freqlimit": "微信平台限制了发送频率",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One message's fate. `code`: the provider's own word; `context`: the mark we gave along, where it comes back."""

    channel: Channel
    provider_id: str
    delivered: bool
    code: str = ""
    context: str = ""


def context_of(outbox_id: int, key: str) -> str:
    """The mark that goes along with an SMS. Receipts are unsigned; the second half keeps invented ones out."""
    return f"{outbox_id}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def wechat_receipt(provider_id: str, status: str) -> Receipt:
    """From a `TEMPLATESENDJOBFINISH` event; the space in `failed: system failed` comes and goes."""
    code = status.replace(" ", "").lower()
    return Receipt(Channel.WECHAT, provider_id, code.startswith("success"), code[:60])


@command(journaled=False)
async def note_receipts(book: Book, receipts: Sequence[Receipt]) -> int:
    """Write receipts down and settle the rows they belong to; how many rows were settled now."""
    usable = [asdict(one) | {"code": _CODE.sub("", one.code)[:60]} for one in receipts if _usable(one)]
    if usable:
        # In one order, so that two batches that hold the same receipts queue up instead of locking each other out.
        usable.sort(key=lambda one: (one["channel"], one["provider_id"], one["delivered"]))
        await execute(sql.NOTE_RECEIPTS, json.dumps(usable), book.now)
    return await _apply(book)


@command(journaled=False)
async def apply_receipts(book: Book) -> int:
    """Settle rows by receipts that came before the row knew its provider's id."""
    return await _apply(book)


@command(journaled=False)
async def give_up_unsure(book: Book) -> int:
    """SMS whose answer was lost and of which no receipt came: from now on a person must decide."""
    return await execute(sql.GIVE_UP_UNSURE, book.now - UNSURE_FOR, UNSURE_DEAD)


@command(journaled=False)
async def forget_receipts(book: Book) -> int:
    return await execute(sql.FORGET_RECEIPTS, book.now - KEPT_FOR)


def _usable(receipt: Receipt) -> bool:
    return 0 < len(receipt.provider_id) <= 80 and len(receipt.context) <= 40


async def _apply(book: Book) -> int:
    since = book.now - OPEN_FOR
    opened = await fetch(sql.OPEN_CONTEXTS, since)
    genuine = [row["context"] for row in opened if _is_ours(row["context"], row["key"])]
    if genuine:
        await execute(sql.ADOPT_RECEIPTS, genuine)
    found = await fetch(sql.MATCH_RECEIPTS, AT_ONCE, since)
    arrived = [row["id"] for row in found if row["delivered"] and _may_arrive(row)]
    failed = {row["id"]: row for row in found if not row["delivered"] and row["status"] in _FAILABLE}
    arrived = [one for one in arrived if one not in failed]
    await execute(sql.SETTLE_BY_RECEIPT, arrived, str(OutboxStatus.DELIVERED), "", book.now)
    for row in failed.values():
        await _fail(book, row)
    await execute(sql.RECEIPTS_DONE, [row["receipt_id"] for row in found], book.now)
    return len(arrived) + len(failed)


_FAILABLE = (OutboxStatus.SENT, OutboxStatus.DELIVERED)


def _is_ours(context: str, key: str) -> bool:
    match = _CONTEXT.fullmatch(context)
    return match is not None and context_of(int(match[1]), key) == context


def _may_arrive(row: Mapping[str, Any]) -> bool:
    given_up = row["status"] == OutboxStatus.DEAD and row["cause"] == UNSURE_DEAD
    return bool(row["status"] == OutboxStatus.SENT or given_up)


async def _fail(book: Book, row: Mapping[str, Any]) -> None:
    cause = _WORDS.get(row["code"], f"运营商或平台未能送达（{row['code']}）")
    replaced = row["channel"] == Channel.WECHAT and await fall_back(book, row["id"], row["notice"])
    status = OutboxStatus.SUPERSEDED if replaced else OutboxStatus.DEAD
    text = f"{cause}，改发短信" if replaced else cause
    await execute(sql.SETTLE_BY_RECEIPT, [row["id"]], str(status), text, book.now)


# --- gathering -----------------------------------------------------------------------------------


class _Gatherer:
    """Receipts of this process that are not written yet. A mass send brings one event per message, 200 a second."""

    def __init__(self) -> None:
        self.waiting: list[Receipt] = []
        self.task: asyncio.Task[None] | None = None

    def put(self, receipt: Receipt) -> None:
        self.waiting.append(receipt)
        # An empty context: the task must not inherit a transaction that its caller happens to be in.
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run(), context=Context())

    async def _run(self) -> None:
        while self.waiting:
            await asyncio.sleep(GATHER)
            batch, self.waiting = self.waiting[:AT_ONCE], self.waiting[AT_ONCE:]
            try:
                await note_receipts(CLOCK, batch)
            except Exception as exc:
                # A message stays "sent" when its receipt is lost; the callback was answered long ago.
                log.warning("%d receipts lost: %s", len(batch), type(exc).__name__)

    async def flush(self) -> None:
        while self.task is not None and not self.task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([self.task])


_gatherer = _Gatherer()


def record_receipt(provider_id: str, status: str) -> None:
    """For the bot: note a `TEMPLATESENDJOBFINISH` event. Returns at once; written in batches in the background."""
    _gatherer.put(wechat_receipt(provider_id, status))


async def flush_receipts() -> None:
    """Write what is still gathered (shutdown, tests)."""
    await _gatherer.flush()
