"""Room: graduates as the employment management system holds them now, their WeChat bindings, its mirror, reminders."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Graduate(Model):
    """One roster entry: a person in one school and cohort. The ID number is stored encrypted, found by blind index."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    id_kind = fields.CharField(max_length=24)
    id_enc = fields.TextField()
    id_bidx = fields.BinaryField()
    name = fields.CharField(max_length=80)
    level_code = fields.CharField(max_length=4)
    level = fields.CharField(max_length=16)
    department = fields.CharField(max_length=120)
    major = fields.CharField(max_length=120, default="")
    training_mode = fields.CharField(max_length=4)
    basic = fields.JSONField(description="the other national roster columns by pinyin code; no numbers of papers")
    phone_enc = fields.TextField(default="")
    phone_bidx = fields.BinaryField(null=True)
    phone_source = fields.CharField(max_length=12, default="roster", description="roster, confirmed, own or staff")
    phone_usable_at = fields.DatetimeField(null=True, description="a number that staff changed binds from then on")
    email = fields.CharField(max_length=120, default="")
    proof_code = fields.CharField(max_length=16, unique=True, description="签约证明码")
    terminations_used = fields.SmallIntField(default=0)
    terminations_granted = fields.SmallIntField(
        default=0, db_default=0, description="applications that the school granted besides"
    )
    ems_id = fields.CharField(max_length=40, default="", db_default="", description="the EMS's own id of this entry")
    invalid_at = fields.DatetimeField(null=True)
    invalid_cause = fields.CharField(max_length=12, default="", db_default="", description="removed, ems or moved")
    invalid_note = fields.CharField(max_length=300, default="", db_default="", description="the reason, as given")
    restored_at = fields.DatetimeField(null=True, description="when the entry last came back to the roster")
    created_at = fields.DatetimeField()

    class Meta:
        table = "graduates"
        unique_together = (("school_id", "cohort", "id_bidx"),)
        indexes = (("school_id", "cohort", "department", "id"), ("id_bidx",))


class Binding(Model):
    """A WeChat account bound to a roster entry. The openid stands here only (spec/wechat.md, Binding)."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    graduate_id = fields.UUIDField()
    cohort = fields.SmallIntField()
    openid = fields.CharField(max_length=64)
    bound_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    following = fields.BooleanField(default=True)
    chosen_at = fields.DatetimeField(description="the chat works on the live binding chosen last")

    class Meta:
        table = "bindings"
        indexes = (("openid",), ("graduate_id",))


class EmsMirror(Model):
    """The destination that the EMS last acknowledged, and how many pushes this graduate has been owed."""

    graduate_id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    destination = fields.JSONField(null=True)
    locked = fields.BooleanField(default=False)
    push_seq = fields.IntField(default=0)
    acked_seq = fields.IntField(default=0)
    acked_at = fields.DatetimeField(null=True)
    refused_cause = fields.CharField(max_length=200, default="")

    class Meta:
        table = "ems_mirror"


class EmsLookup(Model):
    """What the EMS said when it was last asked for this entry; numbers of papers and phones are left out."""

    graduate_id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    asked_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    held = fields.BooleanField(null=True, description="is the entry on the EMS's roster; empty: it never answered")
    missed_at = fields.DatetimeField(null=True, description="when it was last found missing since the entry froze")
    entry = fields.JSONField(null=True, description="roster columns by pinyin code")
    destination = fields.JSONField(null=True)
    locked = fields.BooleanField(default=False)

    class Meta:
        table = "ems_lookups"


class GraduateReminder(Model):
    """A reminder from a work list, at most one in three days for each list."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    graduate_id = fields.UUIDField()
    list = fields.CharField(max_length=16)
    at = fields.DatetimeField()

    class Meta:
        table = "graduate_reminders"
        unique_together = (("graduate_id", "list"),)
