"""Room: administrative divisions (GB/T 2260), six digits, from python-stdnum's list with the years of each name."""

from __future__ import annotations

import re
from types import MappingProxyType

from stdnum import numdb

from models.codes.table import Code, CodeTable

_SPAN = re.compile(r"\[(\d*)-(\d*)\]([^,]+)")

# The list writes these two in traditional characters, beside "香港特别行政区" in its own next line.
_PROVINCES = {"81": "香港特别行政区", "82": "澳门特别行政区"}

# The list gives this one no years: 随州 hung directly under its province from 1994 to 2000, and is 421300 since.
_YEARS = {"429001": (1994, 2000)}

# Groupings that exist for the numbering alone; nobody would say them in an address.
_UNSPOKEN = re.compile(r"市辖区|县|.*直辖(县级)?行政单位")


def region_table() -> CodeTable:
    """All divisions, lapsed ones with their last year, so that old records keep their names.

    Labels are whole: 广东省深圳市南山区. The group is the province's two digits. A code given to a
    second name keeps the latest as its label; both years and names are those of the list.
    """
    codes: list[Code] = []
    provinces: dict[str, str] = {}
    for _length, province, _high, properties, children in numdb.get("cn/loc").prefixes:
        provinces[province] = _PROVINCES.get(province, properties["province"])
        own = {rest: _last_span(child["county"]) for _l, rest, _h, child, _c in children}
        for rest, (name, first, last) in own.items():
            prefecture = own.get(rest[:2] + "00", ("", None, None))[0]
            label = _label(provinces[province], prefecture, name, rest)
            first, last = _YEARS.get(province + rest, (first, last))
            codes.append(Code(province + rest, label, province, (), first, last))
    return CodeTable(
        name="region",
        title="行政区划",
        source="GB/T 2260",
        codes=tuple(codes),
        groups=MappingProxyType(provinces),
    )


def _last_span(text: str) -> tuple[str, int | None, int | None]:
    """`[-1991]东郊区,[1992-]东丽区` → (东丽区, None, None): its last name, the code's first and last year."""
    spans = _SPAN.findall(text)
    if not spans:
        return text, None, None
    first, last = spans[0][0], spans[-1][1]
    return spans[-1][2], int(first) if first else None, int(last) if last else None


def _label(province: str, prefecture: str, name: str, rest: str) -> str:
    if rest == "0000":
        return province
    if rest.endswith("00") or _UNSPOKEN.fullmatch(prefecture):
        return province + name
    return province + prefecture + name
