"""Room: schools, their modules, their signing settings and agreement handlers (guide chapters 2 and 5)."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class School(Model):
    id = fields.UUIDField(primary_key=True)
    province = fields.ForeignKeyField("models.Province", related_name="schools", on_delete=fields.RESTRICT)
    code = fields.CharField(max_length=5, unique=True)
    name = fields.CharField(max_length=80)
    poster_url = fields.CharField(
        max_length=200, default="", db_default="", description="what the QR code of its posters says, once it was made"
    )

    class Meta:
        table = "schools"
        indexes = (("province_id",),)


class SchoolModule(Model):
    """功能模块 that the province has opened for a school and cohort."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    module = fields.CharField(max_length=16)
    open = fields.BooleanField(default=True)

    class Meta:
        table = "school_modules"
        unique_together = (("school_id", "cohort", "module"),)


class SigningSettings(Model):
    """签约设置 of one school and cohort. `open_at` empty: not opened (yet)."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    open_at = fields.DatetimeField(null=True)
    review_mode = fields.CharField(max_length=24)
    archive_mode = fields.CharField(max_length=24, default="school", db_default="school")
    household_mode = fields.CharField(max_length=24, default="school", db_default="school")
    leaving_open = fields.BooleanField(default=False, db_default=False, description="离校确认 opened")
    termination_limit = fields.SmallIntField()
    invitation_days = fields.SmallIntField(default=15)
    sms_fallback = fields.BooleanField(default=True)
    desk_phone = fields.CharField(max_length=40, default="")
    desk_hours = fields.CharField(max_length=80, default="")
    version = fields.IntField(default=1)

    class Meta:
        table = "settings"
        unique_together = (("school_id", "cohort"),)


class Desk(Model):
    """Whom the graduates of one department ask; what stays empty is the school's (`settings`)."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    department = fields.CharField(max_length=120)
    phone = fields.CharField(max_length=40, default="")
    hours = fields.CharField(max_length=80, default="")

    class Meta:
        table = "desks"
        unique_together = (("school_id", "department"),)


class Handler(Model):
    """协议经办人, printed on agreements; write-once per level (guide chapter 5 (4))."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    level = fields.CharField(max_length=16, description="undergraduate or postgraduate; `all` is stored as both")
    name = fields.CharField(max_length=40)
    phone = fields.CharField(max_length=40)
    address = fields.CharField(max_length=200)
    postcode = fields.CharField(max_length=6)
    set_at = fields.DatetimeField()
    set_by = fields.UUIDField()

    class Meta:
        table = "handlers"
        unique_together = (("school_id", "cohort", "level"),)


class AgreementCounter(Model):
    """The last sequence number given out in a school and cohort."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    given = fields.IntField(default=0)

    class Meta:
        table = "agreement_counters"
        unique_together = (("school_id", "cohort"),)


class WarningMark(Model):
    """预警单位: an employer that one school has flagged (guide chapter 13)."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    uscc = fields.CharField(max_length=18, default="")
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200)
    reasons = fields.JSONField()
    note = fields.TextField(default="")
    evidence = fields.JSONField(null=True, description="ids of uploads")
    marked_by = fields.UUIDField()
    marked_at = fields.DatetimeField()

    class Meta:
        table = "warnings"
        unique_together = (("school_id", "uscc", "name_key"),)
        indexes = (("uscc",), ("name_key",))
