"""Room: how the simulated platform calls the service: sealed, in time, again when unanswered, and what it does with
the reply (shown in the person's chat, or the notice of a broken service that real people see)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

import httpx

from models import kit
from notifier.clients.transport import tls
from notifier.simulators.config import SandboxConfig
from notifier.simulators.envelope import Envelope, MalformedReplyError, inner_xml
from notifier.simulators.faults import FaultScript
from notifier.simulators.wechat_platform import WeChatPlatform
from notifier.simulators.wechat_rules import TEXT_LIMIT, big_id

TRIES: Final = 3
BROKEN: Final = "该公众号提供的服务出现故障，请稍后再试"
RECEIPTS_AT_ONCE: Final = 8
REMEMBERED: Final = 2000


class Callbacks:
    """The outgoing half of the platform. Actions return at once; the call runs as a task of the sandbox."""

    def __init__(self, config: SandboxConfig, platform: WeChatPlatform, script: FaultScript) -> None:
        self._config = config
        self._platform = platform
        self._script = script
        self._envelope = Envelope(config.wechat)
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(config.answer_limit, connect=config.answer_limit), verify=tls(), trust_env=False
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._receipt_places = asyncio.Semaphore(RECEIPTS_AT_ONCE)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    async def idle(self) -> None:
        """Wait until every call under way has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # what a person does

    def text(self, openid: str, content: str, *, menu_id: str = "") -> str:
        """The person sends a text (or taps a line of a menu message: `menu_id`). Gives the MsgId."""
        msg_id = big_id()
        self._platform.say(openid, "user", "text", text=content)
        if menu_id:
            # A tap on a menu line opens the short window, not the long one.
            self._platform.open_window(openid, "click")
        else:
            self._platform.open_window(openid, "message")
        fields = {"MsgType": "text", "Content": content, "MsgId": msg_id}
        if menu_id:
            fields["bizmsgmenuid"] = menu_id
        self._start(self._converse(openid, fields))
        return msg_id

    def click(self, openid: str, key: str) -> None:
        self._platform.open_window(openid, "click")
        self._event(openid, "CLICK", key)

    def view(self, openid: str, url: str) -> None:
        self._event(openid, "VIEW", url, shown=False)

    def scan(self, openid: str, scene: str, ticket: str) -> None:
        """Scan a scene code: a follower's SCAN, or a newcomer's subscribe that carries the scene."""
        persona = self._platform.book.personas[openid]
        self._platform.open_window(openid, "scan")
        if persona.following:
            self._platform.say(openid, "system", "event", text="你扫描了二维码")
            self._event(openid, "SCAN", scene, ticket)
        else:
            self.subscribe(openid, f"qrscene_{scene}", ticket)

    def subscribe(self, openid: str, event_key: str = "", ticket: str = "") -> None:
        self._platform.follow(openid, True)
        self._platform.open_window(openid, "subscribe")
        self._platform.say(openid, "system", "event", text="你已关注该公众号")
        self._event(openid, "subscribe", event_key, ticket)

    def unsubscribe(self, openid: str) -> None:
        self._platform.follow(openid, False)
        self._platform.say(openid, "system", "event", text="你已取消关注该公众号")
        self._event(openid, "unsubscribe", "", shown=False)

    def receipt(self, openid: str, msgid: str) -> None:
        """Report what became of a template message."""
        fault = self._script.take_receipt("wechat")
        status = fault.body if fault else "success"
        fields = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": msgid, "Status": status}
        self._start(self._receipt(openid, fields))

    def _event(self, openid: str, event: str, key: str, ticket: str = "", *, shown: bool = True) -> None:
        fields = {"MsgType": "event", "Event": event, "EventKey": key}
        if ticket:
            fields["Ticket"] = ticket
        self._start(self._converse(openid, fields, shown=shown))

    # the call

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receipt(self, openid: str, fields: dict[str, str]) -> None:
        async with self._receipt_places:
            await self._deliver(openid, fields)

    async def _converse(self, openid: str, fields: dict[str, str], *, shown: bool = True) -> None:
        reply = await self._deliver(openid, fields)
        if shown:
            self._show(openid, reply)

    async def _deliver(self, openid: str, fields: dict[str, str]) -> dict[str, Any] | None:
        """Up to three tries of one message, the inner XML unchanged. {}: nothing to show, None: never answered."""
        inner = inner_xml(self._config.wechat.account, openid, fields)
        tries: list[str] = []
        record = {"openid": openid, "fields": fields, "at": kit.json_time(kit.now()), "tries": tries}
        self._remember(record)
        for attempt in range(TRIES):
            began = asyncio.get_running_loop().time()
            outcome, reply = await self._try(openid, inner)
            tries.append(outcome)
            if outcome in ("success", "reply"):
                return reply
            if outcome == "malformed":
                return None
            spent = asyncio.get_running_loop().time() - began
            if attempt + 1 < TRIES:
                await asyncio.sleep(max(0.0, self._config.answer_limit - spent))
        return None

    async def _try(self, openid: str, inner: str) -> tuple[str, dict[str, Any]]:
        query, body = self._envelope.seal(openid, inner)
        try:
            async with asyncio.timeout(self._config.answer_limit):
                response = await self._http.post(
                    self._config.callback_url, params=query, content=body, headers={"Content-Type": "text/xml"}
                )
        except TimeoutError:
            return "timeout", {}
        except httpx.HTTPError as fault:
            return type(fault).__name__, {}
        if response.status_code != 200:
            return f"http_{response.status_code}", {}
        if response.content.strip() in (b"", b"success"):
            return "success", {}
        try:
            return "reply", self._envelope.open(response.content, openid)
        except MalformedReplyError:
            return "malformed", {}

    def _show(self, openid: str, reply: dict[str, Any] | None) -> None:
        if reply is None:
            self._platform.say(openid, "system", "event", text=BROKEN)
            return
        match reply.get("MsgType"):
            case "text":
                text = str(reply.get("Content") or "")
                # Too long a text is swallowed by the real platform without a word.
                if text and len(text.encode()) <= TEXT_LIMIT:
                    self._platform.say(openid, "account", "text", text=text)
            case "news":
                self._platform.say(openid, "account", "news", articles=_articles(reply))
            case "transfer_customer_service":
                self._platform.say(openid, "system", "event", text="已转接人工客服")
            case None:
                return
            case _:
                self._platform.say(openid, "system", "event", text=BROKEN)

    def _remember(self, record: dict[str, Any]) -> None:
        self._platform.deliveries.append(record)
        del self._platform.deliveries[:-REMEMBERED]


def _articles(reply: dict[str, Any]) -> list[dict[str, str]]:
    items = (reply.get("Articles") or {}).get("item") or []
    rows = items if isinstance(items, list) else [items]
    names = {"Title": "title", "Description": "description", "PicUrl": "picture", "Url": "url"}
    return [{ours: str(row.get(theirs) or "") for theirs, ours in names.items()} for row in rows]
