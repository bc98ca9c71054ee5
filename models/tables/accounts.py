"""Room: who signs in: staff accounts, sessions, one-time tokens; which numbers an account was shown whole."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Account(Model):
    """A staff account. `grants` maps a module to rw, ro or none (guide chapter 4, table 1)."""

    id = fields.UUIDField(primary_key=True)
    username = fields.CharField(max_length=64, unique=True)
    display_name = fields.CharField(max_length=40)
    party = fields.CharField(max_length=16)
    province_id = fields.UUIDField(null=True)
    school_id = fields.UUIDField(null=True)
    department = fields.CharField(max_length=120, default="", description="equal to 所在院系, character by character")
    grants = fields.JSONField()
    level = fields.CharField(max_length=16)
    password = fields.CharField(max_length=200, description="argon2id")
    must_change = fields.BooleanField(default=True)
    totp_enc = fields.CharField(max_length=200, default="", db_default="", description="second factor's secret, sealed")
    totp_at = fields.DatetimeField(null=True, description="from when on it is asked for")
    totp_step = fields.BigIntField(default=0, db_default=0, description="the last time step that was used up")
    failed_at = fields.DatetimeField(null=True)
    disabled_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "accounts"
        indexes = (("school_id", "party", "department"), ("province_id",))


class Unmasking(Model):
    """A whole ID number that was shown to a staff account, and why (qualities.md, Security)."""

    id = fields.UUIDField(primary_key=True)
    school_id = fields.UUIDField()
    account_id = fields.UUIDField()
    graduate_id = fields.UUIDField()
    job_id = fields.UUIDField(null=True, description="the export that told it; empty: it was shown by itself")
    reason = fields.CharField(max_length=300)
    at = fields.DatetimeField()

    class Meta:
        table = "unmaskings"
        indexes = (("school_id", "at"), ("account_id", "at"))


class Session(Model):
    """A signed-in person. The token itself is known to its bearer only; stored is its SHA-256."""

    token_sha256 = fields.CharField(max_length=64, primary_key=True)
    party = fields.CharField(max_length=16)
    party_id = fields.UUIDField()
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()

    class Meta:
        table = "sessions"
        indexes = (("party_id",), ("ends_at",))


class Token(Model):
    """A number or word that works once: SMS code, chat number, OAuth state, QR scene (contracts 3)."""

    digest = fields.CharField(max_length=64, primary_key=True)
    kind = fields.CharField(max_length=16)
    subject = fields.CharField(max_length=80)
    payload = fields.JSONField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    tries = fields.SmallIntField(default=0)

    class Meta:
        table = "tokens"
        indexes = (("kind", "subject", "created_at"), ("expires_at",))
