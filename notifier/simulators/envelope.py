"""Room: the platform's side of the callback envelope, by wechatpy: an independent implementation of signature and AES.

Our own codec stands in `bot/envelope.py`; that the two agree is worth a test only while they share no code.
"""

from __future__ import annotations

import secrets
from typing import Any
from xml.sax.saxutils import escape

import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from models import kit
from models.config import WeChatSettings


class MalformedReplyError(Exception):
    """The service's answer to a callback is none that the platform could show."""


class Envelope:
    """Seals messages for the service and opens its replies."""

    def __init__(self, config: WeChatSettings) -> None:
        self._app_id = config.app_id
        self._token = config.token.get_secret_value()
        self._account = config.account
        self._crypto = WeChatCrypto(self._token, config.aes_key.get_secret_value(), config.app_id)

    def seal(self, openid: str, inner: str) -> tuple[dict[str, str], bytes]:
        """Query and body of one callback in safe mode, freshly signed."""
        timestamp = str(int(kit.now().timestamp()))
        nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
        sealed = xmltodict.parse(self._crypto.encrypt_message(inner, nonce, timestamp))["xml"]
        query = {
            "signature": self._plain_signature(timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": openid,
            "encrypt_type": "aes",
            "msg_signature": sealed["MsgSignature"],
        }
        body = (
            f"<xml><ToUserName><![CDATA[{self._account}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed['Encrypt']}]]></Encrypt></xml>"
        )
        return query, body.encode()

    def open(self, body: bytes, openid: str) -> dict[str, Any]:
        """The reply's elements; raises `MalformedReplyError` for whatever the platform would not show."""
        try:
            sealed = xmltodict.parse(body)["xml"]
            inner = self._crypto.decrypt_message(sealed, sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"])
            reply = xmltodict.parse(inner)["xml"]
        except Exception as fault:
            raise MalformedReplyError(f"unreadable: {type(fault).__name__}") from fault
        if reply.get("ToUserName") != openid or reply.get("FromUserName") != self._account:
            raise MalformedReplyError("addressed to somebody else")
        return dict(reply)

    def _plain_signature(self, timestamp: str, nonce: str) -> str:
        signer = WeChatSigner()
        signer.add_data(self._token, timestamp, nonce)
        return str(signer.signature)


def inner_xml(account: str, openid: str, fields: dict[str, str]) -> str:
    """The XML of one message or event as it stands inside the envelope."""
    head = (
        f"<ToUserName><![CDATA[{account}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(kit.now().timestamp())}</CreateTime>"
    )
    return f"<xml>{head}{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def _element(name: str, value: str) -> str:
    if name in ("MsgId", "MsgID"):
        return f"<{name}>{escape(value)}</{name}>"
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
