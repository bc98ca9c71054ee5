"""Room: what the chat and the phone pages are answered from: one person, the records, what is open there, in one read.

The facts are the same dataclasses that `decide` judges by, read without a lock, so that the chat offers what an act
would accept. Between the look and the act things may change; the act finds out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from models import codes
from models.db import fetch
from models.kit import cohort_close, mask_mobile
from models.kit import now as clock
from models.parties import AgreementType, Party, ReviewMode
from models.sql import chat as sql
from models.states import Phase
from models.tables import Graduate
from models.vault import unseal
from workflows.actors import Actor
from workflows.commands.sessions import actor_of_graduate
from workflows.decide import Choice, allowed, form_facts
from workflows.facts import Facts, GraduateFacts, RecordFacts
from workflows.flows import FLOWS
from workflows.loading import graduate_facts, record_facts
from workflows.queries.warnings import Marks
from workflows.spec import State, Workflow


@dataclass(frozen=True)
class Case:
    """One record of the person, with everything that its rules look at. `since`: when it came to its state."""

    actor: Actor
    facts: Facts
    record: RecordFacts
    since: datetime

    @cached_property
    def flow(self) -> Workflow:
        return FLOWS[self.record.flow]

    @cached_property
    def state(self) -> State:
        return self.flow.state(self.record.state)

    @property
    def alive(self) -> bool:
        return not self.state.final

    @property
    def open_offer(self) -> bool:
        """An offer that nobody has answered."""
        return self.state.phase is Phase.OPEN

    @property
    def employer(self) -> str:
        return str(self.record.row["employer_name"])

    @property
    def title(self) -> str:
        """What a line calls it: the employer or college, else the kind of destination, else the flow."""
        if self.employer:
            return self.employer
        kind, table = str(self.form.get("destination_code", "")), codes.table("destination")
        return table.label(kind) if kind in table else self.flow.label

    @property
    def form(self) -> Mapping[str, Any]:
        """What was filled in; numbers of persons still sealed."""
        found: Mapping[str, Any] = self.record.row["form"]
        return found

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """What the person may do here, and what is closed for now with its reason."""
        return allowed(self.flow, self.facts, self.actor)

    def choice(self, action: str) -> Choice | None:
        return next((c for c in self.choices if c.name == action), None)


@dataclass(frozen=True, slots=True)
class Desk:
    """Whom to ask: the desk of the department, else of the school, and who handles agreements of the person's level.

    `department`: whose telephone it is; empty: the school's.
    """

    school: str
    department: str
    phone: str
    hours: str
    handler: str
    handler_phone: str

    @property
    def line(self) -> str:
        """In one sentence without its full stop."""
        if self.phone:
            where = f"{self.school}{self.department or '就业部门'}"
            return f"{where}电话：{self.phone}" + (f"（{self.hours}）" if self.hours else "")
        if self.handler_phone:
            return f"{self.school}协议经办人{self.handler}，电话：{self.handler_phone}"
        return f"请联系{self.school}的就业部门"


@dataclass(frozen=True, slots=True)
class Person:
    """A graduate as the chat knows it. `cases`: the newest records of this roster entry, the most pressing first."""

    actor: Actor
    graduate: GraduateFacts
    binding_id: UUID | None
    desk: Desk
    facts: Facts
    sealed_mobile: str
    cases: tuple[Case, ...]

    @property
    def mobile(self) -> str:
        """The number on the roster, masked; empty without one."""
        return mask_mobile(unseal("graduates.phone_enc", self.sealed_mobile)) if self.sealed_mobile else ""

    @property
    def form_facts(self) -> dict[str, Any]:
        """What a form of this person may look at besides what is typed; the act looks again for itself."""
        known = unseal("graduates.phone_enc", self.sealed_mobile) if self.sealed_mobile else None
        return {**form_facts(self.facts), "defaults": {"own_mobile": known}}

    @property
    def closes_at(self) -> datetime:
        return cohort_close(self.graduate.cohort)

    @property
    def closed(self) -> bool:
        """The cohort's time is over: nothing can be begun any more."""
        return self.facts.now > self.closes_at

    @property
    def may_sign(self) -> bool:
        """False: the way of training leaves one destination only (定向, 委培)."""
        return codes.may_sign(self.graduate.training_mode)

    @property
    def offers(self) -> tuple[Case, ...]:
        """Unanswered invitations, the one that ends first in front."""
        return tuple(sorted((c for c in self.cases if c.open_offer), key=_deadline))

    @property
    def held(self) -> Case | None:
        """What holds the person's slot: a signing under way or in force."""
        return next((c for c in self.cases if c.record.slot), None)

    def case(self, record_id: UUID) -> Case | None:
        return next((c for c in self.cases if c.record.id == record_id), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when a message comes in. `said`: the answer that it got already ("": by another way)."""

    said: str | None
    person: Person | None


async def look(openid: str, once: str) -> Seen:
    """Who writes, and whether this very message was answered before: one statement."""
    return (await look_together([(openid, once)]))[0]


async def look_together(messages: Sequence[tuple[str, str]]) -> list[Seen]:
    """`look` for several messages by one statement; each is given by the openid of its sender and its `once`."""
    now = clock()
    openids, onces = zip(*messages, strict=True)
    found = await fetch(sql.LOOK, openids, onces)
    return [_seen(now, list(rows)) for _, rows in groupby(found, key=itemgetter("place"))]


def _seen(now: datetime, rows: Sequence[Any]) -> Seen:
    said = rows[0]["said"]
    return Seen(said, None) if said is not None else Seen(None, _person(now, rows))


@dataclass(frozen=True, slots=True)
class Bound:
    """One of a WeChat account's bindings."""

    id: UUID
    cohort: int
    school: str


async def bindings_of(openid: str) -> list[Bound]:
    """Those that live, the one that the chat speaks about in front."""
    return [Bound(row["id"], row["cohort"], row["school"]) for row in await fetch(sql.OWN_BINDINGS, openid)]


async def look_at(actor: Actor) -> Person | None:
    """The same for a signed-in graduate of the phone pages."""
    return _person(clock(), await fetch(sql.LOOK_GRADUATE, actor.id))


def warning_sentence(marks: Marks) -> str:
    """What the graduate reads of the marks on an employer; empty where none is to be shown."""
    if not marks.shown:
        return ""
    labels = codes.table("warning_reason")
    reasons = "、".join(labels.label(code) for code in marks.reasons)
    who = "多所学校" if marks.everywhere else "您的学校"
    by_name = "（仅按单位名称匹配，请自行核实）" if marks.by_name_only else ""
    return f"该单位被{who}列为预警单位，原因：{reasons}{by_name}。请谨慎决定，可先咨询学校。"


def _deadline(case: Case) -> datetime:
    return case.record.expires_at or case.facts.closes_at


def _pressing(case: Case) -> tuple[int, datetime]:
    """What waits for the graduate comes first, what ends first before the rest; then what is under way or in force."""
    if case.state.waits_on is Party.GRADUATE:
        return 0, _deadline(case)
    order = {Phase.FORCE: 2, Phase.END: 3}
    return order.get(case.state.phase, 1), case.facts.closes_at


def _person(now: datetime, rows: Sequence[Any]) -> Person | None:
    head = rows[0]
    if head["graduate_id"] is None:
        return None
    graduate = graduate_facts(head, {}, key="graduate_id")
    # The facts carry exactly the columns that an actor is made of.
    actor = actor_of_graduate(cast(Graduate, graduate))
    common = _facts(now, graduate, head)
    found = [(_record(row), row) for row in rows if row["record_id"] is not None]
    live = tuple(record for record, _ in found if record.slot or record.row["waits_on"] is not None)
    cases = []
    for record, row in found:
        if record.graduate_id == graduate.id:
            seen = Facts(**common, record=record, others=tuple(r for r in live if r is not record))
            since = row["waiting_since"] or row["stepped_at"] or row["created_at"]
            cases.append(Case(actor, seen, record, since))
    return Person(
        actor=actor,
        graduate=graduate,
        binding_id=head["binding_id"],
        desk=_desk(head),
        facts=Facts(**common, record=None, others=live),
        sealed_mobile=head["phone_enc"] or "",
        cases=tuple(sorted(cases, key=_pressing)),
    )


def _facts(now: datetime, graduate: GraduateFacts, head: Any) -> dict[str, Any]:
    """What all facts of the person have in common."""
    handler = (
        {name: head[f"handler_{name}"] for name in ("name", "phone", "address", "postcode")}
        if head["handler_name"] is not None
        else None
    )
    return {
        "now": now,
        "graduate": graduate,
        "open_at": head["open_at"],
        "review_mode": ReviewMode(head["review_mode"]) if head["review_mode"] else ReviewMode.SCHOOL,
        "agreement_type": AgreementType(head["agreement_type"]) if head["agreement_type"] else None,
        "module_open": head["module_open"],
        "handler": handler,
        "binding_id": head["binding_id"],
        "province_id": head["province_id"],
        "school_code": head["school_code"],
        "school_name": head["school_name"],
    }


def _desk(head: Any) -> Desk:
    return Desk(
        school=head["school_name"],
        department=head["department"] if head["desk_of_department"] else "",
        phone=head["desk_phone"] or "",
        hours=head["desk_hours"] or "",
        handler=head["handler_name"] or "",
        handler_phone=head["handler_phone"] or "",
    )


_CARRIED = (
    "waits_on",
    "submitted_at",
    "submitted_by",
    "agreement_no",
    "employer_uscc",
    "employer_name",
    "employer_name_key",
    "employer_region",
    "position_category",
)


def _record(row: Any) -> RecordFacts:
    rest = {name: row[name] for name in _CARRIED}
    rest["form"] = json.loads(row["form"])
    return record_facts(row, rest, prefix="record_")
