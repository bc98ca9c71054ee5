"""Room: where graduates of the demo go without an agreement: one of every kind, filled in as its traits ask.

Which kind suits whom, and what is written down; `codes.md`, Destination types.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from models import codes
from models.codes.table import Code
from workflows.demo.firms import post_for, somewhere, written_down
from workflows.demo.invented import credit_code, mobile
from workflows.demo.people import Person
from workflows.destination_questions import OFFERED, PROOFS

_TEACHERS: Final = ("education", "letters", "maths", "languages")


def _level(*wanted: str) -> Callable[[Person], bool]:
    return lambda person: person.row["xldm"] in wanted


def _field(*wanted: str) -> Callable[[Person], bool]:
    return lambda person: person.field in wanted


# Kinds that not everybody can take; those of no entry suit all who are not bound by their training mode.
_SUITS: Final[Mapping[str, Callable[[Person], bool]]] = MappingProxyType(
    {
        "10-3": _field("medicine"),
        "271": _level("31", "11"),
        "272": _level("01"),
        "501": _field(*_TEACHERS),
        "511": _field(*_TEACHERS),
        "514": _field("medicine"),
        "515": _field(*_TEACHERS),
        "801": _level("31", "11"),
        "802": _level("31"),
        "803": _level("41"),
    }
)

SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {"11": 10, "12": 9, "801": 14, "802": 2, "803": 3, "85": 6, "70": 9, "71": 5, "72": 4, "46": 3, "75": 4, "76": 5}
)
"""Of a thousand graduates; a kind of no entry is rare."""

HOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "272": "b1", "10-3": "a1", "514": "a1", "803": "a2", "501": "a2", "511": "a2", "515": "a1", "10-2": "b1",
        "10-4": "a1", "10-5": "a2", "502": "b1", "503": "a1", "512": "a1", "513": "b1", "519": "a2", "271": "b1",
    }
)  # fmt: skip
"""The school at which a rare kind is certain to be found, by its key."""


def suits(code: str, person: Person) -> bool:
    """Whether this person could go there; those bound by their training mode go to one place only."""
    if not codes.destination_offered(code, person.row["pyfsdm"]):
        return False
    found = _SUITS.get(code)
    return found is None or found(person)


KINDS: Final = tuple(code.code for code in OFFERED if not code.traits.get("training_modes"))
BOUND: Final = next(code.code for code in OFFERED if code.traits.get("training_modes"))


def proof_of(code: str) -> str:
    """What the proof is called; empty where none is asked for."""
    return PROOFS.get(code, "").split("或")[0].split("；")[0].split("、")[0].removesuffix("（全部页面）")


def filled(code: str, person: Person, cohort: int, rng: random.Random) -> dict[str, Any]:
    """The form `destination.submit` for this kind, without its proofs."""
    kind = next(one for one in OFFERED if one.code == code)
    asks = frozenset(kind.traits.get("asks", ()))
    form: dict[str, Any] = {"destination_code": code, "own_mobile": person.row["sjh"]}
    if "employer_name" in asks:
        form |= _employer(kind, asks, person, rng)
    chosen = {name: value for name, value in _answers(kind, person, cohort, rng).items() if name in asks}
    return {**form, **chosen}


def _employer(kind: Code, asks: frozenset[str], person: Person, rng: random.Random) -> dict[str, Any]:
    plan = somewhere(person.field, rng, registered=0.2)
    wanted = set(asks)
    if "contact" in asks:
        wanted |= {"contact_name", "contact_mobile"}
    form = {name: value for name, value in written_down(plan).items() if name in wanted}
    if named := _NAMED.get(kind.code):
        # Its own telephone: one number under two names is what reviewers are hinted at.
        form |= {**named, "contact_mobile": mobile(300 + list(_NAMED).index(kind.code))}
    if "position_category" in asks and kind.code not in _POSTS:
        post = post_for(plan, person.field, rng)
        form |= {"position_category": post.category, "position_title": post.title}
        form["monthly_pay"] = rng.randrange(post.pay[0], post.pay[1] + 1, 100)
    form |= _POSTS.get(kind.code, {})
    kept = wanted | asks | {"no_code", "no_code_reason"}
    if form.get("no_code"):
        form.pop("employer_uscc", None)
    return {name: value for name, value in form.items() if name in kept}


_NO_CODE: Final = {"no_code": True}
_ABROAD: Final = {**_NO_CODE, "no_code_reason": "境外机构", "employer_nature": "99", "employer_industry": "46"}
_OFFICE: Final = {"employer_nature": "10", "employer_industry": "45"}
_SEATS: Final = {"云汀": "330120", "朔原": "512123"}


def _coded(kind: str, number: int, name: str, **more: Any) -> Mapping[str, Any]:
    """A body of the demo with a credit code of its own; `kind` and `number` as in `credit_code`."""
    code = credit_code(kind, _SEATS[name[:2]], 80000000 + number * 1000 + 1)
    return {"employer_name": name, "employer_uscc": code, **_OFFICE, **more}


_SCHOOLS: Final = _coded("11", 1, "云汀县教育局")

# Whose name stands where an employer of the list would not do.
_NAMED: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "10-1": {"employer_name": "云汀县自然资源局", **_OFFICE, **_NO_CODE, "no_code_reason": "接收函机关"},
        "10-2": {"employer_name": "朔原某部队"},
        "10-3": _coded("12", 2, "云汀第二人民医院", employer_nature="23", employer_industry="43"),
        "10-4": {"employer_name": "云汀国际合作组织秘书处", **_ABROAD},
        "10-5": {"employer_name": "云汀海外工程公司", **_ABROAD, "employer_industry": "24"},
        "272": _coded("12", 3, "朔原博士后流动站", employer_nature="20", employer_industry="38"),
        "501": _SCHOOLS,
        "502": _coded("12", 4, "朔原县乡镇卫生院"),
        "503": _coded("11", 5, "朔原县团委"),
        "511": _SCHOOLS,
        "512": _coded("11", 6, "云汀市委组织部"),
        "513": _coded("11", 7, "朔原县农业农村局"),
        "514": _coded("11", 8, "云汀县卫生健康局"),
        "515": _SCHOOLS,
        "519": _coded("11", 9, "云汀县民政局"),
        "75": {"employer_name": "云汀拾光文创网店", **_NO_CODE, "no_code_reason": "网店，未办理营业执照"},
    }
)
_POSTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "10-1": {"position_category": "10", "position_title": "一级科员"},
        "10-3": {"position_category": "19"},
        "272": {"position_category": "11", "position_title": "博士后研究人员", "monthly_pay": 15000},
        "271": {"position_category": "11", "position_title": "科研助理", "monthly_pay": 5800},
        **{code: {"position_category": "24"} for code in ("501", "511", "515")},
        **{code: {"position_category": "30"} for code in ("502", "503", "519")},
        "512": {"position_category": "10"},
        "513": {"position_category": "17"},
        "514": {"position_category": "19"},
    }
)
_DEGREES: Final[Mapping[str, str]] = MappingProxyType({"802": "second_bachelor", "803": "bachelor"})


def _answers(kind: Code, person: Person, cohort: int, rng: random.Random) -> dict[str, Any]:
    """An answer to everything but the employer and the post; whoever fills in takes what is asked."""
    begins = date(cohort, 7, rng.randrange(1, 26))
    higher = "doctor" if person.row["xldm"] == "11" else "master"
    foreign = kind.code == "85"
    return {
        "contract_from": begins.isoformat(),
        "contract_to": begins.replace(year=cohort + 3).isoformat(),
        "project": codes.table("destination").label(kind.code).split("：")[-1],
        "term_from": begins.isoformat(),
        "term_to": begins.replace(year=cohort + 2).isoformat(),
        "enlisted_from": person.row["syszddm"],
        "role": rng.choice(("owner", "shop")),
        "shop_url": "shop.example.com/yunting",
        "occupation": rng.choice(("撰稿", "插画师", "摄影", "自由翻译")),
        "work_content": "按约稿完成作品，每月结算",
        "income": rng.randrange(3500, 9000, 100),
        "country": rng.choice(("GB", "AU", "JP", "SG", "HK")),
        "college": "云汀国际大学" if foreign else rng.choice(("云汀大学", "朔原理工大学", "云汀财经大学")),
        "college_foreign": "Yunting International University",
        "major": person.row["zy"],
        "major_foreign": "",
        "degree_level": _DEGREES.get(kind.code, higher),
        "substate": rng.choice(
            [c.code for c in codes.table("destination_substate").codes if c.group == kind.code] or [""]
        ),
        "wish_region": rng.choice(("330106", "510107", "330203")),
        "wish_position": "13",
    }


def _substates(code: str) -> list[str]:
    return [one.code for one in codes.table("destination_substate").codes if one.group == code]
