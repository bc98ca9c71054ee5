"""Room: the OpenAPI document itself: whole, valid, and one concrete address per flow and action."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from quart import Quart

from api import openapi
from api.auth import ANYONE
from api.service import BLUEPRINTS
from models.parties import Party
from tests.harness.callers import Api
from workflows.flows import FLOWS
from workflows.forms import FORMS, json_schema

LEFT_OUT = {"/metrics", "/receipts/sms/<secret>"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in openapi.document()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


EVERY = list(operations())
NAMES = [f"{method} {path}" for method, path, _ in EVERY]


async def test_it_is_served_as_json_of_version_3_1(api: Api) -> None:
    answer = await api.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["openapi"] == "3.1.0"
    assert answer.json() == json.loads(json.dumps(openapi.document()))


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(openapi.document())
    known = set(openapi.document()["components"]["schemas"])
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= known


def test_no_reference_leads_out_of_the_house() -> None:
    assert "http" not in json.dumps(openapi.document()).replace('"type": "http"', "")


@pytest.mark.parametrize("name", sorted(openapi.document()["components"]["schemas"]))
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(openapi.document()["components"]["schemas"][name])


@pytest.mark.parametrize(("method", "path", "operation"), EVERY, ids=NAMES)
def test_every_operation_is_whole(method: str, path: str, operation: dict[str, Any]) -> None:
    declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
    assert declared == set(re.findall(r"{(\w+)}", path))
    assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")
    assert re.search("[\u4e00-\u9fff]", operation["summary"])
    if "requestBody" in operation:
        assert operation["requestBody"]["required"] is True
        ((media, content),) = operation["requestBody"]["content"].items()
        raw = {"patch": "application/offset+octet-stream"}
        if path == "/v1/roster/imports":
            raw["post"] = "application/octet-stream"
        assert media == raw.get(method, "application/json")
        Draft202012Validator.check_schema(content["schema"])
    good = [code for code in operation["responses"] if code.startswith("2")]
    assert len(good) == 1
    for code, response in operation["responses"].items():
        if code not in good:
            assert list(response["content"]) == ["application/problem+json"]
    open_to_all = operation.get("security") == []
    assert open_to_all == (operation["description"] == f"rule: {ANYONE.name}")
    assert open_to_all or {"401", "403"} <= set(operation["responses"])
    assert method in ("get", "post", "put", "patch", "delete")


def test_no_two_operations_share_a_name() -> None:
    doubled = [name for name, times in Counter(o["operationId"] for _, _, o in EVERY).items() if times > 1]
    assert doubled == []


def test_each_action_has_its_address_with_its_forms_own_schema() -> None:
    """Where a department and a school are asked for different things, with either's."""
    paths = openapi.document()["paths"]
    for flow, table in FLOWS.items():
        for transition in table.transitions:
            if transition.creates:
                continue
            path = f"/v1/{flow}/{{id}}/actions/{transition.action}"
            if transition.by <= {Party.CLOCK}:
                assert path not in paths  # the clock's, or what another act brings with it
                continue
            body = paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
            asked = body["properties"]["form"]
            forms = {t.form for t in table.transitions if t.action == transition.action}
            assert (asked["anyOf"] if len(forms) > 1 else [asked]).count(json_schema(FORMS[transition.form])) == 1
            assert len(asked.get("anyOf", [asked])) == len(forms)
            headers = {p["name"] for p in paths[path]["post"]["parameters"] if p["in"] == "header" and p["required"]}
            assert headers == {"If-Match", "Idempotency-Key"}
            assert {"409", "422", "428"} <= set(paths[path]["post"]["responses"])


def test_creation_names_its_action() -> None:
    body = openapi.document()["paths"]["/v1/online_signing"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"]["properties"]["action"] == {"const": "invite"}
    assert body["schema"]["required"] == ["action", "form"]


def test_every_json_route_of_the_service_stands_in_it(service: Quart) -> None:
    """Pages are for people; the rest is in the document, but for what is left out on purpose."""
    missing = set()
    for rule in service.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] not in {blueprint.name for blueprint in BLUEPRINTS}:
            continue
        pattern = re.sub(r"<any\(([^)]*)\):flow>", lambda m: f"({m[1].replace(', ', '|')})", rule.rule)
        pattern = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"({\1}|[a-z_]+)", pattern)
        if not any(re.fullmatch(pattern, there) for there in openapi.document()["paths"]):
            missing.add(rule.rule)
    assert missing == LEFT_OUT


def test_the_fuzzer_knows_every_address_that_takes_a_cursor() -> None:
    """What it cannot see in the document: a cursor is a word of the service's own, any other is malformed."""
    rules = tomllib.loads(Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8"))
    (known,) = [rule["include-name-regex"] for rule in rules["operations"]]
    named = {f"{method.upper()} {path}" for method, path, _ in EVERY}
    takes = {
        f"{method.upper()} {path}"
        for method, path, operation in EVERY
        if any(p["name"] == "cursor" for p in operation["parameters"])
        or (method == "post" and path.startswith("/v1/search/"))
    }
    assert {name for name in named if re.search(known, name)} == takes
