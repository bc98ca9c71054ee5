"""Room: long lists: the order of every queue, parts of employers' names, what was returned, whose history it is.

The lists of states and actions are spelled out because a migration must not change with the code; a test compares them.
"""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

APPROVED = "'signed','approved','terminated','voided'"  # states of what was approved once
RETURNS = "'return','return_agreement'"

FORWARD = [
    # Any two neighbouring characters of a name: a part of a Chinese name is found by an index without an extension.
    """CREATE FUNCTION bigrams(t text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT COALESCE(array_agg(DISTINCT substr(t, i, 2)), '{}') FROM generate_series(1, length(t) - 1) i $$""",
    "CREATE INDEX records_name_parts ON records USING gin (bigrams(employer_name_key::text))",
    # Queues that show several flows at once, of a school and of a whole province.
    "CREATE INDEX records_by_day ON records (school_id, cohort, created_at, id)",
    "CREATE INDEX records_by_day_everywhere ON records (cohort, created_at, id)",
    "CREATE INDEX records_named ON records (school_id, graduate_name text_pattern_ops)",
    # What a reviewer's hints look up: the same code approved before, the same telephone elsewhere.
    f"""CREATE INDEX records_known_employer ON records (employer_uscc, created_at)
        WHERE employer_uscc <> '' AND state IN ({APPROVED})""",
    """CREATE INDEX records_contact ON records (cohort, contact_bidx, employer_uscc, employer_name_key)
        WHERE contact_bidx IS NOT NULL""",
    "CREATE INDEX records_voided ON records (graduate_id) WHERE state = 'voided'",
    "CREATE INDEX graduates_gone ON graduates (school_id, cohort, invalid_at, id) WHERE invalid_at IS NOT NULL",
    f"CREATE INDEX journal_returns ON journal (subject_id, id) WHERE action IN ({RETURNS})",
    "CREATE INDEX journal_of_actor ON journal (actor, id)",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0007_desks")]

    operations = [
        ops.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("menu", fields.CharField(max_length=20)),
                ("name", fields.CharField(max_length=40)),
                (
                    "filters",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
                ("saved_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "saved_filters",
                "app": "models",
                "unique_together": (("account_id", "menu", "name"),),
                "pk_attr": "id",
                "table_description": (
                    "A queue's filters under a name of the account's own. Numbers of persons never stand in it."
                ),
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
