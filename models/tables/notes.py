"""Room: what graduates write to a desk, and what it answers: disputes of what staff did, questions (人工)."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class DeskNote(Model):
    """One note with its answer. School, department and level decide who reads it, as they do for records.

    `about`: the action that a dispute is about. One record has one open dispute (a partial index of the migration).
    """

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    department = fields.CharField(max_length=120)
    level = fields.CharField(max_length=16)
    graduate_id = fields.UUIDField()
    record_id = fields.UUIDField(null=True)
    kind = fields.CharField(max_length=12)
    about = fields.CharField(max_length=40, default="")
    text = fields.TextField()
    created_at = fields.DatetimeField()
    status = fields.CharField(max_length=12)
    answer = fields.TextField(default="")
    answered_by = fields.CharField(max_length=64, default="", description="the account, as the journal names actors")
    answered_name = fields.CharField(max_length=40, default="")
    answered_at = fields.DatetimeField(null=True)

    class Meta:
        table = "desk_notes"
        indexes = (("school_id", "status", "created_at", "id"), ("graduate_id", "created_at"), ("record_id",))
