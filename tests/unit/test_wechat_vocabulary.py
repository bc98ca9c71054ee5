"""Room: the platform's vocabulary: each event of the reference arrives as wechatpy's class, filled by our parse."""

from __future__ import annotations

from typing import Any

import pytest
from wechatpy import events, messages

from bot import vocabulary
from bot.messages import Inbound, parse
from bot.vocabulary import known, typed
from tests.harness import wechat_wire as wire


def read(xml: str) -> Inbound:
    return parse(xml.encode(), wire.ACCOUNT)


@pytest.mark.parametrize(
    ("name", "body", "kind", "values"),
    [
        ("subscribe", "<EventKey></EventKey>", events.SubscribeEvent, {"key": ""}),
        (
            "subscribe",
            "<EventKey>qrscene_b_3f</EventKey><Ticket>g</Ticket>",
            events.SubscribeScanEvent,
            {"scene_id": "b_3f", "ticket": "g"},
        ),
        ("unsubscribe", "<EventKey></EventKey>", events.UnsubscribeEvent, {}),
        ("SCAN", "<EventKey>b_3f</EventKey><Ticket>g</Ticket>", events.ScanEvent, {"scene_id": "b_3f"}),
        ("LOCATION", "<Latitude>39.9</Latitude><Longitude>1</Longitude>", events.LocationEvent, {"latitude": 39.9}),
        ("CLICK", "<EventKey>progress</EventKey>", events.ClickEvent, {"key": "progress"}),
        ("VIEW", "<EventKey>https://h/</EventKey>", events.ViewEvent, {"url": "https://h/"}),
        ("view_miniprogram", "<EventKey>p</EventKey>", events.ViewMiniProgramEvent, {"page_path": "p"}),
        (
            "scancode_push",
            "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>",
            events.ScanCodePushEvent,
            {"scan_type": "qrcode", "scan_result": "1"},
        ),
        (
            "scancode_waitmsg",
            "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>2</ScanResult></ScanCodeInfo>",
            events.ScanCodeWaitMsgEvent,
            {"scan_result": "2"},
        ),
        (
            "location_select",
            "<SendLocationInfo><Location_X>1</Location_X><Label>门口</Label></SendLocationInfo>",
            events.LocationSelectEvent,
            {"location_x": "1", "label": "门口"},
        ),
        (
            "TEMPLATESENDJOBFINISH",
            "<MsgID>3487542469355618313</MsgID><Status>failed:user block</Status>",
            events.TemplateSendJobFinishEvent,
            {"id": 3487542469355618313, "status": "failed:user block"},
        ),
        ("qualification_verify_success", "<ExpiredTime>1</ExpiredTime>", events.QualificationVerifySuccessEvent, {}),
        ("annual_renew", "<ExpiredTime>1</ExpiredTime>", events.AnnualRenewEvent, {}),
        ("user_authorization_revoke", "<OpenID>oA</OpenID>", vocabulary.UserAuthorizationRevokeEvent, {"openid": "oA"}),
        ("user_info_modified", "", vocabulary.UserInfoModifiedEvent, {"openid": ""}),
    ],
)
def test_an_event_is_the_vocabularys_class(name: str, body: str, kind: type, values: dict[str, Any]) -> None:
    inbound = read(wire.event(name, body))
    event = typed(inbound)
    assert type(event) is kind
    assert known(inbound)
    assert (event.source, event.target, event.time) == (wire.OPENID, wire.ACCOUNT, wire.NOW)
    assert {attribute: getattr(event, attribute) for attribute in values} == values


@pytest.mark.parametrize("name", ["pic_sysphoto", "pic_photo_or_album", "pic_weixin"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_pictures_arrive_as_wechatpy_expects_them(name: str, count: int) -> None:
    items = "".join(f"<item><PicMd5Sum>{n}</PicMd5Sum></item>" for n in range(count))
    body = f"<SendPicsInfo><Count>{count}</Count><PicList>{items}</PicList></SendPicsInfo>"
    event = typed(read(wire.event(name, body)))
    assert event.count == count
    assert [picture["PicMd5Sum"] for picture in event.pictures] == [str(n) for n in range(count)]


@pytest.mark.parametrize(
    ("name", "wrapper", "entry"),
    [
        ("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", {"TemplateId": "t", "SubscribeStatusString": "accept"}),
        ("subscribe_msg_change_event", "SubscribeMsgChangeEvent", {"TemplateId": "t"}),
        pytest.param(
            "subscribe_msg_change_event", "SubscribeMsgPopupEvent", {"TemplateId": "t"}, id="the sample's wrapper"
        ),
        ("subscribe_msg_sent_event", "SubscribeMsgSentEvent", {"MsgID": "1700827132819554304", "ErrorCode": "0"}),
    ],
)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_subscription_events_give_their_entries(name: str, wrapper: str, entry: dict[str, str], count: int) -> None:
    fields = "".join(f"<{key}><![CDATA[{value}]]></{key}>" for key, value in entry.items())
    inbound = read(wire.event(name, f"<{wrapper}>{f'<List>{fields}</List>' * count}</{wrapper}>"))
    assert known(inbound)
    assert typed(inbound).entries == [entry] * count


@pytest.mark.parametrize("kind", ["text", "image", "voice", "video", "shortvideo", "location", "link"])
def test_messages_are_known(kind: str) -> None:
    inbound = read(wire.message(kind=kind))
    assert known(inbound)
    assert isinstance(typed(inbound), messages.BaseMessage)
    assert typed(inbound).type == kind


@pytest.mark.parametrize("xml", [wire.message(kind="hologram"), wire.event("never_heard_of"), wire.event("")])
def test_what_is_unknown_is_said_to_be(xml: str) -> None:
    inbound = read(xml)
    assert not known(inbound)
    assert type(typed(inbound)) is messages.UnknownMessage


def test_reading_the_typed_form_leaves_the_parsed_fields_alone() -> None:
    inbound = read(wire.event("subscribe", "<EventKey>qrscene_b_3f</EventKey>"))
    before = dict(inbound.fields)
    typed(inbound).scene_id = "other"
    assert inbound.fields == before
