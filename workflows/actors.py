"""Room: who may see and who may act. All permission code of the house (roles.md).

An `Actor` is made by `workflows/commands/sessions.py` (signed in), `bot/identity.py` (openid) or the clock. Nothing
else in the house compares a school, a department, a level or a grant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from models.parties import STAFF, Grant, Level, Module, Party
from workflows.errors import Forbidden, ModuleClosed, NotFound, ReadOnly, Refusal

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or machine behind an act.

    `id` is the account, employer user, graduate entry or NOBODY; `name` is what histories show.
    """

    party: Party
    id: UUID
    name: str
    school_id: UUID | None = None
    province_id: UUID | None = None
    employer_id: UUID | None = None
    department: str = ""
    level: Level = Level.ALL
    grants: Mapping[Module, Grant] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How the journal names the actor: `school:<account id>`."""
        return f"{self.party}:{self.id}"

    @property
    def graduate_id(self) -> UUID | None:
        return self.id if self.party is Party.GRADUATE else None

    def grant(self, module: Module) -> Grant:
        return self.grants.get(module, Grant.NONE) if self.party in STAFF else Grant.RW


CLOCK = Actor(Party.CLOCK, NOBODY, "系统定时")
OPERATOR = Actor(Party.OPERATOR, NOBODY, "运维人员")
APPLICANT = Actor(Party.EMPLOYER, NOBODY, "注册单位")  # an employer that is not registered yet


def applicant(secret: str) -> Actor:
    """`APPLICANT`, told apart from others by what only its browser holds, so that its uploads are its own."""
    digest = hashlib.sha256(f"applicant:{secret}".encode()).digest()
    return replace(APPLICANT, id=UUID(bytes=digest[:16]))


class Visible(Protocol):
    """What a row must carry so that its visibility can be judged."""

    @property
    def school_id(self) -> UUID: ...
    @property
    def province_id(self) -> UUID | None: ...
    @property
    def graduate_id(self) -> UUID: ...
    @property
    def employer_id(self) -> UUID | None: ...
    @property
    def department(self) -> str: ...
    @property
    def level(self) -> Level: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that one actor may see: column = value for each pair; None as a whole means no row at all."""

    equal: tuple[tuple[str, Any], ...] | None

    def holds(self, row: Visible) -> bool:
        return self.equal is not None and all(getattr(row, column) == value for column, value in self.equal)

    def where(self, first: int, alias: str = "r") -> tuple[str, list[Any]]:
        """SQL over records or graduates under `alias`, its parameters numbered from `first`."""
        if self.equal is None:
            return "FALSE", []
        parts: list[str] = []
        values: list[Any] = []
        for column, value in self.equal:
            mark = f"${first + len(values)}"
            if column == "province_id":
                schools = f"SELECT s.id FROM schools s WHERE s.province_id = {mark}"  # noqa: S608  a parameter's number
                parts.append(f"{alias}.school_id IN ({schools})")
            else:
                parts.append(f"{alias}.{column} = {mark}")
            values.append(str(value) if isinstance(value, Level) else value)
        return " AND ".join(parts) or "TRUE", values


def visible_to(actor: Actor, module: Module = Module.EMPLOYMENT) -> Scope:
    """The records and roster rows of the actor; one rule for lists, resources, exports and acts."""
    match actor.party:
        case Party.GRADUATE:
            return Scope((("graduate_id", actor.id),))
        case Party.EMPLOYER:
            return Scope((("employer_id", actor.employer_id),)) if actor.employer_id else Scope(None)
        case Party.CLOCK | Party.OPERATOR:
            return Scope(())
        case Party.DEPARTMENT | Party.SCHOOL | Party.PROVINCE if actor.grant(module) is not Grant.NONE:
            return Scope(_staff_scope(actor))
        case _:
            return Scope(None)


def _staff_scope(actor: Actor) -> tuple[tuple[str, Any], ...] | None:
    level = () if actor.level is Level.ALL else (("level", actor.level),)
    if actor.party is Party.PROVINCE:
        return (("province_id", actor.province_id), *level) if actor.province_id else None
    if actor.school_id is None:
        return None
    school = (("school_id", actor.school_id), *level)
    return (*school, ("department", actor.department)) if actor.party is Party.DEPARTMENT else school


def may_write(actor: Actor, module: Module = Module.EMPLOYMENT) -> Refusal | None:
    """None when the actor's grant allows changes in the module; provinces never decide records (roles.md)."""
    match actor.grant(module):
        case Grant.RW:
            return None
        case Grant.RO:
            return Refusal(ReadOnly)
        case _:
            return Refusal(ModuleClosed)


def require_read(actor: Actor, module: Module = Module.EMPLOYMENT) -> None:
    """The actor may enter the module at all. Raises ModuleClosed."""
    if actor.grant(module) is Grant.NONE:
        raise ModuleClosed


def require(actor: Actor, *parties: Party) -> None:
    """For commands: the actor is one of these parties, or the operator at the command line.

    Raises Forbidden.
    """
    if actor.party not in parties and actor.party is not Party.OPERATOR:
        raise Forbidden


def require_write(actor: Actor, *parties: Party, module: Module = Module.EMPLOYMENT) -> None:
    """`require`, and the grant allows changes. Raises Forbidden, ReadOnly or ModuleClosed."""
    require(actor, *parties)
    refusal = may_write(actor, module)
    if refusal is not None and actor.party is not Party.OPERATOR:
        raise refusal.error()


def require_any_write(actor: Actor, *parties: Party) -> None:
    """`require`, and for staff that some module may be changed: for what belongs to no module yet (an upload).

    Raises Forbidden or ReadOnly.
    """
    require(actor, *parties)
    if actor.party in STAFF and not any(actor.grant(module) is Grant.RW for module in Module):
        raise ReadOnly("您的账号没有可以修改内容的权限，不能进行此操作。")


def own_school(actor: Actor) -> UUID:
    """The school that a command of school or department staff works on. Raises Forbidden."""
    if actor.school_id is None:
        raise Forbidden
    return actor.school_id


def own_province(actor: Actor, named: UUID | None = None) -> UUID:
    """The province that a command works on; only the operator names another than the actor's own. Raises Forbidden."""
    found = named if actor.party is Party.OPERATOR else actor.province_id
    if found is None:
        raise Forbidden
    return found


def require_place(actor: Actor, province_id: UUID | None, school_id: UUID | None = None) -> None:
    """The thing stands in the actor's own province or school. Raises NotFound: nobody learns what others have."""
    match actor.party:
        case Party.OPERATOR:
            return
        case Party.PROVINCE if actor.province_id is not None and actor.province_id == province_id:
            return
        case Party.SCHOOL | Party.DEPARTMENT if actor.school_id is not None and actor.school_id == school_id:
            return
    raise NotFound


def within_level(actor: Actor, level: Level) -> bool:
    """The actor's level scope covers this level (or, with `all`, both)."""
    return actor.party is Party.OPERATOR or actor.level.covers(level)


def require_level(actor: Actor, level: Level) -> None:
    """Raises Forbidden where the level lies outside the actor's scope."""
    if not within_level(actor, level):
        raise Forbidden("该学历层次不在您的账号范围内，不能进行此操作。")


def may_grant(actor: Actor, grants: Mapping[Module, Grant]) -> bool:
    """A school hands on no more than it holds; a province may grant all (roles.md, Modules and permissions)."""
    if actor.party in (Party.PROVINCE, Party.OPERATOR):
        return True
    return all(_RANK[grant] <= _RANK[actor.grant(module)] for module, grant in grants.items())


_RANK = {Grant.NONE: 0, Grant.RO: 1, Grant.RW: 2}
