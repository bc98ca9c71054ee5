"""Room: the notice table: who is told by which channel and when, for every notice; sentences that read well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models import kit
from models.config import settings
from models.parties import Party
from models.states import Channel, Flow
from notifier.channels.wording import wechat_text
from workflows.flows import FLOWS
from workflows.notices import FADING, NOTICES, Notice, Sms, due
from workflows.owed import Reader, matter, messages, note, words
from workflows.reminders import REMINDERS, Anchor, moments, next_due
from workflows.spec import Branch

NIGHT = datetime(2027, 3, 5, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai
DAY = datetime(2027, 3, 5, 4, 0, tzinfo=UTC)
MORNING = datetime(2027, 3, 6, 0, 0, tzinfo=UTC)  # 08:00 of the next day
TO_GRADUATES = [n for n in NOTICES.values() if n.to is Party.GRADUATE]
TO_EMPLOYERS = [n for n in NOTICES.values() if n.to is Party.EMPLOYER]
CODES = ("one_time_code", "chat_answer")
ROW: dict[str, Any] = {
    "flow": "online_signing",
    "state": "review_school",
    "employer_name": "示例科技有限公司",
    "destination_code": "10",
    "expires_at": None,
}


@pytest.fixture(params=["22:00-08:00", ""], ids=["quiet", "never_quiet"])
def quiet(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    monkeypatch.setenv("WQ_QUIET_HOURS", request.param)
    settings.cache_clear()
    yield bool(request.param)
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("notice", TO_GRADUATES, ids=lambda n: n.name)
@pytest.mark.parametrize("bound", [True, False], ids=["bound", "unbound"])
@pytest.mark.parametrize("fallback", [True, False], ids=["sms_allowed", "sms_off"])
def test_every_notice_goes_the_ways_that_are_open_and_keeps_the_night(
    notice: Notice, bound: bool, fallback: bool, quiet: bool
) -> None:
    reader = Reader(kit.new_id(), kit.new_id(), kit.new_id() if bound else None, fallback)
    params = words(ROW, version=1, at=NIGHT)
    wanted = {Channel.WECHAT} if bound else set()
    if notice.sms is Sms.ALWAYS or (notice.sms is Sms.FALLBACK and fallback and not bound):
        wanted.add(Channel.SMS)
    for moment, held in ((DAY, False), (NIGHT, quiet and notice.name not in CODES)):
        rows = list(messages("once", notice, reader, kit.new_id(), params, moment))
        assert {row["channel"] for row in rows} == wanted
        assert len({row["key"] for row in rows}) == len(rows)
        for row in rows:
            assert row["status"] == ("deferred" if held else "pending")
            assert datetime.fromisoformat(row["due_at"]) == (MORNING if held else moment)


def test_only_codes_and_answers_of_the_chat_leave_at_night() -> None:
    assert [n.name for n in NOTICES.values() if n.urgent] == list(CODES)
    assert due(NOTICES["close_reminder"], NIGHT) == MORNING


@pytest.mark.parametrize("notice", TO_EMPLOYERS, ids=lambda n: n.name)
def test_an_employers_notice_is_a_message_in_its_inbox_and_none_where_it_is_not_registered(notice: Notice) -> None:
    params = words(ROW, version=1, at=DAY, reason="岗位取消")
    (made,) = note("once", notice, kit.new_id(), kit.new_id(), params)
    assert made["notice"] == notice.name
    assert list(note("once", notice, None, kit.new_id(), params)) == []


def _matters(name: str) -> list[str]:
    """How records are called that this notice may be about."""
    tables = [t for t in FLOWS.values() if any(name in step.tell for step in t.transitions)]
    tables += [FLOWS[one.flow] for one in REMINDERS if name in one.notices]
    return [
        matter({"flow": str(t.flow), "employer_name": "示例科技有限公司", "destination_code": "11"})
        for t in tables or [FLOWS[Flow.DESTINATION]]
    ]


@pytest.mark.parametrize("notice", [n for n in NOTICES.values() if n.name not in CODES], ids=lambda n: n.name)
def test_every_sentence_is_whole_for_every_flow_that_tells_it(notice: Notice) -> None:
    for called in _matters(notice.name):
        values = {
            "employer": "示例科技有限公司",
            "matter": called,
            "deadline": "2028年1月31日 23:59",
            "reason": "岗位取消",
            "graduate": "赵一",
            "agent": "王人事",
            "user": "钱同事",
        }
        text = notice.sentence.format_map(values)
        assert text.endswith(("。", values["reason"]))
        assert not re.search(r"[{}]|。。|，，|：。|的的|您您|[A-Za-z]{3,}", text)
        if notice.to is Party.GRADUATE:
            assert "{graduate}" not in notice.sentence


def test_every_notice_of_the_flows_and_reminders_is_used_and_the_rest_is_told_by_commands() -> None:
    told = {name for t in FLOWS.values() for step in t.transitions for name in step.tell}
    told |= {name for one in REMINDERS for name in one.notices}
    assert told <= set(NOTICES)
    assert {n for n in NOTICES if n.startswith(("invitation", "termination", "review", "agreement"))} <= told


def test_no_notice_names_a_stage_where_the_schools_mode_decides_which_it_is() -> None:
    """Of two stages the department's comes first: 等待学校审核 would send people to the wrong desk."""
    told = {
        name
        for flow in FLOWS.values()
        for transition in flow.transitions
        if isinstance(transition.target, Branch)
        for name in transition.tell
    }
    assert {"invitation_accepted", "termination_agreed", "termination_agreed_employer"} <= told
    for notice in (NOTICES[name] for name in told):
        remark = wechat_text(notice.name).remark if notice.to is Party.GRADUATE else ""
        assert "等待学校" not in notice.sentence + remark, notice.name


def test_what_asks_for_something_fades_and_results_do_not() -> None:
    reminders = {name for one in REMINDERS for name in one.notices if NOTICES[name].to is Party.GRADUATE}
    assert reminders <= FADING
    results = ("signing_approved", "review_rejected", "destination_edited", "record_edited", "termination_forced")
    assert not FADING & set(results)


# --- reminders -----------------------------------------------------------------------------------


def test_whoever_is_waited_for_at_the_close_is_reminded_of_it() -> None:
    reminded = {(one.flow, one.state): one.notices for one in REMINDERS if one.anchor is Anchor.CLOSE}
    for flow, table in FLOWS.items():
        for state in table.states:
            lapses = any(step.action == "lapse" for step in table.leaving(state.name))
            if state.waits_on in (Party.GRADUATE, Party.EMPLOYER) and lapses:
                assert [NOTICES[name].to for name in reminded[(flow, state.name)]] == [state.waits_on]
            else:
                assert (flow, state.name) not in reminded


def test_returned_records_owed_uploads_and_answers_are_reminded_of_after_three_seven_and_fifteen_days() -> None:
    waiting = {(str(one.flow), str(one.state)): one for one in REMINDERS if one.anchor is Anchor.WAITING}
    assert {one.days for one in waiting.values()} == {(3, 7, 15)}
    assert set(waiting) == {
        ("offline_signing", "agreement_returned"),
        ("offline_signing", "signing_returned"),
        ("offline_signing", "agreement_issued"),
        ("offline_signing", "upload_withdrawn"),
        ("supplementary", "returned"),
        ("destination", "returned"),
        ("offline_termination", "returned"),
        ("online_termination", "awaiting_employer"),
        ("online_termination", "awaiting_graduate"),
    }


def test_moments_come_in_order_and_lie_after_the_beginning_of_the_wait() -> None:
    row = {"flow": "destination", "state": "returned", "cohort": 2027, "expires_at": None}
    early = moments({**row, "waiting_since": DAY})
    assert [m.due for m in early[:3]] == [DAY + timedelta(days=days) for days in (3, 7, 15)]
    assert [kit.screen_time(m.due) for m in early[3:]] == [
        "2028-01-01 09:00", "2028-01-17 09:00", "2028-01-24 09:00", "2028-01-30 09:00",
    ]  # fmt: skip
    assert next_due(early, DAY + timedelta(days=3)) == DAY + timedelta(days=7)
    late = datetime(2028, 1, 29, 4, tzinfo=UTC)
    assert [m.notices for m in moments({**row, "waiting_since": late})] == [("close_reminder",)]
    assert moments({**row, "state": "approved", "waiting_since": None}) == []


def test_days_count_from_the_return_of_the_graduate() -> None:
    row = {"flow": "destination", "state": "returned", "cohort": 2027, "expires_at": None, "waiting_since": DAY}
    back = DAY + timedelta(days=20)
    assert moments(row, back)[0].due == back + timedelta(days=3)
