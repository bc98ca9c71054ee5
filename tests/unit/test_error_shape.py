"""Room: one shape for every refusal (RFC 9457), one code, status and sentence each, pinned (contracts 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from quart import Quart
from werkzeug.exceptions import HTTPException, default_exceptions

from api.act_answers import Problem
from api.errors import MEDIA, answer, problem, translate
from workflows.errors import (
    Conflict,
    Fault,
    HouseError,
    InvalidForm,
    InvalidRequest,
    RateLimited,
    Refusal,
    Refused,
    Stale,
    Unauthenticated,
    Unavailable,
)
from workflows.guards import SLOT_FREE

# code → (status, title): what clients and people rely on.
PINNED = {
    "internal": (500, "系统内部错误"),
    "invalid_request": (400, "请求格式有误"),
    "unauthenticated": (401, "尚未登录"),
    "second_factor": (401, "需要动态验证码"),
    "forbidden": (403, "无权操作"),
    "read_only": (403, "只读权限"),
    "module_closed": (403, "模块未开放"),
    "csrf": (403, "页面已过期"),
    "not_found": (404, "未找到"),
    "method_not_allowed": (405, "不支持的请求方式"),
    "body_timeout": (408, "上传超时"),
    "stale": (409, "记录已有变化"),
    "refused": (409, "当前不能进行此操作"),
    "in_progress": (409, "正在处理"),
    "wrong_offset": (409, "上传位置不符"),
    "length_required": (411, "缺少内容长度"),
    "too_large": (413, "内容过大"),
    "wrong_media": (415, "内容类型不符"),
    "invalid_form": (422, "填写有误"),
    "key_reused": (422, "重复的请求编号"),
    "precondition_required": (428, "缺少版本信息"),
    "rate_limited": (429, "操作过于频繁"),
    "unavailable": (503, "服务暂不可用"),
}
OWN = {"type", "title", "status", "detail", "code", "request_id"}
ALLOWED = OWN | {"faults", "guard", "state", "label", "version", "actions", "decided_by"}


def tree(kind: type[HouseError] = HouseError) -> Iterator[type[HouseError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


def made(kind: type[HouseError]) -> HouseError:
    return InvalidForm([Fault("name", "required", "请填写“姓名”。")]) if kind is InvalidForm else kind()


# `Conflict` is a branch of the tree: only its leaves are answered.
LEAVES = sorted((kind for kind in tree() if kind is not Conflict), key=lambda kind: kind.code)


def test_the_tree_is_the_pinned_one() -> None:
    assert {kind.code: (kind.status, kind.title) for kind in LEAVES} == PINNED
    assert len(LEAVES) == len(PINNED)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
def test_every_error_has_the_one_shape(kind: type[HouseError]) -> None:
    found = problem(made(kind))
    assert set(found) >= OWN
    assert set(found) <= ALLOWED
    assert found["type"] == f"/problems/{kind.code}"
    assert re.search("[\u4e00-\u9fff]", found["title"])
    assert found["detail"].endswith(("。", "？"))
    assert not re.search("[A-Za-z]{3,}", found["detail"].replace("JSON", ""))
    Problem.model_validate(found)


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.code)
async def test_every_error_travels_as_a_problem_document(kind: type[HouseError]) -> None:
    response = answer(made(kind))
    assert response.status_code == kind.status
    assert response.headers["Content-Type"] == MEDIA
    assert "\\u" not in (await response.get_data(as_text=True))


def test_a_refusal_says_where_the_record_stands_and_who_was_first() -> None:
    decided = {"name": "李老师", "action": "approve", "at": "2027-03-05T06:30:00Z"}
    error = Refusal(Stale).error(state="signed", label="签约完成", version=4, actions=[], decided_by=decided)
    found = problem(error)
    assert {key: found[key] for key in ("state", "label", "version", "actions", "decided_by")} == {
        "state": "signed",
        "label": "签约完成",
        "version": 4,
        "actions": [],
        "decided_by": decided,
    }
    assert "guard" not in found
    Problem.model_validate(found)


def test_a_guard_is_named_and_keeps_its_sentence() -> None:
    found = problem(Refusal(Refused, SLOT_FREE.name, SLOT_FREE.sentence).error())
    assert found["guard"] == "slot_free"
    assert found["detail"] == SLOT_FREE.sentence


def test_the_shape_notices_a_member_of_the_wrong_kind() -> None:
    with pytest.raises(ValidationError):
        Problem.model_validate({**problem(InvalidRequest()), "faults": "not a list"})


async def test_waiting_is_told_in_seconds() -> None:
    assert answer(RateLimited(retry_after=37)).headers["Retry-After"] == "37"
    assert answer(Unavailable()).headers["Retry-After"] == "5"
    assert answer(Unauthenticated()).headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("status", sorted(set(default_exceptions) - {400}))
def test_every_error_of_the_framework_has_its_place_in_the_tree(status: int) -> None:
    known = translate(default_exceptions[status](), lambda _: False)
    assert type(known) in LEAVES
    if known.code != "invalid_request":
        assert known.status == status or status >= 500


def test_an_absent_database_is_a_service_unavailable() -> None:
    assert translate(OSError(), lambda exc: isinstance(exc, OSError)).code == "unavailable"
    assert translate(TimeoutError(), lambda _: False).code == "unavailable"


def test_anything_else_is_internal_and_tells_nothing() -> None:
    found = problem(translate(RuntimeError("secret 110000200501010015"), lambda _: False))
    assert found["code"] == "internal"
    assert "secret" not in str(found)


async def test_headers_of_the_framework_survive() -> None:
    from api.errors import install

    app = Quart("api")
    install(app, lambda _: False)

    @app.get("/only-get")
    async def view() -> str:
        raise AssertionError

    response = await app.test_client().post("/only-get")
    assert response.status_code == 405
    assert set(response.headers["Allow"].replace(" ", "").split(",")) >= {"GET"}
    assert (await response.get_json())["code"] == "method_not_allowed"


def test_http_exceptions_without_a_code_are_internal() -> None:
    assert translate(HTTPException(), lambda _: False).code == "internal"
