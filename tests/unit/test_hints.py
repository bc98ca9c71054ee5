"""Room: hints to the reviewer: each rule says its sentence where it should, and is silent everywhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from models.codes import BadTable
from models.codes.wages import Wage, _figures, minimum_wage
from workflows.forms import FORMS
from workflows.queries.hints import RULES, WHILE_TYPING, Known, Registered, Seen, hints, registered_otherwise

WAGE = Wage("110000", 2500, date(2025, 9, 1))
PLAIN = Seen(
    employer_name="示例科技有限公司",
    nature="39",
    industry="34",
    position_category="13",
    destination_code="12",
    pay=2500,
    report_on="2027-07-01",
    graduation="202707",
    known=Known("示例科技有限公司", "39", "34"),
    wage=WAGE,
)


def found(seen: Seen) -> list[str]:
    return [hint.code for hint in hints(seen)]


def test_an_ordinary_record_has_no_hint() -> None:
    assert found(PLAIN) == []
    assert found(Seen()) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"employer_name": "示例科技股份公司"}, ["name_differs"]),
        ({"employer_name": "示例科技 有限公司"}, []),  # spaces and brackets make no other name
        ({"employer_name": "示例科技股份公司", "known": None}, []),
        ({"nature": "31"}, ["nature_differs"]),
        ({"industry": "22"}, ["industry_differs"]),
        ({"industry": ""}, []),
        ({"position_category": "90"}, ["position_other"]),
        ({"contact_is_own": True}, ["phone_is_graduates"]),
        ({"contact_elsewhere": True}, ["contact_elsewhere"]),
        ({"report_on": "2027-06-30"}, ["report_before_graduation"]),
        ({"report_on": "2027-07-31"}, []),
        ({"report_on": "2026-12-31"}, ["report_before_graduation"]),
        ({"report_on": "2027-06-30", "graduation": ""}, []),
        ({"pay": 2499}, ["pay_below_minimum"]),
        ({"pay": None}, []),
        ({"pay": 100, "wage": None}, []),
        ({"pay": 2499, "destination_code": "10"}, []),  # an agreement may leave the pay open
        ({"same_images": [{"graduate_name": "赵一"}]}, ["same_image"]),
    ],
)
def test_each_rule_speaks_exactly_where_something_is_odd(changes: dict[str, object], codes: list[str]) -> None:
    assert found(replace(PLAIN, **changes)) == codes  # type: ignore[arg-type]


def test_every_hint_names_a_field_that_a_form_has_and_a_chinese_sentence() -> None:
    odd = Seen(
        employer_name="甲", nature="39", industry="34", position_category="90", destination_code="12", pay=1,
        report_on="2026-01-01", graduation="202707", known=Known("乙", "31", "22"), wage=WAGE, contact_is_own=True,
        contact_elsewhere=True, same_images=[{"graduate_name": f"王{n}"} for n in range(5)],
    )  # fmt: skip
    said = hints(odd)
    assert len(said) == len(RULES)
    fields = {field.name for form in FORMS.values() for field in form.fields} | {""}
    assert all(hint.field in fields and hint.sentence.endswith("。") for hint in said)
    assert "王0、王1、王2等" in said[-1].sentence


def test_graduates_are_not_told_who_else_uses_a_telephone_or_a_picture() -> None:
    told = {rule.__name__ for rule in RULES} - {rule.__name__ for rule in WHILE_TYPING}
    assert told == {"contact_elsewhere", "same_image"}


def test_a_graduate_is_warned_of_an_employer_that_is_nearly_the_registered_one() -> None:
    """workflows.md 2: it sees the application only if code and name both match."""
    for same_code, field in ((True, "employer_name"), (False, "employer_uscc")):
        (hint,) = hints(Seen(registered=Registered("示例制造有限公司", same_code)), WHILE_TYPING)
        assert (hint.code, hint.field) == ("registered_otherwise", field)
        assert "名称和信用代码都一致" in hint.sentence
    assert registered_otherwise not in RULES, "reviewers compare what is there with the paper"


def test_a_minimum_wage_is_the_places_own_else_its_citys_else_its_provinces() -> None:
    city, province = minimum_wage("440305"), minimum_wage("445100")
    assert city is not None
    assert city.region == "440300"
    assert province is not None
    assert province.region == "440000"
    assert province.monthly < city.monthly
    assert minimum_wage("810000") is None


@pytest.mark.parametrize(
    "figures",
    [
        [{"region": "110000", "monthly": 1}],
        [{"region": "11", "monthly": 1, "since": "2025-01-01"}],
        [{"region": "110000", "monthly": 0, "since": "2025-01-01"}],
        [{"region": "110000", "monthly": 1, "since": "2025-01-01"}] * 2,
        [{"region": "110000", "monthly": 1, "since": "gestern"}],
    ],
)
def test_a_file_of_wages_that_contradicts_itself_is_refused(tmp_path: Path, figures: list[object]) -> None:
    file = tmp_path / "wages.json"
    file.write_text(json.dumps({"figures": figures}))
    with pytest.raises(BadTable):
        _figures(file)
