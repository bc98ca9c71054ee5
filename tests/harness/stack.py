"""Room: the platform as processes, for tests: service, notifier, simulators and dashboard on free ports.

One `Stack` is one installation: its own database, ports, folder and keys. `await stack.start("serve")`
returns when the program answers; all are ended, group and all, when the fixture goes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from api.children import Child, answers, free_port
from api.demo import NOTIFIER_READY

ROOT = Path(__file__).resolve().parents[2]
CODE = (sys.executable, "-m", "api.cli")


class Stack:
    """Programs that share one environment. Ports are fixed when the stack is made."""

    def __init__(self, folder: Path, database_url: str, redis_url: str = "", **extra: str) -> None:
        self.folder = folder
        self.children: dict[str, Child] = {}
        self.port_service, self.port_dashboard, self.port_sandbox = free_port(), free_port(), free_port()
        self.service_url = f"http://127.0.0.1:{self.port_service}"
        self.dashboard_url = f"http://127.0.0.1:{self.port_dashboard}"
        self.sandbox_url = f"http://127.0.0.1:{self.port_sandbox}"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("WQ_")},
            "PYTHONUNBUFFERED": "1",
            "WQ_PROFILE": "test",
            "WQ_VAR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "WQ_PORT_SERVICE": str(self.port_service),
            "WQ_PORT_DASHBOARD": str(self.port_dashboard),
            "WQ_PORT_SANDBOX": str(self.port_sandbox),
            "WQ_PUBLIC_URL": self.service_url,
            "WQ_API_URL": self.service_url,
            "WQ_WECHAT_API_URL": f"{self.sandbox_url}/wechat",
            "WQ_WECHAT_OPEN_URL": f"{self.sandbox_url}/open",
            "WQ_SMS_URL": f"{self.sandbox_url}/sms",
            "WQ_EMS_URL": f"{self.sandbox_url}/ems",
            "WQ_EMS_PAGE_URL": f"{self.sandbox_url}/ems",
            "WQ_REGISTRY_URL": f"{self.sandbox_url}/registry",
            "WQ_QUIET_HOURS": "",  # tests run at any hour of Shanghai's day
            **extra,
        }

    def ready(self, name: str) -> Callable[[], bool]:
        """How one sees from outside that a program of ours is up; the notifier says so in its log."""
        urls = {
            "serve": f"{self.service_url}/readyz",
            "simulators": f"{self.sandbox_url}/_control/health",
            "dashboard": f"{self.dashboard_url}/_stcore/health",
        }
        if name in urls:
            return answers(urls[name])
        return lambda: NOTIFIER_READY in self.children[name].tail()

    async def start(self, *names: str, seconds: float = 60.0) -> None:
        """Start programs by their command (`serve`, `notifier`, `simulators`, `dashboard`) and wait for all."""
        for name in names:
            log = self.folder / "log" / f"{name}.log"
            self.children[name] = Child(name, [*CODE, name], self.env, log, ROOT)
        for name in names:
            await asyncio.to_thread(self.children[name].wait_ready, self.ready(name), seconds=seconds)

    async def restart(self, name: str) -> None:
        """End one program and start it again on its port."""
        await asyncio.to_thread(self.children[name].end)
        await self.start(name)

    async def end(self) -> None:
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            await asyncio.to_thread(child.end)
        self.children.clear()

    def logs(self) -> str:
        """What every program has said lately; shown when a test fails, searched for leaked numbers."""
        return "\n".join(f"--- {name}\n{child.tail(200)}" for name, child in self.children.items())
