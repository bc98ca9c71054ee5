"""Room: the demo's inventions without a database: numbers of nobody, stories that could have happened."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import combinations

import pytest

from models.codes import REGION, may_sign, table
from models.codes.identity import birth_date, check_id_number, check_mobile, check_phone, check_uscc
from models.kit import SHANGHAI, cohort_close, day_end, shanghai_day
from models.parties import Party
from models.states import Flow
from workflows.demo import SIGN_INS, personas
from workflows.demo.destinations import BOUND
from workflows.demo.employers import EMPLOYERS
from workflows.demo.events import second_file
from workflows.demo.institutions import PASSWORD, SCHOOLS
from workflows.demo.invented import (
    ABOLISHED,
    ORIGINS,
    PLACES,
    Numbers,
    credit_code,
    id_number,
    landline,
    mobile,
    person_name,
)
from workflows.demo.papers import made_over
from workflows.demo.people import Person
from workflows.demo.plots import Step
from workflows.demo.scripts import Script, write_scripts
from workflows.demo.season import Season, acting, earlier_season, season_of
from workflows.destination_questions import OFFERED
from workflows.passwords import faults_of
from workflows.queries.attachments import ALIKE

TODAY = date(2027, 3, 5)
FEW = 400  # graduates, few enough to be quick and enough for one story of each kind

# The edges of a season: a cohort's last minute and the next one's first, a leap day, nights, weekends.
MOMENTS = [
    "2026-11-23T19:12+08:00",
    "2027-01-31T23:59+08:00",
    "2027-02-01T00:00+08:00",
    "2027-06-20T03:00+08:00",
    "2027-08-31T23:59+08:00",
    "2027-09-01T00:00+08:00",
    "2028-02-29T12:00+08:00",
    "2028-10-01T08:39+08:00",
]


def season(text: str) -> Season:
    return season_of(datetime.fromisoformat(text).astimezone(UTC))


# --- numbers -------------------------------------------------------------------------------------


def test_id_numbers_are_right_in_form_and_carry_the_code_of_a_whole_province() -> None:
    numbers = Numbers(random.Random(7))
    made = [numbers.id_number(origin, sex, (TODAY, TODAY)) for origin in ORIGINS for sex in "12" for _ in range(20)]
    assert len(set(made)) == len(made)
    for number in made:
        assert check_id_number(number, TODAY) == number
        assert number[2:6] == "0000"
        assert number[:6] in table(REGION)
        assert number[14:17] != "999", "this order number has a meaning at the simulated EMS"


def test_the_sex_stands_in_the_id_number() -> None:
    numbers = Numbers(random.Random(7))
    assert int(numbers.id_number("33", "1", (TODAY, TODAY))[16]) % 2 == 1
    assert int(numbers.id_number("33", "2", (TODAY, TODAY))[16]) % 2 == 0


def test_numbers_of_residents_from_hong_kong_macau_and_taiwan_are_not_touched() -> None:
    """They do hold numbers that begin with 81, 82 or 83 and four zeros."""
    assert not {"81", "82", "83", "71"} & set(ORIGINS)


def test_an_id_number_has_the_birth_and_the_order_that_were_asked_for() -> None:
    number = id_number("51", date(2004, 12, 31), 7)
    assert number.startswith("51000020041231007")
    assert birth_date(number) == date(2004, 12, 31)


def test_mobiles_begin_with_154_and_none_is_given_out_twice() -> None:
    numbers = Numbers(random.Random(7))
    made = [numbers.mobile() for _ in range(3000)]
    assert len(set(made)) == len(made)
    assert all(check_mobile(number) == number and number.startswith("154") for number in made)
    assert mobile(1) == "15400000001"


def test_fixed_lines_have_a_local_number_that_nobody_can_have() -> None:
    assert check_phone(landline("0571", 1001)) == "0571-00001001"


@pytest.mark.parametrize("region", ABOLISHED)
def test_regions_of_credit_codes_were_abolished_before_such_codes_existed(region: str) -> None:
    assert table(REGION).get(region).valid_until == ABOLISHED[region]
    assert ABOLISHED[region] < 1988, "before there was any national register of enterprises"


def test_employers_have_right_credit_codes_of_abolished_regions() -> None:
    codes = [plan.uscc for plan in EMPLOYERS]
    assert len(set(codes)) == len(codes)
    for plan in EMPLOYERS:
        assert check_uscc(plan.uscc) == plan.uscc
        assert plan.uscc[2:8] in ABOLISHED
        assert (plan.uscc[13:16] in ("404", "410", "411", "412")) == bool(plan.verdict)


def test_the_organisation_code_inside_a_credit_code_is_right_too() -> None:
    """GB 11714: 1·3+2·7+3·9+4·10+5·5+6·8+7·4+8·2 = 201, and 11 - 201 mod 11 = 8."""
    assert credit_code("91", "330120", 12345678)[8:17] == "123456788"


def test_schools_and_employers_are_named_after_places_that_do_not_exist() -> None:
    assert not [entry.label for entry in table(REGION).codes if any(place in entry.label for place in PLACES)]
    for name in (*(plan.name for plan in SCHOOLS), *(plan.name for plan in EMPLOYERS)):
        assert name.startswith(PLACES), name


def test_school_codes_begin_with_99() -> None:
    assert all(plan.code.startswith("99") and len(plan.code) == 5 for plan in SCHOOLS)


def test_names_are_of_many_kinds() -> None:
    rng = random.Random(7)
    names = [person_name(rng, rng.choice("12")) for _ in range(3000)]
    assert {len(name) for name in names} <= {2, 3, 4}
    assert any(name[:2] in ("欧阳", "上官", "诸葛", "司徒", "慕容", "夏侯") for name in names)
    assert any(rare in name for name in names for rare in "㛃𠮷䶮")
    assert "·" in person_name(rng, "2", "05")


# --- the season ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "cohort"),
    [
        ("2026-08-31T23:59+08:00", 2026),
        ("2026-09-01T00:00+08:00", 2027),
        ("2027-01-31T23:59+08:00", 2027),
        ("2027-02-01T00:00+08:00", 2027),
        ("2027-08-31T23:59+08:00", 2027),
    ],
)
def test_the_cohort_is_one_that_may_act_on_the_day(moment: str, cohort: int) -> None:
    found = season(moment)
    assert found.cohort == cohort
    assert found.now + timedelta(days=90) < cohort_close(cohort)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_season_has_lasted_two_to_five_months(moment: str) -> None:
    assert 59 <= season(moment).days <= 161


@pytest.mark.parametrize("party", [Party.SCHOOL, Party.GRADUATE, Party.EMPLOYER])
def test_people_act_at_their_hours_and_never_later_than_asked(party: Party) -> None:
    rng = random.Random(7)
    for hour in range(24 * 14):
        latest = datetime(2027, 3, 1, tzinfo=UTC) + timedelta(hours=hour, minutes=17)
        found = acting(party, latest, rng)
        local = found.astimezone(SHANGHAI)
        assert latest - timedelta(days=3) < found <= latest
        if party is Party.GRADUATE:
            assert 8 <= local.hour <= 22
        else:
            assert local.weekday() < 5
            assert 8 <= local.hour <= 17


# --- stories -------------------------------------------------------------------------------------


@cache
def _scripts(moment: str, graduates: int) -> list[Script]:
    """Both cohorts of every school; written once for all that look at them."""
    written = write_scripts(season(moment), graduates)
    return [*written.season, *written.earlier]


def _people(moment: str, graduates: int) -> list[Person]:
    return [person for script in _scripts(moment, graduates) for person in script.people]


def _stories(moment: str, graduates: int) -> list[tuple[Season, list[Step]]]:
    return [(script.season, steps) for script in _scripts(moment, graduates) for steps in script.stories]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("graduates", [FEW, 2000])
def test_every_act_lies_between_the_opening_and_the_end_in_its_order(moment: str, graduates: int) -> None:
    for found, steps in _stories(moment, graduates):
        assert all(found.opened < step.at <= found.now for step in steps)
        moments = [step.at for step in steps]
        assert moments == sorted(set(moments))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_cohort_before_had_closed_long_before_the_season_was_prepared(moment: str) -> None:
    now = season(moment)
    before = earlier_season(now)
    assert before.cohort < now.cohort
    assert cohort_close(before.cohort) < before.now < now.opened - timedelta(days=49)


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_lapses_does_so_in_the_first_minute_after_the_close(moment: str) -> None:
    ends = [(found, step.at) for found, steps in _stories(moment, FEW) for step in steps if step.action == "lapse"]
    assert ends
    for found, at in ends:
        assert timedelta(0) < at - cohort_close(found.cohort) < timedelta(minutes=1)


def test_a_second_roster_file_brings_nobody_back() -> None:
    for script in write_scripts(season(MOMENTS[0]), FEW).season:
        gone = {s.person.exam_no for steps in script.stories for s in steps if s.action == "invalidate"}
        personas = {person.exam_no for _, person in script.personas}
        for _ in range(40):
            named = {person.exam_no for person in second_file(script, script.season.now)}
            assert named & (gone | personas) == set()


def test_a_school_with_too_few_graduates_is_refused() -> None:
    with pytest.raises(RuntimeError, match="too few graduates"):
        write_scripts(season(MOMENTS[0]), 100)


@pytest.mark.parametrize("moment", MOMENTS)
def test_invitations_are_answered_in_time_and_open_ones_are_still_open(moment: str) -> None:
    for found, steps in _stories(moment, 2000):
        records: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            if step.key and step.flow is Flow.ONLINE_SIGNING:
                records[step.key].append(step)
        for first, *rest in records.values():
            assert first.action == "invite"
            until = day_end(shanghai_day(first.at) + timedelta(days=first.form["valid_days"]))
            assert until <= cohort_close(found.cohort)
            assert date.fromisoformat(first.form["report_on"]) > shanghai_day(first.at)
            if not rest:
                assert until >= steps[-1].at, "open, or closed by the story's last step"
            elif rest[0].action == "expire":
                assert until < rest[0].at
            else:
                assert rest[0].at <= until


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_person_has_one_story_and_signs_only_where_the_training_mode_allows_it(moment: str) -> None:
    stories = [steps for _, steps in _stories(moment, 2000)]
    people = [steps[0].person.exam_no for steps in stories]
    assert len(set(people)) == len(people)
    bound = [steps for steps in stories if not may_sign(steps[0].person.row["pyfsdm"])]
    assert bound
    for steps in bound:
        assert {step.flow for step in steps} == {Flow.DESTINATION}
        assert {step.form["destination_code"] for step in steps if step.action == "submit"} == {BOUND}


def test_every_kind_of_destination_is_somebodys() -> None:
    submitted = {
        step.form["destination_code"]
        for _, steps in _stories(MOMENTS[0], 2000)
        for step in steps
        if step.flow is Flow.DESTINATION and step.action == "submit"
    }
    assert submitted == {code.code for code in OFFERED}


def test_no_two_papers_are_the_same_picture() -> None:
    papers = [
        paper
        for _, steps in _stories(MOMENTS[0], FEW)
        for step in steps
        for kept in step.papers.values()
        for paper in kept
    ]
    assert len(papers) > 100
    assert len({paper.mark for paper in papers}) == len(papers)
    pictures = [int(made_over(paper).dhash, 16) for paper in papers[:60]]
    assert min((one ^ two).bit_count() for one, two in combinations(pictures, 2)) > ALIKE


def test_no_number_is_given_to_two_people() -> None:
    people = _people(MOMENTS[0], 2000)
    for column in ("sfzh", "sjh", "ksh"):
        assert len({person.row[column] for person in people}) == len(people)


def test_the_roster_has_all_levels_and_training_modes_that_the_flows_distinguish() -> None:
    people = _people(MOMENTS[0], 2000)
    assert {person.row["xldm"] for person in people} == {"01", "11", "31", "41"}
    assert {person.row["pyfsdm"] for person in people} >= {"1", "21", "22", "41", "42"}


def test_the_same_day_gives_the_same_data() -> None:
    first, second = (_scripts.__wrapped__(MOMENTS[0], FEW) for _ in range(2))
    assert [script.stories for script in first] == [script.stories for script in second]


# --- who is told of --------------------------------------------------------------------------------


def test_the_demo_password_is_one_that_the_platform_accepts() -> None:
    assert {password for _, _, password in SIGN_INS} == {PASSWORD}
    assert all(not faults_of(password, username) for _, username, password in SIGN_INS)


def test_the_terminal_tells_an_account_of_every_kind() -> None:
    names = [username for _, username, _ in SIGN_INS]
    assert len(set(names)) == len(names)
    for kind in ("sheng-a", "sheng-b", "xiaoji-a1", "xiaoji-a2", "xiaoji-b1", "yuanxi-a1-wenxue", "danwei-01"):
        assert kind in names


def test_personas_have_accounts_of_the_platforms_length_and_a_label_in_chinese() -> None:
    people = personas()
    assert len(people) == 32
    assert len({one["openid"] for one in people}) == len(people)
    for one in people:
        assert len(one["openid"]) == 28
        assert one["mobile"].startswith("154")
        assert not any(ch.isascii() and ch.isalpha() for ch in one["label"])
        assert one["tip"], one["name"]
