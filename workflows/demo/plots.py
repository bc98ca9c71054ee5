"""Room: how a story is told: moves one after the other, then put at moments that lie in the past. Pure.

A plot is written forwards (`invite`, `accept`, `approve`), with the time that each move takes after the one before it.
Then it is laid out backwards from its end, so that every move is at an hour at which such a person acts and none lies
in the future. How long an invitation is valid follows from how long the plot needs it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from models.codes import REGION, table
from models.kit import cohort_close, day_end, shanghai_day
from models.parties import Party, ReviewMode
from models.states import Flow
from workflows.demo.employers import EMPLOYER_BY_NUMBER, EmployerPlan, Post, suited
from workflows.demo.invented import mobile
from workflows.demo.papers import Paper
from workflows.demo.people import Person
from workflows.demo.season import Season, acting

Papers = Mapping[str, tuple[Paper, ...]]

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
DURATIONS: Final = (7, 10, 15, 15, 20, 30)
"""Days of validity that employers like; 15 is the default."""

_REFUSALS: Final = (
    ("other_offer", ""),
    ("other_offer", "已接受另一家单位的录用"),
    ("pay", "薪酬与预期有差距"),
    ("post", "岗位与所学专业不符"),
    ("place", "希望回家乡工作"),
    ("study", "准备考研"),
    ("other", "家中有事，暂不考虑就业"),
)
_REJECTIONS: Final = (
    ("employer_data", "单位全称与公章不一致，请单位更正后重新邀请"),
    ("agreement_data", "工作地点只写到省，请写到市和区"),
    ("agreement_data", "岗位名称与职位类别对不上，请单位更正"),
    ("graduate_data", "专业信息有误，请先联系教务处更正学籍"),
    ("not_operating", "单位登记状态异常，请与单位核实"),
    ("other", "毕业生来电说明尚未决定，本次不予通过"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One act, ready to be performed. `key` names the record within its story, `parent` the signing that it is about;
    `employer` only where one acts. `papers`: a field of the form, and what is handed in there.
    """

    at: datetime
    story: int
    key: str
    action: str
    party: Party
    person: Person
    form: Mapping[str, Any]
    employer: int = 0
    flow: Flow = Flow.ONLINE_SIGNING
    parent: str = ""
    papers: Papers = field(default_factory=dict)


@dataclass(slots=True)
class _Move:
    after: timedelta
    key: str
    action: str
    party: Party
    at: datetime
    form: dict[str, Any] = field(default_factory=dict)
    employer: int = 0
    days: int = 0
    papers: Papers = field(default_factory=dict)


class Plot:
    """One graduate's story while it is written."""

    def __init__(self, number: int, person: Person, season: Season, mode: ReviewMode, rng: random.Random) -> None:
        self.number = number
        self.person = person
        self.season = season
        self.mode = mode
        self.rng = rng
        self.moves: list[_Move] = []
        self._matters: dict[str, tuple[Flow, str]] = {}
        self._needed: dict[str, timedelta | None] = {}
        self._met: set[int] = set()
        self._count = 0

    def counted(self) -> int:
        """1, 2, 3 … for whatever must be another each time in this story."""
        self._count += 1
        return self._count

    def draw(self) -> float:
        """A number between 0 and 1, for a plot that has a choice."""
        return self.rng.random()

    # --- writing

    def begin(self, flow: Flow, parent: str = "") -> str:
        """A new record's key. `parent`: the signing that is to be ended."""
        key = f"r{len(self._matters) + 1}"
        self._matters[key] = (flow, parent)
        return key

    def invite(self, *, gap: tuple[float, float] = (0.1, 3), employer: int = 0, left: float | None = None) -> str:
        """An employer that has not invited this graduate yet; the record's key. `left`: days that are to remain of
        it today, for an invitation that is still open.
        """
        key = self.begin(Flow.ONLINE_SIGNING)
        plan, post = self._chosen(employer)
        self._met.add(plan.number)
        self.add(gap, key, "invite", Party.EMPLOYER, self.offer(plan, post), plan.number)
        self._needed[key] = None if left is None else timedelta(days=left)
        return key

    def accept(self, key: str, *, gap: tuple[float, float] = (0.2, 5)) -> None:
        rng = self.rng
        form: dict[str, Any] = {"own_mobile": self.person.row["sjh"], "agreed": True}
        if self.person.row["dzyx"]:
            form["own_email"] = self.person.row["dzyx"]
        if rng.random() < 0.6:
            form["archive_wish"] = rng.choice(("employer", "agency", "origin"))
            form["household_wish"] = rng.choice(("origin", "employer", "talent_market"))
        self.add(gap, key, "accept", Party.GRADUATE, form)

    def refuse(self, key: str) -> None:
        reason, text = self.rng.choice(_REFUSALS)
        self.add((0.2, 5), key, "refuse", Party.GRADUATE, {"reason": reason, **({"reason_text": text} if text else {})})

    def withdraw(self, key: str) -> None:
        note = self.rng.choice(("", "岗位招聘计划调整", "信息填写有误，更正后重新邀请"))
        form = {"note": note} if note else {}
        self.add((0.3, 5), key, "withdraw", Party.EMPLOYER, form, self.employer_of(key))

    def expire(self, key: str, days: int = 0) -> None:
        """The graduate never answers. What comes next in the plot comes after the deadline."""
        self.add((0, 0), key, "expire", Party.CLOCK)
        self.moves[-1].days = days or self.rng.choice(DURATIONS)

    def pass_department(self, key: str, action: str = "approve") -> None:
        """The department's approval, where the school has that stage."""
        if self.mode is ReviewMode.DEPARTMENT_THEN_SCHOOL:
            self.add((0.2, 3), key, action, Party.DEPARTMENT)

    def approve(self, key: str) -> None:
        """Every stage up to the signature."""
        self.pass_department(key)
        self.add((0.3, 4), key, "approve", Party.SCHOOL)

    def reject(self, key: str, *, early: bool = False, why: tuple[str, str] | None = None) -> None:
        """`early`: by the department already; `why`: reason and text."""
        if not early:
            self.pass_department(key)
        reason, text = why or self.rng.choice(_REJECTIONS)
        form = {"reason": reason, "reason_text": text}
        self.add((0.3, 4), key, "reject", Party.DEPARTMENT if early else Party.SCHOOL, form)

    def edit(self, key: str) -> None:
        self.add((3, 15), key, "edit", Party.SCHOOL, {"position_category": self.rng.choice(("29", "30", "21"))})

    def note(self, key: str, text: str) -> None:
        """What a reviewer of the school writes beside the record, for colleagues only."""
        self.add((0.1, 1), key, "note", Party.SCHOOL, {"text": text})

    def dispute(self, key: str, text: str) -> None:
        """对此有异议, by the graduate, after an edit or an end that the school brought about."""
        self.add((0.1, 1), key, "dispute", Party.GRADUATE, {"text": text})

    def answer(self, key: str, text: str) -> None:
        """The school's answer to it."""
        self.add((0.3, 2), key, "answer_note", Party.SCHOOL, {"text": text})

    def lapse(self, key: str) -> None:
        """Nothing more comes of it: the cohort closes."""
        self.add((0, 0), key, "lapse", Party.CLOCK)

    def invalidate(self) -> None:
        self.add((1, 4), "", "invalidate", Party.SCHOOL, {"reason": "已办理退学手续，学籍注销"})

    def restore(self) -> None:
        self.add((2, 6), "", "restore", Party.SCHOOL)

    def add(
        self,
        gap: tuple[float, float],
        key: str,
        action: str,
        party: Party,
        form: dict[str, Any] | None = None,
        employer: int = 0,
        papers: Papers | None = None,
    ) -> None:
        """A move, so many days after the one before it (at least ten minutes)."""
        after = max(DAY * self.rng.uniform(*gap), 600 * SECOND)
        self.moves.append(_Move(after, key, action, party, self.season.now, form or {}, employer, papers=papers or {}))

    def employer_of(self, key: str) -> int:
        return next(move.employer for move in self.moves if move.key == key)

    def _chosen(self, employer: int) -> tuple[EmployerPlan, Post]:
        if employer:
            plan = EMPLOYER_BY_NUMBER[employer]
            fitting = [post for post in plan.posts if self.person.field in post.fields or "*" in post.fields]
            return plan, self.rng.choice(fitting or plan.posts)
        return self.rng.choice([pair for pair in suited(self.person.field) if pair[0].number not in self._met])

    # --- what an employer offers

    def offer(self, plan: EmployerPlan, post: Post) -> dict[str, Any]:
        """The form of an invitation, without its validity and day of reporting."""
        rng, row = self.rng, self.person.row
        place = table(REGION).label(plan.region)
        form: dict[str, Any] = {
            "school_code": row["yxdm"],
            "graduate_name": row["xm"],
            "id_kind": "resident_id",
            "id_number": row["sfzh"],
            "position_category": post.category,
            "position_title": post.title,
            "work_place": place,
            "dispatched": False,
            "probation_months": rng.choice((0, 3, 3, 6)),
            "monthly_pay": rng.randrange(post.pay[0], post.pay[1] + 1, 100),
            "hukou_settled": rng.random() < 0.3,
            "archive_accepted": rng.random() < 0.5,
            "contact_name": plan.contact,
            "contact_mobile": mobile(100 + plan.number),
        }
        if form["hukou_settled"]:
            form["hukou_address"] = f"{place}云汀路{plan.number}号集体户"
        if form["archive_accepted"]:
            form["archive_body"] = f"{plan.name}人力资源部"
            form["archive_address"] = f"{place}云汀路{plan.number}号"
            form["archive_postcode"] = "310000" if plan.province == "a" else "610000"
            form["archive_contact"] = f"人力资源部 {plan.contact}"
        if rng.random() < 0.2:
            form["service_months"] = rng.choice((24, 36, 60))
            form["penalty"] = rng.choice((0, 3000, 5000, 8000))
        if rng.random() < 0.15:
            form["extra_terms"] = rng.choice(("提供员工宿舍。", "入职后安排三个月岗前培训。", "每年一次免费体检。"))
        return form

    # --- laying out

    @property
    def span(self) -> timedelta:
        """How long the plot takes, nights and weekends apart."""
        return sum((DAY * (m.days + 2) if m.action == "expire" else m.after for m in self.moves), DAY)

    def ending(self, end: datetime) -> list[Step]:
        """The steps of the plot, in order, the last of them at or shortly before `end`."""
        cursor = end
        for place in range(len(self.moves) - 1, -1, -1):
            move = self.moves[place]
            if move.action == "expire":
                # The deadline is reckoned from the invitation, below; here it only takes its time.
                cursor -= DAY * (move.days + 2)
                continue
            if move.action == "lapse":
                move.at = cohort_close(self.season.cohort) + self.rng.randrange(2, 60) * SECOND
                continue
            move.at = acting(move.party, cursor, self.rng)
            cursor = move.at - move.after
        for move in self.moves:
            if move.action == "invite":
                self._settle(move)
            elif move.form.get("upload_kind") == "agreement":
                move.form["signed_on"] = (shanghai_day(move.at) - timedelta(days=1)).isoformat()
        moves = sorted(self.moves, key=lambda move: move.at)
        return [self._step(move) for move in moves]

    def _step(self, move: _Move) -> Step:
        flow, parent = self._matters.get(move.key, (Flow.ONLINE_SIGNING, ""))
        return Step(
            move.at,
            self.number,
            move.key,
            move.action,
            move.party,
            self.person,
            move.form,
            move.employer,
            flow,
            parent,
            move.papers,
        )

    def _settle(self, invitation: _Move) -> None:
        """How long the invitation is valid, and when it ran out."""
        day = shanghai_day(invitation.at)
        ending = next((m for m in self.moves if m.key == invitation.key and m.action == "expire"), None)
        left = self._needed[invitation.key]
        if left is not None:
            until = shanghai_day(self.season.now + left)
            days = min(max((until - day).days, 1), 30)
        elif ending is not None:
            days = ending.days
            ending.at = day_end(day + timedelta(days=days)) + self.rng.randrange(3, 22) * SECOND
        else:
            needed = (shanghai_day(self._open_until(invitation.key)) - day).days + 1
            most = (shanghai_day(cohort_close(self.season.cohort)) - day).days
            days = self.rng.choice([n for n in DURATIONS if needed <= n <= most] or [min(30, most)])
        invitation.form["valid_days"] = days
        invitation.form["report_on"] = self._reporting(day).isoformat()

    def _open_until(self, key: str) -> datetime:
        """When the invitation is answered; where nobody answers it, the end of the plot, which closes it."""
        answers = [m.at for m in self.moves if m.key == key and m.action in ("accept", "refuse", "withdraw")]
        return answers[0] if answers else self.moves[-1].at

    def _reporting(self, invited: date) -> date:
        """报到日期: in the summer of the graduation, but not before the agreement."""
        usual = date(self.season.cohort, 7, self.rng.randrange(1, 26))
        return max(usual, invited + timedelta(days=35))
