"""Room: the code tables: complete, without twins, and honest about what they do not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models import codes
from models.codes import BadTable, Code, CodeTable, UnknownCode, table, table_names
from models.codes.known import HOMES
from models.kit import fold
from models.parties import Level

SIZES = {
    "country": 248,
    "destination": 30,
    "destination_substate": 7,
    "employer_nature": 14,
    "employer_industry": 21,
    "position_category": 18,
    "level": 15,
    "training_mode": 7,
    "sex": 4,
    "political_status": 13,
    "ethnicity": 58,
    "hardship": 8,
    "normal_student": 3,
    "paper": 5,
    "refuse_reason": 6,
    "return_reason": 8,
    "termination_reason": 6,
    "warning_reason": 5,
    "archive_transfer": 5,
    "archive_method": 2,
    "household_reason": 2,
    "household_target": 6,
}


def test_every_table_has_as_many_entries_as_its_source() -> None:
    assert {name: len(table(name)) for name in table_names() if name != codes.REGION} == SIZES


@pytest.mark.parametrize("name", table_names())
def test_no_code_stands_twice(name: str) -> None:
    entries = table(name).codes
    assert len({entry.code for entry in entries}) == len(entries)


@pytest.mark.parametrize("name", table_names())
def test_no_two_entries_in_force_share_a_label_or_an_alias(name: str) -> None:
    in_force = [entry for entry in table(name) if entry.valid_until is None]
    texts = [fold(text) for entry in in_force for text in (entry.label, *entry.aliases)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", table_names())
def test_every_entry_is_filled_in_and_found_by_code_label_and_alias(name: str) -> None:
    codes_of = table(name)
    for entry in codes_of:
        assert entry.code == entry.code.strip() != ""
        assert entry.label == entry.label.strip() != ""
        assert codes_of.accepts(entry.code) == entry.code
        if entry.valid_until is None:
            assert all(codes_of.accepts(text) == entry.code for text in (entry.label, *entry.aliases))


@pytest.mark.parametrize("name", HOMES)
def test_every_constant_stands_in_its_table(name: str) -> None:
    assert all(code in table(name) for code in HOMES[name])


def test_every_constant_is_claimed_by_a_table() -> None:
    claimed = {code for homes in HOMES.values() for code in homes}
    prefixes = ("DEST_", "NATURE_", "INDUSTRY_", "POSITION_", "PAPER_", "REASON_")
    named = {value for key, value in vars(codes).items() if key.startswith(prefixes)}
    assert named == claimed


def test_a_table_is_read_once() -> None:
    assert table("sex") is table("sex")


def test_an_unknown_code_is_an_exception_of_its_own_that_says_which_table() -> None:
    with pytest.raises(UnknownCode, match="“77”不在单位性质代码表中") as caught:
        table("employer_nature").label("77")
    assert (caught.value.table, caught.value.text) == ("employer_nature", "77")


def test_an_unknown_table_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table("no_such_table")


def test_anything_but_a_text_is_in_no_table() -> None:
    assert 10 not in table("employer_nature")
    assert None not in table("employer_nature")
    assert [] not in table("employer_nature")


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("ethnicity", "1", "01"),  # Excel made a number of it
        ("ethnicity", "满", "11"),
        ("ethnicity", "满族", "11"),
        ("political_status", "３", "03"),
        ("level", " 硕士研究生 ", "11"),
        ("level", "1", "01"),
        ("employer_nature", "三资企业", "32"),
        ("employer_nature", "中初教育单位", "22"),
        ("destination", "境外留学", "85"),
        ("destination", "10-2", "10-2"),
        ("paper", "身份证", codes.PAPER_RESIDENT_ID),
        ("region", "广东省深圳市南山区", "440305"),
        ("region", "北京市海淀区", "110108"),
    ],
)
def test_what_an_import_writes_is_understood(name: str, typed: str, code: str) -> None:
    assert table(name).accepts(typed) == code


@pytest.mark.parametrize("typed", ["2", "定向", "２"])
def test_a_bare_commissioned_training_mode_asks_for_the_split(typed: str) -> None:
    with pytest.raises(UnknownCode, match="21 定向（不可网签）还是 22 定向（可签约）"):
        table("training_mode").accepts(typed)


@pytest.mark.parametrize("typed", ["4", "委培"])
def test_a_bare_entrusted_training_mode_asks_for_the_split(typed: str) -> None:
    with pytest.raises(UnknownCode, match="41 委培（不可网签）还是 42 委培（可签约）"):
        table("training_mode").accepts(typed)


@pytest.mark.parametrize("typed", ["", "7", "hardship", "99", "0" * 40])
def test_nonsense_is_accepted_by_no_table(typed: str) -> None:
    with pytest.raises(UnknownCode):
        table("sex").accepts(typed)


def test_only_the_two_closed_training_modes_may_not_sign() -> None:
    assert {entry.code for entry in table("training_mode") if not codes.may_sign(entry.code)} == {"21", "41"}
    assert codes.may_sign("22")
    assert not codes.may_sign("unheard of")


def test_levels_know_their_scope() -> None:
    higher = {"01", "03", "09", "11", "13", "19", "21"}
    for entry in table("level"):
        assert codes.level_of(entry.code) is (Level.POSTGRADUATE if entry.code in higher else Level.UNDERGRADUATE)
    with pytest.raises(UnknownCode):
        codes.level_of("99")


def test_own_destinations_are_sent_upstream_under_national_codes() -> None:
    assert codes.ems_code("10-1") == "10"
    assert codes.ems_code(codes.DEST_AGREEMENT) == "10"
    assert codes.ems_code("271") == "271"
    own = table("destination").having("own")
    assert own == {"10-1", "10-2", "10-3", "10-4", "10-5", codes.DEST_COMMISSIONED}
    assert all("ems" in table("destination").get(code).traits for code in own)


def test_every_destination_says_which_flows_offer_it() -> None:
    destinations = table("destination")
    online = destinations.having("offered_in", "online_signing")
    assert online == {codes.DEST_AGREEMENT} == destinations.having("offered_in", "supplementary")
    assert destinations.having("offered_in", "destination") == {e.code for e in destinations} - online


def test_destination_groups_are_those_of_the_statistics() -> None:
    groups: dict[str, set[str]] = {}
    for entry in table("destination"):
        groups.setdefault(entry.group, set()).add(entry.code)
    assert groups["flexible"] == {"12", codes.DEST_FREELANCE}
    assert groups["study"] == {"801", "802", "803", "85"}
    assert groups["unsettled"] == {codes.DEST_UNSETTLED, codes.DEST_STUDY_PLANNED, codes.DEST_UNSETTLED_OTHER}
    assert groups["startup"] == {"75"}


def test_industries_carry_the_letters_of_the_national_standard() -> None:
    letters = [codes.industry_letter(entry.code) for entry in table("employer_industry")]
    assert letters == [*"ABCDEFGHIJKLMNOPQRST", ""]
    assert codes.industry_letter(codes.INDUSTRY_MILITARY) == ""


def test_refuse_reasons_keep_the_order_in_which_chat_numbers_them() -> None:
    labels = [entry.label for entry in table("refuse_reason").items()]
    assert labels == ["已有其他去向", "薪酬待遇", "岗位不符", "工作地点", "升学或出国", "其他"]


def test_return_reasons_are_those_of_the_conventions() -> None:
    assert [entry.label for entry in table("return_reason")] == [
        "单位信息有误",
        "协议信息有误",
        "学生信息有误",
        "材料不清晰或不完整",
        "材料与填报不一致",
        "预警单位",
        "单位非存续",
        "其他",
    ]


def test_a_lapsed_region_keeps_its_name_but_is_offered_to_nobody() -> None:
    region = table("region")
    assert region.label("110103") == "北京市崇文区"
    offered = {entry.code for entry in region.items(2027)}
    assert "110103" not in offered
    assert {"110000", "110108", "440305", "810000", "820000", "710000"} <= offered
    assert "110103" in {entry.code for entry in region.items(2010)}


def test_a_region_is_called_by_its_whole_present_name() -> None:
    region = table("region")
    assert region.label("120110") == "天津市东丽区"  # 东郊区 until 1991
    assert region.label("429004") == "湖北省仙桃市"  # hangs directly under its province
    assert region.label("500101") == "重庆市万州区"
    assert region.label("810000") == "香港特别行政区"
    assert region.groups["82"] == "澳门特别行政区"


def test_every_region_has_six_digits_and_a_province() -> None:
    for entry in table("region"):
        assert len(entry.code) == 6
        assert entry.code.isdigit()
        assert entry.group == entry.code[:2]
        assert entry.label.startswith(table("region").groups[entry.group])


def test_a_cohort_is_offered_only_what_is_valid_for_it() -> None:
    old, always, new = Code("1", "旧", valid_until=2025), Code("2", "常"), Code("3", "新", valid_from=2026)
    small = CodeTable("small", "样表", "invented", (old, always, new))
    assert small.items(2025) == (old, always)
    assert small.items(2026) == (always, new)
    assert small.items() == (old, always, new)
    assert small.label("1") == "旧"


def test_a_name_that_passed_to_a_new_code_means_the_new_one() -> None:
    small = CodeTable("small", "样表", "invented", (Code("1", "甲", valid_until=2020), Code("2", "甲")))
    assert small.accepts("甲") == "2"
    again = CodeTable("small", "样表", "invented", (Code("2", "甲"), Code("1", "甲", valid_until=2020)))
    assert again.accepts("甲") == "2"


def test_a_contradictory_table_is_refused_when_built() -> None:
    with pytest.raises(BadTable, match="twice"):
        CodeTable("small", "样表", "invented", (Code("1", "甲"), Code("1", "乙")))
    with pytest.raises(BadTable, match="stands for 1 and 2"):
        CodeTable("small", "样表", "invented", (Code("1", "甲"), Code("2", "乙", aliases=("甲",))))
    with pytest.raises(BadTable, match="groups without a name"):
        CodeTable("small", "样表", "invented", (Code("1", "甲", group="lost"),))


def test_a_data_file_is_called_like_its_table(tmp_path: Path) -> None:
    from models.codes.table import load

    path = tmp_path / "one.json"
    path.write_text(json.dumps({"name": "two", "title": "", "source": "", "codes": []}), encoding="utf-8")
    with pytest.raises(BadTable, match="calls itself two"):
        load(path)


def test_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        table("destination").get("10").traits["own"] = True  # type: ignore[index]
    with pytest.raises(AttributeError):
        table("destination").get("10").label = "x"  # type: ignore[misc]
