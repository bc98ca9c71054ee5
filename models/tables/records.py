"""Room: records: one row per signing, registration or termination, whatever its flow; agreements made from them."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Record(Model):
    """Head columns typed and indexed, the rest of the form as JSON (contracts 3).

    `state` is written by `workflows/engine.py` alone. `slot` and the states' uniqueness are partial
    unique indexes of the migration.
    """

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    flow = fields.CharField(max_length=24)
    graduate_id = fields.UUIDField()
    employer_id = fields.UUIDField(null=True)
    parent_id = fields.UUIDField(null=True)
    state = fields.CharField(max_length=32)
    version = fields.IntField()
    round = fields.SmallIntField(default=1)
    reviewed = fields.BooleanField(default=False, description="somebody has decided in this round")
    slot = fields.BooleanField(default=False)
    waits_on = fields.CharField(max_length=16, null=True)
    waiting_since = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    submitted_at = fields.DatetimeField(null=True)
    submitted_by = fields.CharField(
        max_length=16, default="", db_default="", description="the party of this round's submission"
    )
    expires_at = fields.DatetimeField(null=True)
    remind_at = fields.DatetimeField(null=True, description="the next moment of `workflows/reminders.py`")
    department = fields.CharField(max_length=120)
    level = fields.CharField(max_length=16)
    graduate_name = fields.CharField(max_length=80)
    major = fields.CharField(max_length=120, default="")
    destination_code = fields.CharField(max_length=8)
    agreement_no = fields.CharField(max_length=20, default="")
    employer_uscc = fields.CharField(max_length=18, default="")
    employer_name = fields.CharField(max_length=200, default="")
    employer_name_key = fields.CharField(max_length=200, default="")
    employer_nature = fields.CharField(max_length=4, default="")
    employer_industry = fields.CharField(max_length=4, default="")
    employer_region = fields.CharField(max_length=6, default="")
    position_category = fields.CharField(max_length=4, default="")
    contact_bidx = fields.BinaryField(null=True)
    form = fields.JSONField()
    snapshot = fields.JSONField()
    take_latest = fields.BooleanField(default=False)
    # Kept by triggers (`0018_record_marks`, `0019_province_lists`), so that lists find them by an index; nobody else
    # writes them.
    warned = fields.BooleanField(
        default=False, db_default=False, description="a warning mark is shown with the employer"
    )
    not_operating = fields.BooleanField(
        default=False, db_default=False, description="the registry has the employer as not in operation"
    )
    department_changed = fields.BooleanField(
        default=False, db_default=False, description="the roster has another department by now"
    )
    level_code = fields.CharField(max_length=4, default="", db_default="", description="学历 as the roster has it now")
    sex = fields.CharField(max_length=4, default="", db_default="", description="性别 as the roster has it now")
    frozen = fields.BooleanField(default=False, db_default=False, description="the roster entry is invalid")
    returned_at = fields.DatetimeField(null=True, description="when it was last sent back")

    class Meta:
        table = "records"
        indexes = (
            ("school_id", "cohort", "waits_on", "waiting_since", "id"),
            ("school_id", "cohort", "flow", "created_at", "id"),
            ("graduate_id",),
            ("employer_id", "created_at", "id"),
        )


class Agreement(Model):
    """就业协议书: the number and the data frozen at approval (decisions 7).

    Printed once: from then on the file kept under `file_sha256` is the agreement, whatever font comes later. Without
    a file `font_sha256` names a font that lacks a character of it.
    """

    number = fields.CharField(max_length=17, primary_key=True)
    school_id = fields.UUIDField()
    record_id = fields.UUIDField(unique=True)
    template = fields.CharField(max_length=32)
    data = fields.JSONField()
    font_sha256 = fields.CharField(
        max_length=64, null=True, description="the font it was set in, or the one that could not"
    )
    file_sha256 = fields.CharField(max_length=64, null=True, description="the kept PDF")
    issued_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "agreements"
        indexes = (("school_id", "issued_at"),)
