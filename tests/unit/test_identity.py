"""Room: numbers on papers: known good ones, one wrong character at a time, and people a naive check refuses."""

from __future__ import annotations

from datetime import date

import pytest
from stdnum.cn import ric, uscc

from models import codes
from models.codes import identity
from models.codes.identity import BadNumber

TODAY = date(2027, 3, 5)
GOOD_ID = "110000200501010015"
GOOD_USCC = "91110000600037341L"  # the example of python-stdnum
DIGITS = "0123456789"


def with_check(first17: str) -> str:
    return first17 + ric.calc_check_digit(first17 + "0")


def refusal(check: object, *args: object) -> BadNumber:
    with pytest.raises(BadNumber) as caught:
        check(*args)  # type: ignore[operator]
    return caught.value


# ---- ID numbers (GB 11643)


@pytest.mark.parametrize(
    "typed",
    [
        GOOD_ID,
        " 110000200501010015 ",
        "110000 20050101 0015",
        "１１００００２００５０１０１００１５",
        "\u3000110000200501010015\n",
    ],
)
def test_an_id_number_is_read_however_it_was_typed(typed: str) -> None:
    assert identity.check_id_number(typed, TODAY) == GOOD_ID


@pytest.mark.parametrize("typed", ["11010519491231002X", "11010519491231002x", "１１０１０５１９４９１２３１００２ｘ"])
def test_the_example_of_the_standard_is_right_with_either_x(typed: str) -> None:
    assert identity.check_id_number(typed, TODAY) == "11010519491231002X"


@pytest.mark.parametrize("place", range(18))
def test_any_single_wrong_digit_is_found(place: int) -> None:
    for digit in set(DIGITS) - {GOOD_ID[place]}:
        with pytest.raises(BadNumber):
            identity.check_id_number(GOOD_ID[:place] + digit + GOOD_ID[place + 1 :], TODAY)


@pytest.mark.parametrize("place", [n for n in range(17) if GOOD_ID[n] != GOOD_ID[n + 1]])
def test_any_swap_of_neighbours_is_found(place: int) -> None:
    swapped = GOOD_ID[:place] + GOOD_ID[place + 1] + GOOD_ID[place] + GOOD_ID[place + 2 :]
    with pytest.raises(BadNumber):
        identity.check_id_number(swapped, TODAY)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "bad_length"),
        ("1100002005010100", "bad_length"),
        ("110000050101001", "bad_length"),  # fifteen digits
        ("1100002005010100155", "bad_length"),
        ("11000020050101001A", "bad_format"),
        ("X10000200501010015", "bad_format"),
        ("11000020050101001٥", "bad_format"),  # a digit, but not one of ours
        ("11000020050101001\x00", "bad_format"),
        (with_check("99000020050101001"), "bad_region"),
        (with_check("83010020050101001"), "bad_region"),
        (with_check("11000020050230001"), "bad_birth_date"),
        (with_check("11000020051301001"), "bad_birth_date"),
        (with_check("11000000000101001"), "bad_birth_date"),
        (with_check("11000018991231001"), "bad_birth_date"),
        (with_check("11000020270306001"), "bad_birth_date"),  # tomorrow
        (with_check("11000020990101001"), "bad_birth_date"),
        ("110000200501010016", "bad_check"),
    ],
)
def test_a_wrong_id_number_is_refused_with_its_reason(typed: str, code: str) -> None:
    bad = refusal(identity.check_id_number, typed, TODAY)
    assert bad.code == code
    assert bad.sentence.startswith("身份证号")
    assert typed not in bad.sentence or not typed


def test_fifteen_digits_are_told_to_become_eighteen() -> None:
    assert "15 位旧号码请换成 18 位" in refusal(identity.check_id_number, "110000050101001", TODAY).sentence


def test_somebody_born_today_has_a_number() -> None:
    assert identity.check_id_number(with_check("11000020270305001"), TODAY)


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
@pytest.mark.parametrize("year", ["1990", "2005"])
def test_residence_permits_of_hong_kong_macau_and_taiwan_are_accepted(region: str, year: str) -> None:
    number = with_check(f"{region}{year}0101001")
    assert identity.check_id_number(number, TODAY) == number


def test_a_region_founded_after_the_birth_is_accepted() -> None:
    """房山区 is of 1986; who was born before and registered after holds such a number, which stdnum refuses."""
    number = with_check("11011119800101001")
    assert not ric.is_valid(number)
    assert identity.check_id_number(number, TODAY) == number


def test_a_region_abolished_long_ago_is_accepted() -> None:
    assert identity.check_id_number(with_check("11010320040101001"), TODAY)  # 崇文区, until 2010


def test_the_birth_date_can_be_read() -> None:
    assert identity.birth_date(GOOD_ID) == date(2005, 1, 1)


# ---- other papers


@pytest.mark.parametrize(
    ("paper", "typed", "stored"),
    [
        (codes.PAPER_RESIDENT_ID, GOOD_ID, GOOD_ID),
        (codes.PAPER_RESIDENCE_PERMIT, with_check("81000020050101001"), with_check("81000020050101001")),
        (codes.PAPER_HK_MACAU_PERMIT, "h 12345678", "H12345678"),
        (codes.PAPER_HK_MACAU_PERMIT, "M1234567890", "M1234567890"),
        (codes.PAPER_TAIWAN_PERMIT, "０1234567", "01234567"),
        (codes.PAPER_PASSPORT, "e-12345678", "E12345678"),
    ],
)
def test_each_paper_has_its_own_shape(paper: str, typed: str, stored: str) -> None:
    assert identity.check_paper(paper, typed, TODAY) == stored


@pytest.mark.parametrize(
    ("paper", "typed"),
    [
        (codes.PAPER_RESIDENT_ID, "H12345678"),
        (codes.PAPER_RESIDENCE_PERMIT, GOOD_ID),
        (codes.PAPER_HK_MACAU_PERMIT, "X12345678"),
        (codes.PAPER_TAIWAN_PERMIT, "1234567"),
        (codes.PAPER_PASSPORT, "护照"),
    ],
)
def test_a_number_of_another_paper_is_refused(paper: str, typed: str) -> None:
    assert refusal(identity.check_paper, paper, typed, TODAY).sentence.startswith("证件号码")


def test_every_paper_of_the_table_can_be_checked() -> None:
    for entry in codes.table("paper"):
        with pytest.raises(BadNumber):
            identity.check_paper(entry.code, "?", TODAY)


# ---- unified social credit codes (GB 32100)


@pytest.mark.parametrize(
    "typed",
    [
        GOOD_USCC,
        "91110000600037341l",
        "9111 0000 6000 3734 1L",
        "911100006-0003734-1L",
        "９１１１００００６０００３７３４１Ｌ",
    ],
)
def test_a_credit_code_is_read_however_it_was_typed(typed: str) -> None:
    assert identity.check_uscc(typed) == GOOD_USCC


@pytest.mark.parametrize("known", ["91350100M000100Y43", "91110103MA00000015"])
def test_known_credit_codes_are_right(known: str) -> None:
    assert identity.check_uscc(known) == known


@pytest.mark.parametrize("first17", ["N2330100MF0000000", "A1110000MF0000000", "Y1110000MF0000000"])
def test_bodies_registered_under_a_letter_are_accepted(first17: str) -> None:
    number = first17 + uscc.calc_check_digit(first17)
    assert not uscc.is_valid(number)  # why the shape is our own
    assert identity.check_uscc(number) == number


@pytest.mark.parametrize("place", range(18))
def test_any_single_wrong_character_of_a_credit_code_is_found(place: int) -> None:
    for other in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {GOOD_USCC[place]}:
        with pytest.raises(BadNumber):
            identity.check_uscc(GOOD_USCC[:place] + other + GOOD_USCC[place + 1 :])


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "bad_length"),
        (GOOD_USCC[:-1], "bad_length"),
        ("91110000600O37341L", "bad_format"),  # a letter O
        ("9111000A600037341L", "bad_format"),
        ("911100006000373中1L"[:18], "bad_format"),
        ("91110000600037341M", "bad_check"),
    ],
)
def test_a_wrong_credit_code_is_refused_with_its_reason(typed: str, code: str) -> None:
    bad = refusal(identity.check_uscc, typed)
    assert bad.code == code
    assert bad.sentence.startswith("统一社会信用代码")


def test_a_letter_that_looks_like_a_digit_is_named() -> None:
    assert "字母 I、O" in refusal(identity.check_uscc, "91110000600O3734IL").sentence


# ---- mobiles, telephones, addresses, postcodes


@pytest.mark.parametrize(
    "typed", ["15400000001", " 154 0000 0001", "154-0000-0001", "+8615400000001", "１５４０００００００１"]
)
def test_a_mobile_is_read_however_it_was_typed(typed: str) -> None:
    assert identity.check_mobile(typed) == "15400000001"


@pytest.mark.parametrize("prefix", range(3, 10))
def test_every_prefix_from_13_to_19_is_a_mobile(prefix: int) -> None:
    assert identity.check_mobile(f"1{prefix}000000000")


@pytest.mark.parametrize(
    "typed", ["", "12400000001", "1540000000", "154000000011", "25400000001", "01062345678", "1540000000a"]
)
def test_what_is_no_mobile_is_refused(typed: str) -> None:
    assert refusal(identity.check_mobile, typed).code == "bad_mobile"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("010-62345678", "010-62345678"),
        ("（010）62345678转801", "010-62345678-801"),
        ("62345678", "62345678"),
        ("400 000 0000", "400-000-0000"),
        ("+852-2345-6789", "+852-2345-6789"),
        ("15400000001", "15400000001"),
    ],
)
def test_a_telephone_becomes_digits_and_hyphens(typed: str, stored: str) -> None:
    assert identity.check_phone(typed) == stored
    assert identity.check_phone(stored) == stored


@pytest.mark.parametrize("typed", ["", "110", "abc", "010-6234567八", "1" * 21, "1-2-3"])
def test_what_is_no_telephone_is_refused(typed: str) -> None:
    assert refusal(identity.check_phone, typed).code == "bad_phone"


@pytest.mark.parametrize("typed", ["hr@example.com", " HR.dept+x@mail.example.com.cn ", "ｈｒ@example.com"])
def test_an_address_is_accepted(typed: str) -> None:
    assert "@" in identity.check_email(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "hr",
        "hr@",
        "@example.com",
        "hr@example",
        "h r@@example.com",
        "人@example.com",
        "a@b..com",
        "x" * 250 + "@example.com",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refusal(identity.check_email, typed).code == "bad_email"


def test_postcodes_have_six_digits() -> None:
    assert identity.check_postcode(" １０００８４ ") == "100084"
    assert identity.check_postcode("010000") == "010000"
    for typed in ("", "10008", "1000844", "10008a", "000000"):
        assert refusal(identity.check_postcode, typed).code == "bad_postcode"


# ---- names of persons


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("张三", "张三"),
        (" 张　三 ", "张三"),
        ("王 小 明", "王小明"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽．买买提", "阿依古丽·买买提"),
        ("Ａｎｎａ　 Smith Jr.", "Anna Smith Jr."),
        ("㛃𠮷䶮", "㛃𠮷䶮"),
        ("㛃 𠮷", "㛃𠮷"),
    ],
)
def test_a_name_has_one_stored_form(typed: str, stored: str) -> None:
    assert identity.person_name(typed) == stored
    assert identity.person_name(stored) == stored


# ---- agreement numbers (ISO 7064 MOD 11,10)


def test_an_agreement_number_is_school_cohort_sequence_and_check_digit() -> None:
    number = identity.agreement_number("99001", 2027, 1)
    assert number == "99001202700000012"
    assert identity.check_agreement_number(number) == number
    assert identity.check_agreement_number(" 99001-2027-0000001-2 ") == number


@pytest.mark.parametrize("place", range(17))
def test_any_single_wrong_digit_of_an_agreement_number_is_found(place: int) -> None:
    number = identity.agreement_number("99001", 2027, 314)
    for digit in set(DIGITS) - {number[place]}:
        bad = refusal(identity.check_agreement_number, number[:place] + digit + number[place + 1 :])
        assert bad.code == "bad_check"


@pytest.mark.parametrize("typed", ["", "9900120270000001", "990012027000000123", "9900120270000001x"])
def test_what_has_not_seventeen_digits_is_no_agreement_number(typed: str) -> None:
    assert refusal(identity.check_agreement_number, typed).code == "bad_length"


@pytest.mark.parametrize(
    ("school", "cohort", "sequence"),
    [
        ("9900", 2027, 1),
        ("990011", 2027, 1),
        ("9900x", 2027, 1),
        ("99001", 20270, 1),
        ("99001", 2027, 0),
        ("99001", 2027, 10**7),
    ],
)
def test_parts_that_do_not_fit_make_no_agreement_number(school: str, cohort: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="no agreement number"):
        identity.agreement_number(school, cohort, sequence)
