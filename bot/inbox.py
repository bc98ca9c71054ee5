"""Room: the inbox: each message is worked on once, answered in time, and answered the same way when it is repeated.

The platform waits five seconds and repeats what was not answered, up to three times, also while the first delivery is
still being worked on. So the work is a task of its own: deliveries of one message in this process wait for the same
task, those in other processes meet the stored reply (or, for an act, the act's own unique key). Past the budget the
platform gets `success`; the task goes on and its answer follows as a message, unless a delivery is waiting just then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot import replies
from bot.identity import identify, speaker
from bot.messages import Inbound
from models.gathering import Gathering
from workflows.commands.inbox import answer_later, keep_replies
from workflows.queries.chat import Person

BUDGET = 4.0  # seconds for an answer; the platform cuts at five
GRACE = 0.5  # seconds more, when the answer is ready and only being stored
LIMIT = 20.0  # seconds after which work is given up; a commit under way is still waited for
DRAIN = 10.0  # seconds that a process in shutdown gives its unfinished messages

TROUBLE = "系统暂时出错，请稍后再发一次。如果刚才是在确认办理，请先回复“进度”查看结果。"
TOO_LONG = "系统繁忙，刚才的消息处理时间过长。请先回复“进度”查看结果，再决定是否重发。"

log = logging.getLogger("wangqian.bot")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a message is to be answered.

    `text`: for the chat, empty for none. `stored`: the whole reply of an earlier delivery, given again as it is.
    `person`: where a late answer can go; a WeChat account that nobody has bound stands nowhere with us.
    `keep` False: nothing happened, so a repeat may try anew.
    """

    text: str
    person: Person | None = None
    stored: str | None = None
    keep: bool = True


Work = Callable[[Inbound], Awaitable[Answered]]


@dataclass(slots=True)
class _Run:
    """One message in this process: how many deliveries wait for it, and whether its answer is being stored for them."""

    waiting: int = 0
    storing: bool = False
    task: asyncio.Task[str | None] = field(init=False)


class Inbox:
    """`respond` is what the callback calls. `work` makes the answer; the times are seconds."""

    def __init__(self, work: Work, *, budget: float = BUDGET, limit: float = LIMIT) -> None:
        self._work = work
        self._budget = budget
        self._limit = limit
        self._runs: dict[str, _Run] = {}
        self._replies: Gathering[tuple[str, str], str] = Gathering(keep_replies, flights=1)

    async def respond(self, inbound: Inbound) -> str | None:
        """The reply's XML in time, or None for `success`."""
        run = self._runs.get(inbound.once)
        if run is None:
            run = self._runs[inbound.once] = _Run()
            run.task = asyncio.get_running_loop().create_task(self._finish(run, inbound))
            run.task.add_done_callback(lambda _: self._runs.pop(inbound.once, None))
        run.waiting += 1
        try:
            await asyncio.wait({run.task}, timeout=self._budget)
            if run.storing and not run.task.done():
                await asyncio.wait({run.task}, timeout=GRACE)
        finally:
            run.waiting -= 1
        return run.task.result() if run.task.done() and not run.task.cancelled() else None

    async def drain(self, seconds: float = DRAIN) -> None:
        """Let the messages under way come to their end (shutdown)."""
        tasks = [run.task for run in self._runs.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    @property
    def busy(self) -> int:
        """Messages under way."""
        return len(self._runs)

    async def _finish(self, run: _Run, inbound: Inbound) -> str | None:
        """The answer, stored or owed. Never raises: a failure is a sentence to the person and a line in the log."""
        answered = await self._answer(inbound)
        if answered.stored is not None:
            return answered.stored or None
        try:
            if run.waiting:
                return await self._keep(run, inbound, answered)
            await self._later(inbound, answered)
        except Exception:
            log.exception("the answer of a message was lost: %s %s", inbound.type, inbound.event)
        return None

    async def _answer(self, inbound: Inbound) -> Answered:
        try:
            async with asyncio.timeout(self._limit):
                return await self._work(inbound)
        except TimeoutError:
            log.warning("a message was given up after %s s: %s %s", self._limit, inbound.type, inbound.event)
            return Answered(TOO_LONG, keep=False)
        except Exception:
            log.exception("a message could not be answered: %s %s", inbound.type, inbound.event)
            return Answered(TROUBLE, keep=False)

    async def _keep(self, run: _Run, inbound: Inbound, answered: Answered) -> str | None:
        reply = replies.text(inbound, answered.text) if answered.text and not inbound.silent else ""
        if answered.keep and reply:
            run.storing = True
            try:
                reply = await self._replies.ask((inbound.once, reply))
            except Exception:
                # It is answered all the same; a repeat would be worked on anew, and acts know their own repeats.
                log.exception("a reply could not be kept: %s %s", inbound.type, inbound.event)
        return reply or None

    async def _later(self, inbound: Inbound, answered: Answered) -> None:
        """Nobody waits any more: the platform has its `success`."""
        if not answered.text or inbound.silent:
            return
        person = answered.person or (await identify(inbound)).person
        if person is not None and person.binding_id is not None:
            where = (person.binding_id, inbound.sender, person.graduate.school_id)
            await answer_later(speaker(person), inbound.once, answered.text, *where)
