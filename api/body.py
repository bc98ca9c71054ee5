"""Room: reading what a request brings: JSON bodies, query strings, preconditions. Whatever is malformed is a 400.

Nothing here quotes what was sent: a body may hold a password or an ID number.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from quart import current_app, request
from werkzeug.datastructures import MultiDict

from api.errors import BodyTimeout, LengthRequired, TooLarge, WrongMedia
from models.kit import parse_id
from workflows.errors import Fault, InvalidRequest, NotFound, PreconditionRequired
from workflows.limits import CHUNK_SECONDS, JSON_BYTES

MOST = "most_bytes"
"""The attribute under which a view says how many bytes it takes."""

M = TypeVar("M", bound=BaseModel)

_VERSION = re.compile(r'"([0-9]{1,9})"')
_KEY = re.compile(r"[\x21-\x7e]{8,80}")
_COHORT = re.compile(r"2[0-9]{3}")
_OFFSET = re.compile(r"[0-9]{1,9}")
STALLS = 30
"""Seconds without a byte after which a long upload is given up."""
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_SENTENCES = {
    "missing": "缺少此项。",
    "extra_forbidden": "没有这一项，请去掉。",
    "string_too_long": "内容过长。",
    "string_too_short": "内容过短或为空。",
    "string_pattern_mismatch": "格式不正确，或含有无法使用的字符。",
    "list_type": "应为列表。",
    "too_long": "数量过多。",
    "too_short": "数量过少。",
    "literal_error": "不是可选的值。",
    "enum": "不是可选的值。",
    "union_tag_invalid": "不是可选的值。",
    "union_tag_not_found": "缺少类别。",
    "greater_than_equal": "数值过小。",
    "less_than_equal": "数值过大。",
}
_OTHER = "格式不正确。"


def guard_body() -> None:
    """Before anything is read: a body needs a declared length, and stays below its view's cap.

    Raises LengthRequired (chunked bodies would slip past every limit) and TooLarge.
    """
    if request.method not in _WRITES:
        return
    length = request.content_length
    if length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequired
    if length is not None and length > _most():
        raise TooLarge


def _most() -> int:
    """How many bytes the view of this request takes: as many as JSON may have, unless the view says otherwise."""
    view = current_app.view_functions.get(request.endpoint or "")
    return int(getattr(view, MOST, JSON_BYTES))


def path_value(name: str, value: str) -> str | int | UUID:
    """Ids and cohorts of the path; what is none of ours is answered like an unknown one (contracts 2).

    Raises NotFound.
    """
    if name == "cohort":
        if not _COHORT.fullmatch(value):
            raise NotFound
        return int(value)
    if not name.endswith("id"):
        return value
    found = parse_id(value)
    if found is None:
        raise NotFound
    return found


async def read_json(model: type[M]) -> M:
    """The body as this model. Raises WrongMedia, InvalidRequest."""
    if request.mimetype != "application/json":
        raise WrongMedia
    raw: bytes = await request.get_data(as_text=False)  # type: ignore[assignment]  # the framework cannot say which
    data = _parse(raw)
    try:
        # As JSON and strictly: in a body `"true"` is not true, as it may be in an address.
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as wrong:
        refuse(wrong.errors(include_url=False, include_input=False, include_context=False))


async def read_part(media: str) -> bytes:
    """The body as bytes of this type, with the time that a slow line needs. Raises WrongMedia."""
    if request.mimetype != media:
        raise WrongMedia
    request.body_timeout = CHUNK_SECONDS
    raw: bytes = await request.get_data(as_text=False)  # type: ignore[assignment]  # the framework cannot say which
    return raw


async def read_file(media: str, most: int) -> bytes:
    """A long body, for as long as bytes keep coming. In memory: what it holds must not lie on a disk in plain.

    Raises WrongMedia, TooLarge, BodyTimeout where nothing comes for `STALLS` seconds, InvalidRequest for an empty one.
    """
    if request.mimetype != media:
        raise WrongMedia
    found, pieces = bytearray(), aiter(request.body)
    while True:
        try:
            async with asyncio.timeout(STALLS):
                found += await anext(pieces)
        except StopAsyncIteration:
            break
        except TimeoutError:
            raise BodyTimeout from None
        if len(found) > most:
            raise TooLarge
    if not found:
        raise InvalidRequest("没有收到文件内容，请重新选择文件后上传。")
    return bytes(found)


def _parse(raw: bytes) -> Any:
    """JSON in UTF-8, strictly: no NaN, no doubled name, no half of a surrogate pair, no bottomless nesting."""
    try:
        data = json.loads(
            raw.decode("utf-8"), parse_constant=_no_constant, parse_float=_number, object_pairs_hook=_pairs
        )
        # Half a surrogate pair passes the parser and breaks the first database or answer that meets it.
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise InvalidRequest("提交的内容不是有效的 JSON（UTF-8），请刷新页面后重试。") from None
    return data


def _number(text: str) -> int | float:
    """`5.0` is the whole number 5, as JSON Schema has it."""
    value = float(text)
    return int(value) if abs(value) < 2**53 and value.is_integer() else value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def read_query(model: type[M]) -> M:
    """The query string as this model; a name that stands twice must be a list of the model. Raises InvalidRequest."""
    try:
        return model.model_validate(_plain(request.args, _lists(model)))
    except ValidationError as wrong:
        refuse(wrong.errors(include_url=False, include_input=False, include_context=False))


def _lists(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(name for name, field in model.model_fields.items() if "list" in str(field.annotation))


def _plain(args: MultiDict[str, str], lists: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in args:
        values = args.getlist(name)
        found[name] = values if name in lists or len(values) > 1 else values[0]
    return found


def refuse(errors: Iterable[ErrorDetails]) -> NoReturn:
    """A 400 that names each wrong member. Raises InvalidRequest."""
    raise InvalidRequest(faults=[_fault(error) for error in list(errors)[:20]])


def _fault(error: Mapping[str, Any]) -> Fault:
    path = ".".join("".join(ch for ch in str(part)[:40] if ch.isprintable()) for part in error["loc"])
    kind = str(error["type"])
    return Fault(path, kind, _SENTENCES.get(kind, _OTHER))


def upload_offset() -> int:
    """Where the sent part begins. Raises PreconditionRequired without the header, InvalidRequest for another shape."""
    header = request.headers.get("Upload-Offset")
    if header is None:
        raise PreconditionRequired("请求没有说明从哪里继续上传，请刷新页面后重试。")
    if _OFFSET.fullmatch(header) is None:
        raise InvalidRequest("上传位置的写法不正确，请刷新页面后重试。")
    return int(header)


def precondition() -> int:
    """The version of `If-Match: "7"`. Raises PreconditionRequired without one, InvalidRequest for another shape."""
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise InvalidRequest("记录版本的写法不正确，请刷新页面后重试。")
    return int(match[1])


def idempotency_key() -> str:
    """The caller's key of this act. Raises PreconditionRequired without one, InvalidRequest for another shape."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        raise PreconditionRequired
    if _KEY.fullmatch(header) is None:
        raise InvalidRequest("请求编号的写法不正确，请刷新页面后重试。")
    return header
