"""Room: who can act, and what an account is allowed (roles.md; guide chapter 4, table 1)."""

from __future__ import annotations

from enum import StrEnum


class Party(StrEnum):
    GRADUATE = "graduate"
    EMPLOYER = "employer"
    DEPARTMENT = "department"
    SCHOOL = "school"
    PROVINCE = "province"
    CONNECTOR = "connector"
    CLOCK = "clock"
    OPERATOR = "operator"

    @property
    def label(self) -> str:
        return PARTY_LABELS[self]


PARTY_LABELS = {
    Party.GRADUATE: "毕业生",
    Party.EMPLOYER: "用人单位",
    Party.DEPARTMENT: "院系用户",
    Party.SCHOOL: "学校用户",
    Party.PROVINCE: "省级用户",
    Party.CONNECTOR: "就业管理系统",
    Party.CLOCK: "系统定时",
    Party.OPERATOR: "运维人员",
}

STAFF = frozenset({Party.DEPARTMENT, Party.SCHOOL, Party.PROVINCE})


class Module(StrEnum):
    EMPLOYMENT = "employment"
    ARCHIVE = "archive"
    HOUSEHOLD = "household"


class Grant(StrEnum):
    """读写, 只读, 无权限: one per module and account."""

    RW = "rw"
    RO = "ro"
    NONE = "none"


class Level(StrEnum):
    """学历层次 of a graduate, and with `all` the level scope of an account."""

    ALL = "all"
    UNDERGRADUATE = "undergraduate"
    POSTGRADUATE = "postgraduate"

    def covers(self, other: Level) -> bool:
        return self is Level.ALL or self is other


class ReviewMode(StrEnum):
    SCHOOL = "school"
    DEPARTMENT_THEN_SCHOOL = "department-then-school"


class AgreementType(StrEnum):
    TWO_PARTY = "two-party"
    THREE_PARTY = "three-party"
