"""Room: which export told a whole number; a number shown by itself has none."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0010_remind_at")]

    operations = [
        ops.AddField(
            model_name="Unmasking",
            name="job_id",
            field=fields.UUIDField(null=True, description="the export that told it; empty: it was shown by itself"),
        ),
    ]
