"""Room: the signature of SMS calls against the vendor's own SDK (tencentcloud-sdk-python-sms 3.1.153)."""

from __future__ import annotations

import pytest

from notifier.clients.sms_signing import tc3_headers, tc3_signature

FULL = (
    b'{"PhoneNumberSet": ["+8615400000001"], "SmsSdkAppId": "1400000000", '
    b'"SignName": "\\u667a\\u6167\\u5c31\\u4e1a", "TemplateId": "100001", "TemplateParamSet": ["3\\u670820\\u65e5"]}'
)


@pytest.mark.parametrize(
    ("host", "payload", "timestamp", "signature"),
    [
        (
            "sms.tencentcloudapi.com",
            FULL,
            1700000000,
            "206ac17979d2c2912a3be4ad9ec5de4871c9677ec6291a1994e8ccb5c74743ba",
        ),
        (
            "sms.tencentcloudapi.com",
            b"{}",
            1700000000,
            "a447008393d369a835f835629b02c922c6884d86bd6f55cfb5c4d2fd491e4745",
        ),
        # the last second of a UTC day and the first of the next: the day is part of key and scope
        ("127.0.0.1:8100", b"{}", 1798761599, "802092a689ab76c4ab7057002d524c3cee2139cfa1485bee7f8a5e21a05796b5"),
        ("127.0.0.1:8100", b"{}", 1798761600, "3c15973e1b9aad4d7f9ab9bfd93ca0a223c8e6ec58556f27a132eb88c3687bf9"),
    ],
)
def test_the_signature_equals_the_vendors_own(host: str, payload: bytes, timestamp: int, signature: str) -> None:
    made = tc3_signature(secret="SECRETEXAMPLE", service="sms", host=host, payload=payload, timestamp=timestamp)
    assert made == signature


def test_the_headers_are_the_ones_the_vendor_sends() -> None:
    headers = tc3_headers(
        secret_id="AKIDEXAMPLE",
        secret="SECRETEXAMPLE",
        service="sms",
        host="sms.tencentcloudapi.com",
        action="SendSms",
        version="2021-01-11",
        payload=FULL,
        timestamp=1700000000,
    )
    assert headers == {
        "Content-Type": "application/json",
        "Host": "sms.tencentcloudapi.com",
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": "1700000000",
        "Authorization": (
            "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/sms/tc3_request, SignedHeaders=content-type;host, "
            "Signature=206ac17979d2c2912a3be4ad9ec5de4871c9677ec6291a1994e8ccb5c74743ba"
        ),
    }


@pytest.mark.parametrize("changed", ["secret", "host", "payload", "timestamp"])
def test_the_signature_covers_every_part(changed: str) -> None:
    parts: dict[str, object] = {"secret": "s", "service": "sms", "host": "h", "payload": b"{}", "timestamp": 1700000000}
    other = {"secret": "t", "host": "i", "payload": b"{ }", "timestamp": 1700000001}[changed]
    assert tc3_signature(**parts) != tc3_signature(**{**parts, changed: other})  # type: ignore[arg-type]
