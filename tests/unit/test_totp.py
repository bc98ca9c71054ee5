"""Room: one-time passwords by time, against the vectors of RFC 6238 (appendix B, SHA-1, cut to six digits)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from workflows import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


def at(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


@pytest.mark.parametrize(("unix", "code"), VECTORS.items())
def test_codes_are_those_of_the_standard(unix: int, code: str) -> None:
    assert totp.code_at(SECRET, totp.step_of(at(unix))) == code


def test_a_clock_may_be_wrong_by_one_step_and_no_more() -> None:
    code, step = VECTORS[1234567890], totp.step_of(at(1234567890))
    for seconds, found in ((-30, step), (0, step), (30, step), (60, None), (-60, None)):
        assert totp.matching_step(SECRET, code, at(1234567890 + seconds), after=0) == found


def test_a_code_works_once() -> None:
    code, step = VECTORS[1234567890], totp.step_of(at(1234567890))
    assert totp.matching_step(SECRET, code, at(1234567890), after=step - 1) == step
    assert totp.matching_step(SECRET, code, at(1234567890), after=step) is None


@pytest.mark.parametrize("typed", ["", "05924", "0005924", "abcdef", "００５９２４", "005925"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert totp.matching_step(SECRET, typed, at(1234567890), after=0) is None


def test_spaces_between_the_digits_do_not_matter() -> None:
    assert totp.matching_step(SECRET, " 005 924 ", at(1234567890), after=0)


def test_the_address_for_authenticators_names_platform_account_and_secret() -> None:
    secret = totp.new_secret()
    found = urlsplit(totp.uri(secret, "xuexiao-01"))
    assert (found.scheme, found.netloc, unquote(found.path)) == ("otpauth", "totp", "/就业签约平台:xuexiao-01")
    assert parse_qs(found.query) == {"secret": [secret], "issuer": ["就业签约平台"], "digits": ["6"], "period": ["30"]}
    assert len(base64.b32decode(secret)) == 20
