"""Room: a service that lets one in and then has nothing: who is signed in and the labels come from the real one,
everything else is answered as out of order.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

OUT_OF_ORDER = "服务正在维护，请稍后再试。"
THROUGH = ("/v1/me", "/v1/catalog", "/v1/catalog/codes/region")


@contextmanager
def halfway(service: str) -> Iterator[str]:
    """Its address. `service`: that of the real one."""

    class Half(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path.partition("?")[0] not in THROUGH:
                problem = {"status": 503, "code": "unavailable", "detail": OUT_OF_ORDER}
                self._answer(503, json.dumps(problem).encode())
                return
            asked = {name: self.headers[name] for name in ("Authorization", "If-None-Match") if name in self.headers}
            found = whole.get(self.path, headers=asked)
            self._answer(found.status_code, found.content)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: addresses are no output of a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Half)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # seconds until it hears its end
    thread.start()
    with httpx.Client(base_url=service, timeout=20) as whole:
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
