"""Room: the numbers that limit somebody, as they were settled (contracts 5, 8; roles.md; messages-and-sync.md).

That each of them is kept is shown where it holds; here stands that nobody moves one unseen.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from workflows import limits
from workflows.forms import FORMS
from workflows.limits import Rate

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

SETTLED = {
    # Sessions (contracts 8)
    "STAFF_IDLE": 30 * MINUTE,
    "STAFF_ABSOLUTE": 12 * HOUR,
    "GRADUATE_IDLE": 2 * HOUR,
    "GRADUATE_ABSOLUTE": 24 * HOUR,
    # Tries
    "SIGN_IN": Rate(10, 5 * MINUTE),
    "CODE_MINUTE": Rate(1, MINUTE),
    "CODE_HOUR": Rate(5, HOUR),
    "CODE_DAY": Rate(10, DAY),
    "CHAT": Rate(20, MINUTE),
    "INVITE_MISS": Rate(20, HOUR),
    "CHAT_NUMBER_LIVES": 10 * MINUTE,
    # Sizes
    "FILE_BYTES": 10 * 1024 * 1024,
    "ROUND_FILES": 20,
    "CALLBACK_BYTES": 64 * 1024,
    "JSON_BYTES": 256 * 1024,
    # Lists (contracts 5)
    "PAGE_SIZE": 50,
    "PAGE_MAX": 200,
    "TOTAL_CAP": 10_000,
    "EXPORT_ROWS": 100_000,
    # Reminders and clocks (workflows.md, roles.md)
    "REMIND_AFTER": (3, 7, 15),
    "SILENCE_TOLD": (7, 15),
    "REMIND_BEFORE_EXPIRY": (1,),
    "REMINDER_HOUR": 9,
    "REMIND_EVERY": 3 * DAY,
    "STAFF_PHONE_RESTS": 24 * HOUR,
    "INVITATION_DAYS": (1, 30),
    "REMOVED_AT_ONCE": 1,
}


@pytest.mark.parametrize("name", SETTLED)
def test_a_limit_is_what_was_settled(name: str) -> None:
    assert getattr(limits, name) == SETTLED[name]


@pytest.mark.parametrize(
    ("form", "field", "low", "high", "preset"),
    [
        ("online_signing.invite", "valid_days", 1, 30, 15),
        ("signing_settings", "invitation_days", 1, 30, 15),
        ("signing_settings", "termination_limit", 0, 99, None),
    ],
)
def test_a_number_that_is_asked_for_has_the_bounds_that_were_settled(
    form: str, field: str, low: int, high: int, preset: int | None
) -> None:
    asked = FORMS[form].field(field)
    assert asked is not None
    assert (asked.min, asked.max, asked.default) == (low, high, preset)


@pytest.mark.parametrize("form", ["review.return", "review.reject"])
def test_a_return_and_a_rejection_want_a_reason_and_five_characters(form: str) -> None:
    """workflows.md, Conventions 8."""
    reason, text = FORMS[form].field("reason"), FORMS[form].field("reason_text")
    assert reason is not None
    assert text is not None
    assert (reason.required, reason.table, text.required, text.min_length) == (True, "return_reason", True, 5)
