"""Room: the envelope against published and fixed vectors, its keys, and its round trip."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bot.envelope import Forged, Keys, open_envelope, seal, verify_url
from models.config import Profile, WeChatSettings
from tests.harness import wechat_wire as wire

FIXED = [
    pytest.param(
        "<xml><A>1</A></xml>",
        "4/wc+9eGQcjVmDoJ9uudBnaAzF8WwZiVh1o3HPS+4KdxQQuRVyuddXhZTdbZbBkxzpg9NwjBM9Yp5mz/2gY7Aw==",
        "436f8b3f7b349a7e8e503506c07f4bd4743a43af",
        id="short",
    ),
    pytest.param(
        "<xml><Content><![CDATA[查询签约状态]]></Content></xml>",
        "4/wc+9eGQcjVmDoJ9uudBjvQCTLgB9RfA4aAgk8m4FIwgTpm+clxo55N2xtHI7dPqbXk5drFroRQuAn6le0hQUGcpwwdtHjAobCnqa70"
        "euFqZhPLy0+l+dFjAzUvoMQh8seVMlvy+0yxcBgF0R72uJGJzVoXNVreu4mvGVzpsko=",
        "05783fc1fa5b6bd683ca03607deb1b8741b317ce",
        id="chinese",
    ),
    pytest.param(
        f"<xml><P>{'x' * 40}</P></xml>",
        "4/wc+9eGQcjVmDoJ9uudBlVT8NcsSHnyMQOX6iveKFt1pxE9gpiTRRMzaI4hvy9pywqrMQjfvYH9da4mmIbmyhGGw6zCIjPxmlXon6Ax"
        "pFywmS+gD7IQFzAamveMe504bag6ZSJyXE1Nzlc4YCDJ7G+TIcxzwkWYsIP+imIAMw8=",
        "c72679e7727dfe230729f2ab96e82bde7f6f8b99",
        id="whole block of padding",
    ),
]


@pytest.mark.parametrize(
    ("timestamp", "nonce", "signature"),
    [
        pytest.param("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696", id="message push page"),
        pytest.param("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78", id="open platform page"),
    ],
)
def test_the_platforms_own_signature_examples_verify(timestamp: str, nonce: str, signature: str) -> None:
    official = Keys.of(WeChatSettings(token=SecretStr("AAAAA")))
    query = f"signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr=4375120948345356249"
    assert verify_url(query, official, int(timestamp)) == b"4375120948345356249"


def test_the_address_check_of_the_fixed_token_verifies() -> None:
    query = f"signature=e3512ee200a08a7352fc312b620bbe1899e224cf&timestamp={wire.NOW}&nonce={wire.NONCE}&echostr=9"
    assert verify_url(query.encode(), wire.keys(), wire.NOW) == b"9"


def test_an_escaped_echo_comes_back_unescaped_and_unchanged() -> None:
    signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)
    query = f"signature={signature}&timestamp={wire.NOW}&nonce={wire.NONCE}&echostr=a%2Bb%2F%3D"
    assert verify_url(query, wire.keys(), wire.NOW) == b"a+b/="


@pytest.mark.parametrize(("xml", "text", "signature"), FIXED)
def test_a_fixed_vector_opens(xml: str, text: str, signature: str) -> None:
    query = f"encrypt_type=aes&timestamp={wire.NOW}&nonce={wire.NONCE}&msg_signature={signature}"
    opened = open_envelope(query, wire.safe_body(text), wire.keys(), wire.NOW)
    assert opened == (xml.encode(), 0, wire.NOW)


@pytest.mark.parametrize(("xml", "text", "signature"), FIXED)
def test_a_fixed_vector_is_sealed_byte_by_byte(xml: str, text: str, signature: str) -> None:
    sealed = seal(xml, wire.keys(), 0, wire.NOW, wire.NONCE.encode(), b"0123456789abcdef")
    assert f"<Encrypt><![CDATA[{text}]]></Encrypt>".encode() in sealed
    assert f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>".encode() in sealed
    assert f"<TimeStamp>{wire.NOW}</TimeStamp><Nonce><![CDATA[{wire.NONCE}]]></Nonce>".encode() in sealed


def test_an_encrypt_element_without_cdata_opens_too() -> None:
    text = wire.encrypted("<xml/>")
    body = f"<xml>\n<Encrypt>\n{text}\n</Encrypt>\n</xml>".encode()
    assert open_envelope(wire.safe_query(text), body, wire.keys(), wire.NOW).xml == b"<xml/>"


def test_the_previous_key_is_tried_and_named_so_that_the_reply_uses_it() -> None:
    both = wire.keys(previous=wire.OLD_AES_KEY)
    opened = open_envelope(*wire.post("<xml/>", wire.OLD_AES_KEY), both, wire.NOW)
    assert (opened.xml, opened.key_index) == (b"<xml/>", 1)
    assert wire.open_reply(seal("<xml>好</xml>", both, 1, wire.NOW), wire.OLD_AES_KEY).xml == "<xml>好</xml>"
    assert open_envelope(*wire.post("<xml/>"), both, wire.NOW).key_index == 0


def test_the_previous_key_is_refused_once_it_left_the_settings() -> None:
    with pytest.raises(Forged):
        open_envelope(*wire.post("<xml/>", wire.OLD_AES_KEY), wire.keys(), wire.NOW)


def test_an_empty_previous_key_counts_as_none() -> None:
    assert len(wire.keys(previous="").ciphers) == 1


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_timestamp_within_five_minutes_passes(seconds: int) -> None:
    assert open_envelope(*wire.post("<xml/>"), wire.keys(), wire.NOW + seconds).timestamp == wire.NOW


def test_each_seal_has_fresh_randomness_and_nonce() -> None:
    sealed = [wire.open_reply(seal("<xml/>", wire.keys(), 0, wire.NOW)) for _ in range(50)]
    assert len({reply.text for reply in sealed}) == len({reply.nonce for reply in sealed}) == 50
    assert all(reply.nonce.isdigit() and len(reply.nonce) <= 20 for reply in sealed)


def test_a_wider_nonce_is_a_matter_of_settings() -> None:
    text = wire.encrypted("<xml/>")
    query = wire.safe_query(text, nonce="a-b_c")
    with pytest.raises(Forged):
        open_envelope(query, wire.safe_body(text), wire.keys(), wire.NOW)
    wider = wire.keys(nonce_shape="[0-9A-Za-z_-]{1,40}")
    assert open_envelope(query, wire.safe_body(text), wider, wire.NOW).xml == b"<xml/>"


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("token", "", "WQ_WECHAT_TOKEN"),
        ("token", "with space", "WQ_WECHAT_TOKEN"),
        ("aes_key", wire.AES_KEY[:-1], "WQ_WECHAT_AES_KEY"),
        ("aes_key", wire.AES_KEY + "A", "WQ_WECHAT_AES_KEY"),
        ("aes_key", "+" * 43, "WQ_WECHAT_AES_KEY"),
        ("aes_key_previous", "short", "WQ_WECHAT_AES_KEY_PREVIOUS"),
    ],
)
def test_a_malformed_secret_is_refused_at_start_by_its_setting_and_never_shown(
    field: str, value: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named) as caught:
        Keys.of(WeChatSettings(**{field: SecretStr(value)}))  # type: ignore[arg-type]
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize("profile", [Profile.PRODUCTION, Profile.TEST])
def test_plaintext_needs_the_development_profile_whatever_the_setting_says(profile: Profile) -> None:
    settings = WeChatSettings(allow_plaintext=True)
    assert not Keys.of(settings).allow_plaintext
    assert not Keys.of(settings, profile).allow_plaintext
    assert Keys.of(settings, Profile.DEVELOPMENT).allow_plaintext


def plain_post(xml: str, **other: str) -> tuple[str, bytes]:
    signature = wire.sign(wire.TOKEN, str(wire.NOW), wire.NONCE)
    extra = "".join(f"&{name}={value}" for name, value in other.items())
    return f"signature={signature}&timestamp={wire.NOW}&nonce={wire.NONCE}{extra}", xml.encode()


@pytest.mark.parametrize("mode", [{}, {"encrypt_type": "raw"}])
def test_development_may_open_plaintext_but_still_checks_its_signature(mode: dict[str, str]) -> None:
    query, body = plain_post(wire.message(), **mode)
    loose = wire.keys(allow_plaintext=True)
    assert open_envelope(query, body, loose, wire.NOW) == (body, None, wire.NOW)
    with pytest.raises(Forged):
        open_envelope(query.replace(wire.NONCE, "1234567891"), body, loose, wire.NOW)
    with pytest.raises(Forged):
        open_envelope(query, body, loose, wire.NOW + 301)


def test_in_compatible_mode_only_the_encrypted_part_counts() -> None:
    text = wire.encrypted(wire.message())
    lie = "<FromUserName><![CDATA[oVictim]]></FromUserName><MsgType><![CDATA[text]]></MsgType>"
    body = wire.safe_body(text, plain=lie)
    opened = open_envelope(wire.safe_query(text), body, wire.keys(allow_plaintext=True), wire.NOW)
    assert opened.xml == wire.message().encode()
    with pytest.raises(Forged):
        open_envelope(wire.safe_query(text), body, wire.keys(), wire.NOW)
