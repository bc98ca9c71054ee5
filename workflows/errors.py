"""Room: everything that can be answered instead of "done": one tree, each with a code, an HTTP status, a sentence.

HouseError
├── InvalidRequest 400      ├── Unauthenticated 401 ── SecondFactor
├── Forbidden 403 ── ReadOnly, ModuleClosed, ForgedForm
├── NotFound 404            (also: not visible to this actor)
├── Conflict 409 ── Stale, Refused, InProgress, WrongOffset
├── InvalidForm 422         ├── KeyReused 422
├── PreconditionRequired 428├── RateLimited 429
└── Unavailable 503

The shape they take on the wire is RFC 9457 (contracts 6); `api/errors.py` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field: its path in the form, a stable code, a sentence that says what to do."""

    path: str
    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"path": self.path, "code": self.code, "message": self.message}


class HouseError(Exception):
    """Root of the tree. `detail` is the sentence shown to the person."""

    code = "internal"
    status = 500
    title = "系统内部错误"
    sentence = "系统暂时出错，您的数据没有改变，请稍后再试。"

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or self.sentence
        super().__init__(self.detail)

    def extra(self) -> dict[str, Any]:
        """Members beside RFC 9457's own."""
        return {}


class InvalidRequest(HouseError):
    code, status, title = "invalid_request", 400, "请求格式有误"
    sentence = "请求的格式不正确，请刷新页面后重试。"

    def __init__(self, detail: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.faults = tuple(faults)

    def extra(self) -> dict[str, Any]:
        return {"faults": [f.as_dict() for f in self.faults]} if self.faults else {}


class Unauthenticated(HouseError):
    code, status, title = "unauthenticated", 401, "尚未登录"
    sentence = "登录已失效，请重新登录。"


class SecondFactor(Unauthenticated):
    """Name and password are right; the account also asks for a code of its authenticator."""

    code, title = "second_factor", "需要动态验证码"
    sentence = "该账号已开启动态验证码，请填写手机身份验证器上显示的 6 位数字。"


class Forbidden(HouseError):
    code, status, title = "forbidden", 403, "无权操作"
    sentence = "您的身份不能进行此操作。"


class ReadOnly(Forbidden):
    code, title = "read_only", "只读权限"
    sentence = "您的账号对该模块只有只读权限，不能进行此操作。"


class ModuleClosed(Forbidden):
    code, title = "module_closed", "模块未开放"
    sentence = "该模块未开放或您的账号无权进入。"


class ForgedForm(Forbidden):
    code, title = "csrf", "页面已过期"
    sentence = "页面已过期，请刷新后重新提交，已填写的内容会保留。"


class NotFound(HouseError):
    code, status, title = "not_found", 404, "未找到"
    sentence = "没有找到相应的内容。"


class Conflict(HouseError):
    """409. Carries where the record stands now and what is open there."""

    status = 409

    def __init__(self, detail: str = "", **context: Any) -> None:
        super().__init__(detail)
        self.context = context

    def extra(self) -> dict[str, Any]:
        return {key: value for key, value in self.context.items() if value is not None}


class Stale(Conflict):
    code, title = "stale", "记录已有变化"
    sentence = "该记录刚刚发生了变化，请查看最新状态后再操作。"


class Refused(Conflict):
    """The rules say no. `guard` names the rule; the sentence names the way out."""

    code, title = "refused", "当前不能进行此操作"
    sentence = "当前状态不能进行此操作。"

    @property
    def guard(self) -> str:
        return str(self.context.get("guard", ""))


class InProgress(Conflict):
    code, title = "in_progress", "正在处理"
    sentence = "同一操作正在处理，请稍候。"


class WrongOffset(Conflict):
    """A part of an upload that does not follow what is there; `offset` says where to go on."""

    code, title = "wrong_offset", "上传位置不符"
    sentence = "文件的这一部分与已收到的内容接不上，请从已收到的位置继续上传。"


class InvalidForm(HouseError):
    code, status, title = "invalid_form", 422, "填写有误"
    sentence = "有内容需要修改，请按各项提示更正后再提交。"

    def __init__(self, faults: Sequence[Fault], detail: str = "") -> None:
        super().__init__(detail)
        self.faults = tuple(faults)

    def extra(self) -> dict[str, Any]:
        return {"faults": [f.as_dict() for f in self.faults]}


class KeyReused(HouseError):
    code, status, title = "key_reused", 422, "重复的请求编号"
    sentence = "同一请求编号已用于另一项操作，请刷新页面后重试。"


class PreconditionRequired(HouseError):
    code, status, title = "precondition_required", 428, "缺少版本信息"
    sentence = "请求缺少记录版本或请求编号，请刷新页面后重试。"


class RateLimited(HouseError):
    code, status, title = "rate_limited", 429, "操作过于频繁"
    sentence = "操作过于频繁，请稍后再试。"

    def __init__(self, detail: str = "", retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(HouseError):
    code, status, title = "unavailable", 503, "服务暂不可用"
    sentence = "服务暂时不可用，您的数据没有改变，请稍后再试。"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What `decide` returns instead of a decision. Pure data; the engine raises it as an error of the tree."""

    kind: type[HouseError]
    guard: str = ""
    sentence: str = ""
    faults: tuple[Fault, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)

    def error(self, **context: Any) -> HouseError:
        if issubclass(self.kind, InvalidForm):
            return InvalidForm(self.faults)
        if issubclass(self.kind, Conflict):
            return self.kind(self.sentence, guard=self.guard or None, **{**context, **self.context})
        return self.kind(self.sentence)
