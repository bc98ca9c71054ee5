"""Room: a school keeps the lasting QR code of its posters: the platform makes one for each, and gives few away."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0013_portal")]

    operations = [
        ops.AddField(
            model_name="School",
            name="poster_url",
            field=fields.CharField(
                default="",
                db_default="",
                description="what the QR code of its posters says, once it was made",
                max_length=200,
            ),
        ),
    ]
