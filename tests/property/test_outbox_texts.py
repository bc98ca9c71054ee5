"""Room: texts as data: every notice has its texts, every field stays within its limits whatever is put in (D12)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.parties import Party
from models.states import Channel
from notifier.channels.fields import cut, plain, rendered
from notifier.channels.wechat import TEXT_BYTES, fields_of, shortened, values_of
from notifier.channels.wording import announced_sms, announced_wechat, filled, sentence, sms_text, wechat_text
from notifier.simulators.wechat_rules import bad_field
from tests.property.test_outbox_retry import claimed
from workflows.commands.deliveries import CHAT_ANSWER, ONE_TIME_CODE
from workflows.notices import NOTICES, Sms

ANY = st.text(max_size=300)
TYPES = ["thing", "short_thing", "const", "character_string", "number", "letter", "symbol", "phrase"]
TYPES += ["time", "date", "amount", "phone_number", "car_number", "name"]
BY_WECHAT = sorted(
    n.name for n in NOTICES.values() if n.to is Party.GRADUATE and n.name not in (ONE_TIME_CODE, CHAT_ANSWER)
)
BY_SMS = sorted(n.name for n in NOTICES.values() if n.to is Party.GRADUATE and n.sms is not Sms.NEVER)
USUAL = {
    "employer": "示例科技有限公司",
    "deadline": "2027年3月20日 23:59",
    "reason": "单位信息有误，请更正",
    "at": "2027-03-05T06:30:00Z",
}


@pytest.mark.parametrize("notice", BY_WECHAT)
def test_every_notice_to_a_graduate_has_a_wechat_text_that_needs_no_cutting(notice: str) -> None:
    text = wechat_text(notice)
    values = values_of(notice, USUAL)
    values["remark"] = filled(text.remark, values)
    for name, pattern in text.fields.items():
        meant = filled(pattern, values)
        assert meant, f"{notice}.{name} would be empty"
        assert rendered(name, meant) == meant
    assert bad_field({name: {"value": value} for name, value in _shown(notice, USUAL).items()}) is None


def _shown(notice: str, params: dict[str, str]) -> dict[str, str]:
    return fields_of(claimed(Channel.WECHAT, notice, **params), wechat_text(notice))


@pytest.mark.parametrize("notice", BY_SMS)
def test_every_notice_that_may_go_by_sms_has_a_neutral_text(notice: str) -> None:
    named = {one["template_id"]: one["text"] for one in announced_sms()}
    text, params = named[sms_text(notice).template_id], sms_text(notice).params
    assert {int(n) for n in re.findall(r"\{(\d)\}", text)} == set(range(1, len(params) + 1))
    assert not re.search("招聘|面试|兼职|职业培训|单位|http|www|【|】", text)
    assert len(text) + len("【智慧就业】") + 15 <= 70, "a longer text costs two"


@pytest.mark.parametrize("notice", sorted(n.name for n in NOTICES.values()))
def test_a_phrase_fits_the_field_that_shows_it(notice: str) -> None:
    assert rendered("phrase1", NOTICES[notice].phrase) == NOTICES[notice].phrase


@given(kind=st.sampled_from(TYPES), text=ANY)
def test_d12_whatever_is_put_in_a_field_stays_within_its_limits(kind: str, text: str) -> None:
    value = rendered(f"{kind}1", text)
    assert bad_field({f"{kind}1": {"value": value}}) is None


@given(
    notice=st.sampled_from(BY_WECHAT),
    params=st.fixed_dictionaries({"employer": ANY, "deadline": ANY, "reason": ANY, "at": st.just(USUAL["at"])}),
)
def test_d12_every_message_passes_the_platforms_check(notice: str, params: dict[str, str]) -> None:
    assert bad_field({name: {"value": value} for name, value in _shown(notice, params).items()}) is None


@given(text=ANY)
def test_plain_text_is_one_line_without_controls_and_stays_so(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\n" not in once
    assert once == once.strip()


@given(text=ANY, limit=st.integers(2, 30))
def test_a_cut_text_says_that_it_was_cut(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    assert short == text or short.endswith("…")


@given(text=st.text(max_size=3000))
def test_a_chat_answer_stays_below_the_platforms_bytes(text: str) -> None:
    assert len(shortened(text).encode()) <= TEXT_BYTES + 3
    shortened(text).encode().decode()


@given(employer=ANY)
def test_a_name_with_braces_is_put_in_as_it_is(employer: str) -> None:
    assert filled("{employer}！{nothing}", {"employer": employer}) == f"{employer}！"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("wechat_43004 rid 1234-abcd", "毕业生未关注服务号（wechat_43004）"),
        ("wechat_99999", "微信平台拒绝了该消息（wechat_99999）"),
        ("http_503", "对方系统暂时不可用（http_503）"),
        ("http_401", "对方系统拒绝了请求（http_401）"),
        ("sms_AuthFailure.SignatureExpire", "短信平台的密钥验证失败（sms_AuthFailure.SignatureExpire）"),
        ("read_timeout", "对方系统没有及时答复"),
        ("", "对方系统返回了未知的错误"),
        ("whatever", "对方系统返回了未知的错误"),
    ],
)
def test_causes_are_said_in_chinese(cause: str, said: str) -> None:
    assert sentence(cause) == said


@given(message=ANY)
def test_no_number_of_a_person_gets_into_a_cause(message: str) -> None:
    said = sentence("ems_x", f"{message}110000200501010015{message}15400000001")
    assert "110000200501010015" not in said
    assert "15400000001" not in said


def test_template_ids_are_distinct_and_their_fields_are_named_for_the_console() -> None:
    ids = [one["template_id"] for one in (*announced_wechat(), *announced_sms())]
    assert len(ids) == len(set(ids))
    assert all(field["label"] for one in announced_wechat() for field in one["fields"])
