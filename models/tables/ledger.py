"""Room: the journal (hash-chained history) and the keys that make an act happen once."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class JournalRow(Model):
    """One committed act or command. Append-only by trigger; `hash` chains it to the row before (contracts 4)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    chain = fields.CharField(max_length=48)
    seq = fields.BigIntField()
    at = fields.DatetimeField()
    act_id = fields.UUIDField()
    actor = fields.CharField(max_length=64)
    party = fields.CharField(max_length=16)
    subject_kind = fields.CharField(max_length=16)
    subject_id = fields.UUIDField()
    flow = fields.CharField(max_length=24, default="")
    action = fields.CharField(max_length=40)
    from_state = fields.CharField(max_length=32, default="")
    to_state = fields.CharField(max_length=32, default="")
    version = fields.IntField(default=0)
    detail = fields.JSONField(null=True)
    detail_sha256 = fields.CharField(max_length=64)
    prev = fields.CharField(max_length=64)
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "journal"
        unique_together = (("chain", "seq"),)
        indexes = (("subject_id", "id"), ("act_id",))


class JournalHead(Model):
    chain = fields.CharField(max_length=48, primary_key=True)
    seq = fields.BigIntField()
    hash = fields.CharField(max_length=64)

    class Meta:
        table = "journal_heads"


class ActKey(Model):
    """An act that was acknowledged under this key; repeating it gives `answer` again (contracts 4)."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scope = fields.CharField(max_length=80)
    key = fields.CharField(max_length=160)
    fingerprint = fields.CharField(max_length=64)
    act_id = fields.UUIDField()
    answer = fields.JSONField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "act_keys"
        unique_together = (("scope", "key"),)
        indexes = (("created_at",),)


class InboxRow(Model):
    """A callback that was answered; a repeat of it gets the same reply (contracts 7)."""

    once = fields.CharField(max_length=220, primary_key=True)
    at = fields.DatetimeField()
    reply = fields.TextField(default="")

    class Meta:
        table = "inbox"
        indexes = (("at",),)
