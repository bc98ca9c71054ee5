"""Room: a peer between dashboard and service that passes everything on and can lose answers on their way back."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Cutter:
    """`lose`: how many answers to acts are still to be lost; `keys`: the idempotency keys of all acts that passed."""

    url: str
    lose: int = 0
    keys: list[str] = field(default_factory=list)


@contextmanager
def cutting(service_url: str) -> Iterator[Cutter]:
    """A running peer in front of the service."""
    target = urlsplit(service_url).netloc
    cutter = Cutter("")

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            onward = http.client.HTTPConnection(target, timeout=20)
            onward.request(self.command, self.path, body, dict(self.headers.items()))
            answer = onward.getresponse()
            content = answer.read()
            onward.close()
            key = self.headers.get("Idempotency-Key")
            if key:
                cutter.keys.append(key)
            if key and cutter.lose:
                cutter.lose -= 1
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _pass  # noqa: N815  the names that the server looks for

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    cutter.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)  # seconds until it hears its end
    thread.start()
    try:
        yield cutter
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
