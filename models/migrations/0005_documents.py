"""Room: agreements as files: which font they were set in, which file was kept.

What was frozen before knows neither the edition of the clauses nor the 签约证明码 nor the moments of the online
signing; they are added here, so that every agreement can be printed.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

FORWARD = [
    # The job looks for what was not printed yet.
    "CREATE INDEX agreements_to_print ON agreements (issued_at, number) WHERE file_sha256 IS NULL",
    # A sweep asks whether a file is still an agreement's.
    "CREATE INDEX agreements_kept_file ON agreements (file_sha256) WHERE file_sha256 IS NOT NULL",
    """UPDATE agreements a SET data = a.data || jsonb_build_object(
        'edition', 1, 'flow', r.flow, 'proof_code', g.proof_code,
        'invited_at', to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'accepted_at', to_char(r.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    FROM records r JOIN graduates g ON g.id = r.graduate_id WHERE r.id = a.record_id AND NOT a.data ? 'edition'""",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0004_files")]

    operations = [
        ops.AddField(
            model_name="Agreement",
            name="font_sha256",
            field=fields.CharField(
                null=True, description="the font it was set in, or the one that could not", max_length=64
            ),
        ),
        ops.AddField(
            model_name="Agreement",
            name="file_sha256",
            field=fields.CharField(null=True, description="the kept PDF", max_length=64),
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
