"""Room: the callback's bench: our bare ASGI path under uvicorn against wechatpy + Flask on gunicorn, one worker each.

Both decrypt and parse 256 different encrypted text messages and answer each with the same encrypted text. The load
is wrk on the other core.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from api.children import free_port
from models import kit
from tests.harness import wechat_wire as wire

SECONDS, CONNECTIONS, MESSAGES = 5, 32, 256
SERVER_CORE, LOAD_CORE = "0", "1"
TASKSET, WRK = shutil.which("taskset") or "taskset", shutil.which("wrk") or "wrk"
ANSWER = "您好，请点击菜单查看签约进度。"

OURS = [sys.executable, "-m", "uvicorn", "tests.load.callback_ours:app", "--no-access-log", "--log-level", "error"]
RIVAL = [sys.executable, "-m", "gunicorn", "tests.load.callback_rival:app", "--workers", "1", "--log-level", "error"]


def rounds(count: int) -> list[tuple[float, float]]:
    """Interleaved (ours, rival) requests per second."""
    with tempfile.TemporaryDirectory() as folder:
        return [(_measure("ours", Path(folder)), _measure("rival", Path(folder))) for _ in range(count)]


def _measure(side: str, folder: Path) -> float:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [*OURS, "--port", str(port)] if side == "ours" else [*RIVAL, "--bind", f"127.0.0.1:{port}"]
    script = _script(folder / "load.lua")
    with _server(command, address):
        _wrk(address, script, 1)
        return _wrk(address, script, SECONDS)


@contextlib.contextmanager
def _server(command: list[str], address: str) -> Iterator[None]:
    process = subprocess.Popen([TASKSET, "-c", SERVER_CORE, *command], env=os.environ | {"WQ_PROFILE": "test"})
    try:
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{address}/wechat/callback", timeout=1)
                break
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def _wrk(address: str, script: Path, seconds: int) -> float:
    command = [
        "taskset",
        "-c",
        LOAD_CORE,
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        str(script),
        address,
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"the load met errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None:
        raise RuntimeError(f"wrk said nothing of its rate:\n{output}")
    return float(found[1])


def _script(target: Path) -> Path:
    """A wrk script that posts the messages in turn; signed now, so it is written afresh for each round."""
    stamp = int(kit.now().timestamp())
    lines = ["local requests = {}", 'local head = {["Content-Type"] = "text/xml"}']
    for number in range(MESSAGES):
        sealed = wire.encrypted(_text(number, stamp))
        query, body = wire.safe_query(sealed, timestamp=str(stamp)), wire.safe_body(sealed)
        # Long brackets of level 1: the body holds CDATA sections, which would end those of level 0.
        text = f"[=[{body.decode()}]=]"
        lines.append(f'requests[{number + 1}] = wrk.format("POST", "/wechat/callback?{query}", head, {text})')
    lines += ["local n = 0", f"request = function() n = n % {MESSAGES} + 1; return requests[n] end"]
    # wrk.format needs the target's address, which is known only once the thread starts.
    start, end = lines[:2], lines[2 + MESSAGES :]
    made = ["init = function(args)", *lines[2 : 2 + MESSAGES], "end"]
    target.write_text("\n".join([*start, *made, *end]), encoding="utf-8")
    return target


def _text(number: int, stamp: int) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{wire.ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[oBench{number:022d}]]></FromUserName><CreateTime>{stamp}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[进度 {number}]]></Content>"
        f"<MsgId>{24000000000000000 + number}</MsgId></xml>"
    ).encode()
