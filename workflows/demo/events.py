"""Room: what a school does besides deciding records: telephones, warning marks, a second roster file, one more try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final

from models.parties import Party
from workflows.actors import Actor
from workflows.commands.desks import set_desk
from workflows.commands.terminations import grant_termination
from workflows.commands.warnings import mark_employer
from workflows.demo.building import at, import_people
from workflows.demo.employers import EMPLOYER_BY_NUMBER, WARNED
from workflows.demo.institutions import PROVINCE_BY_KEY
from workflows.demo.invented import landline
from workflows.demo.papers import Paper, hand_over
from workflows.demo.people import Person
from workflows.demo.playing import Play
from workflows.demo.scripts import LATE, Script
from workflows.demo.season import acting


@dataclass(frozen=True, slots=True)
class Mark:
    """A warning mark. `evidence`: the title of the picture beside it, empty for none; `day`: of the season."""

    day: float
    form: Mapping[str, str]
    reasons: tuple[str, ...]
    evidence: str = ""


_WARNED: Final = EMPLOYER_BY_NUMBER[WARNED]
_CODED: Final = {"employer_name": _WARNED.name, "employer_uscc": _WARNED.uscc}

MARKS: Final[Mapping[str, tuple[Mark, ...]]] = MappingProxyType(
    {
        "a1": (
            Mark(
                20,
                {**_CODED, "note": "多名毕业生反映招聘宣传的薪酬与实际不符，请谨慎签约。"},
                ("false_advertising",),
                "毕业生反映情况记录",
            ),
        ),
        "a2": (
            Mark(
                24,
                {"employer_name": "云汀高薪速聘服务部", "note": "以介绍工作为名收取押金，未查到登记信息。"},
                ("fake", "violation"),
            ),
            Mark(31, {**_CODED, "note": "入职后变更岗位，已有两名毕业生离职。"}, ("other",)),
        ),
        "b1": (
            Mark(
                27,
                {"employer_name": "朔原速达外包服务部", "note": "招聘启事限定性别和婚育状况。"},
                ("discrimination",),
                "招聘启事截图",
            ),
        ),
    }
)
"""By the key of the school. Three schools cannot make a mark count everywhere: that takes five."""


def add_events(play: Play, script: Script) -> None:
    """Put the school's own doings between the acts of its season."""
    _telephones(play, script)
    for mark in MARKS.get(script.plan.key, ()):
        moment = acting(Party.SCHOOL, script.season.day(mark.day), script.rng)
        play.add_event(moment, partial(_mark, play.school.desks[0], mark, moment))
    _grant(play, script)
    moment = acting(Party.SCHOOL, script.season.now - timedelta(days=1, hours=5), script.rng)
    rows = second_file(script, moment)
    play.add_event(moment, partial(import_people, play.school.desks[0], script.season.cohort, rows, moment))


def _telephones(play: Play, script: Script) -> None:
    """Every department but the last has a telephone of its own; for that one the school's serves."""
    plan = script.plan
    area = PROVINCE_BY_KEY[plan.province].area
    moment = acting(Party.SCHOOL, script.season.day(2), script.rng)
    for place, department in enumerate(plan.departments[:-1]):
        form = {
            "department": department.name,
            "phone": landline(area, plan.desk_phone + 100 + place),
            "hours": ("工作日 9:00-11:30", "周一至周四 14:00-17:00")[place % 2],
        }
        later = moment + timedelta(minutes=place)
        play.add_event(later, partial(at, later, set_desk, play.school.desks[0], form))


async def _mark(desk: Actor, mark: Mark, moment: datetime) -> None:
    evidence = []
    if mark.evidence:
        lines = (f"单位：{mark.form['employer_name']}", "由学校就业部门整理")
        evidence.append(await hand_over(desk, Paper(mark.evidence, lines, "", f"mark:{mark.day}"), moment))
    await at(moment, mark_employer, desk, mark.form, list(mark.reasons), evidence)


def _grant(play: Play, script: Script) -> None:
    """Somebody whose applications are used up may ask once more."""
    for persona, person in script.personas:
        if persona.granted:
            moment = acting(Party.SCHOOL, script.season.now - timedelta(days=2), script.rng)
            who = play.school.ids[person.exam_no]
            reason = "两次申请均被单位拒绝，情况特殊，同意增加一次"
            play.add_event(moment, partial(at, moment, grant_termination, play.school.desks[0], who, reason))


def second_file(script: Script, moment: datetime) -> list[Person]:
    """The roster as it changed: people added late, some joined the Party, and two moved while under review.

    Whoever is removed at any time is not named, for a file would bring them back; nor are personas.
    """
    rng = script.rng
    waiting = [
        steps[-1].person
        for steps in script.stories
        if steps[-1].at < moment
        and steps[-1].action in ("accept", "approve")
        and steps[-1].party in (Party.GRADUATE, Party.DEPARTMENT)
    ]
    left_alone = {person.exam_no for _, person in script.personas}
    left_alone |= {step.person.exam_no for steps in script.stories for step in steps if step.action == "invalidate"}
    waiting = [person for person in waiting if person.exam_no not in left_alone]
    moved = rng.sample(waiting, min(2, len(waiting)))
    others = [p for p in script.people if p.exam_no not in left_alone and p not in moved]
    joined = rng.sample([p for p in others if p.row["zzmmdm"] == "03"], 5)
    return [
        *(script.roster.drawn() for _ in range(LATE)),
        *(replace(one, row={**one.row, "zzmmdm": "02"}) for one in joined),
        *(replace(one, row={**one.row, "szyx": _elsewhere(script, one)}) for one in moved),
    ]


def _elsewhere(script: Script, person: Person) -> str:
    return script.rng.choice([one.name for one in script.plan.departments if one.name != person.department])
