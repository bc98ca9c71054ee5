"""Room: the simulated SMS gateway in Tencent Cloud's wire format: checks the signature, keeps an inbox per number.

Magic numbers, by their last four digits: 9991 is on the blacklist, 9992 has had its texts for today, 9993 is no
number, 9994 takes the text and reports FAIL. The same text to one number within `same_content_seconds` is refused,
as the real one does by default; a template is only checked once templates were made known.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models import kit
from models.config import SmsSettings
from notifier.clients.transport import tls
from notifier.simulators.faults import FaultScript
from notifier.simulators.journal import Event, Journal

CLOCK_LIMIT: Final = 300
BANNED: Final = re.compile("招聘|面试|兼职|职业培训")
LINK: Final = re.compile(r"https?://|www\.", re.IGNORECASE)
MAGIC: Final = {
    "9991": ("FailedOperation.PhoneNumberInBlacklist", "the number is on the blacklist"),
    "9992": ("LimitExceeded.PhoneNumberDailyLimit", "the number has reached its daily limit"),
    "9993": ("InvalidParameterValue.IncorrectPhoneNumber", "incorrect number"),
}
FAILING: Final = "9994"
_AUTHORIZATION = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/([a-z]+)/tc3_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


@dataclass(slots=True)
class Options:
    """`receipt_url`: where receipts are posted, empty for none; `receipt_after` seconds."""

    receipt_url: str = ""
    receipt_after: float = 0.2
    same_content_seconds: float = 30.0


@dataclass(slots=True)
class Box:
    """The folded state. `texts`: everything sent, in order."""

    texts: list[dict[str, Any]] = field(default_factory=list)
    templates: dict[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)


class SmsGateway:
    """The route `/sms` and the inboxes behind it."""

    def __init__(self, config: SmsSettings, folder: Path, script: FaultScript) -> None:
        self._config = config
        self._script = script
        self.box = Box()
        self.calls = 0
        self._journal = Journal(folder / "sms.jsonl", self._apply)
        self._http = httpx.AsyncClient(timeout=5.0, verify=tls(), trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()
        self._journal.close()

    def routes(self) -> list[Route]:
        return [Route(path, self._send_sms, methods=["POST"]) for path in ("/sms", "/sms/")]

    def inbox(self, mobile: str, masked: str = "") -> list[dict[str, Any]]:
        """The texts of one number; where only its masked form is known, of every number that looks so."""
        if mobile:
            return [text for text in self.box.texts if text["mobile"] == mobile]
        return [text for text in self.box.texts if masked and kit.mask_mobile(text["mobile"]) == masked]

    def put_templates(self, templates: list[dict[str, Any]]) -> None:
        self._journal.write({"e": "templates", "templates": templates})

    def put_options(self, **changes: Any) -> None:
        self._journal.write({"e": "options", **changes})

    async def _send_sms(self, request: Request) -> Response:
        self.calls += 1
        body = await request.body()
        if fault := self._unsigned(request, body):
            return JSONResponse(whole_error(*fault))
        try:
            call = json.loads(body)
            numbers, params = call["PhoneNumberSet"], call.get("TemplateParamSet") or []
            if not isinstance(numbers, list) or not all(isinstance(one, str) for one in [*numbers, *params]):
                raise TypeError("not all strings")
        except (ValueError, KeyError, TypeError):
            return JSONResponse(whole_error("InvalidParameter", "the body is not as documented"))
        if call.get("SmsSdkAppId") != self._config.app:
            return JSONResponse(whole_error("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "unknown SmsSdkAppId"))
        answers = [self._take(number, call, params) for number in numbers]
        return JSONResponse({"Response": {"SendStatusSet": answers, "RequestId": kit.new_id().hex}})

    def _take(self, number: str, call: dict[str, Any], params: list[str]) -> dict[str, Any]:
        mobile = re.sub(r"^(\+?86)", "", number)
        template_id, context = str(call.get("TemplateId", "")), str(call.get("SessionContext", ""))
        text = self._render(str(call.get("SignName", "")), template_id, params)
        code, message = self._judge(mobile, call, template_id, params, text)
        serial = ""
        if code == "Ok":
            serial = f"{int(kit.now().timestamp() * 1000)}:{secrets.randbelow(10**10)}"
            self._journal.write(
                {
                    "e": "text",
                    "id": len(self.box.texts) + 1,
                    "serial": serial,
                    "mobile": mobile,
                    "text": text,
                    "template_id": template_id,
                    "params": params,
                    "context": context,
                    "at": kit.now().isoformat(),
                }
            )
            self._report(mobile, serial, context)
        return {
            "SerialNo": serial,
            "PhoneNumber": number,
            "Fee": int(code == "Ok"),
            "SessionContext": context,
            "Code": code,
            "Message": message,
            "IsoCode": "CN",
        }

    def _judge(
        self, mobile: str, call: dict[str, Any], template_id: str, params: list[str], text: str
    ) -> tuple[str, str]:
        """The code of one number, in the order in which the real gateway looks."""
        if not re.fullmatch(r"1[3-9]\d{9}", mobile):
            return MAGIC["9993"]
        if call.get("SignName") != self._config.sign:
            return "FailedOperation.SignatureIncorrectOrUnapproved", "signature is not approved"
        if not template_id or (self.box.templates and template_id not in self.box.templates):
            return "FailedOperation.TemplateIncorrectOrUnapproved", "template is not approved"
        if any(LINK.search(param) for param in params):
            return "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "no links in parameters"
        if BANNED.search(text):
            return "FailedOperation.ContainSensitiveWord", "the text is not allowed"
        if mobile[-4:] in MAGIC:
            return MAGIC[mobile[-4:]]
        span = self.box.options.same_content_seconds
        for earlier in reversed(self.box.texts):
            if (kit.now() - datetime.fromisoformat(earlier["at"])).total_seconds() >= span:
                break
            if earlier["mobile"] == mobile and earlier["text"] == text:
                return "LimitExceeded.PhoneNumberThirtySecondLimit", "the same text within 30 seconds"
        return "Ok", "send success"

    def _render(self, sign: str, template_id: str, params: list[str]) -> str:
        pattern = self.box.templates.get(template_id)
        if pattern is None:
            return f"【{sign}】模板 {template_id}：{'，'.join(params)}"
        filled = re.sub(
            r"\{(\d+)\}", lambda hit: params[int(hit[1]) - 1] if 0 < int(hit[1]) <= len(params) else hit[0], pattern
        )
        return f"【{sign}】{filled}"

    # receipts

    def _report(self, mobile: str, serial: str, context: str) -> None:
        if not self.box.options.receipt_url:
            return
        task = asyncio.get_running_loop().create_task(self._post_receipt(mobile, serial, context))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post_receipt(self, mobile: str, serial: str, context: str) -> None:
        """A JSON array, as the real one sends it; tried twice more unless the service says it has it."""
        fault = self._script.take_receipt("sms")
        failed = fault is not None or mobile.endswith(FAILING)
        receipt = {
            "user_receive_time": kit.screen_time(kit.now()) + ":00",
            "nationcode": "86",
            "mobile": mobile,
            "report_status": "FAIL" if failed else "SUCCESS",
            "errmsg": (fault.body if fault else "UNDELIV") if failed else "DELIVRD",
            "description": "用户短信接收失败" if failed else "用户短信送达成功",
            "sid": serial,
            "ext": context,
        }
        for _ in range(3):
            await asyncio.sleep(self.box.options.receipt_after)
            try:
                response = await self._http.post(self.box.options.receipt_url, json=[receipt])
            except httpx.HTTPError:
                continue
            if response.status_code == 200:
                return

    # the signature, from the headers as they came

    def _unsigned(self, request: Request, body: bytes) -> tuple[str, str] | None:
        head = request.headers
        if head.get("x-tc-action") != "SendSms" or head.get("x-tc-version") != "2021-01-11":
            return "InvalidAction", "unknown action or version"
        parts = _AUTHORIZATION.fullmatch(head.get("authorization", ""))
        stamp = head.get("x-tc-timestamp", "")
        if parts is None or not stamp.isdigit():
            return "AuthFailure.SignatureFailure", "no usable Authorization header"
        secret_id, day, service, names, signature = parts.groups()
        if secret_id != self._config.id:
            return "AuthFailure.SecretIdNotFound", "unknown secret id"
        if abs(kit.now().timestamp() - int(stamp)) > CLOCK_LIMIT or day != _day(int(stamp)):
            return "AuthFailure.SignatureExpire", "the clock is more than five minutes off"
        signed = "".join(f"{name}:{head.get(name, '').strip().lower()}\n" for name in names.split(";"))
        canonical = "\n".join(["POST", "/", "", signed, names, hashlib.sha256(body).hexdigest()])
        scope = f"{day}/{service}/tc3_request"
        text = "\n".join(["TC3-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("TC3" + self._config.key.get_secret_value()).encode()
        for step in scope.split("/"):
            key = hmac.new(key, step.encode(), hashlib.sha256).digest()
        wanted = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        good = hmac.compare_digest(wanted, signature) and {"content-type", "host"} <= set(names.split(";"))
        return None if good else ("AuthFailure.SignatureFailure", "the signature does not match")

    def _apply(self, event: Event) -> None:
        match event["e"]:
            case "text":
                self.box.texts.append({name: value for name, value in event.items() if name != "e"})
            case "templates":
                self.box.templates.update({one["template_id"]: one["text"] for one in event["templates"]})
            case "options":
                for one in fields(Options):
                    if one.name in event:
                        setattr(self.box.options, one.name, event[one.name])


def whole_error(code: str, message: str) -> dict[str, Any]:
    """The answer when the call as a whole is refused."""
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": kit.new_id().hex}}


def error_body(code: int | str) -> dict[str, Any]:
    """A scripted error: codes about a number come in its own status, the others for the whole call."""
    text = str(code)
    if not text.startswith(("LimitExceeded.", "FailedOperation.")):
        return whole_error(text, "scripted")
    status = {"SerialNo": "", "PhoneNumber": "", "Fee": 0, "SessionContext": "", "Code": text, "Message": "scripted"}
    return {"Response": {"SendStatusSet": [status], "RequestId": kit.new_id().hex}}


def _day(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
