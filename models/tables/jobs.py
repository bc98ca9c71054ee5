"""Room: jobs: long work that a request begins and the notifier's process does."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Job(Model):
    """One piece of work. `lease_until` and `token` belong to the process that does it; `done` of `total` rows."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    account_id = fields.UUIDField()
    kind = fields.CharField(max_length=24)
    cohort = fields.SmallIntField(null=True)
    subject_id = fields.UUIDField(null=True, description="the graduate whom it is about")
    status = fields.CharField(max_length=12)
    done = fields.IntField(default=0)
    total = fields.IntField(default=0)
    params = fields.JSONField()
    source_sha256 = fields.CharField(max_length=64, default="", description="of the file as it was sent")
    source_stored = fields.CharField(max_length=64, default="", description="its sealed copy in the file store")
    result_sha256 = fields.CharField(max_length=64, default="", description="in the file store")
    result_name = fields.CharField(max_length=120, default="")
    summary = fields.JSONField(null=True)
    error = fields.CharField(max_length=300, default="", description="the sentence for people")
    attempts = fields.SmallIntField(default=0)
    token = fields.UUIDField(null=True, description="fencing token of the present lease")
    lease_until = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "jobs"
        indexes = (("school_id", "created_at"),)
