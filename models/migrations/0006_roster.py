"""Room: the roster's jobs, what the EMS last said, reminders; why and since when an entry is frozen."""

from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

GUARDS = [
    """ALTER TABLE jobs ADD CONSTRAINT jobs_status_known CHECK (
        status IN ('waiting', 'running', 'done', 'failed', 'cancelled'))""",
    # The runner looks here every second.
    "CREATE INDEX jobs_open ON jobs (created_at, id) WHERE status IN ('waiting', 'running')",
    # One question about one graduate at a time: asking twice gives the same job.
    """CREATE UNIQUE INDEX jobs_one_per_subject ON jobs (subject_id, kind)
        WHERE subject_id IS NOT NULL AND status IN ('waiting', 'running')""",
    """ALTER TABLE graduates ADD CONSTRAINT graduates_invalid_cause_known CHECK (
        invalid_cause IN ('', 'removed', 'ems', 'moved'))""",
    # Frozen entries are asked for by the hour and listed under 失效信息管理.
    "CREATE INDEX graduates_frozen ON graduates (cohort, id) WHERE invalid_at IS NOT NULL",
    "UPDATE graduates SET invalid_cause = 'removed' WHERE invalid_at IS NOT NULL",
]


class Migration(migrations.Migration):
    dependencies = [('models', '0005_documents')]

    initial = False

    operations = [
        ops.CreateModel(
            name='EmsLookup',
            fields=[
                ('graduate_id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('school_id', fields.UUIDField()),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('held', fields.BooleanField(null=True, description="is the entry on the EMS's roster; empty: it never answered")),
                ('missed_at', fields.DatetimeField(null=True, description='when it was last found missing since the entry froze', auto_now=False, auto_now_add=False)),
                ('entry', fields.JSONField(null=True, description='roster columns by pinyin code', encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('destination', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('locked', fields.BooleanField(default=False)),
            ],
            options={'table': 'ems_lookups', 'app': 'models', 'pk_attr': 'graduate_id', 'table_description': 'What the EMS said when it was last asked for this entry; numbers of papers and phones are left out.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='GraduateReminder',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('school_id', fields.UUIDField()),
                ('graduate_id', fields.UUIDField()),
                ('list', fields.CharField(max_length=16)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'graduate_reminders', 'app': 'models', 'unique_together': (('graduate_id', 'list'),), 'pk_attr': 'id', 'table_description': 'A reminder from a work list, at most one in three days for each list.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Job',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('school_id', fields.UUIDField()),
                ('account_id', fields.UUIDField()),
                ('kind', fields.CharField(max_length=24)),
                ('cohort', fields.SmallIntField(null=True)),
                ('subject_id', fields.UUIDField(null=True, description='the graduate whom it is about')),
                ('status', fields.CharField(max_length=12)),
                ('done', fields.IntField(default=0)),
                ('total', fields.IntField(default=0)),
                ('params', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('source_sha256', fields.CharField(default='', description='of the file as it was sent', max_length=64)),
                ('source_stored', fields.CharField(default='', description='its sealed copy in the file store', max_length=64)),
                ('result_sha256', fields.CharField(default='', description='in the file store', max_length=64)),
                ('result_name', fields.CharField(default='', max_length=120)),
                ('summary', fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('error', fields.CharField(default='', description='the sentence for people', max_length=300)),
                ('attempts', fields.SmallIntField(default=0)),
                ('token', fields.UUIDField(null=True, description='fencing token of the present lease')),
                ('lease_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'jobs', 'app': 'models', 'indexes': [Index(fields=['school_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'One piece of work. `lease_until` and `token` belong to the process that does it; `done` of `total` rows.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Graduate',
            name='ems_id',
            field=fields.CharField(default='', description="the EMS's own id of this entry", db_default='', max_length=40),
        ),
        ops.AddField(
            model_name='Graduate',
            name='invalid_cause',
            field=fields.CharField(default='', description='removed, ems or moved', db_default='', max_length=12),
        ),
        ops.AddField(
            model_name='Graduate',
            name='invalid_note',
            field=fields.CharField(default='', description='the reason, as given', db_default='', max_length=300),
        ),
        ops.AddField(
            model_name='Graduate',
            name='phone_usable_at',
            field=fields.DatetimeField(null=True, description='a number that staff changed binds from then on', auto_now=False, auto_now_add=False),
        ),
        *(ops.RunSQL(statement) for statement in GUARDS),
    ]
