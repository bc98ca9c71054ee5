"""Room: files by which an employer invites many graduates at once, and what became of each of their rows."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class InvitationFile(Model):
    """One file of an employer; the same bytes are the same file. The file itself is not kept."""

    id = fields.UUIDField(primary_key=True)
    employer_id = fields.UUIDField()
    user_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    digest = fields.CharField(max_length=32, description="blind, of the bytes as they were sent")
    created_at = fields.DatetimeField()

    class Meta:
        table = "invitation_files"
        unique_together = (("employer_id", "digest"),)
        indexes = (("employer_id", "created_at"),)


class InvitationRow(Model):
    """One row. `form` is what will be sent, sealed as a whole; empty once the row needs it no longer.

    `digest` is blind, of the form: by it the employer's rows with the same content are known, in whatever file.
    """

    id = fields.UUIDField(primary_key=True)
    file_id = fields.UUIDField()
    employer_id = fields.UUIDField()
    line = fields.IntField(description="as the clerk's program counts it")
    school = fields.CharField(max_length=120)
    graduate_name = fields.CharField(max_length=50)
    id_masked = fields.CharField(max_length=40)
    form = fields.TextField(default="")
    digest = fields.CharField(max_length=32, default="")
    status = fields.CharField(max_length=12)
    said = fields.CharField(max_length=1000, default="")
    record_id = fields.UUIDField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation_rows"
        unique_together = (("file_id", "line"),)
        indexes = (("employer_id", "digest"),)
