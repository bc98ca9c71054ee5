"""Room: a person is kind of paper and number. What was found by the number alone now carries the kind (`vault.paper_index`)."""

from tortoise import migrations
from tortoise.migrations import operations as ops

FORWARD = """
UPDATE graduates SET id_bidx = substr(sha256(id_bidx || convert_to(':' || id_kind, 'UTF8')), 1, 16)
WHERE id_kind <> 'resident_id'"""


class Migration(migrations.Migration):
    dependencies = [("models", "0016_tallies")]

    operations = [ops.RunSQL(FORWARD)]
