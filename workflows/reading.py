"""Room: how one value of a form is read: its shape on the wire, then its meaning by kind.

`shape_of` (JSON Schema) and `misshapen` are twins: the schema refuses exactly what `misshapen` refuses.
A value that is blank, or whose field is not asked, must still have the shape. Everything finer
(check characters, real dates, cohorts) is for `read` alone, because a schema cannot say it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from models.codes import PAPER_RESIDENT_ID, REGION, table
from models.codes.identity import (
    BadNumber,
    check_email,
    check_mobile,
    check_paper,
    check_phone,
    check_postcode,
    check_uscc,
    person_name,
)
from models.kit import fold, parse_id, shanghai_day
from workflows.fields import NUMBERS, PICKED, TEXTS, Field, Kind

_SHORT = 64  # raw characters of a number, a date, a code that somebody typed
_RAW_EMAIL = 320
_DIGITS: Mapping[Kind, int] = {Kind.REGION: 6, Kind.SCHOOL: 5}  # picked from lists too long to be sent along
_TRUE: tuple[bool | str, ...] = (True, "true")
_FALSE: tuple[bool | str, ...] = (False, "false")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}|[+-]?[0-9]{1,3}(,[0-9]{3}){1,4}")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")  # pasted along unnoticed; nothing is lost without them
_HARMFUL = re.compile("[\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]")  # turn what a reviewer reads, or are no characters
_PICTURE = re.compile("[\U0001f000-\U0001faff]")  # of no Chinese font; rare characters are another matter
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B) if chr(code - 0xFEE0).isalnum()} | {0x3000: 0x20}


class Wrong(ValueError):
    """What is wrong with one value: a stable code and a Chinese sentence that names the field and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


def blank(value: object) -> bool:
    """Nothing was filled in."""
    return value is None or value == [] or (isinstance(value, str) and not _UNSEEN.sub("", value).strip())


# ---- shape


def raw_limit(field: Field) -> int:
    """How many characters may arrive for a field: more than it may keep, since spaces go and marks combine."""
    if field.kind in TEXTS:
        return 2 * field.max_length + _SHORT
    return _RAW_EMAIL if field.kind is Kind.EMAIL else _SHORT


def options(field: Field, cohort: int | None = None) -> list[dict[str, str]] | None:
    """What a field lets one choose from; None where there is nothing to choose or too much (region, school)."""
    if field.kind is Kind.CODE:
        codes = table(field.table)
        return [
            {"value": entry.code, "label": entry.label, "group": codes.groups.get(entry.group, "")}
            for entry in codes.items(cohort)
        ]
    if field.kind is Kind.CHOICE:
        return [{"value": value, "label": label, "group": ""} for value, label in field.choices]
    return None


def _enumerated(field: Field) -> list[Any] | None:
    if field.kind is Kind.BOOLEAN:
        return list(_TRUE if field.must_hold else (*_TRUE, *_FALSE))
    offered = options(field)
    return None if offered is None else [option["value"] for option in offered]


def shape_of(field: Field) -> dict[str, Any]:
    """The field's JSON Schema (2020-12)."""
    if field.kind is Kind.FILES:
        return _files_shape(field)
    empty = [] if field.required and field.when is None else [""]
    nothing = [None] if field.may_be_missing else []
    types = ["string", *(["integer"] if field.kind in NUMBERS else []), *(["null"] if nothing else [])]
    schema: dict[str, Any] = {"type": types if len(types) > 1 else types[0]}
    allowed = _enumerated(field)
    if allowed is not None:
        return {"enum": [*allowed, *empty, *nothing]}
    if digits := _DIGITS.get(field.kind):
        return schema | {"pattern": f"^([0-9]{{{digits}}})?$" if empty else f"^[0-9]{{{digits}}}$"}
    schema |= {"maxLength": raw_limit(field)} | ({} if empty else {"minLength": 1})
    if field.kind in NUMBERS:
        schema |= {"minimum": field.min, "maximum": field.max}
    return schema


def _files_shape(field: Field) -> dict[str, Any]:
    low, high = field.file_bounds
    must = field.required and field.when is None
    return {
        "type": ["array", "null"] if field.may_be_missing else "array",
        "items": {"type": "string", "format": "uuid"},
        "minItems": low if must else 0,
        "maxItems": high,
        "uniqueItems": True,
    }


def misshapen(field: Field, value: Any) -> Wrong | None:
    """Why the schema of `shape_of` refuses a value that was sent; None if it does not."""
    if value is None:
        return None  # a question of required or not, answered elsewhere
    if field.kind is Kind.FILES:
        return _misshapen_files(field, value)
    if value == "":
        return None  # the same question
    allowed = _enumerated(field)
    if allowed is not None:
        known = any(type(value) is type(entry) and value == entry for entry in allowed)
        return None if known else _refused_choice(field)
    if digits := _DIGITS.get(field.kind):
        fits = isinstance(value, str) and re.fullmatch(rf"[0-9]{{{digits}}}", value)
        return None if fits else _refused_choice(field)
    if isinstance(value, str):
        return None if len(value) <= raw_limit(field) else _too_long(field, len(value))
    if field.kind in NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
            return _not_whole(field)
        return _out_of_bounds(field, int(value))
    return Wrong("wrong_type", f"“{field.label}”的内容无法识别，请重新填写。")


def _misshapen_files(field: Field, value: Any) -> Wrong | None:
    if not isinstance(value, list):
        return Wrong("wrong_type", f"“{field.label}”的内容无法识别，请重新上传。")
    _, high = field.file_bounds
    if len(value) > high:
        return Wrong("too_many", f"“{field.label}”最多上传 {high} 个文件，现在是 {len(value)} 个，请减少。")
    ids = [parse_id(one) if isinstance(one, str) else None for one in value]
    if None in ids:
        return Wrong("unknown_file", f"“{field.label}”中有文件没有上传成功，请删去后重新上传。")
    if len(set(ids)) < len(ids):
        return Wrong("doubled", f"“{field.label}”中有重复的文件，请删去多余的。")
    return None


def _refused_choice(field: Field) -> Wrong:
    if field.must_hold:
        return _missing_tick(field)
    return Wrong("unknown_code", f"“{field.label}”的选项不存在或已停用，请重新选择。")


def _too_long(field: Field, length: int) -> Wrong:
    if field.kind not in TEXTS:
        return Wrong("too_long", f"“{field.label}”太长，请核对后重新填写。")
    return Wrong("too_long", f"“{field.label}”最多 {field.max_length} 个字，现在是 {length} 个，请缩短。")


def _not_whole(field: Field) -> Wrong:
    return Wrong("not_whole", f"“{field.label}”应填整数，不带小数和文字。")


def _out_of_bounds(field: Field, number: int) -> Wrong | None:
    low, high = field.min, field.max
    sentence = f"“{field.label}”应在 {low} 到 {high} 之间，请修改。"
    if isinstance(low, int) and number < low:
        return Wrong("too_small", sentence)
    return Wrong("too_large", sentence) if isinstance(high, int) and number > high else None


def _missing_tick(field: Field) -> Wrong:
    return Wrong("must_agree", f"请先阅读并勾选“{field.label}”。")


def missing(field: Field) -> Wrong:
    """A required field that was left empty."""
    if field.must_hold:
        return _missing_tick(field)
    verb = "上传" if field.kind is Kind.FILES else "选择" if field.kind in PICKED else "填写"
    return Wrong("required", f"请{verb}“{field.label}”。")


# ---- meaning


def read(field: Field, value: Any, sent: Mapping[str, Any], facts: Mapping[str, Any]) -> Any:
    """The value as it is stored: text, int, bool, `YYYY-MM-DD` or a list of ids. Raises `Wrong`.

    The value is well-shaped and not blank; `sent` is the whole form, for the few that look aside.
    """
    if field.kind is Kind.BOOLEAN:
        return value in _TRUE
    if field.kind in NUMBERS:
        return _number(field, value)
    if field.kind is Kind.FILES:
        return _files(field, value)
    if isinstance(value, str) and _unstorable(value):
        raise Wrong("bad_characters", f"“{field.label}”含有无法保存的字符（如控制符或残缺的表情），请删去后重新填写。")
    if field.kind in TEXTS:
        if (field.printed or field.kind is not Kind.LONG_TEXT) and (found := _PICTURE.search(value)):
            raise Wrong("pictograph", f"“{field.label}”会印在文件上，不能含有表情符号“{found[0]}”，请删去。")
        return _text(field, value)
    if field.kind in (Kind.CODE, Kind.REGION):
        return _code(field, value, sent, facts.get("cohort"))
    if field.kind is Kind.DATE:
        return _date(field, value).isoformat()
    if field.kind is Kind.ID_NUMBER:
        return _id_number(field, value, sent, facts)
    if check := _CHECKS.get(field.kind):
        return _checked(partial(check, value, field.label))
    return value


def _files(field: Field, ids: list[str]) -> list[str]:
    """Ids of uploads as we write them. Whether they are there, and whose, is for the act to say."""
    low, _ = field.file_bounds
    if len(ids) < low:
        raise Wrong("too_few", f"“{field.label}”至少上传 {low} 个文件，现在是 {len(ids)} 个，请补充。")
    return [one.lower() for one in ids]


def _unstorable(text: str) -> bool:
    """NUL and other control characters, lone surrogates, non-characters, and marks that turn the reading direction."""
    return bool(_HARMFUL.search(text)) or any(
        ord(ch) & 0xFFFE == 0xFFFE or (unicodedata.category(ch) in ("Cc", "Cs") and ch not in "\t\n\r") for ch in text
    )


def _text(field: Field, raw: str) -> str:
    """Texts keep their Chinese punctuation (they are printed on agreements), so only letters, digits and
    spaces lose their full width; names are folded whole, since they are compared.
    """
    text = _UNSEEN.sub("", _LINE_ENDS.sub("\n", raw))
    if field.kind is Kind.PERSON_NAME:
        text = person_name(text)
    else:
        text = unicodedata.normalize("NFC", text.translate(_FULL_WIDTH))
        lines = [" ".join(line.split()) for line in text.split("\n")]
        text = ("\n" if field.kind is Kind.LONG_TEXT else " ").join(lines).strip()
        if field.kind is Kind.TEXT:
            text = " ".join(text.split())
    if not text:
        raise missing(field)
    if len(text) > field.max_length:
        raise _too_long(field, len(text))
    if len(text) < field.min_length:
        raise Wrong("too_short", f"“{field.label}”至少写 {field.min_length} 个字，请写得具体些。")
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise Wrong("bad_format", f"“{field.label}”格式不对：{field.help}")
    return text


def _number(field: Field, value: Any) -> int:
    if isinstance(value, str):
        folded = fold(value)
        if not _WHOLE.fullmatch(folded):
            raise _not_whole(field)
        value = int(folded.replace(",", ""))
    if fault := _out_of_bounds(field, int(value)):
        raise fault
    return int(value)


def _code(field: Field, code: str, sent: Mapping[str, Any], cohort: Any) -> str:
    codes = table(field.table or REGION)
    if code not in codes or not codes.get(code).serves(cohort if isinstance(cohort, int) else None):
        raise _refused_choice(field)
    if field.group_field and codes.get(code).group != sent.get(field.group_field):
        raise _refused_choice(field)
    return code


def _date(field: Field, text: str) -> date:
    match = _DATE.fullmatch(fold(text))
    try:
        found = date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year <= 2200:
        raise Wrong("bad_date", f"“{field.label}”应是真实存在的日期，请按“2027-03-05”的样子填写。")
    return found


def _id_number(field: Field, text: str, sent: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    paper = sent.get(field.paper_field) or PAPER_RESIDENT_ID
    if paper not in table("paper"):
        raise Wrong("unknown_code", f"请先选择正确的证件类型，再填写“{field.label}”。")
    today = as_day(facts.get("today")) or date.max
    return _checked(lambda: check_paper(paper, text, today, field.label))


def as_day(moment: object) -> date | None:
    """A date out of a fact that may be a moment in time."""
    if isinstance(moment, datetime):
        return shanghai_day(moment)
    return moment if isinstance(moment, date) else None


_CHECKS: Mapping[Kind, Callable[[str, str], str]] = {
    Kind.MOBILE: check_mobile,
    Kind.PHONE: check_phone,
    Kind.EMAIL: check_email,
    Kind.POSTCODE: check_postcode,
    Kind.USCC: check_uscc,
}


def _checked(check: Callable[[], str]) -> str:
    try:
        return check()
    except BadNumber as bad:
        raise Wrong(bad.code, bad.sentence) from None
