"""Room: does an answer keep what the OpenAPI document promises: its status, its type, its shape?"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator

from api import openapi


def check(response: httpx.Response) -> None:
    """Raises AssertionError where the answer breaks the document; addresses outside it are not judged."""
    path, method = response.request.url.path, response.request.method.lower()
    operation = _operation(path, method)
    if operation is None or response.status_code == 304:
        return
    declared = operation["responses"].get(str(response.status_code))
    assert declared is not None, f"{method} {path}: {response.status_code} stands nowhere: {response.text}"
    content = declared.get("content")
    if content is None:
        assert response.content == b"", f"{method} {path} promised no body"
        return
    media = response.headers["content-type"].split(";")[0]
    assert media in content, media
    rule = content[media]
    if rule["schema"].get("format") == "binary":
        return
    errors = _validator(json.dumps(rule["schema"])).iter_errors(response.json())
    faults = [f"{'/'.join(map(str, e.instance_path))}: {e.message[:300]}" for e in errors]
    assert not faults, f"{method} {path}: {faults[:5]}"


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Compiled once for all answers of one shape."""
    return Draft202012Validator({**json.loads(schema), "components": openapi.document()["components"]})


def _operation(path: str, method: str) -> dict[str, Any] | None:
    for pattern, methods in _patterns():
        if pattern.fullmatch(path) and method in methods:
            found: dict[str, Any] = methods[method]
            return found
    return None


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Concrete addresses before those with parameters, as the router has it."""
    paths = sorted(openapi.document()["paths"].items(), key=lambda item: (item[0].count("{"), item[0]))
    return [(re.compile(re.sub(r"{[^{}]+}", "[^/]+", path)), methods) for path, methods in paths]
