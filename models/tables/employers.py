"""Room: employers registered on the platform, their users, their inbox, their registry state."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Employer(Model):
    """`uscc` is unique among verified employers (a partial index of the migration)."""

    id = fields.UUIDField(primary_key=True)
    province_id = fields.UUIDField()
    uscc = fields.CharField(max_length=18)
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200)
    nature = fields.CharField(max_length=4)
    industry = fields.CharField(max_length=4)
    region = fields.CharField(max_length=6)
    profile = fields.JSONField(description="address, postcode, contact; the contact's mobile encrypted")
    licence = fields.UUIDField(null=True, description="the upload that shows the business licence")
    status = fields.CharField(max_length=12)
    status_note = fields.CharField(max_length=300, default="")
    registered_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)

    class Meta:
        table = "employers"
        indexes = (("province_id", "status", "registered_at"), ("uscc",), ("name_key",))


class EmployerUser(Model):
    id = fields.UUIDField(primary_key=True)
    employer = fields.ForeignKeyField("models.Employer", related_name="users", on_delete=fields.RESTRICT)
    username = fields.CharField(max_length=64, unique=True)
    display_name = fields.CharField(max_length=40)
    password = fields.CharField(max_length=200)
    failed_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "employer_users"
        indexes = (("employer_id",),)


class Handover(Model):
    """Somebody asks to be an employer's 经办人 from now on; the province decides (workflows.md 0)."""

    id = fields.UUIDField(primary_key=True)
    employer_id = fields.UUIDField()
    username = fields.CharField(max_length=64)
    password = fields.CharField(max_length=200, description="argon2id; emptied once it is decided")
    agent_name = fields.CharField(max_length=50)
    agent_mobile = fields.CharField(max_length=200, description="sealed")
    statement = fields.CharField(max_length=500, default="")
    licence = fields.UUIDField(null=True)
    authorisation = fields.UUIDField(null=True)
    status = fields.CharField(max_length=12, description="pending, approved or refused")
    note = fields.CharField(max_length=300, default="")
    asked_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = fields.UUIDField(null=True)

    class Meta:
        table = "employer_handovers"
        indexes = (("employer_id", "asked_at"), ("status", "asked_at"))


class InboxNote(Model):
    """站内消息: what an employer is told; written with the act, so there is nothing to deliver.

    `record_id` empty: it is about the employer itself, such as the province's decision.
    """

    id = fields.UUIDField(primary_key=True)
    key = fields.CharField(max_length=200, unique=True)
    employer_id = fields.UUIDField()
    record_id = fields.UUIDField(null=True)
    notice = fields.CharField(max_length=40)
    params = fields.JSONField()
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "inbox_notes"
        indexes = (("employer_id", "created_at"),)


class RegistryStatus(Model):
    """The last answer of the national credit system for one code, dated."""

    uscc = fields.CharField(max_length=18, primary_key=True)
    name = fields.CharField(max_length=200, default="")
    status = fields.CharField(max_length=40, default="", description="empty: no answer was had")
    wanted_at = fields.DatetimeField(description="when a page last asked for it")
    checked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "registry_status"
