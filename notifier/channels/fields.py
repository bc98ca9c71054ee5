"""Room: fields of WeChat's template messages: every value is cut to its type's limit here, never by the platform.

Limits: https://developers.weixin.qq.com/doc/service/ (template messages; since 2023 no line breaks, no emoji, no empty
values). A value over its limit is answered with 47003 and nothing is sent, so this file decides what is readable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

EMPTY: Final = "无"
_NAME = re.compile(r"([a-z]+(?:_[a-z]+)*)\d*")
_EMOJI = re.compile(
    "[\U0001f000-\U0001fbff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u200d\ufe00-\ufe0f\u20e3]"
)
_HAN = re.compile("[\u3400-\u9fff]")
_HAN_OR_RARE = re.compile("[\u3400-\u9fff\U00020000-\U000323af·]")


def plain(text: str) -> str:
    """One line of ordinary characters: NFC, no controls, no emoji, single spaces."""
    flat = "".join(" " if ch.isspace() else ch for ch in unicodedata.normalize("NFC", text))
    kept = "".join(ch for ch in flat if unicodedata.category(ch) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return re.sub(r" {2,}", " ", _EMOJI.sub("", kept)).strip()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what was longer ends with `…`."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _thing(text: str) -> str:
    return cut(text, 20) or EMPTY


def _ascii(allowed: str, limit: int, empty: str = "-") -> Callable[[str], str]:
    def render(text: str) -> str:
        return re.sub(f"[^{allowed}]", "", text)[:limit] or empty

    return render


def _digits(limit: int) -> Callable[[str], str]:
    def render(text: str) -> str:
        match = re.search(r"-?[0-9]+(?:\.[0-9]+)?", text)
        return match[0][:limit].rstrip(".") if match else "0"

    return render


def _phrase(text: str) -> str:
    return "".join(_HAN.findall(text))[:5] or "已更新"


def _name(text: str) -> str:
    if _HAN_OR_RARE.search(text):
        return "".join(_HAN_OR_RARE.findall(text))[:10]
    return re.sub(r"[^A-Za-z .]", "", text)[:20].strip() or EMPTY


def _time(text: str) -> str:
    """`2027年3月5日 14:30`; without an hour it would be refused."""
    return text if re.search(r"\d{1,2}:\d{2}", text) and 4 <= len(text) <= 40 else "00:00"


def _date(text: str) -> str:
    return text if re.search(r"\d{4}[年/-]\d{1,2}", text) and 8 <= len(text) <= 40 else "2000-01-01"


_TYPES: Final[Mapping[str, Callable[[str], str]]] = {
    "thing": _thing,
    "short_thing": _thing,
    "const": _thing,
    "character_string": _ascii(r"\x21-\x7e", 32),
    "letter": _ascii("A-Za-z", 32, "none"),
    "symbol": lambda text: re.sub(r"\w", "", text)[:5] or "-",
    "number": _digits(32),
    "amount": lambda text: _digits(10)(text) + "元",
    "phone_number": _ascii(r"0-9+*\- ", 17),
    "car_number": lambda text: cut(text, 8) or "-",
    "phrase": _phrase,
    "name": _name,
    "time": _time,
    "date": _date,
}


def rendered(name: str, text: str) -> str:
    """The value of a field (`thing1`) within the limits of its type. Raises KeyError for a type that does not exist."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise KeyError(name)
    return _TYPES[match[1]](plain(text))
