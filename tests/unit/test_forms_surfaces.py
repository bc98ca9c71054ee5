"""Room: a form on its other surfaces: what a screen is told, JSON Schema, Excel heads."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.harness.invented import INVITE
from workflows.fields import Accepts
from workflows.forms import FORMS, Field, Form, Kind, describe, excel_headers, json_schema, validate


@pytest.mark.parametrize("name", FORMS)
def test_every_form_speaks_chinese_on_every_surface(name: str) -> None:
    described = describe(FORMS[name])
    schema = json_schema(FORMS[name])
    headers = excel_headers(FORMS[name])
    assert [field["label"] for field in described["fields"]] == headers
    assert [field["title"] for field in schema["properties"].values()] == headers
    assert len(set(headers)) == len(headers)
    assert all(any("\u4e00" <= ch <= "\u9fff" for ch in header) for header in headers)


@pytest.mark.parametrize("name", FORMS)
def test_every_description_and_schema_is_plain_json(name: str) -> None:
    assert json.loads(json.dumps(describe(FORMS[name]))) == describe(FORMS[name])
    Draft202012Validator.check_schema(json_schema(FORMS[name]))


def test_a_screen_is_told_everything_it_needs() -> None:
    fields = {field["name"]: field for field in describe(FORMS["online_signing.invite"])["fields"]}
    assert fields["position_category"]["options"][0] == {"value": "10", "label": "公务员", "group": ""}
    assert fields["dispatched_to"]["when"] == {"field": "dispatched", "in": [True]}
    assert fields["valid_days"] | {"help": ""} == {
        "name": "valid_days",
        "label": "邀请有效期（天）",
        "kind": "integer",
        "table": None,
        "options": None,
        "required": True,
        "required_when": None,
        "when": None,
        "min": 1,
        "max": 30,
        "min_length": 0,
        "max_length": None,
        "pattern": None,
        "help": "",
        "sensitive": False,
        "default": 15,
        "prefilled": True,
        "must_hold": False,
        "accepts": None,
    }
    refuse = {field["name"]: field for field in describe(FORMS["online_signing.refuse"])["fields"]}
    assert refuse["reason_text"]["required_when"] == {"field": "reason", "in": ["other"]}
    assert [option["label"] for option in refuse["reason"]["options"]][-1] == "其他"


def test_regions_are_named_but_not_sent_along() -> None:
    fields = {field["name"]: field for field in describe(FORMS["employer_registration"])["fields"]}
    assert (fields["employer_region"]["table"], fields["employer_region"]["options"]) == ("region", None)
    assert len(json.dumps(json_schema(FORMS["employer_registration"]))) < 10_000


def test_the_schema_requires_what_the_form_requires() -> None:
    assert json_schema(FORMS["online_signing.invite"])["required"] == list(INVITE)
    assert json_schema(FORMS["online_signing.accept"])["required"] == ["agreed"]


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"monthly_pay": 0},
        {"monthly_pay": 1.5},
        {"monthly_pay": True},
        {"position_category": "14"},
        {"dispatched": "maybe"},
        {"school_code": "9900"},
        {"graduate_name": ""},
        {"graduate_name": None},
        {"extra_terms": 5},
        {"dispatched_to": ["x"]},
    ],
)
def test_the_schema_refuses_gross_mistakes_as_the_form_does(changes: dict[str, Any]) -> None:
    schema = Draft202012Validator(json_schema(FORMS["online_signing.invite"]))
    assert schema.is_valid(INVITE)
    assert not schema.is_valid(INVITE | changes)
    facts = {"today": date(2027, 3, 5), "cohort": 2027}
    assert validate(FORMS["online_signing.invite"], INVITE | changes, facts)[1]


def test_a_screen_is_told_how_many_files_and_which() -> None:
    fields = (
        Field(name="any", label="证明", kind=Kind.FILES, required=True),
        Field(name="scan", label="扫描件", kind=Kind.FILES, min=2, max=3, accepts=(Accepts.PDF,)),
    )
    form = Form("t.files", "样表", fields)
    told = [(f["min"], f["max"], f["accepts"]) for f in describe(form)["fields"]]
    assert told == [(1, 20, ["image", "pdf"]), (2, 3, ["pdf"])]
    shapes = json_schema(form)["properties"]
    assert (shapes["any"]["type"], shapes["any"]["minItems"], shapes["any"]["maxItems"]) == ("array", 1, 20)
    assert shapes["any"]["items"] == {"type": "string", "format": "uuid"}
    assert (shapes["scan"]["type"], shapes["scan"]["minItems"], shapes["scan"]["maxItems"]) == (["array", "null"], 0, 3)
