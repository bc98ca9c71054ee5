"""Room: the sandbox remembers: a second start, or a start after a crash, agrees with what was acknowledged."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.store import MemoryStore
from notifier.clients.sms import TencentSms
from notifier.clients.transport import open_http
from notifier.clients.upstream import Push, UpstreamClient
from notifier.clients.wechat import WeChatClient
from notifier.simulators.journal import Journal
from notifier.simulators.server import Sandbox, started
from notifier.verdicts import Kind

ANNA = "oSample00000000000000000001"
PUSH = Push("push-1", 3, "99001", 2027, "110000200501010015", {"byqxdm": "10", "dwmc": "示例软件有限公司"})


async def _get(http: httpx.AsyncClient, sandbox: Sandbox, path: str) -> Any:
    return (await http.get(sandbox.url + path)).json()


async def test_a_second_start_knows_people_chats_menu_texts_and_ledger(tmp_path: Path) -> None:
    paths = (
        "/_control/personas",
        f"/phone/chat/{ANNA}",
        "/_control/ems/mailbox",
        "/_control/registry/mailbox",
    )

    async def everything(http: httpx.AsyncClient, sandbox: Sandbox) -> list[Any]:
        found = [await _get(http, sandbox, path) for path in paths]
        for one in found:
            one.pop("calls", None)
        return found

    async with httpx.AsyncClient(trust_env=False) as http, open_http() as door:
        async with started(tmp_path, answer_limit=0.05) as sandbox:
            for path, body in (
                ("personas", [{"openid": ANNA, "name": "王小明", "label": "甲校", "mobile": "15400000001"}]),
                (
                    "wechat/templates",
                    [{"template_id": "T1", "title": "提醒", "fields": [{"name": "thing1", "label": "事项"}]}],
                ),
                ("wechat/options", {"receipts": False}),
                ("sms/templates", [{"template_id": "1", "text": "验证码{1}"}]),
                ("registry/enterprises", [{"uscc": "91110000100000001A", "name": "示例", "status": "在业"}]),
            ):
                assert (await http.post(f"{sandbox.url}/_control/{path}", json=body)).status_code == 200
            client = WeChatClient(sandbox.wechat, MemoryStore(), door)
            await client.create_menu([{"name": "签约", "type": "click", "key": "a"}])
            first = await client.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="act:1")
            await TencentSms(sandbox.sms, door).send("15400000001", "1", ["402913"])
            await UpstreamClient(sandbox.ems, door).push_destination(PUSH)
            await http.post(f"{sandbox.url}/phone/chat/{ANNA}/text", json={"value": "你好"})
            for _ in range(3):
                assert (await client.send_text(ANNA, "好")).kind is Kind.SENT
            await http.post(f"{sandbox.url}/_control/wechat/idle")
            before = await everything(http, sandbox)
        async with started(tmp_path, answer_limit=0.05) as sandbox:
            assert await everything(http, sandbox) == before
            again = WeChatClient(sandbox.wechat, MemoryStore(), door)
            repeat = await again.send_template(ANNA, "T1", {"thing1": "好"}, client_msg_id="act:1")
            assert repeat.provider_id == first.provider_id
            # the window's count goes on where it stood: five, three used
            kinds = [(await again.send_text(ANNA, "好")).kind for _ in range(3)]
            assert kinds == [Kind.SENT, Kind.SENT, Kind.OTHER_CHANNEL]
            upstream = UpstreamClient(sandbox.ems, door)
            await upstream.push_destination(PUSH)
            ledger = await _get(http, sandbox, "/_control/ems/mailbox")
            assert (len(ledger["ledger"]), ledger["repeats"]) == (1, {"push-1": 1})


CHILD = """
import asyncio, sys
from pathlib import Path
from notifier.simulators.server import started
async def main():
    async with started(Path(sys.argv[1])) as sandbox:
        print(sandbox.url, flush=True)
        await asyncio.sleep(120)
asyncio.run(main())
"""


async def test_whatever_the_ems_acknowledged_before_kill_9_is_in_its_ledger(tmp_path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, str(tmp_path), stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert child.stdout is not None
    url = (await child.stdout.readline()).decode().strip()
    acknowledged: list[str] = []
    async with httpx.AsyncClient(trust_env=False) as http, open_http() as door:
        async with started(tmp_path / "unused") as unused:
            config = unused.ems.model_copy(update={"url": f"{url}/ems"})
        client = UpstreamClient(config, door)

        async def push_for_ever(person: int) -> None:
            for seq in range(1, 10_000):
                push = Push(f"{person}-{seq}", seq, "99001", 2027, f"11000020050101{person:04d}", {"byqxdm": "10"})
                if (await client.push_destination(push)).kind is Kind.SENT:
                    acknowledged.append(push.push_id)

        pushing = [asyncio.create_task(push_for_ever(person)) for person in range(8)]
        while len(acknowledged) < 40:
            await asyncio.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        await child.wait()
        for task in pushing:
            task.cancel()
        await asyncio.gather(*pushing, return_exceptions=True)
        async with started(tmp_path) as sandbox:
            rows = (await _get(http, sandbox, "/_control/ems/mailbox"))["ledger"]
    applied = [row["push_id"] for row in rows if row["applied"]]
    assert set(acknowledged) <= set(applied)
    assert len(applied) == len(set(applied))


@pytest.mark.parametrize("tail", [b'{"n": 4', b"\xff", b'{"n": 4}'])
def test_a_torn_last_line_is_cut_off_and_writing_goes_on(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"n":1}\n{"n":2}\n' + tail)
    seen: list[int] = []
    journal = Journal(path, lambda event: seen.append(event["n"]))
    assert seen == [1, 2]
    journal.write({"n": 3})
    journal.close()
    again: list[int] = []
    Journal(path, lambda event: again.append(event["n"])).close()
    assert again == [1, 2, 3]


def test_an_event_changes_nothing_before_it_is_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines: list[bytes] = []
    journal = Journal(path, lambda _event: lines.append(path.read_bytes()), durable=True)
    journal.write({"n": 1})
    assert lines == [b'{"n":1}\n']
    journal.close()
