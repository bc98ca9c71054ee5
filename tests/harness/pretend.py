"""Room: programs with the command names of ours that only come up, answer and go: for tests of the supervision.

`python tests/harness/pretend.py serve` and so on. Each notes in `var/notes` that it ran and how it ended.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

PORTS = {"serve": "WQ_PORT_SERVICE", "dashboard": "WQ_PORT_DASHBOARD", "simulators": "WQ_PORT_SANDBOX"}
NOTES = Path(os.environ["WQ_VAR"]) / "notes"


def note(text: str) -> None:
    with NOTES.open("a") as file:
        file.write(text + "\n")


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


def main(name: str) -> None:
    note(f"{name} started")
    (NOTES.parent / f"{name}.pid").write_text(str(os.getpid()))
    if name == os.environ.get("PRETEND_DIES"):
        print("something went wrong in here")
        sys.exit(3)
    if name in {"migrate", "seed", "introduce"}:
        time.sleep(float(os.environ.get(f"PRETEND_{name.upper()}", "0")))
        note(f"{name} done in {os.environ['DATABASE_URL'].split('/')[3].split('?')[0]}")
        return

    def end(_number: int, _frame: object) -> None:
        note(f"{name} ended")
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    if name in PORTS:
        HTTPServer(("127.0.0.1", int(os.environ[PORTS[name]])), Answer).serve_forever()
    print("notifier ready", flush=True)
    signal.pause()


main(sys.argv[1])
