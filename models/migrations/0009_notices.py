"""Room: notes to the desks with their answers; when a graduate came back to the roster."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

FORWARD = [
    "ALTER TABLE desk_notes ADD CONSTRAINT desk_notes_known CHECK (kind IN ('question', 'dispute') AND "
    "status IN ('open', 'answered') AND (status = 'answered') = (answered_at IS NOT NULL))",
    "CREATE UNIQUE INDEX desk_notes_one_open_dispute ON desk_notes (record_id) "
    "WHERE kind = 'dispute' AND status = 'open'",
    # Graduates whose present state the EMS has refused, for the digest and the comparison.
    "CREATE INDEX ems_mirror_refused ON ems_mirror (school_id) WHERE refused_cause <> ''",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0008_lists")]

    operations = [
        ops.AddField(
            model_name="Graduate",
            name="restored_at",
            field=fields.DatetimeField(
                null=True,
                description="when the entry last came back to the roster",
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.CreateModel(
            name="DeskNote",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("school_id", fields.UUIDField()),
                ("cohort", fields.SmallIntField()),
                ("department", fields.CharField(max_length=120)),
                ("level", fields.CharField(max_length=16)),
                ("graduate_id", fields.UUIDField()),
                ("record_id", fields.UUIDField(null=True)),
                ("kind", fields.CharField(max_length=12)),
                ("about", fields.CharField(default="", max_length=40)),
                ("text", fields.TextField(unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("status", fields.CharField(max_length=12)),
                ("answer", fields.TextField(default="", unique=False)),
                (
                    "answered_by",
                    fields.CharField(
                        default="", description="the account, as the journal names actors", max_length=64
                    ),
                ),
                ("answered_name", fields.CharField(default="", max_length=40)),
                ("answered_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "desk_notes",
                "app": "models",
                "indexes": [
                    Index(fields=["school_id", "status", "created_at", "id"]),
                    Index(fields=["graduate_id", "created_at"]),
                    Index(fields=["record_id"]),
                ],
                "pk_attr": "id",
                "table_description": (
                    "One note with its answer. School, department and level decide who reads it, as they do for records."
                ),
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
