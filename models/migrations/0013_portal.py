"""Room: files that invite many graduates at once, row by row; whom employers call in a province."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

FORWARD = [
    """ALTER TABLE invitation_rows ADD CONSTRAINT invitation_rows_known CHECK (
    status IN ('waiting', 'sent', 'again', 'refused', 'faulty')
    AND (record_id IS NOT NULL) = (status IN ('sent', 'again'))
    AND (form = '' OR status IN ('waiting', 'refused')))""",
    # Forms that nobody sent are forgotten; everything else has none.
    "CREATE INDEX invitation_rows_kept ON invitation_rows (file_id) WHERE form <> ''",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0012_drafts")]

    operations = [
        ops.AddField(
            model_name="Province",
            name="desk_phone",
            field=fields.CharField(default="", description="企业客服: whom employers call", max_length=40),
        ),
        ops.AddField(
            model_name="Province",
            name="desk_hours",
            field=fields.CharField(default="", max_length=80),
        ),
        ops.CreateModel(
            name="InvitationFile",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("employer_id", fields.UUIDField()),
                ("user_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=120)),
                ("digest", fields.CharField(description="blind, of the bytes as they were sent", max_length=32)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "invitation_files",
                "app": "models",
                "unique_together": (("employer_id", "digest"),),
                "indexes": [Index(fields=["employer_id", "created_at"])],
                "pk_attr": "id",
                "table_description": (
                    "One file of an employer; the same bytes are the same file. The file itself is not kept."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InvitationRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("file_id", fields.UUIDField()),
                ("employer_id", fields.UUIDField()),
                ("line", fields.IntField(description="as the clerk's program counts it")),
                ("school", fields.CharField(max_length=120)),
                ("graduate_name", fields.CharField(max_length=50)),
                ("id_masked", fields.CharField(max_length=40)),
                ("form", fields.TextField(default="", unique=False)),
                ("digest", fields.CharField(default="", max_length=32)),
                ("status", fields.CharField(max_length=12)),
                ("said", fields.CharField(default="", max_length=1000)),
                ("record_id", fields.UUIDField(null=True)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "invitation_rows",
                "app": "models",
                "unique_together": (("file_id", "line"),),
                "indexes": [Index(fields=["employer_id", "digest"])],
                "pk_attr": "id",
                "table_description": (
                    "One row. `form` is what will be sent, sealed as a whole; empty once the row needs it no longer."
                ),
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
