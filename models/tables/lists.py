"""Room: what clerks keep for their own lists."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class SavedFilter(Model):
    """A queue's filters under a name of the account's own. Numbers of persons never stand in it."""

    id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    menu = fields.CharField(max_length=20)
    name = fields.CharField(max_length=40)
    filters = fields.JSONField()
    saved_at = fields.DatetimeField()

    class Meta:
        table = "saved_filters"
        unique_together = (("account_id", "menu", "name"),)
