"""Room: rows of an invitation file that were wrong keep what was typed, sealed, so that it can be mended."""

from tortoise import migrations
from tortoise.migrations import operations as ops

FORWARD = [
    "ALTER TABLE invitation_rows DROP CONSTRAINT invitation_rows_known",
    """ALTER TABLE invitation_rows ADD CONSTRAINT invitation_rows_sound CHECK (
    status IN ('waiting', 'sent', 'again', 'refused', 'faulty')
    AND (record_id IS NOT NULL) = (status IN ('sent', 'again'))
    AND (form = '' OR status IN ('waiting', 'refused', 'faulty')))""",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0014_posters")]

    operations = [ops.RunSQL(statement) for statement in FORWARD]
