"""Room: what the desks keep: modes per area, desks of departments, grants, second factors, hand-overs, evidence."""

import functools
from json import dumps, loads
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0006_roster")]

    operations = [
        ops.CreateModel(
            name="Desk",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("school_id", fields.UUIDField()),
                ("department", fields.CharField(max_length=120)),
                ("phone", fields.CharField(default="", max_length=40)),
                ("hours", fields.CharField(default="", max_length=80)),
            ],
            options={
                "table": "desks",
                "app": "models",
                "unique_together": (("school_id", "department"),),
                "pk_attr": "id",
                "table_description": "Whom the graduates of one department ask; what stays empty is the school's (`settings`).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Handover",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("employer_id", fields.UUIDField()),
                ("username", fields.CharField(max_length=64)),
                ("password", fields.CharField(description="argon2id; emptied once it is decided", max_length=200)),
                ("agent_name", fields.CharField(max_length=50)),
                ("agent_mobile", fields.CharField(description="sealed", max_length=200)),
                ("statement", fields.CharField(default="", max_length=500)),
                ("licence", fields.UUIDField(null=True)),
                ("authorisation", fields.UUIDField(null=True)),
                ("status", fields.CharField(description="pending, approved or refused", max_length=12)),
                ("note", fields.CharField(default="", max_length=300)),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("decided_by", fields.UUIDField(null=True)),
            ],
            options={
                "table": "employer_handovers",
                "app": "models",
                "indexes": [Index(fields=["employer_id", "asked_at"]), Index(fields=["status", "asked_at"])],
                "pk_attr": "id",
                "table_description": "Somebody asks to be an employer's 经办人 from now on; the province decides (workflows.md 0).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Unmasking",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("school_id", fields.UUIDField()),
                ("account_id", fields.UUIDField()),
                ("graduate_id", fields.UUIDField()),
                ("reason", fields.CharField(max_length=300)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "unmaskings",
                "app": "models",
                "indexes": [Index(fields=["school_id", "at"]), Index(fields=["account_id", "at"])],
                "pk_attr": "id",
                "table_description": "A whole ID number that was shown to a staff account, and why (qualities.md, Security).",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Account",
            name="totp_at",
            field=fields.DatetimeField(
                null=True, description="from when on it is asked for", auto_now=False, auto_now_add=False
            ),
        ),
        ops.AddField(
            model_name="Account",
            name="totp_enc",
            field=fields.CharField(
                default="", description="second factor's secret, sealed", db_default="", max_length=200
            ),
        ),
        ops.AddField(
            model_name="Account",
            name="totp_step",
            field=fields.BigIntField(default=0, description="the last time step that was used up", db_default=0),
        ),
        ops.AddField(
            model_name="Employer",
            name="licence",
            field=fields.UUIDField(null=True, description="the upload that shows the business licence"),
        ),
        ops.AlterField(
            model_name="InboxNote",
            name="record_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="SigningSettings",
            name="archive_mode",
            field=fields.CharField(default="school", db_default="school", max_length=24),
        ),
        ops.AddField(
            model_name="SigningSettings",
            name="household_mode",
            field=fields.CharField(default="school", db_default="school", max_length=24),
        ),
        ops.AddField(
            model_name="SigningSettings",
            name="leaving_open",
            field=fields.BooleanField(default=False, description="离校确认 opened", db_default=False),
        ),
        ops.AddField(
            model_name="WarningMark",
            name="evidence",
            field=fields.JSONField(
                null=True,
                description="ids of uploads",
                encoder=functools.partial(dumps, separators=(",", ":")),
                decoder=loads,
            ),
        ),
    ]
