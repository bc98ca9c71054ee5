"""Room: the strict reading of inner XML: what is let through, what is forged, and the key against repeats."""

from __future__ import annotations

import hashlib

import pytest

from bot.envelope import Forged
from bot.messages import NO_REPLY, Inbound, parse
from tests.harness import wechat_wire as wire

TO, FROM, AT = wire.ACCOUNT, wire.OPENID, wire.NOW


def read(xml: str | bytes) -> Inbound:
    return parse(xml.encode() if isinstance(xml, str) else xml, wire.ACCOUNT)


def refusal(xml: str | bytes) -> str:
    with pytest.raises(Forged) as caught:
        read(xml)
    return caught.value.reason


def test_a_text_message_is_read_whole() -> None:
    inbound = read(wire.message("<Content><![CDATA[接受 2]]></Content><bizmsgmenuid>101</bizmsgmenuid>"))
    assert inbound == Inbound(
        to=TO,
        sender=FROM,
        created=AT,
        type="text",
        event="",
        key="",
        content="接受 2",
        msg_id="24000000000000001",
        fields={
            "ToUserName": TO,
            "FromUserName": FROM,
            "CreateTime": str(AT),
            "MsgType": "text",
            "Content": "接受 2",
            "bizmsgmenuid": "101",
            "MsgId": "24000000000000001",
        },
        once=f"m:{TO}:{FROM}:24000000000000001",
    )


@pytest.mark.parametrize(
    ("inside", "content"),
    [
        pytest.param("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b", id="CDATA end split in two sections"),
        pytest.param("<![CDATA[签\x1d约\x00\x08\x0b\x0c\x1f]]>", "签约", id="controls such as U+001D removed"),
        pytest.param("<![CDATA[a\ufffeb\uffffc\ufffd]]>", "abc\ufffd", id="noncharacters removed"),
        pytest.param("<![CDATA[a\tb\nc]]>", "a\tb\nc", id="tab and newline kept"),
        pytest.param("<![CDATA[😀𠮷👨‍👩‍👧]]>", "😀𠮷👨‍👩‍👧", id="astral characters"),
        pytest.param("<![CDATA[  1  ]]>", "  1  ", id="outer spaces kept"),
        pytest.param("<![CDATA[<!DOCTYPE x><a>&lt;]]>", "<!DOCTYPE x><a>&lt;", id="markup as text"),
        pytest.param("a &amp; b &#x4E2D;", "a & b 中", id="predefined references"),
        pytest.param("a<!-- b -->c", "ac", id="comment inside"),
        pytest.param("", "", id="empty"),
        pytest.param("<![CDATA[]]>", "", id="empty CDATA"),
        pytest.param("<title>x</title>", "", id="nested elements, seen in the wild, are no text"),
        pytest.param("x<FromUserName>oVictim</FromUserName>", "", id="nested sender is not the sender"),
        pytest.param("<![CDATA[" + "长" * 10_000 + "]]>", "长" * 10_000, id="30 KB of text"),
    ],
)
def test_text_arrives_as_typed(inside: str, content: str) -> None:
    inbound = read(wire.message(f"<Content>{inside}</Content>"))
    assert (inbound.content, inbound.sender) == (content, FROM)


def test_a_missing_content_reads_as_empty() -> None:
    assert read(wire.message("")).content == ""


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        pytest.param(f"<!DOCTYPE xml>{wire.message()}", "doctype", id="document type"),
        pytest.param(
            f'<!DOCTYPE xml [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>{wire.message("<Content>&b;</Content>")}',
            "doctype",
            id="entity bomb",
        ),
        pytest.param(
            f'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>{wire.message("<Content>&e;</Content>")}',
            "doctype",
            id="external entity",
        ),
        pytest.param(
            f'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd">{wire.message()}', "doctype", id="external document type"
        ),
        pytest.param(wire.message("<Content>&undefined;</Content>"), "xml", id="undefined entity"),
        pytest.param(f"<xml>{'<a>' * 5000}{'</a>' * 5000}</xml>", "depth", id="5,000 levels"),
        pytest.param(wire.message("<a>" * 8 + "</a>" * 8), "depth", id="nine levels"),
        pytest.param(f"<xml>{'<a>' * 5000}", "xml", id="5,000 levels never closed"),
        pytest.param(wire.message("<FromUserName>oVictim</FromUserName>"), "doubled", id="doubled FromUserName"),
        pytest.param(
            wire.message("<Content><![CDATA[x]]></Content><FromUserName>oVictim</FromUserName><Content>y</Content>"),
            "doubled",
            id="sender injected through a broken CDATA",
        ),
        pytest.param(wire.message("<List>1</List><List>2</List>"), "doubled", id="List doubled at the top"),
        pytest.param(
            wire.message("<Info><Key>1</Key><Key>2</Key></Info>"), "doubled", id="doubled below, not a known list"
        ),
        pytest.param("<xml/>", "account", id="lone root"),
        pytest.param("<xml>text</xml>", "account", id="root with text only"),
        pytest.param(wire.message().replace("xml>", "msg>"), "root", id="root not xml"),
        pytest.param(wire.message().replace("xml>", "XML>"), "root", id="root in capitals"),
        pytest.param(f"<a>{wire.message()}</a>", "root", id="xml inside another root"),
        pytest.param(wire.message() + wire.message(), "xml", id="two documents"),
        pytest.param("", "xml", id="empty"),
        pytest.param('{"MsgType": "text"}', "xml", id="JSON"),
        pytest.param(wire.message().encode().replace("进度".encode(), b"\xff\xfe"), "xml", id="not UTF-8"),
        pytest.param(wire.message().encode("utf-16"), "xml", id="UTF-16"),
        pytest.param(wire.message()[:-3], "xml", id="cut off"),
        pytest.param(wire.message("<Content>]]></Content>"), "xml", id="bare CDATA end"),
        pytest.param(wire.message("<Content>&#29;</Content>"), "xml", id="control character as a reference"),
        pytest.param(wire.message().replace(TO, "gh_ffffffffffff"), "account", id="another account"),
        pytest.param(wire.message().replace(TO, TO.upper()), "account", id="account in capitals"),
        pytest.param(wire.message(kind=""), "head", id="empty MsgType"),
        pytest.param(wire.message().replace("<MsgType><![CDATA[text]]></MsgType>", ""), "head", id="no MsgType"),
        pytest.param(wire.message().replace("<![CDATA[text]]>", "<a>text</a>"), "head", id="nested MsgType"),
        pytest.param(wire.message().replace(FROM, ""), "head", id="empty sender"),
        pytest.param(wire.message().replace(FROM, "o:x"), "head", id="sender with a separator of keys"),
        pytest.param(wire.message().replace(FROM, "o" * 65), "head", id="sender of 65 characters"),
        pytest.param(wire.message().replace(str(AT), "soon"), "head", id="CreateTime in words"),
        pytest.param(wire.message().replace(str(AT), "１７００００００００"), "head", id="CreateTime in full width"),
        pytest.param(wire.message().replace(str(AT), "9" * 11), "head", id="CreateTime beyond any clock"),
    ],
)
def test_a_malformed_document_is_forged(xml: str | bytes, reason: str) -> None:
    assert refusal(xml) == reason


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param("\ufeff" + wire.message(), id="byte order mark"),
        pytest.param('<?xml version="1.0" encoding="UTF-8"?>' + wire.message(), id="XML declaration"),
        pytest.param('<?xml version="1.0" encoding="GBK"?>' + wire.message(), id="declaration that names GBK"),
        pytest.param("\n <!-- x -->" + wire.message() + "\n", id="comment and white space around"),
        pytest.param(wire.message().replace("<MsgType>", '<MsgType a="1">'), id="attribute"),
        pytest.param(wire.message("<Content>进度</Content>" + "<a>" * 7 + "</a>" * 7), id="eight levels"),
        pytest.param(wire.message("<Content>进度</Content><NewThing>1</NewThing>"), id="unknown element"),
        pytest.param(wire.message().replace("<MsgType><![CDATA[text", "<MsgType><![CDATA[Text"), id="type in capitals"),
    ],
)
def test_what_the_platform_may_add_does_no_harm(xml: str) -> None:
    inbound = read(xml)
    assert (inbound.type, inbound.content) == ("text", "进度")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<PicUrl><![CDATA[http://p/1]]></PicUrl><MediaId><![CDATA[m]]></MediaId>", "image"),
        ("<MediaId>m</MediaId><Format>amr</Format><Recognition>进度</Recognition>", "voice"),
        ("<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>", "video"),
        ("<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>", "shortvideo"),
        ("<Location_X>1.5</Location_X><Location_Y>2</Location_Y><Scale>15</Scale><Label>x</Label>", "location"),
        ("<Title>t</Title><Description>d</Description><Url>http://u</Url>", "link"),
        ("<Anything>1</Anything>", "hologram"),
    ],
)
def test_other_messages_are_named_and_have_no_content(body: str, kind: str) -> None:
    inbound = read(wire.message(body, kind))
    assert (inbound.type, inbound.event, inbound.content, inbound.silent) == (kind, "", "", False)
    assert inbound.once == f"m:{TO}:{FROM}:24000000000000001"


@pytest.mark.parametrize(
    ("name", "body", "key", "part", "silent"),
    [
        pytest.param("CLICK", "<EventKey>progress</EventKey>", "progress", "progress", False, id="menu tap"),
        pytest.param("SCAN", "<EventKey>b_3f</EventKey><Ticket>g</Ticket>", "b_3f", "b_3f", False, id="code scanned"),
        pytest.param(
            "subscribe", "<EventKey>qrscene_b_3f</EventKey>", "qrscene_b_3f", "qrscene_b_3f", False, id="new follower"
        ),
        pytest.param("VIEW", "<EventKey>https://h/a?b=1:2</EventKey>", "https://h/a?b=1:2", "https://h/a?b=1:2", True),
        pytest.param("view_miniprogram", "<EventKey>pages/i</EventKey>", "pages/i", "pages/i", True),
        pytest.param("LOCATION", "<Latitude>1</Latitude>", "", None, True, id="place"),
        pytest.param("unsubscribe", "<EventKey></EventKey>", "", None, True, id="follower gone"),
        pytest.param("subscribe", "<EventKey></EventKey>", "", None, False, id="follower without code"),
        pytest.param(
            "TEMPLATESENDJOBFINISH",
            "<MsgID>3487542469355618313</MsgID><Status><![CDATA[failed: system failed]]></Status>",
            "",
            "3487542469355618313",
            True,
            id="receipt",
        ),
        pytest.param("user_authorization_revoke", "", "", None, True, id="right taken back"),
        pytest.param("user_info_modified", "", "", None, True, id="information changed"),
        pytest.param("never_heard_of", "<EventKey>k</EventKey>", "k", "k", False, id="unknown event"),
    ],
)
def test_an_event_has_its_key_and_its_own_name_against_repeats(
    name: str, body: str, key: str, part: str | None, silent: bool
) -> None:
    xml = wire.event(name, body)
    inbound = read(xml)
    if part is None:
        part = hashlib.sha1(xml.encode(), usedforsecurity=False).hexdigest()
    assert (inbound.type, inbound.event, inbound.key, inbound.silent) == ("event", name.lower(), key, silent)
    assert inbound.once == f"e:{TO}:{FROM}:{AT}:{name}:{part}"


def test_a_receipts_number_stays_exact() -> None:
    assert (
        read(wire.event("TEMPLATESENDJOBFINISH", "<MsgID>9223372036854775807</MsgID>")).msg_id == "9223372036854775807"
    )


@pytest.mark.parametrize("wrapper", ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_lists_are_lists_whatever_their_length(wrapper: str, count: int) -> None:
    entries = "".join(f"<List><TemplateId>t{n}</TemplateId></List>" for n in range(count))
    inbound = read(wire.event("subscribe_msg_change_event", f"<{wrapper}>{entries}</{wrapper}>"))
    assert inbound.fields[wrapper] == {"List": [{"TemplateId": f"t{n}"} for n in range(count)]}
    assert inbound.silent


def test_inner_structures_are_kept() -> None:
    inbound = read(
        wire.event(
            "pic_weixin",
            "<EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item>"
            "<item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>",
        )
    )
    assert inbound.fields["SendPicsInfo"] == {
        "Count": "2",
        "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]},
    }


def test_thousands_of_list_entries_are_read_in_no_time() -> None:
    entries = "<List/>" * 9_000
    inbound = read(
        wire.event("subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{entries}</SubscribeMsgPopupEvent>")
    )
    assert inbound.fields["SubscribeMsgPopupEvent"] == {"List": [""] * 9_000}


@pytest.mark.parametrize(
    ("name", "key", "scene"),
    [
        ("subscribe", "qrscene_b_3f", "b_3f"),
        ("SCAN", "b_3f", "b_3f"),
        ("SCAN", "qrscene_", "qrscene_"),
        ("subscribe", "", ""),
        ("subscribe", "last_trade_no_1", ""),
        ("CLICK", "qrscene_b_3f", ""),
    ],
)
def test_the_scene_of_a_code_is_read_alike_from_followers_and_newcomers(name: str, key: str, scene: str) -> None:
    assert read(wire.event(name, f"<EventKey>{key}</EventKey>")).scene == scene


def test_keys_tell_apart_what_the_platform_numbers_alike() -> None:
    same_id = {read(wire.message().replace(FROM, sender)).once for sender in ("oA", "oB")}
    one_second = {
        read(wire.event(name, f"<EventKey>{key}</EventKey>")).once
        for name, key in [("subscribe", ""), ("SCAN", "b_1"), ("SCAN", "b_2"), ("CLICK", "b_1")]
    }
    no_id = {read(wire.message(f"<Content>{text}</Content>", msg_id="")).once for text in "ab"}
    assert [len(same_id), len(one_second), len(no_id)] == [2, 4, 2]


def test_a_key_stays_short_whatever_is_sent() -> None:
    long = "k" * 20_000
    for xml in (
        wire.event("VIEW", f"<EventKey>{long}</EventKey>"),
        wire.event(long),
        wire.message(msg_id=long),
    ):
        inbound = read(xml)
        assert len(inbound.once) < 300
        assert inbound.once == read(xml).once


def test_no_name_without_a_reply_is_one_that_needs_an_answer() -> None:
    assert not NO_REPLY & {"click", "scan", "subscribe", "scancode_waitmsg", "scancode_push"}


def test_a_location_message_may_be_answered_though_the_location_event_may_not() -> None:
    assert not read(wire.message("<Label>x</Label>", "location")).silent
    assert read(wire.event("LOCATION")).silent
