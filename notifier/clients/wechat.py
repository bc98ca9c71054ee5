"""Room: the official account's API, outgoing side: tokens, messages, menu, sign-in codes, scene codes.

Wire: https://developers.weixin.qq.com/doc/service/. Answers are HTTP 200 even for errors; `wechat_codes` says what each
code means. One retry after a refused token, none of our own otherwise: durable retries belong to the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from models import kit
from models.config import WeChatSettings
from notifier import verdicts
from notifier.clients import transport, wechat_codes
from notifier.clients.access_token import AccessTokens, NoTokenError, Store
from notifier.clients.transport import Answer, Http, Lost
from notifier.verdicts import Verdict
from workflows.ports import OutsideFault, SceneCode, WebIdentity

TIME_LIMIT: Final = 4 * transport.CALL_LIMIT + 2 * 3.0
"""Longest a send may take: token, send, token, send, and two waits for another process's refresh."""
SCENE_SECONDS: Final = 300

_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}


class WeChatClient:
    """One official account. Safe to share among tasks of one event loop."""

    def __init__(self, config: WeChatSettings, store: Store, http: Http) -> None:
        self._config = config
        self._http = http
        self._tokens = AccessTokens(config.app_id, store, self._fetch_token)

    async def send_template(
        self, openid: str, template_id: str, data: Mapping[str, str], *, url: str = "", client_msg_id: str
    ) -> Verdict:
        """Send a template message. `data`: field name → text already cut to its type's limit.

        The platform sends one (openid, client_msg_id) once within ten minutes, so `unknown` may be sent again then.
        """
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "client_msg_id": client_msg_id,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        if url:
            body["url"] = url
        return await self._send("/cgi-bin/message/template/send", body)

    async def send_text(self, openid: str, text: str) -> Verdict:
        """Send a customer-service message. Only inside the window the person opened; never repeated by itself."""
        return await self._send(
            "/cgi-bin/message/custom/send", {"touser": openid, "msgtype": "text", "text": {"content": text}}
        )

    async def create_menu(self, buttons: Sequence[Mapping[str, Any]]) -> Verdict:
        """Replace the account's menu; shape as in the platform's `menu/create`."""
        return await self._send("/cgi-bin/menu/create", {"button": list(buttons)})

    async def create_scene(self, scene: str, *, seconds: int | None = SCENE_SECONDS) -> SceneCode | OutsideFault:
        """Make a QR code that carries `scene`: a temporary one, or with `seconds` None one of the account's 100,000
        lasting ones.
        """
        body: dict[str, Any] = {
            "action_name": "QR_STR_SCENE" if seconds else "QR_LIMIT_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if seconds:
            body["expire_seconds"] = seconds
        reply = await self._authorised("/cgi-bin/qrcode/create", body)
        if isinstance(reply, Verdict) or transport.trouble(reply) or not isinstance(reply, Answer) or not reply.body:
            return OutsideFault.UNAVAILABLE
        ticket, address = reply.body.get("ticket"), reply.body.get("url")
        if not isinstance(ticket, str) or not isinstance(address, str):
            return OutsideFault.UNAVAILABLE
        return SceneCode(scene, ticket, address, kit.now() + timedelta(seconds=seconds) if seconds else None)

    async def _send(self, path: str, body: Mapping[str, Any]) -> Verdict:
        reply = await self._authorised(path, body)
        if isinstance(reply, Verdict):
            return reply
        if failed := transport.trouble(reply):
            return failed
        answer = reply.body or {} if isinstance(reply, Answer) else {}
        if wechat_codes.error_code(answer) != 0:
            return wechat_codes.verdict(answer)
        return verdicts.sent(str(answer.get("msgid", "")))

    async def _authorised(self, path: str, body: Mapping[str, Any]) -> Answer | Lost | Verdict:
        """Call with the shared token; a refused token is renewed and the call made once more, never again."""
        try:
            token = await self._tokens.current()
            reply = await self._post(path, token.value, body)
            if _token_refused(reply):
                token = await self._tokens.renew(token)
                reply = await self._post(path, token.value, body)
        except NoTokenError as fault:
            return fault.verdict
        return reply

    async def _post(self, path: str, token: str, body: Mapping[str, Any]) -> Answer | Lost:
        return await transport.call(
            self._http,
            "POST",
            self._config.api_url.rstrip("/") + path,
            params={"access_token": token},
            content=transport.compact(body),
            headers=_JSON,
        )

    async def _fetch_token(self) -> tuple[str, float]:
        """`stable_token`: a POST, so that the secret stands in no URL; unforced, so that nobody else's token dies."""
        body = {
            "grant_type": "client_credential",
            "appid": self._config.app_id,
            "secret": self._config.secret.get_secret_value(),
            "force_refresh": False,
        }
        reply = await transport.call(
            self._http,
            "POST",
            self._config.api_url.rstrip("/") + "/cgi-bin/stable_token",
            content=transport.compact(body),
            headers=_JSON,
        )
        if isinstance(reply, Lost):
            # Nothing of the message has left yet, whatever became of the token call.
            raise NoTokenError(verdicts.retry(f"token_{reply.cause}"))
        if failed := transport.trouble(reply):
            raise NoTokenError(verdicts.retry(f"token_{failed.cause}", failed.retry_after, alarm=failed.alarm))
        answer = reply.body or {}
        if wechat_codes.error_code(answer) != 0:
            raise NoTokenError(wechat_codes.verdict(answer))
        value, lasts = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(lasts, int):
            raise NoTokenError(verdicts.retry("token_bad_body", alarm=True))
        return value, float(lasts)


class WeChatSignIn:
    """`workflows.ports.WebSignIn`: a sign-in code of the web page against the openid. Needs no access token."""

    def __init__(self, config: WeChatSettings, http: Http) -> None:
        self._config = config
        self._http = http

    async def exchange(self, code: str) -> WebIdentity | OutsideFault:
        reply = await transport.call(
            self._http,
            "GET",
            self._config.api_url.rstrip("/") + "/sns/oauth2/access_token",
            params={
                "appid": self._config.app_id,
                "secret": self._config.secret.get_secret_value(),
                "code": code,
                "grant_type": "authorization_code",
            },
            limit=4.0,
        )
        if transport.trouble(reply) or not isinstance(reply, Answer) or not reply.body:
            return OutsideFault.UNAVAILABLE
        error = wechat_codes.error_code(reply.body)
        if error in wechat_codes.SPENT_SIGN_IN_CODES:
            return OutsideFault.CODE_SPENT
        openid = reply.body.get("openid")
        if error != 0 or not isinstance(openid, str) or not openid:
            return OutsideFault.UNAVAILABLE
        return WebIdentity(openid, snapshot=str(reply.body.get("is_snapshotuser", 0)) not in ("0", "", "None"))


class WeChatSceneQr:
    """`workflows.ports.SceneQr` on top of the client."""

    def __init__(self, client: WeChatClient) -> None:
        self._client = client

    async def create(self, scene: str) -> SceneCode | OutsideFault:
        return await self._client.create_scene(scene)

    async def create_lasting(self, scene: str) -> SceneCode | OutsideFault:
        return await self._client.create_scene(scene, seconds=None)


def _token_refused(reply: Answer | Lost) -> bool:
    return (
        isinstance(reply, Answer)
        and reply.body is not None
        and wechat_codes.error_code(reply.body) in wechat_codes.TOKEN_CODES
    )
