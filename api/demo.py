"""Room: `wangqian demo`: the whole platform in one terminal. Order of starting, watching, ending.

The command line hands over a server (embedded, or whatever `DATABASE_URL` names) as steps; here they are
run in order, the programs are started as children, watched, and ended together.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Protocol

from api.children import Child, ChildError, answers, port_taken
from models.config import Settings

ROOT = Path(__file__).resolve().parents[1]
STARTED = ("simulators", "serve", "notifier", "dashboard")
LABELS = {"simulators": "模拟系统", "serve": "服务", "notifier": "通知进程", "dashboard": "管理后台"}
PROGRAM = (sys.executable, "-m", "api.cli")
DATABASE = "wangqian"
BUILDING = "wangqian_building"
NOTIFIER_READY = "notifier ready"
_PORT_NAMES = {"SERVICE": "serve", "DASHBOARD": "dashboard", "SANDBOX": "simulators"}


class StoppedError(Exception):
    """Somebody asked the demo to stop while it was still starting."""


class Demo:
    """One run of the demo. A signal only sets a flag; every wait looks at it."""

    def __init__(self, chosen: Settings, program: Sequence[str] = ()) -> None:
        self.settings = chosen
        self.program = list(program or PROGRAM)
        self.children: dict[str, Child] = {}
        # A plain flag: an Event's own lock could be held by the very code that the signal interrupts.
        self._stopping = False

    # --- signals ---------------------------------------------------------------------------------

    def listen_for_signals(self) -> None:
        """SIGINT and SIGTERM may both start ignored (a background job of a non-interactive shell); an ignored
        SIGHUP is left so, for that is what `nohup` asks for.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._asked)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def check_stopping(self) -> None:
        if self._stopping:
            raise StoppedError

    # --- before the start ------------------------------------------------------------------------

    @property
    def ports(self) -> dict[str, int]:
        chosen = self.settings
        return {"serve": chosen.port_service, "dashboard": chosen.port_dashboard, "simulators": chosen.port_sandbox}

    def taken_ports(self) -> list[str]:
        """What to tell about ports that somebody else listens on."""
        names = {"serve": "WQ_PORT_SERVICE", "dashboard": "WQ_PORT_DASHBOARD", "simulators": "WQ_PORT_SANDBOX"}
        return [
            f"端口 {port} 已被占用（{LABELS[name]}）。请结束占用它的程序，或用 {names[name]}=其他端口 另选一个。"
            for name, port in self.ports.items()
            if port_taken(port)
        ]

    def environment(self, database_url: str) -> dict[str, str]:
        """What every child is given: one database, and addresses that follow the ports."""
        local = {name: f"http://127.0.0.1:{port}" for name, port in self.ports.items()}
        sandbox = local["simulators"]
        return {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": database_url,
            "WQ_PROFILE": self.settings.profile.value,
            "WQ_VAR": str(self.settings.var.absolute()),
            "WQ_PUBLIC_URL": local["serve"],
            "WQ_API_URL": local["serve"],
            "WQ_WECHAT_API_URL": f"{sandbox}/wechat",
            "WQ_WECHAT_OPEN_URL": f"{sandbox}/open",
            "WQ_SMS_URL": f"{sandbox}/sms",
            "WQ_EMS_URL": f"{sandbox}/ems",
            "WQ_EMS_PAGE_URL": f"{sandbox}/ems",
            "WQ_REGISTRY_URL": f"{sandbox}/registry",
            # Whoever tries the demo at night wants to see the messages too.
            "WQ_QUIET_HOURS": os.environ.get("WQ_QUIET_HOURS", ""),
            **{f"WQ_PORT_{key}": str(self.ports[name]) for key, name in _PORT_NAMES.items()},
        }

    def prepare(self, step: str, env: Mapping[str, str]) -> None:
        """Run one command to its end (`migrate`, `seed`, `introduce`); raises ChildError with its log, StoppedError."""
        child = self._spawn(step, env)
        try:
            while child.alive:
                self.check_stopping()
                time.sleep(0.05)
        finally:
            child.end(seconds=5)
            del self.children[step]
        if child.process.returncode != 0:
            raise ChildError(f"{step} ended with code {child.process.returncode}\n{child.tail()}")

    # --- running ---------------------------------------------------------------------------------

    def start(self, env: Mapping[str, str], names: Sequence[str] = STARTED) -> None:
        """Start these programs, those that run already left alone."""
        for name in names:
            if name not in self.children:
                self._spawn(name, env)

    def wait(self) -> None:
        """Until every program that was started answers; raises ChildError, StoppedError."""
        probes = self._probes()
        for name, child in self.children.items():
            child.wait_ready(partial(self._look, probes[name]))

    def introduce(self, env: Mapping[str, str]) -> None:
        """Tell the simulated systems about the demo's people, before anything is delivered to them."""
        self.start(env, ("simulators",))
        self.wait()
        if not self._introduced():
            self.prepare("introduce", env)

    def _introduced(self) -> bool:
        """Do the simulated systems remember the demo's people from an earlier start?"""
        url = f"http://127.0.0.1:{self.ports['simulators']}/_control/personas"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(json.load(answer)["personas"])
        except (OSError, ValueError, KeyError):
            return False

    def watch(self) -> None:
        """Return when asked to stop; raise ChildError as soon as one program has died."""
        while not self._stopping:
            time.sleep(0.2)
            for name, child in self.children.items():
                if not child.alive:
                    code = child.process.returncode
                    raise ChildError(f"{LABELS[name]}（{name}）意外退出，代码 {code}\n{child.tail()}")

    def end(self) -> None:
        """SIGTERM to all, then wait for each: they drain side by side."""
        for child in self.children.values():
            child.terminate()
        for child in self.children.values():
            child.end()
        self.children.clear()

    def _spawn(self, name: str, env: Mapping[str, str]) -> Child:
        log = self.settings.var.absolute() / "log" / f"{name}.log"
        child = Child(name, [*self.program, name], env, log, ROOT)
        self.children[name] = child
        return child

    def _look(self, probe: Callable[[], bool]) -> bool:
        self.check_stopping()
        return probe()

    def _probes(self) -> dict[str, Callable[[], bool]]:
        """How each program is seen to be up; the notifier listens on nothing and says so in its log."""
        return {
            "serve": answers(f"http://127.0.0.1:{self.ports['serve']}/readyz"),
            "dashboard": answers(f"http://127.0.0.1:{self.ports['dashboard']}/_stcore/health"),
            "simulators": answers(f"http://127.0.0.1:{self.ports['simulators']}/_control/health"),
            "notifier": lambda: NOTIFIER_READY in self.children["notifier"].tail(),
        }


class Server(Protocol):
    """What the demo needs of the embedded PostgreSQL (`models.embedded`, handed over by the command line)."""

    def url(self, database: str = ...) -> str: ...
    def psql(self, sql: str, database: str = ...) -> str: ...
    def create_database(self, name: str) -> bool: ...
    def stop(self) -> None: ...


def run(
    chosen: Settings,
    start_server: Callable[[Path], Server],
    sign_ins: Callable[[], Sequence[tuple[str, str, str]]],
    program: Sequence[str] = PROGRAM,
) -> int:
    """The whole demo, until Ctrl-C; the exit code. `DATABASE_URL`, when set, names the server to use instead.

    `sign_ins`: who, user name, password, as they are told. `program`: the command line whose commands are run.
    """
    demo = Demo(chosen, program)
    demo.listen_for_signals()
    taken = demo.taken_ports()
    if taken:
        say(*taken)
        return 1
    server: Server | None = None
    try:
        if chosen.database_url:
            url = chosen.database_url
            fill(demo, url)
        else:
            say("正在启动内置数据库……")
            server = start_server(chosen.var / "postgres")
            url = keep_or_build(demo, server)
        say("正在启动各个程序……")
        demo.start(demo.environment(url))
        lines = told(demo.ports, sign_ins())  # loads the demo's module while the programs load theirs
        demo.wait()
        say(*lines)
        demo.watch()
    except StoppedError:
        pass
    except (ChildError, RuntimeError, OSError) as exc:
        say(str(exc), "演示已中止。")
        return 1
    finally:
        say("正在停止……")
        demo.end()
        if server is not None:
            server.stop()
    say("已停止。")
    return 0


def fill(demo: Demo, url: str) -> None:
    """Migrate, seed when there is nothing yet, and let the simulated systems know."""
    env = demo.environment(url)
    demo.prepare("migrate", env)
    demo.prepare("seed", env)
    demo.introduce(env)


def keep_or_build(demo: Demo, server: Server) -> str:
    """The demo's database: kept from the last start, else built aside and put in place once complete,
    so that a start that was broken off leaves no half-filled data.
    """
    if server.psql(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"):  # noqa: S608  a constant
        demo.prepare("migrate", demo.environment(server.url(DATABASE)))
        return server.url(DATABASE)
    say("首次启动：正在写入虚构的演示数据，约需一两分钟……")
    # What the simulated systems remember belongs to the data that is gone.
    shutil.rmtree(demo.settings.var / "sandbox", ignore_errors=True)
    server.psql(f'DROP DATABASE IF EXISTS "{BUILDING}"')
    server.create_database(BUILDING)
    fill(demo, server.url(BUILDING))
    server.psql(f'ALTER DATABASE "{BUILDING}" RENAME TO "{DATABASE}"')
    return server.url(DATABASE)


def told(ports: Mapping[str, int], sign_ins: Sequence[tuple[str, str, str]]) -> list[str]:
    """Addresses and sign-ins, for the terminal."""
    service = f"http://127.0.0.1:{ports['serve']}"
    return [
        "",
        "网签演示已就绪（数据均为虚构）：",
        f"  管理后台    http://127.0.0.1:{ports['dashboard']}",
        f"  用人单位    {service}/employer/",
        f"  沙盒手机    http://127.0.0.1:{ports['simulators']}/",
        f"  接口说明    {service}/openapi.json",
        "",
        "登录账号：",
        *(f"  {who}    {username} / {password}" for who, username, password in sign_ins),
        "",
        "按 Ctrl-C 结束；数据保留在 var/ 中。",
    ]


def say(*lines: str) -> None:
    print("\n".join(lines), flush=True)
