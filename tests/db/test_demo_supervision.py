"""Room: how the demo starts, watches and ends: with a real PostgreSQL, real processes, real signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.children import free_port, port_taken
from models.embedded import EmbeddedPostgres
from models.kit import new_id
from tests.harness.postgres import copy_directory

ROOT = Path(__file__).resolve().parents[2]
PORTS = ("WQ_PORT_SERVICE", "WQ_PORT_DASHBOARD", "WQ_PORT_SANDBOX")
DEMO = f"""
import sys
from api.demo import run
from models.config import settings
from models.embedded import EmbeddedPostgres
sys.exit(run(settings(), EmbeddedPostgres.start, lambda: [("学校用户", "xuexiao", "mima-2027")],
             (sys.executable, {str(ROOT / "tests/harness/pretend.py")!r})))
"""


class Running:
    """A demo as a child of the test, started the way a person or a script would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "WQ_VAR": str(folder), "WQ_PROFILE": "test"}
        self.env.update({name: str(free_port()) for name in PORTS})
        self.env.pop("DATABASE_URL", None)
        self.process: subprocess.Popen[str] | None = None
        self.out = folder / "out"

    def start(self, *, ignoring: bool = False, **extra: str) -> None:
        """`ignoring` starts it as a non-interactive shell starts a background job: with SIGINT ignored."""
        before = signal.getsignal(signal.SIGINT)
        if ignoring:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with self.out.open("w") as out:
                self.process = subprocess.Popen(
                    [sys.executable, "-c", DEMO], env={**self.env, **extra}, cwd=ROOT, stdout=out,
                    stderr=subprocess.STDOUT, text=True, restore_signals=False, start_new_session=True,
                )  # fmt: skip
        finally:
            signal.signal(signal.SIGINT, before)

    def wait_for(self, text: str, seconds: float = 60) -> None:
        ends = time.monotonic() + seconds
        while text not in self.out.read_text():
            assert self.process
            assert self.process.poll() is None, self.out.read_text()
            assert time.monotonic() < ends, self.out.read_text()
            time.sleep(0.05)

    def notes(self) -> list[str]:
        file = self.folder / "notes"
        return file.read_text().splitlines() if file.exists() else []

    def ended(self, seconds: float = 30) -> int:
        assert self.process
        return self.process.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def clean(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if (self.folder / "postgres" / "postmaster.pid").exists():
            EmbeddedPostgres.start(self.folder / "postgres").remove()


@pytest.fixture
def demo(run_folder: Path) -> Iterator[Running]:
    folder = run_folder / f"demo-{new_id().hex[-8:]}"
    folder.mkdir()
    running = Running(folder)
    yield running
    running.clean()


@pytest.fixture
def prepared(demo: Running, blank_postgres: Path) -> Running:
    """One whose server need not be made first, for tests of what comes after that."""
    copy_directory(blank_postgres, demo.folder / "postgres")
    return demo


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_comes_up_and_ends_cleanly_though_signals_start_ignored(demo: Running, number: signal.Signals) -> None:
    demo.start(ignoring=True)
    demo.wait_for("xuexiao / mima-2027")
    assert all(port_taken(int(demo.env[name])) for name in PORTS)
    demo.send(number)
    assert demo.ended() == 0
    assert "已停止" in demo.out.read_text()
    assert not any(port_taken(int(demo.env[name])) for name in PORTS)
    assert not (demo.folder / "postgres" / "postmaster.pid").exists()
    ended = {note for note in demo.notes() if note.endswith(" ended")}
    assert ended == {"serve ended", "notifier ended", "dashboard ended", "simulators ended"}


def test_a_second_start_keeps_the_data_and_only_migrates(prepared: Running) -> None:
    for _ in range(2):
        prepared.start()
        prepared.wait_for("xuexiao / mima-2027")
        prepared.send(signal.SIGTERM)
        assert prepared.ended() == 0
    notes = prepared.notes()
    assert notes.count("seed started") == 1
    assert "seed done in wangqian_building" in notes
    assert [note for note in notes if note.startswith("migrate done")] == [
        "migrate done in wangqian_building",
        "migrate done in wangqian",
    ]


def test_a_start_broken_off_while_seeding_leaves_no_half_filled_data(prepared: Running) -> None:
    prepared.start(PRETEND_SEED="60")
    prepared.wait_for("首次启动")
    while "seed started" not in prepared.notes():
        time.sleep(0.05)
    prepared.send(signal.SIGINT)
    assert prepared.ended() == 0
    prepared.start()
    prepared.wait_for("xuexiao / mima-2027")
    prepared.send(signal.SIGINT)
    assert prepared.ended() == 0
    assert prepared.notes().count("seed done in wangqian_building") == 1


def test_a_child_that_dies_ends_the_demo_with_its_last_words(prepared: Running) -> None:
    prepared.start(PRETEND_DIES="notifier")
    assert prepared.ended(60) == 1
    said = prepared.out.read_text()
    assert "notifier" in said
    assert "something went wrong in here" in said
    assert not (prepared.folder / "postgres" / "postmaster.pid").exists()


def test_a_child_killed_later_ends_the_demo_too(prepared: Running) -> None:
    prepared.start()
    prepared.wait_for("xuexiao / mima-2027")
    os.kill(int((prepared.folder / "dashboard.pid").read_text()), signal.SIGKILL)
    assert prepared.ended() == 1
    assert "管理后台（dashboard）意外退出" in prepared.out.read_text()


def test_a_taken_port_is_told_with_the_setting_that_moves_it(demo: Running) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo.start(WQ_PORT_DASHBOARD=str(port))
        assert demo.ended() == 1
    assert f"端口 {port} 已被占用（管理后台）" in demo.out.read_text()
    assert "WQ_PORT_DASHBOARD=" in demo.out.read_text()
    assert not (demo.folder / "postgres").exists()


def test_children_do_not_outlive_a_killed_demo(prepared: Running) -> None:
    prepared.start()
    prepared.wait_for("xuexiao / mima-2027")
    assert prepared.process
    prepared.process.kill()
    prepared.process.wait()
    ends = time.monotonic() + 5
    while any(port_taken(int(prepared.env[name])) for name in PORTS):
        assert time.monotonic() < ends
        time.sleep(0.05)
