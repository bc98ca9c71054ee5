"""Room: the window of a cohort: open through the whole last second of 31 January, Asia/Shanghai."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.kit import SHANGHAI, chat_time, cohort_close, day_end, json_time, screen_time
from tests.harness.pure import facts
from workflows.guards import COHORT_OPEN

STEP = timedelta(microseconds=1)


@pytest.mark.parametrize("cohort", [2023, 2024, 2027, 2028, 2099])
def test_the_last_second_of_the_31st_of_january_still_counts_and_the_next_does_not(cohort: int) -> None:
    """2024 and 2028 are leap years: the close of the cohort before lies in one, that of their own after one."""
    last = datetime(cohort + 1, 1, 31, 23, 59, 59, 999_999, SHANGHAI)
    assert cohort_close(cohort) == last
    world = facts()
    world = replace(world, graduate=replace(world.graduate, cohort=cohort))
    for moment, open_still in ((last - timedelta(seconds=1), True), (last, True), (last + STEP, False)):
        at = replace(world, now=moment.astimezone(UTC))
        assert COHORT_OPEN.holds(at, None, {}) is open_still  # type: ignore[arg-type]  # it looks at no actor


def test_the_end_of_a_day_is_shown_as_its_last_second() -> None:
    end = day_end(datetime(2028, 2, 29, tzinfo=SHANGHAI).date())
    assert json_time(end) == "2028-02-29T15:59:59Z"
    assert screen_time(end) == "2028-02-29 23:59"
    assert chat_time(end) == "2028年2月29日 23:59"
