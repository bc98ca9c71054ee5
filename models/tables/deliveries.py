"""Room: the outbox: what is owed to the outside, and what became of each try."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class OutboxRow(Model):
    """One message owed: (event, recipient, channel), written in the act's own transaction."""

    id = fields.BigIntField(primary_key=True, generated=True)
    key = fields.CharField(max_length=200, unique=True)
    school_id = fields.UUIDField(null=True)
    record_id = fields.UUIDField(null=True)
    stream = fields.CharField(max_length=60)
    channel = fields.CharField(max_length=12)
    recipient = fields.UUIDField(
        description="binding (wechat) or graduate (sms, ems); numbers are looked up when sending"
    )
    notice = fields.CharField(max_length=40)
    params = fields.JSONField()
    status = fields.CharField(max_length=12)
    created_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    lease_until = fields.DatetimeField(null=True)
    token = fields.UUIDField(null=True, description="fencing token of the present lease")
    attempts = fields.SmallIntField(default=0)
    provider_id = fields.CharField(max_length=80, default="")
    cause = fields.CharField(max_length=300, default="")
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "outbox"
        indexes = (("record_id",), ("school_id", "status", "id"), ("provider_id",))


class DeliveryAttempt(Model):
    id = fields.BigIntField(primary_key=True, generated=True)
    outbox_id = fields.BigIntField()
    number = fields.SmallIntField()
    began_at = fields.DatetimeField()
    ended_at = fields.DatetimeField()
    verdict = fields.CharField(max_length=16)
    provider_id = fields.CharField(max_length=80, default="")
    cause = fields.CharField(max_length=300, default="")

    class Meta:
        table = "delivery_attempts"
        indexes = (("outbox_id", "number"),)


class Receipt(Model):
    """What a provider said of a message after it had taken it. It may come before we have stored the message's id."""

    id = fields.BigIntField(primary_key=True, generated=True)
    channel = fields.CharField(max_length=12)
    provider_id = fields.CharField(max_length=80)
    context = fields.CharField(max_length=40, default="", description="our own mark, where the provider returns one")
    delivered = fields.BooleanField()
    code = fields.CharField(max_length=60, default="")
    at = fields.DatetimeField()
    applied_at = fields.DatetimeField(null=True)

    class Meta:
        table = "receipts"
        unique_together = (("channel", "provider_id", "delivered"),)
        indexes = (("at",),)
