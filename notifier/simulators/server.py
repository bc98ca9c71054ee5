"""Room: a sandbox inside another process: on a free port, in the running event loop, for tests and the bench."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from models.config import SmsSettings, UpstreamSettings, WeChatSettings
from notifier.simulators.app import STOP_WITHIN, create_app
from notifier.simulators.config import SandboxConfig


class GuestServer(uvicorn.Server):
    """One that serves inside another's event loop: leaves the process's signal handlers alone and ends when it is told.

    uvicorn itself looks every tenth of a second whether it should end, and again whether it has: for a process of its
    own that is nothing, for hundreds of tests with a sandbox each it adds up.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        second = 10  # in uvicorn's ticks; it renews the date of its answers then
        while not await self.on_tick(second):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for sock in sockets or []:
            sock.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  sets, no event
                    await asyncio.sleep(0.002)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its address, and settings with which clients reach it."""

    url: str
    config: SandboxConfig
    wechat: WeChatSettings
    sms: SmsSettings
    ems: UpstreamSettings
    registry_url: str


@asynccontextmanager
async def started(
    folder: Path, *, callback_url: str = "http://127.0.0.1:9/wechat/callback", answer_limit: float = 5.0
) -> AsyncIterator[Sandbox]:
    """Run a sandbox that keeps its journals in `folder` and sends callbacks to `callback_url`."""
    # Named in full: asyncio switches Nagle's delay off only where the protocol is known to be TCP (40 ms a call).
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    config = SandboxConfig(folder=folder, callback_url=callback_url, answer_limit=answer_limit)
    sandbox = _reached_at(url, config)
    server = GuestServer(
        uvicorn.Config(
            create_app(sandbox.config), log_level="error", access_log=False, timeout_graceful_shutdown=STOP_WITHIN
        )
    )
    serving = asyncio.get_running_loop().create_task(server.serve(sockets=[sock]))
    try:
        while not server.started:
            if serving.done():
                serving.result()
                raise RuntimeError("the sandbox ended before it began")
            await asyncio.sleep(0.01)
        yield sandbox
    finally:
        server.end()
        await serving


def _reached_at(url: str, config: SandboxConfig) -> Sandbox:
    wechat = config.wechat.model_copy(update={"api_url": f"{url}/wechat", "open_url": f"{url}/open"})
    sms = config.sms.model_copy(update={"url": f"{url}/sms"})
    ems = config.ems.model_copy(update={"url": f"{url}/ems"})
    config = replace(config, wechat=wechat, sms=sms, ems=ems)
    return Sandbox(url, config, wechat, sms, ems, f"{url}/registry")
