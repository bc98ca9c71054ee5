"""Room: uploaded files: what was sent, and what of it belongs to a record. The bytes are in `models/storage.py`."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Upload(Model):
    """One file on its way, or here. `owner` is `Actor.key`.

    `completed_at` empty: bytes are still missing, or nobody has looked at them yet. `fault`: why it was refused (then
    `sha256` is empty). `expires_at` empty: it belongs to something and stays.
    """

    id = fields.UUIDField(primary_key=True)
    owner = fields.CharField(max_length=64)
    school_id = fields.UUIDField(null=True)
    name = fields.CharField(max_length=120)
    total = fields.BigIntField()
    received = fields.BigIntField(default=0)
    media = fields.CharField(max_length=40, default="")
    sha256 = fields.CharField(max_length=64, default="", description="of what we made of it, never of what was sent")
    bytes = fields.IntField(default=0)
    pages = fields.SmallIntField(default=0)
    dhash = fields.CharField(max_length=16, default="")
    fault = fields.CharField(max_length=40, default="")
    created_at = fields.DatetimeField()
    completed_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "uploads"
        indexes = (("owner", "created_at"), ("expires_at",), ("sha256",))


class Attachment(Model):
    """A file as it was handed in: with which record, in which round, for which field (`kind`), by which party.

    `record_id` may also name a warning mark, an employer or a request to take one over, which have papers of their
    own; `school_id` is then that of the mark, or empty.
    """

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField(null=True)
    record_id = fields.UUIDField()
    round = fields.SmallIntField()
    kind = fields.CharField(max_length=40)
    upload_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    sha256 = fields.CharField(max_length=64)
    media = fields.CharField(max_length=40)
    bytes = fields.IntField()
    pages = fields.SmallIntField()
    dhash = fields.CharField(max_length=16, default="")
    added_by = fields.CharField(max_length=16, description="party")
    added_at = fields.DatetimeField()

    class Meta:
        table = "attachments"
        unique_together = (("record_id", "round", "kind", "upload_id"),)
        indexes = (("school_id", "dhash"), ("sha256",), ("upload_id",))
