"""Room: the breaker of a provider: opens after failures in a row, probes every ten seconds at the latest."""

from __future__ import annotations

from notifier.breaker import LONGEST_PAUSE, OPENS_AFTER, RECALL, Breaker
from notifier.verdicts import Kind, Verdict, dead, retry, sent, unknown


class Steady:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def opened(clock: Steady) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(OPENS_AFTER):
        assert breaker.hands(8) == 8
        breaker.note(unknown("read_timeout"))
    return breaker


def test_it_opens_after_failures_in_a_row_and_then_lets_one_probe_through() -> None:
    clock = Steady()
    breaker = opened(clock)
    assert breaker.is_open
    assert breaker.hands(8) == 0
    clock.at += breaker.wait()
    assert breaker.hands(8) == 1
    breaker.taken(1)
    assert breaker.hands(7) == 0


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(Steady())
    for _ in range(5 * OPENS_AFTER):
        breaker.note(unknown("read_timeout"))
        breaker.note(retry("http_503"))
        breaker.note(sent())
    assert not breaker.is_open


def test_pauses_grow_to_ten_seconds_and_no_further() -> None:
    clock = Steady()
    breaker = opened(clock)
    pauses = []
    for _ in range(8):
        pauses.append(breaker.wait())
        clock.at += breaker.wait()
        assert breaker.hands(8) == 1
        breaker.taken(1)
        breaker.note(retry("connect_failed"))
        breaker.returned()
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE == 10.0


def test_calls_that_were_under_way_when_it_opened_do_not_make_the_pause_longer() -> None:
    breaker = opened(Steady())
    before = breaker.wait()
    for _ in range(30):
        breaker.note(unknown("read_timeout"))
    assert breaker.wait() == before


def test_the_first_good_answer_closes_it() -> None:
    clock = Steady()
    breaker = opened(clock)
    clock.at += breaker.wait()
    breaker.taken(breaker.hands(8))
    breaker.note(sent())
    assert breaker.hands(8) == 8


def test_refusals_of_single_messages_are_answers_and_no_failures() -> None:
    breaker = Breaker(Steady())
    for _ in range(50):
        breaker.note(dead("wechat_47003"))
        breaker.note(Verdict(Kind.OTHER_CHANNEL, cause="wechat_43004"))
        breaker.note(retry("sms_LimitExceeded.PhoneNumberDailyLimit", 3600))
    assert not breaker.is_open


def test_a_probe_that_needed_no_call_leaves_the_probe_owed() -> None:
    clock = Steady()
    breaker = opened(clock)
    clock.at += breaker.wait()
    breaker.taken(1)
    breaker.returned()
    assert breaker.hands(8) == 1


def test_a_refusal_of_the_whole_account_is_remembered_for_its_own_kind_of_message() -> None:
    clock = Steady()
    breaker = Breaker(clock)
    quota = Verdict(Kind.OTHER_CHANNEL, cause="wechat_45009", retry_after=40_000, alarm=True)
    breaker.note(quota, "template")
    assert breaker.refusal("template") is quota
    assert breaker.refusal("text") is None
    clock.at += RECALL
    assert breaker.refusal("template") is None
