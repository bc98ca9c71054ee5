"""Room: what graduates have typed and not handed in yet."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

FORWARD = [
    # An empty record counts as equal: one draft of a new record per person and action.
    "CREATE UNIQUE INDEX drafts_one ON drafts (party_id, flow, action, record_id) NULLS NOT DISTINCT",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0011_exports")]

    operations = [
        ops.CreateModel(
            name="Draft",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("party_id", fields.UUIDField()),
                ("flow", fields.CharField(max_length=24)),
                ("action", fields.CharField(max_length=40)),
                ("record_id", fields.UUIDField(null=True)),
                (
                    "form",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("saved_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "drafts",
                "app": "models",
                "indexes": [Index(fields=["saved_at"])],
                "pk_attr": "id",
                "table_description": (
                    "A form that a graduate is filling in: as typed, numbers of persons sealed (place `drafts.form`)."
                ),
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
