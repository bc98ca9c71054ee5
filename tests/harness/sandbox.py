"""Room: the simulators in a test's hand: what their control interface is told."""

from __future__ import annotations

from typing import Any

import httpx

from notifier.simulators.server import Sandbox


async def control(http: httpx.AsyncClient, sandbox: Sandbox, path: str, body: Any) -> Any:
    """Tell the simulators something (`wechat/faults`, `personas`, …); what they answer."""
    answer = await http.post(f"{sandbox.url}/_control/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()
