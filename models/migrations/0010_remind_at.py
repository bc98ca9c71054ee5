"""Room: a record carries its next moment of reminding, in place of the last one.

What waits at the change is looked at once by the clock, which reminds of nothing that has passed.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

FORWARD = [
    "CREATE INDEX records_to_remind ON records (remind_at) WHERE remind_at IS NOT NULL",
    "UPDATE records SET remind_at = now() WHERE waits_on IS NOT NULL",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0009_notices")]

    operations = [
        ops.RemoveField(model_name="Record", name="reminded_at"),
        ops.AddField(
            model_name="Record",
            name="remind_at",
            field=fields.DatetimeField(
                null=True,
                description="the next moment of `workflows/reminders.py`",
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
