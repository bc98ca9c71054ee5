"""Room: retries stay within their bounds, whatever the verdicts, and end (messages-and-sync.md; D2, D4, D8)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from models import kit
from models.kit import SHANGHAI
from models.states import Channel, OutboxStatus
from notifier.retry import (
    FIRST,
    GIVE_UP_AFTER,
    LONGEST,
    LOST,
    LOST_LIMIT,
    RECOGNISED_FOR,
    Case,
    backoff,
    judge,
)
from notifier.verdicts import Kind, Mark, Verdict, dead, retry, sent, unknown
from workflows.commands.deliveries import Claimed, Settlement, Try
from workflows.commands.receipts import UNSURE
from workflows.notices import NOTICES, due

START = datetime(2027, 3, 5, 4, 0, tzinfo=UTC)
FINAL = {OutboxStatus.SENT, OutboxStatus.DELIVERED, OutboxStatus.DEAD, OutboxStatus.SUPERSEDED}

channels = st.sampled_from(list(Channel))
verdicts = st.builds(
    Verdict,
    st.sampled_from(list(Kind)),
    cause=st.sampled_from(["", "http_503", "read_timeout", "wechat_-1", "wechat_43004", "sms_X", "ems_y"]),
    retry_after=st.none() | st.floats(0, 200_000),
    mark=st.none() | st.sampled_from(list(Mark)),
    tries=st.none() | st.integers(0, 2),
)


def claimed(channel: Channel, notice: str = "signing_approved", attempts: int = 1, **params: str) -> Claimed:
    return Claimed(
        id=1,
        token=kit.new_id(),
        key=f"k:{channel}",
        school_id=None,
        record_id=None,
        stream="s",
        channel=channel,
        recipient=kit.new_id(),
        notice=notice,
        params=params,
        created_at=START,
        due_at=START,
        attempts=attempts,
    )


def play(
    channel: Channel, given_verdicts: list[Verdict], seed: int, notice: str = "signing_approved"
) -> list[Settlement]:
    """Deliver one row until it is settled for good, each try one second long; the last verdict repeats."""
    draw, now, earlier, made = random.Random(seed), START, list[Try](), list[Settlement]()
    params = {"until": kit.json_time(START + timedelta(minutes=5))}
    for attempt in range(1, 2000):
        verdict = given_verdicts[min(attempt, len(given_verdicts)) - 1]
        began, now = now, now + timedelta(seconds=1)
        row = claimed(channel, notice, attempt, **params)
        settlement = judge(Case(row, verdict, list(earlier), began, now), draw)
        made.append(settlement)
        if settlement.status in FINAL:
            return made
        assert settlement.due_at is not None
        assert settlement.due_at >= now
        earlier.append(Try(settlement.verdict, settlement.code, began))
        now = settlement.due_at
    raise AssertionError("the row never came to an end")


@given(attempt=st.integers(1, 10_000), seed=st.integers(0, 2**32))
def test_d4_a_pause_grows_with_the_tries_and_never_leaves_its_bounds(attempt: int, seed: int) -> None:
    pause = backoff(attempt, random.Random(seed))
    top = min(LONGEST, FIRST * 2 ** min(attempt - 1, 20))
    assert top / 2 <= pause <= top


@given(channel=channels, told=st.lists(verdicts, min_size=1, max_size=6), seed=st.integers(0, 999))
def test_every_row_comes_to_an_end_within_its_limit(channel: Channel, told: list[Verdict], seed: int) -> None:
    made = play(channel, told, seed)
    limit = GIVE_UP_AFTER[channel]
    assert all(one.due_at is None or one.due_at <= START + limit for one in made)
    assert made[-1].status in FINAL
    if made[-1].status is OutboxStatus.DEAD:
        assert made[-1].cause


@settings(max_examples=10)  # each is some five hundred tries
@given(seed=st.integers(0, 999))
def test_a_busy_provider_is_asked_for_24_or_72_hours(seed: int) -> None:
    for channel in Channel:
        made = play(channel, [retry("http_503")], seed)
        last = made[-2].due_at
        assert last is not None
        assert GIVE_UP_AFTER[channel] - timedelta(seconds=LONGEST + 60) <= last - START <= GIVE_UP_AFTER[channel]
        assert made[-1].status is OutboxStatus.DEAD
        assert "多次重试未成功" in made[-1].cause


@given(told=st.lists(verdicts, max_size=3), seed=st.integers(0, 999))
def test_an_unknown_template_message_is_never_repeated_after_wechat_forgot_it(told: list[Verdict], seed: int) -> None:
    made = play(Channel.WECHAT, [unknown("read_timeout"), *told, unknown("read_timeout")], seed)
    assert all(one.due_at is None or one.due_at <= START + RECOGNISED_FOR for one in made)


@given(seed=st.integers(0, 999))
def test_a_template_message_that_stays_unknown_is_tried_again_and_then_left_to_a_person(seed: int) -> None:
    made = play(Channel.WECHAT, [unknown("read_timeout")], seed)
    assert len(made) > 3
    assert made[-1].status is OutboxStatus.DEAD
    assert made[-1].cause == "发送结果未知，不再自动重发"


@given(cause=st.sampled_from(["read_timeout", "http_504", LOST]), seed=st.integers(0, 999))
def test_d2_an_sms_whose_answer_was_lost_waits_for_its_receipt_and_is_not_sent_again(cause: str, seed: int) -> None:
    made = play(Channel.SMS, [unknown(cause)], seed)
    assert [(one.status, one.cause) for one in made] == [(OutboxStatus.SENT, UNSURE)]


def test_an_sms_that_verifiably_did_not_leave_is_sent_again() -> None:
    assert [one.status for one in play(Channel.SMS, [retry("connect_failed"), sent("s1")], 1)] == [
        OutboxStatus.DEFERRED,
        OutboxStatus.SENT,
    ]


@given(seed=st.integers(0, 999))
def test_the_ems_may_always_be_told_again(seed: int) -> None:
    made = play(Channel.EMS, [unknown("read_timeout"), unknown("http_504"), sent()], seed)
    assert [one.status for one in made] == [OutboxStatus.DEFERRED, OutboxStatus.DEFERRED, OutboxStatus.DELIVERED]


def test_a_push_whose_worker_died_goes_again_at_once_but_not_for_ever() -> None:
    made = play(Channel.EMS, [unknown(LOST)], 1)
    assert len(made) == LOST_LIMIT
    assert all(one.status is OutboxStatus.PENDING for one in made[:-1])
    assert made[-1].status is OutboxStatus.DEAD


@given(notice=st.sampled_from(["one_time_code", "chat_answer"]), channel=channels, seed=st.integers(0, 999))
def test_what_is_good_for_minutes_is_not_tried_for_hours(notice: str, channel: Channel, seed: int) -> None:
    made = play(channel, [retry("http_503")], seed, notice)
    assert all(one.due_at is None or one.due_at <= START + timedelta(minutes=5) for one in made)


def test_a_chat_answer_that_may_have_arrived_is_not_repeated() -> None:
    made = play(Channel.WECHAT, [unknown("read_timeout")], 1, "chat_answer")
    assert [one.status for one in made] == [OutboxStatus.DEAD]


def test_as_many_tries_as_a_code_deserves() -> None:
    doubtful = Verdict(Kind.RETRY, cause="wechat_40037", retry_after=60, tries=1, alarm=True)
    made = play(Channel.WECHAT, [doubtful], 1)
    assert [one.status for one in made] == [OutboxStatus.DEFERRED, OutboxStatus.DEAD]
    assert made[0].due_at is not None
    assert made[0].due_at - START >= timedelta(seconds=60)


@given(verdict=verdicts.filter(lambda v: v.kind is Kind.OTHER_CHANNEL))
def test_only_wechat_messages_fall_back_to_sms(verdict: Verdict) -> None:
    for channel in Channel:
        judged = judge(Case(claimed(channel), verdict, [], START, START), random.Random(1))
        assert judged.fall_back is (channel is Channel.WECHAT)


def test_a_refusal_by_the_ems_is_told_in_its_own_words_without_numbers_of_persons() -> None:
    verdict = dead("ems_not_on_roster", message="名单中没有 110000200501010015 这名学生")
    judged = judge(Case(claimed(Channel.EMS), verdict, [], START, START), random.Random(1))
    assert judged.status is OutboxStatus.DEAD
    assert judged.cause == "上报失败：名单中没有 … 这名学生（ems_not_on_roster）"


@given(
    minute=st.integers(0, 24 * 60 - 1),
    day=st.integers(1, 28),
    month=st.integers(1, 12),
    name=st.sampled_from(sorted(NOTICES)),
)
def test_d8_quiet_hours_defer_and_never_drop_and_codes_pass(minute: int, day: int, month: int, name: str) -> None:
    at = datetime(2027, month, day, minute // 60, minute % 60, tzinfo=SHANGHAI)
    notice, leaves = NOTICES[name], due(NOTICES[name], at)
    local = leaves.astimezone(SHANGHAI)
    if notice.urgent:
        assert leaves == at
    else:
        assert 8 <= local.hour < 22
        assert timedelta() <= leaves - at <= timedelta(hours=10)
        assert (leaves == at) is (8 <= at.hour < 22)
