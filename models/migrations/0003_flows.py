"""Room: flows 2 to 6: their states, one live termination a signing, who uploaded, what a school granted.

The lists of states are spelled out because a migration must not change with the code; a test compares them.
"""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

STATES = {
    "online_signing": (
        "invited review_department review_school signed refused withdrawn expired rejected superseded terminated"
    ),
    "offline_signing": (
        "agreement_review_department agreement_review_school agreement_returned agreement_draft agreement_rejected "
        "agreement_issued signing_review_department signing_review_school signing_returned upload_withdrawn "
        "signing_rejected signed terminated cancelled lapsed"
    ),
    "supplementary": (
        "review_department review_school returned draft rejected cancelled lapsed signed terminated"
    ),
    "destination": (
        "review_department review_school returned draft rejected cancelled lapsed approved voided"
    ),
    "online_termination": (
        "awaiting_employer awaiting_graduate employer_refused graduate_refused review_department review_school "
        "withdrawn lapsed rejected completed forced"
    ),
    "offline_termination": (
        "review_department review_school returned draft rejected cancelled lapsed completed"
    ),
}


def _known(flow: str, states: str) -> str:
    listed = ",".join(f"'{state}'" for state in states.split())
    return f"(flow = '{flow}' AND state IN ({listed}))"


FORWARD = [
    "ALTER TABLE records DROP CONSTRAINT records_state_known",
    f"""ALTER TABLE records ADD CONSTRAINT records_state_of_flow CHECK (
        {" OR ".join(_known(flow, states) for flow, states in STATES.items())})""",
    # A live record waits on somebody; ended ones wait on nobody.
    "CREATE UNIQUE INDEX records_one_termination ON records (parent_id) WHERE parent_id IS NOT NULL AND waits_on IS NOT NULL",
    "CREATE INDEX records_waiting ON records (cohort, id) WHERE waits_on IS NOT NULL",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0002_guards")]

    operations = [
        ops.AddField(
            model_name="Record",
            name="submitted_by",
            field=fields.CharField(
                default="", db_default="", description="the party of this round's submission", max_length=16
            ),
        ),
        ops.AddField(
            model_name="Graduate",
            name="terminations_granted",
            field=fields.SmallIntField(
                default=0, db_default=0, description="applications that the school granted besides"
            ),
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
