"""Room: the platform's vocabulary. wechatpy's message and event classes, filled from our parsed fields.

The only file of this package that imports wechatpy, and none of envelope, messages, callback or asgi
imports this one: loading wechatpy brings in requests (0.15 s and more), reading one message of it costs as
much as our whole parse, and what each callback needs stands in `Inbound`. What is read here are the rarer
messages with an inner structure (scans, pictures, places, receipts), by handlers that load this file when the
process starts; and `known`, which keeps the label of a counter within a bounded set.
"""

from __future__ import annotations

from typing import Any

from wechatpy.events import EVENT_TYPES, BaseEvent, register_event
from wechatpy.fields import BaseField, StringField
from wechatpy.messages import MESSAGE_TYPES, BaseMessage, UnknownMessage

from bot.messages import Inbound, Value


class _SubscriptionEvent(BaseEvent):  # type: ignore[misc]
    """What the three subscription events share: entries under a wrapper named after the event.

    The platform's own sample of the change event carries the popup event's wrapper, so each is accepted.
    """

    popup = BaseField("SubscribeMsgPopupEvent", {})
    change = BaseField("SubscribeMsgChangeEvent", {})
    sent = BaseField("SubscribeMsgSentEvent", {})

    @property
    def entries(self) -> list[dict[str, str]]:
        """One mapping per template (TemplateId, SubscribeStatusString or MsgID and ErrorCode …)."""
        wrapper = self.popup or self.change or self.sent
        listed = wrapper.get("List", []) if isinstance(wrapper, dict) else []
        return [dict(entry) for entry in (listed if isinstance(listed, list) else [listed]) if isinstance(entry, dict)]


@register_event("subscribe_msg_popup_event")
class SubscribeMsgPopupEvent(_SubscriptionEvent):
    """The user chose in a subscription popup; only the first choice is pushed."""

    event = "subscribe_msg_popup_event"


@register_event("subscribe_msg_change_event")
class SubscribeMsgChangeEvent(_SubscriptionEvent):
    """The user refused templates in the account's settings."""

    event = "subscribe_msg_change_event"


@register_event("subscribe_msg_sent_event")
class SubscribeMsgSentEvent(_SubscriptionEvent):
    """A subscription notice was delivered or not."""

    event = "subscribe_msg_sent_event"


@register_event("user_authorization_revoke")
class UserAuthorizationRevokeEvent(BaseEvent):  # type: ignore[misc]
    """The user took back the right to his information; it is to be deleted."""

    event = "user_authorization_revoke"
    openid = StringField("OpenID", "")
    app_id = StringField("AppID", "")
    revoke_info = StringField("RevokeInfo", "")


@register_event("user_info_modified")
class UserInfoModifiedEvent(BaseEvent):  # type: ignore[misc]
    """The platform changed or removed unlawful information of the user."""

    event = "user_info_modified"
    openid = StringField("OpenID", "")
    app_id = StringField("AppID", "")
    revoke_info = StringField("RevokeInfo", "")


def known(inbound: Inbound) -> bool:
    """Whether the platform's vocabulary, as we know it, has this type or event."""
    return (inbound.event in EVENT_TYPES) if inbound.type == "event" else (inbound.type in MESSAGE_TYPES)


def typed(inbound: Inbound) -> Any:
    """The wechatpy object for a message (`wechatpy.messages`, `wechatpy.events`, or one of the classes above);
    `UnknownMessage` for what is not `known`. A scanned code of a new follower becomes `SubscribeScanEvent`."""
    data = {name: _plain(value) for name, value in inbound.fields.items()}
    if inbound.type != "event":
        return MESSAGE_TYPES.get(inbound.type, UnknownMessage)(data)
    event = inbound.event
    if event == "subscribe" and inbound.scene:
        event = "subscribe_scan"
        data |= {"Event": event, "EventKey": inbound.scene}
    kind: type[BaseMessage] = EVENT_TYPES.get(event, UnknownMessage)
    return kind(data)


def _plain(value: Value) -> Any:
    """The shape that wechatpy's classes read: a list of one entry is that entry."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else [_plain(entry) for entry in value]
    return value
