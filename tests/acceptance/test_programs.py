"""Room: the four programs of the platform come up, answer and go, each as its own process."""

from __future__ import annotations

import signal

import httpx

from api.children import answers, port_taken
from tests.harness.stack import Stack


async def test_all_programs_come_up_together_and_end_on_sigterm(own_stack: Stack) -> None:
    await own_stack.start("simulators", "serve", "notifier", "dashboard")
    async with httpx.AsyncClient() as http:
        for address in ("/healthz", "/readyz", "/metrics"):
            assert (await http.get(own_stack.service_url + address)).status_code == 200, address
        document = (await http.get(f"{own_stack.service_url}/openapi.json")).json()
        assert document["openapi"].startswith("3.1")
        entered = await http.get(own_stack.dashboard_url, headers={"Accept": "text/html"})
        assert entered.headers.get("location", "").startswith("/auth/login")
    ended = {name: child.end(seconds=20) for name, child in own_stack.children.items()}
    assert set(ended.values()) <= {0, -signal.SIGTERM}, ended
    for port in (own_stack.port_service, own_stack.port_dashboard, own_stack.port_sandbox):
        assert not port_taken(port)
    assert "Traceback" not in own_stack.logs()


async def test_a_service_without_its_database_is_up_but_not_ready(own_stack: Stack) -> None:
    own_stack.env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:9/none"
    own_stack.ready = lambda _name: answers(f"{own_stack.service_url}/healthz")  # type: ignore[method-assign]
    await own_stack.start("serve")
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{own_stack.service_url}/readyz")
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
