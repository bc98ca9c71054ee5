"""Room: uploaded files and what they belong to. Both tables are the generator's; what they refuse stands as SQL."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

# Of two hashes that differ in at most four of 64 bits, at least one of these five parts is the same (`sql/files.py`).
PARTS = ((1, 3), (4, 3), (7, 3), (10, 3), (13, 4))
ALIKE = ",".join(f"school_id::text || '{at}' || substr(dhash, {at}, {many})" for at, many in PARTS)

FORWARD = [
    f"CREATE INDEX attachments_alike ON attachments USING gin ((ARRAY[{ALIKE}])) "
    "WITH (fastupdate = off) WHERE dhash <> ''",
    "ALTER TABLE uploads ADD CONSTRAINT uploads_never_too_much CHECK (received BETWEEN 0 AND total)",
    # A file is either fit to be served or was refused for a reason; nothing stands between.
    """ALTER TABLE uploads ADD CONSTRAINT uploads_done_or_refused CHECK (
        completed_at IS NULL AND sha256 = '' AND fault = '' OR completed_at IS NOT NULL AND (sha256 = '') <> (fault = ''))""",
    "ALTER TABLE uploads ADD CONSTRAINT uploads_kept_are_done CHECK (expires_at IS NOT NULL OR sha256 <> '')",
]


class Migration(migrations.Migration):
    dependencies = [('models', '0003_flows')]

    operations = [
        ops.CreateModel(
            name='Attachment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('school_id', fields.UUIDField(null=True)),
                ('record_id', fields.UUIDField()),
                ('round', fields.SmallIntField()),
                ('kind', fields.CharField(max_length=40)),
                ('upload_id', fields.UUIDField()),
                ('name', fields.CharField(max_length=120)),
                ('sha256', fields.CharField(max_length=64)),
                ('media', fields.CharField(max_length=40)),
                ('bytes', fields.IntField()),
                ('pages', fields.SmallIntField()),
                ('dhash', fields.CharField(default='', max_length=16)),
                ('added_by', fields.CharField(description='party', max_length=16)),
                ('added_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'attachments', 'app': 'models', 'unique_together': (('record_id', 'round', 'kind', 'upload_id'),), 'indexes': [Index(fields=['school_id', 'dhash']), Index(fields=['sha256']), Index(fields=['upload_id'])], 'pk_attr': 'id', 'table_description': 'A file as it was handed in: with which record, in which round, for which field (`kind`), by which party.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Upload',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('owner', fields.CharField(max_length=64)),
                ('school_id', fields.UUIDField(null=True)),
                ('name', fields.CharField(max_length=120)),
                ('total', fields.BigIntField()),
                ('received', fields.BigIntField(default=0)),
                ('media', fields.CharField(default='', max_length=40)),
                ('sha256', fields.CharField(default='', description='of what we made of it, never of what was sent', max_length=64)),
                ('bytes', fields.IntField(default=0)),
                ('pages', fields.SmallIntField(default=0)),
                ('dhash', fields.CharField(default='', max_length=16)),
                ('fault', fields.CharField(default='', max_length=40)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'uploads', 'app': 'models', 'indexes': [Index(fields=['owner', 'created_at']), Index(fields=['expires_at']), Index(fields=['sha256'])], 'pk_attr': 'id', 'table_description': 'One file on its way, or here. `owner` is `Actor.key`.'},
            bases=['Model'],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
