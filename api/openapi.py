"""Room: the OpenAPI 3.1 document, written from what is declared: the endpoint table, the models, the flow tables.

Acts stand in it one by one, with a concrete address per (flow, action) and the body that the action's form asks for
(contracts 5); that is why the document is ours and not a framework's: a framework sees one route with parameters
and would have to be corrected everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.act_answers import Problem
from api.acts import bulk_actions, forms_of
from api.endpoints import ENDPOINTS, Endpoint
from api.errors import MEDIA
from api.schemas import Creation
from models.codes import table_names
from models.parties import Party
from models.states import Flow
from workflows.flows import FLOWS
from workflows.forms import FORMS, json_schema
from workflows.queries.queues import MENUS
from workflows.spec import Transition

Schema = dict[str, Any]

_REF = "#/components/schemas/{model}"
_PARAMETERS: Mapping[str, Schema] = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "required": True,
        "description": "the version that the caller looked at",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "8 to 80 visible ASCII characters; the same key gives the first answer again",
        "schema": {"type": "string", "pattern": "^[!-~]{8,80}$"},
    },
    "Upload-Offset": {
        "name": "Upload-Offset",
        "in": "header",
        "required": True,
        "description": "bytes that are there already; the part begins with the next one",
        "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
    },
}
_PATHS: Mapping[str, Schema] = {
    "number": {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
    "agreement_no": {"type": "string", "pattern": "^[0-9]{17}$"},
    "uscc": {"type": "string", "pattern": "^[0-9A-HJ-NP-RTUWXY]{18}$"},
    "table": {"type": "string", "enum": list(table_names())},
    "cohort": {"type": "string", "pattern": "^2[0-9]{3}$"},
    "module": {"type": "string", "enum": ["employment", "archive", "household"]},
    "menu": {"type": "string", "enum": list(MENUS)},
}
_BYTES: Schema = {"type": "string", "format": "binary"}
_ID: Schema = {"type": "string", "format": "uuid"}


@lru_cache(maxsize=1)
def document() -> Schema:
    """The whole document; the same for everybody."""
    paths: dict[str, Schema] = {}
    for endpoint in ENDPOINTS:
        for path, operation in _operations(endpoint):
            paths.setdefault(path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "网签", "version": _version(), "description": "毕业去向登记与网上签约平台"},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"session": []}],
    }


def _version() -> str:
    try:
        return version("wangqian")
    except PackageNotFoundError:
        return "0"


def _schemas() -> Schema:
    models: dict[type[BaseModel], None] = {Problem: None}
    for endpoint in ENDPOINTS:
        models.update({model: None for model in (endpoint.body, endpoint.answers) if model is not None})
    modes = [(model, "serialization" if _answers(model) else "validation") for model in models]
    _, found = models_json_schema(modes, ref_template=_REF)  # type: ignore[arg-type]  # a literal that came from a table
    return dict(found["$defs"])


def _answers(model: type[BaseModel]) -> bool:
    return not model.__module__.endswith("schemas")


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model=model.__name__)}


# --- operations ----------------------------------------------------------------------------------


def _operations(endpoint: Endpoint) -> Iterator[tuple[str, Schema]]:
    """The addresses that one route stands for: itself, or one for each flow and action."""
    if "flow" not in endpoint.parameters:
        yield endpoint.shown, _operation(endpoint, endpoint.parameters, endpoint.summary, _body(endpoint))
        return
    for flow in FLOWS:
        path = endpoint.shown.replace("{flow}", str(flow))
        left = tuple(p for p in endpoint.parameters if p != "flow")
        label = f"{FLOWS[flow].label}：{endpoint.summary}"
        if "action" in left:
            yield from _per_action(endpoint, flow, path, tuple(p for p in left if p != "action"))
        elif endpoint.body is Creation:
            yield path, _operation(endpoint, left, label, _creation(flow), str(flow))
        else:
            yield path, _operation(endpoint, left, label, _body(endpoint), str(flow))


def _per_action(endpoint: Endpoint, flow: Flow, path: str, left: tuple[str, ...]) -> Iterator[tuple[str, Schema]]:
    bulk = "id" not in left
    for action in bulk_actions(flow) if bulk else FLOWS[flow].actions:
        steps = [t for t in FLOWS[flow].transitions if t.action == action and _by_people(t)]
        if not steps or (not bulk and all(t.creates for t in steps)):
            continue
        label = f"{FLOWS[flow].label}：{steps[0].label.format(verb=FLOWS[flow].two_party_verb)}"
        body = _act(*forms_of(flow, action))
        if bulk:
            label += "（批量）"
            body["properties"] = {"items": _items(), **body["properties"]}
            body["required"] = ["items", *body["required"]]
        name = f"{flow}_{action}"
        yield path.replace("{action}", action), _operation(endpoint, left, label, body, name)


def _by_people(transition: Transition) -> bool:
    return bool(transition.by - {Party.CLOCK})


def _operation(
    endpoint: Endpoint, parameters: tuple[str, ...], summary: str, body: Schema | None, prefix: str = ""
) -> Schema:
    found: Schema = {
        "operationId": "_".join(filter(None, (prefix, endpoint.tag, endpoint.name))),
        "summary": summary,
        "tags": [endpoint.tag],
        "description": f"rule: {endpoint.rule.name}",
        "parameters": [
            *({"name": p, "in": "path", "required": True, "schema": _PATHS.get(p, _ID)} for p in parameters),
            *_query(endpoint),
            *(dict(_PARAMETERS[name]) for name in endpoint.headers),
        ],
        "responses": _responses(endpoint, bool(parameters)),
    }
    if endpoint.rule.public:
        found["security"] = []
    if endpoint.takes:
        found["requestBody"] = {"required": True, "content": {endpoint.takes: {"schema": dict(_BYTES)}}}
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return found


def _query(endpoint: Endpoint) -> Iterator[Schema]:
    if endpoint.query is None:
        return
    schema = endpoint.query.model_json_schema(by_alias=True)
    shared = schema.get("$defs", {})
    for name, shape in schema.get("properties", {}).items():
        shape = _inlined(shape, shared)
        note = {"description": shape.pop("description")} if "description" in shape else {}
        shape.pop("title", None)
        required = name in schema.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": shape, **note}


def _inlined(shape: Any, shared: Mapping[str, Any]) -> Any:
    """The schema with what it refers to put in its place; an absent parameter is left out, never `null`."""
    if isinstance(shape, list):
        return [_inlined(one, shared) for one in shape if one != {"type": "null"}]
    if not isinstance(shape, dict):
        return shape
    if "$ref" in shape:
        return _inlined(shared[shape["$ref"].rsplit("/", 1)[-1]], shared)
    found = {key: _inlined(value, shared) for key, value in shape.items() if (key, value) != ("default", None)}
    only = found.get("anyOf")
    return {**{k: v for k, v in found.items() if k != "anyOf"}, **only[0]} if only and len(only) == 1 else found


# --- bodies --------------------------------------------------------------------------------------


def _body(endpoint: Endpoint) -> Schema | None:
    """The declared body; where it carries a form, with the form's own schema inside."""
    if endpoint.body is None:
        return None
    if not endpoint.form:
        return _ref(endpoint.body)
    schema = endpoint.body.model_json_schema(ref_template=_REF)
    schema["properties"]["form"] = json_schema(FORMS[endpoint.form])
    return schema


def _act(*forms: str) -> Schema:
    """The body of an act; where stages ask for different things, any of them."""
    shapes = [json_schema(FORMS[form]) for form in forms] or [{"type": "object", "maxProperties": 0}]
    inner = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    needed = ["form"] if all(shape.get("required") for shape in shapes) else []
    return {"type": "object", "properties": {"form": inner}, "required": needed, "additionalProperties": False}


def _creation(flow: Flow) -> Schema:
    table = FLOWS[flow]
    makes = {t.action: t.form for t in table.transitions if t.creates}
    about = {"parent": {"anyOf": [_ID, {"type": "null"}]}} if table.parents else {}
    ways = []
    for action, form in makes.items():
        shape = _act(form)
        shape["properties"] = {"action": {"const": action}, **shape["properties"], **about}
        shape["required"] = ["action", *shape["required"]]
        ways.append(shape)
    return ways[0] if len(ways) == 1 else {"oneOf": ways}


def _items() -> Schema:
    item = {
        "type": "object",
        "properties": {"id": _ID, "version": {"type": "integer", "minimum": 1, "maximum": 999_999_999}},
        "required": ["id", "version"],
        "additionalProperties": False,
    }
    return {"type": "array", "items": item, "minItems": 1, "maxItems": 200}


# --- answers -------------------------------------------------------------------------------------


def _responses(endpoint: Endpoint, addressed: bool) -> Schema:
    """What it answers, and each refusal that it can give, all in the one shape of problem documents."""
    good: Schema = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.answers is not None:
        good["content"] = {"application/json": {"schema": _ref(endpoint.answers)}}
    elif endpoint.gives:
        good["content"] = {media: {"schema": dict(_BYTES)} for media in endpoint.gives}
    elif endpoint.status != HTTPStatus.NO_CONTENT:
        good["content"] = {"application/json": {"schema": {}}}
    refusals = {400, 500, 503, *endpoint.raises}
    if not endpoint.rule.public:
        refusals |= {401, 403}
    if addressed:
        refusals.add(404)
    if endpoint.body is not None or endpoint.method != "GET":
        refusals |= {411, 413, 415} if endpoint.body is not None or endpoint.takes else {411, 413}
    problem = {MEDIA: {"schema": _ref(Problem)}}
    return {
        str(endpoint.status): good,
        **{str(code): {"description": HTTPStatus(code).phrase, "content": problem} for code in sorted(refusals)},
    }
