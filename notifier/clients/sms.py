"""Room: SMS by Tencent Cloud (`SendSms` 2021-01-11), one number a call.

https://cloud.tencent.com/document/api/382/55981. There is no idempotency key: a lost answer is `unknown`, and the
caller waits for the receipt (matched by session context) before it sends again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from models import kit
from models.config import SmsSettings
from notifier import verdicts
from notifier.clients import transport
from notifier.clients.sms_signing import tc3_headers
from notifier.clients.transport import Answer, Http
from notifier.clients.wechat_codes import until_next_day
from notifier.verdicts import Kind, Mark, Verdict

TIME_LIMIT: Final = transport.CALL_LIMIT


class SmsSender(Protocol):
    """An SMS provider, whichever it is."""

    async def send(self, mobile: str, template_id: str, params: Sequence[str], *, context: str = "") -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code means. `pause` seconds; -1: until midnight, when the daily limit starts anew."""

    kind: Kind
    pause: float | None = None
    mark: Mark | None = None
    alarm: bool = False


_UNTIL_MIDNIGHT: Final = -1.0

# Longest prefix wins, so a family can be named once and its exceptions beside it.
CODES: Final[dict[str, Meaning]] = {
    "InternalError.": Meaning(Kind.RETRY, pause=5.0),
    "RequestLimitExceeded": Meaning(Kind.RETRY, pause=2.0),
    "LimitExceeded.": Meaning(Kind.RETRY, pause=60.0),
    "LimitExceeded.PhoneNumberThirtySecondLimit": Meaning(Kind.RETRY, pause=30.0),
    "LimitExceeded.PhoneNumberOneHourLimit": Meaning(Kind.RETRY, pause=3600.0),
    "LimitExceeded.PhoneNumberDailyLimit": Meaning(Kind.RETRY, pause=_UNTIL_MIDNIGHT),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Meaning(Kind.RETRY, pause=_UNTIL_MIDNIGHT),
    "LimitExceeded.AppDailyLimit": Meaning(Kind.RETRY, pause=_UNTIL_MIDNIGHT, alarm=True),
    "LimitExceeded.PhoneNumberCountLimit": Meaning(Kind.DEAD, alarm=True),
    "FailedOperation.": Meaning(Kind.DEAD, alarm=True),
    "FailedOperation.PhoneNumberInBlacklist": Meaning(Kind.DEAD, mark=Mark.BLOCKED),
    "FailedOperation.InsufficientBalanceInSmsPackage": Meaning(Kind.RETRY, pause=1800.0, alarm=True),
    "InvalidParameterValue.IncorrectPhoneNumber": Meaning(Kind.DEAD, mark=Mark.ADDRESS_DEAD),
    "AuthFailure.": Meaning(Kind.RETRY, pause=600.0, alarm=True),
    "AuthFailure.SignatureExpire": Meaning(Kind.RETRY, pause=60.0, alarm=True),
    "UnauthorizedOperation": Meaning(Kind.RETRY, pause=600.0, alarm=True),
    # everything else (bad parameters, unknown actions) is our own mistake
    "": Meaning(Kind.DEAD, alarm=True),
}


class TencentSms:
    """`SmsSender` for Tencent Cloud. Safe to share among tasks."""

    def __init__(self, config: SmsSettings, http: Http) -> None:
        self._config = config
        self._http = http
        self._host = urlsplit(config.url).netloc

    async def send(self, mobile: str, template_id: str, params: Sequence[str], *, context: str = "") -> Verdict:
        """Send one text to one mainland mobile (11 digits). `context` comes back in the answer, < 512 bytes."""
        payload = transport.compact(
            {
                "PhoneNumberSet": [f"+86{mobile}"],
                "SmsSdkAppId": self._config.app,
                "SignName": self._config.sign,
                "TemplateId": template_id,
                "TemplateParamSet": list(params),
                "SessionContext": context,
            }
        )
        headers = tc3_headers(
            secret_id=self._config.id,
            secret=self._config.key.get_secret_value(),
            service="sms",
            host=self._host,
            action="SendSms",
            version="2021-01-11",
            payload=payload,
            timestamp=int(kit.now().timestamp()),
        )
        reply = await transport.call(self._http, "POST", self._config.url, content=payload, headers=headers)
        if failed := transport.trouble(reply):
            return failed
        return _verdict(reply.body or {}) if isinstance(reply, Answer) else verdicts.unknown("bad_body")


def _verdict(body: dict[str, Any]) -> Verdict:
    """HTTP 200 does not mean sent: either the whole call failed (`Error`), or each number has its own code."""
    response = body.get("Response")
    if not isinstance(response, dict):
        return verdicts.unknown("bad_body")
    if isinstance(error := response.get("Error"), dict):
        return meaning_of(str(error.get("Code", "")))
    statuses = response.get("SendStatusSet")
    if not isinstance(statuses, list) or not statuses or not isinstance(statuses[0], dict):
        return verdicts.unknown("bad_body")
    code = str(statuses[0].get("Code", ""))
    if code == "Ok":
        return verdicts.sent(str(statuses[0].get("SerialNo", "")))
    return meaning_of(code)


def meaning_of(code: str) -> Verdict:
    """The verdict for one of the provider's codes."""
    row = CODES[max((prefix for prefix in CODES if code.startswith(prefix)), key=len)]
    pause = until_next_day(kit.now()) if row.pause == _UNTIL_MIDNIGHT else row.pause
    return Verdict(row.kind, cause=f"sms_{code or 'no_code'}", retry_after=pause, mark=row.mark, alarm=row.alarm)
