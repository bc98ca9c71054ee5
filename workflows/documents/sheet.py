"""Room: an agreement as it will stand on paper: frozen data in, titles, labels and texts out. Pure.

The sheet holds the whole ID number and phone numbers, because it is a contract: it goes to the typesetter and nowhere
else, is never logged and never written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from models import codes
from models.kit import chat_time, shanghai_day
from models.parties import AgreementType
from models.states import Flow
from models.vault import is_sealed, unseal
from workflows.commands.employers import PROFILE_PLACE
from workflows.documents import terms
from workflows.documents.terms import Line
from workflows.effects import FORM_PLACE, SNAPSHOT_PLACE

EMPTY: Final = "—"
HALF: Final = 32  # half of a line, in Latin characters

Row = list[Line]
"""One line of a table: a single pair over the whole width, or two pairs side by side."""


def sheet(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the template prints: plain texts, lists and truth values. `data`: as `effects.agreement` froze it."""
    three_party = data["type"] == AgreementType.THREE_PARTY
    online = data["flow"] == Flow.ONLINE_SIGNING
    form = _opened(data["form"], FORM_PLACE)
    points = terms.agreed(form, data["position_category"])
    approved = datetime.fromisoformat(data["approved_at"])
    return {
        "number": data["number"],
        "title": "高校毕业生就业协议书",
        "kind": "三方协议" if three_party else "两方协议",
        "date": _numbers(approved),
        "lead": terms.lead(three_party),
        "parts": [
            _part("甲方（用人单位）", _employer(data["employer"], form)),
            _part("乙方（毕业生）", _graduate(data, form)),
            _part("丙方（学校）" if three_party else "鉴证方（学校）", _school(data)),
            _part("约定事项", [*_paired(points[:-2]), *([point] for point in points[-2:])]),
        ],
        "clauses": [list(clause) for clause in terms.clauses(three_party, online)],
        "extra": terms.supplements(form) or ["无。"],
        "signing": _marks(data, three_party) if online else _seals(three_party),
        "online": online,
    }


def texts(found: Any) -> Iterator[str]:
    """Every text of a sheet."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from texts(value)
    elif isinstance(found, list | tuple):
        for value in found:
            yield from texts(value)


def _numbers(moment: datetime) -> list[int]:
    found = shanghai_day(moment)
    return [found.year, found.month, found.day]


def _opened(values: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The values with the sealed ones in clear."""
    return {k: unseal(place, v) if isinstance(v, str) and is_sealed(v) else v for k, v in values.items()}


def _part(title: str, rows: list[Row]) -> dict[str, Any]:
    return {"title": title, "rows": [[list(line) for line in row] for fit in map(_fitting, rows) for row in fit]}


def _fitting(row: Row) -> list[Row]:
    """Two pairs of which one is too long for its half take a line each."""
    return [row] if len(row) == 1 or all(_width(text) <= HALF for _, text in row) else [[line] for line in row]


def _width(text: str) -> int:
    """Chinese characters are twice as wide as Latin ones."""
    return sum(1 if ord(c) < 0x2E80 else 2 for c in text)


def _paired(lines: list[Line]) -> list[Row]:
    return [lines[n : n + 2] for n in range(0, len(lines), 2)]


def _label(table: str, code: Any) -> str:
    return codes.table(table).label(str(code)) if code else EMPTY


def _employer(employer: Mapping[str, Any], form: Mapping[str, Any]) -> list[Row]:
    """What was filled in for this signing goes before what the employer registered with."""
    profile = _opened(employer.get("profile", {}), PROFILE_PLACE)

    def known(name: str) -> str:
        return str(form.get(name) or profile.get(name) or EMPTY)

    return [
        [("单位名称", employer["name"])],
        [("信用代码", employer["uscc"] or EMPTY), ("单位性质", _label("employer_nature", employer["nature"]))],
        [
            ("所属行业", _label("employer_industry", employer["industry"])),
            ("所在地", _label(codes.REGION, employer["region"])),
        ],
        [("通讯地址", known("employer_address"))],
        [("邮政编码", known("employer_postcode")), ("联系人", known("contact_name"))],
        [("联系手机", known("contact_mobile")), ("固定电话", known("contact_phone"))],
    ]


def _graduate(data: Mapping[str, Any], form: Mapping[str, Any]) -> list[Row]:
    person = data["graduate"]
    basic = person["basic"]
    length = str(basic.get("xz") or "")
    return [
        [("姓名", person["name"]), ("性别", _label("sex", basic.get("xbdm")))],
        [
            ("证件类型", _label("paper", person["id_kind"])),
            ("证件号码", unseal(SNAPSHOT_PLACE, person["id_number"])),
        ],
        [
            ("民族", _label("ethnicity", basic.get("mzdm"))),
            ("政治面貌", _label("political_status", basic.get("zzmmdm"))),
        ],
        [("毕业院校", data["school"]["name"]), ("所在院系", person["department"])],
        [("专业", person["major"] or EMPTY), ("学历", _label("level", person["level_code"]))],
        [
            ("学制", f"{length}年" if length.isdecimal() else length or EMPTY),
            ("毕业时间", _month(basic.get("bysj"))),
        ],
        [("学号", basic.get("xh") or EMPTY), ("培养方式", _label("training_mode", person["training_mode"]))],
        [("手机号", form.get("own_mobile") or EMPTY), ("电子邮箱", form.get("own_email") or EMPTY)],
        [("签约证明码", data["proof_code"] or EMPTY)],
    ]


def _month(text: Any) -> str:
    """`202707` as `2027年7月`."""
    found = str(text or "")
    return f"{found[:4]}年{int(found[4:])}月" if len(found) == 6 and found.isdecimal() else found or EMPTY


def _school(data: Mapping[str, Any]) -> list[Row]:
    handler = data["handler"]
    return [
        [("学校名称", data["school"]["name"]), ("学校代码", data["school"]["code"])],
        [("协议经办人", handler.get("name") or EMPTY), ("联系电话", handler.get("phone") or EMPTY)],
        [("通讯地址", handler.get("address") or EMPTY), ("邮政编码", handler.get("postcode") or EMPTY)],
    ]


# --- how it is signed ----------------------------------------------------------------------------


def _marks(data: Mapping[str, Any], three_party: bool) -> list[dict[str, Any]]:
    """Signed on the platform: who said yes, and when."""
    verb = "审核" if three_party else "鉴证"
    school = "丙方（学校）" if three_party else "鉴证方（学校）"
    return [
        _box("甲方（用人单位）", data["employer"]["name"], "发出签约邀请", data["invited_at"]),
        _box("乙方（毕业生）", data["graduate"]["name"], "同意签约", data["accepted_at"]),
        _box(school, data["school"]["name"], f"{verb}通过", data["approved_at"]),
    ]


def _box(title: str, name: str, deed: str, moment: str | None) -> dict[str, Any]:
    at = chat_time(datetime.fromisoformat(moment)) if moment else EMPTY
    return {"title": title, "lines": [name, deed, at]}


def _seals(three_party: bool) -> list[dict[str, Any]]:
    """Signed on paper: places for signatures and seals."""
    day = "年　　月　　日"
    school = "丙方（学校）审核意见" if three_party else "学校鉴证意见"
    return [
        {"title": "甲方（用人单位）", "lines": ["经办人签字：", "（单位盖章）", day]},
        {"title": "乙方（毕业生）", "lines": ["本人签字：", "", day]},
        {"title": "院系意见", "lines": ["经办人签字：", "（院系盖章）", day]},
        {"title": school, "lines": ["经办人签字：", "（学校盖章）", day]},
    ]
