"""Room: numbers that people copy from papers: how they are read, and what is certainly wrong with one.

Each `check_…` returns the number in its one stored form or raises `BadNumber`. No sentence repeats
the number itself. Spaces, full-width digits and lower-case letters are forgiven, check characters are not.
"""

from __future__ import annotations

import re
from datetime import date
from operator import mul
from typing import Final, NoReturn

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from models.codes import (
    PAPER_HK_MACAU_PERMIT,
    PAPER_PASSPORT,
    PAPER_RESIDENCE_PERMIT,
    PAPER_RESIDENT_ID,
    PAPER_TAIWAN_PERMIT,
    REGION,
    table,
)
from models.kit import fold

_EARLIEST_BIRTH: Final = date(1900, 1, 1)

# Residents of Hong Kong, Macau and Taiwan hold permits whose numbers begin so (GB 11643 form, no county).
_RESIDENCE_PERMIT_REGIONS: Final = frozenset({"810000", "820000", "830000"})

# GB 11643 (ISO 7064 MOD 11-2). python-stdnum's is the same and takes three times as long; a test compares them.
_ID_SHAPE: Final = re.compile("[0-9]{17}[0-9X]")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"

_USCC_ALPHABET: Final = "0-9A-HJ-NPQRTUWXY"
_USCC_SHAPE: Final = re.compile(rf"[{_USCC_ALPHABET}]{{2}}[0-9]{{6}}[{_USCC_ALPHABET}]{{10}}")

_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_POSTCODE: Final = re.compile(r"[0-9]{6}")
_PHONE: Final = re.compile(r"\+?[0-9]+(-[0-9]+)*")
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_OTHER_PAPERS: Final = {
    PAPER_HK_MACAU_PERMIT: (re.compile(r"[HM]([0-9]{8}|[0-9]{10})"), "应为字母 H 或 M 加 8 位或 10 位数字"),
    PAPER_TAIWAN_PERMIT: (re.compile(r"[0-9]{8}|[0-9]{10}"), "应为 8 位或 10 位数字"),
    PAPER_PASSPORT: (re.compile(r"[A-Z0-9]{5,17}"), "应为 5 至 17 位字母或数字"),
}
_HAN: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PLAIN_NAME: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0002a6df]{2,30}")
_SPACE_BETWEEN_HAN: Final = re.compile(rf"(?<=[{_HAN}]) +(?=[{_HAN}])")
_MIDDLE_DOTS: Final = str.maketrans(dict.fromkeys("•・‧∙⋅.", "·"))


class BadNumber(ValueError):
    """A number that cannot be right. `code` is stable, `sentence` is Chinese and names the number by its label."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(sentence)


def _refuse(code: str, sentence: str) -> NoReturn:
    raise BadNumber(code, sentence)


def _compact(text: str, dropped: str = " ") -> str:
    joined = "".join(fold(text).split())
    for ch in dropped:
        joined = joined.replace(ch, "")
    return joined


def person_name(text: str) -> str:
    """A person's name as it is stored and compared: folded, `张 三` without its space, one kind of middle dot."""
    if _PLAIN_NAME.fullmatch(text):
        return text  # nearly every name of a roster, and folding changes none of these characters
    name = " ".join(fold(text).split())
    name = _SPACE_BETWEEN_HAN.sub("", name)
    return name.translate(_MIDDLE_DOTS) if re.search(rf"[{_HAN}]", name) else name


def check_id_number(text: str, today: date, label: str = "身份证号") -> str:
    """An 18-character number of GB 11643, upper-case X: 居民身份证 or 港澳台居民居住证.

    A region counts as known if GB/T 2260 ever had it: a number may be given years after the birth, so
    python-stdnum's comparison of the region's years with the birth year refuses real people.
    """
    number = text if _ID_SHAPE.fullmatch(text) else _compact(text).upper()
    if len(number) != 18:
        old = "（15 位旧号码请换成 18 位）" if len(number) == 15 else ""
        _refuse("bad_length", f"{label}应为 18 位，现在是 {len(number)} 位{old}，请核对。")
    if not _ID_SHAPE.fullmatch(number):
        _refuse("bad_format", f"{label}前 17 位应为数字，末位为数字或 X，请核对。")
    if number[:6] not in _RESIDENCE_PERMIT_REGIONS and number[:6] not in table(REGION):
        _refuse("bad_region", f"{label}的前 6 位不是有效的地区代码，请核对。")
    _check_birth(number, today, label)
    if _CHECKS[sum(map(mul, _WEIGHTS, map(int, number[:17]))) % 11] != number[-1]:
        _refuse("bad_check", f"{label}的校验位不对，请逐位核对。")
    return number


def _check_birth(number: str, today: date, label: str) -> None:
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        _refuse("bad_birth_date", f"{label}中的出生日期（第 7 至 14 位）不存在，请核对。")
    if not _EARLIEST_BIRTH <= birth <= today:
        _refuse("bad_birth_date", f"{label}中的出生日期（第 7 至 14 位）不可能，请核对。")


def birth_date(number: str) -> date:
    """The birth date in a number that `check_id_number` has returned."""
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def check_paper(paper: str, text: str, today: date, label: str = "证件号码") -> str:
    """The number of a paper of table `paper`; a check character is demanded only where the paper has one."""
    if paper == PAPER_RESIDENT_ID:
        return check_id_number(text, today, label)
    if paper == PAPER_RESIDENCE_PERMIT:
        number = check_id_number(text, today, label)
        if number[:6] not in _RESIDENCE_PERMIT_REGIONS:
            _refuse("bad_region", f"{label}应以 810000、820000 或 830000 开头，请核对证件类型。")
        return number
    shape, sentence = _OTHER_PAPERS[paper]
    number = _compact(text, "-()").upper()
    if not shape.fullmatch(number):
        _refuse("bad_format", f"{label}{sentence}，请核对证件类型和号码。")
    return number


def check_uscc(text: str, label: str = "统一社会信用代码") -> str:
    """An 18-character code of GB 32100, upper-case.

    The first two characters may be letters (A military bodies, N rural collectives, Y others), which
    python-stdnum refuses; its check character is used.
    """
    number = _compact(text, "-").upper()
    if len(number) != 18:
        _refuse("bad_length", f"{label}应为 18 位，现在是 {len(number)} 位，请核对。")
    if wrong := sorted(set(number) & set("IOSVZ")):
        _refuse("bad_format", f"{label}中不会出现字母 {'、'.join(wrong)}，请核对是否为形近的数字。")
    if not _USCC_SHAPE.fullmatch(number):
        _refuse("bad_format", f"{label}由数字和大写字母组成，第 3 至 8 位为数字，请核对。")
    if uscc.calc_check_digit(number) != number[-1]:
        _refuse("bad_check", f"{label}的校验位不对，请对照营业执照逐位核对。")
    return number


def check_mobile(text: str, label: str = "手机号") -> str:
    """Eleven digits of a mainland mobile; spaces, hyphens and a leading +86 are forgiven."""
    number = text if _MOBILE.fullmatch(text) else _compact(text, "-").removeprefix("+86")
    if not _MOBILE.fullmatch(number):
        _refuse("bad_mobile", f"{label}应为 1 开头的 11 位手机号，请核对。")
    return number


def check_phone(text: str, label: str = "固定电话") -> str:
    """Any telephone as digits and hyphens, `010-62345678-801` or `+852-…`; 转 and brackets become hyphens."""
    number = re.sub(r"[-()转, ]+", "-", fold(text)).strip("-")
    if not _PHONE.fullmatch(number) or not 7 <= sum(ch.isdigit() for ch in number) <= 20:
        _refuse("bad_phone", f"{label}格式不对，请按“010-62345678”填写，分机号写在最后并用“-”隔开。")
    return number


def check_email(text: str, label: str = "邮箱") -> str:
    """An address as browsers accept it (HTML standard), with a dot in its domain; at most 254 characters."""
    address = _compact(text)
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        _refuse("bad_email", f"{label}格式不对，请按“name@example.com”填写。")
    return address


def check_postcode(text: str, label: str = "邮编") -> str:
    """Six digits, not all zero."""
    number = _compact(text)
    if not _POSTCODE.fullmatch(number) or number == "000000":
        _refuse("bad_postcode", f"{label}应为 6 位数字，请核对。")
    return number


def agreement_number(school_code: str, cohort: int, sequence: int) -> str:
    """School (5), cohort (4), sequence (7), check digit (1): 17 digits.

    The check digit is ISO 7064 MOD 11,10: it finds every single wrong digit and nearly every swap of
    neighbours. Raises ValueError where a part does not fit its place.
    """
    body = f"{school_code}{cohort:04d}{sequence:07d}"
    if not re.fullmatch(r"[0-9]{5}", school_code) or sequence < 1 or not re.fullmatch(r"[0-9]{16}", body):
        raise ValueError(f"no agreement number for school {school_code!r}, cohort {cohort}, sequence {sequence}")
    return body + mod_11_10.calc_check_digit(body)


def check_agreement_number(text: str, label: str = "协议编号") -> str:
    """A number that `agreement_number` could have made; hyphens and spaces are forgiven."""
    number = _compact(text, "-")
    if not re.fullmatch(r"[0-9]{17}", number):
        _refuse("bad_length", f"{label}应为 17 位数字，请核对。")
    if not mod_11_10.is_valid(number):
        _refuse("bad_check", f"{label}的校验位不对，请逐位核对。")
    return number
