"""Room: what somebody has typed and not handed in yet."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Draft(Model):
    """A form that a graduate is filling in: as typed, numbers of persons sealed (place `drafts.form`).

    `record_id` empty: it would make a record. One person has one draft of each (a unique key of the migration).
    """

    id = fields.UUIDField(primary_key=True)
    party_id = fields.UUIDField()
    flow = fields.CharField(max_length=24)
    action = fields.CharField(max_length=40)
    record_id = fields.UUIDField(null=True)
    form = fields.JSONField()
    saved_at = fields.DatetimeField()

    class Meta:
        table = "drafts"
        indexes = (("saved_at",),)
