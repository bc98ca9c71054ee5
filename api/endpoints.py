"""Room: the table of JSON routes. A route is declared once: address, actor rule, what it reads, what it answers.

From the declaration come the checks before the handler (credential, party, ids, query, body), the OpenAPI document
and the access matrix. A handler translates between HTTP and the rules; it can neither commit nor send.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from quart import Blueprint, Response

from api.auth import ATTRIBUTE, Caller, Rule, caller
from api.body import MOST, path_value, read_file, read_json, read_part, read_query
from models.kit import json_time
from workflows.actors import Actor
from workflows.limits import CHUNK_BYTES

JSON = "application/json"
SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: who asks, and what was sent in the shape that the endpoint declares."""

    signed: Caller | None
    query: Any
    body: Any

    @property
    def who(self) -> Caller:
        """Of an endpoint that is not for everybody."""
        if self.signed is None:
            raise LookupError("this endpoint has no caller")
        return self.signed

    @property
    def actor(self) -> Actor:
        return self.who.actor


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route as declared. `path` is in the framework's spelling, `shown` in OpenAPI's.

    `form`: the form of `workflows.forms` that the body's member `form` is. `headers`: preconditions that the handler
    asks for. `takes`: the body is bytes of this type, not JSON. `gives`: the answer is bytes of one of these types.
    """

    method: str
    path: str
    name: str
    rule: Rule
    summary: str
    tag: str
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answers: type[BaseModel] | None
    status: int
    raises: tuple[int, ...]
    form: str
    headers: tuple[str, ...]
    takes: str
    gives: tuple[str, ...]

    @property
    def shown(self) -> str:
        return re.sub(r"<(?:[^<>:]+:)?([^<>]+)>", r"{\1}", self.path)

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(re.findall(r"{([^{}]+)}", self.shown))


ENDPOINTS: list[Endpoint] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler says when data alone is not enough."""

    data: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    rule: Rule,
    summary: str,
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    answers: type[BaseModel] | None = None,
    status: int = 200,
    raises: tuple[int, ...] = (),
    form: str = "",
    headers: tuple[str, ...] = (),
    takes: str = "",
    most: int = CHUNK_BYTES,
    gives: tuple[str, ...] = (),
    first_password: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a route. The handler takes a `Call` and the path's parameters; those named `…id` arrive as UUID.

    `most`: how many bytes `takes` takes.
    `raises`: the refusals beside those that every such route can give (credential, shape, 404 of an id).
    `first_password`: open also to an account that must change its first password.
    """

    def wrap(handler: Handler) -> Handler:
        name = handler.__name__
        ENDPOINTS.append(
            Endpoint(
                method,
                path,
                name,
                rule,
                summary,
                blueprint.name,
                query,
                body,
                answers,
                status,
                raises,
                form,
                headers,
                takes,
                gives,
            )
        )

        @functools.wraps(handler)
        async def view(**values: str) -> Response:
            who = None if rule.public else await caller(first_password=first_password)
            if who is not None:
                rule.admit(who.actor)
            found = {name: path_value(name, value) for name, value in values.items()}
            asked = read_query(query) if query is not None else None
            sent = await read_json(body) if body is not None else await _bytes(takes, most) if takes else None
            # Whoever waits longer has left; what was committed by then is told by the key when it is sent again.
            async with asyncio.timeout(SECONDS):
                return reply(await handler(Call(who, asked, sent), **found), status)

        setattr(view, ATTRIBUTE, rule)
        if takes:
            setattr(view, MOST, most)
        blueprint.add_url_rule(path, name, view, methods=[method], provide_automatic_options=False)
        return handler

    return wrap


async def _bytes(media: str, most: int) -> bytes:
    return await read_part(media) if most <= CHUNK_BYTES else await read_file(media, most)


def reply(result: Any, status: int = 200) -> Response:
    """Data as JSON; None as an answer without a body; a response that the handler made itself as it is."""
    if isinstance(result, Response):
        return result
    given = result if isinstance(result, Answer) else Answer(result)
    status = given.status or (204 if given.data is None else status)
    if given.data is None:
        response = Response(b"", status)
        response.headers.pop("Content-Type", None)
    else:
        response = Response(dump(given.data), status, content_type=JSON)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.update(dict(given.headers))
    return response


def dump(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return json_time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)
