"""Room: who may do what: every route and action by every kind of caller, as a table (`access.csv`).

The table is the specification: route or flow.action, kind, expected status. A cell that is missing fails, and so does
one that answers otherwise.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from quart import Quart

from api import openapi
from api.auth import rule_of
from models.store import close_store
from tests.harness import access_requests, conformity
from tests.harness.access_kinds import KINDS, Cast, cast
from tests.harness.access_requests import ROWS, Sent
from workflows.flows import FLOWS

TABLE = Path(__file__).with_name("access.csv")
for _module in Path(access_requests.__file__).parent.glob("access_*.py"):
    import_module(f"tests.harness.{_module.stem}")  # each adds its rows to ROWS
BESIDE = ("GET /metrics", "POST /receipts/sms/{secret}")  # routes that the OpenAPI document leaves out on purpose
BEGINNINGS = tuple(f"/v1/{flow}" for flow in FLOWS)  # creations are acts, too


@cache
def expectations() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            found.setdefault(line["subject"], {})[line["kind"]] = int(line["expected"])
    return found


@pytest.fixture(scope="module")
async def everybody(service: Quart) -> AsyncIterator[Cast]:
    async with cast(service) as found:
        yield found


def subjects() -> set[str]:
    """Every route as the document has it, acts by flow and action."""
    found = set(BESIDE)
    for path, methods in openapi.document()["paths"].items():
        for method in methods:
            action = path.rpartition("/actions/")[2] if "/actions/" in path else ""
            if not action and not (method == "post" and path in BEGINNINGS):
                found.add(f"{method.upper()} {path}")
    return found | {f"{flow}.{action}" for flow, table in FLOWS.items() for action in table.actions}


def test_every_route_and_action_has_a_row() -> None:
    assert subjects() == {name.partition("@")[0] for name in ROWS}


def test_no_cell_is_missing() -> None:
    table = expectations()
    missing = [(name, kind) for name in ROWS for kind in KINDS if kind not in table.get(name, {})]
    assert missing == []
    assert sorted(table) == sorted(ROWS)


def test_every_view_names_its_rule(service: Quart) -> None:
    nameless = [
        rule.rule for rule in service.url_map.iter_rules() if rule_of(service.view_functions[rule.endpoint]) is None
    ]
    assert nameless == []


@pytest.mark.parametrize("name", sorted(ROWS))
async def test_each_kind_gets_what_the_table_says(name: str, everybody: Cast) -> None:
    await close_store()  # limits are by address and account; here twenty people share one address
    attempt, expected, got = await ROWS[name](everybody), expectations().get(name, {}), {}
    # Whoever may act comes last: before that the record is as it was prepared.
    for kind in sorted(KINDS, key=lambda kind: -expected.get(kind, 0)):
        got[kind] = await status(everybody, kind, await attempt(kind))
    assert got == expected


async def status(everybody: Cast, kind: str, sent: Sent) -> int:
    caller = everybody.caller(kind)
    headers = {"Authorization": f"Bearer {caller.token}"} if caller.token else {}
    if kind == "connector_own":
        headers["X-Signature"] = "t=1,v1=00"  # the connector has an interface of its own and none here
    answer = await everybody.client.request(
        sent.method, sent.path, json=sent.body, content=sent.content, headers={**headers, **sent.headers}
    )
    conformity.check(answer)
    return answer.status_code
