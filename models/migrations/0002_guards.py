"""Room: what the database itself refuses.

Tortoise does not emit `Meta.constraints` when it creates a table, so these stand here as SQL; a test asserts
that each exists. The list of states is spelled out because a migration must not change with the code:
another test compares it with the flow tables.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

ONLINE_SIGNING = (
    "'invited','review_department','review_school','signed','refused','withdrawn','expired','rejected',"
    "'superseded','terminated'"
)
NO_SCHOOL = "00000000-0000-0000-0000-000000000000"  # stands for rows that belong to no school

FORWARD = [
    f"""ALTER TABLE records ADD CONSTRAINT records_state_known CHECK (
        (flow = 'online_signing' AND state IN ({ONLINE_SIGNING})))""",
    "CREATE UNIQUE INDEX records_one_slot ON records (school_id, graduate_id) WHERE slot",
    "CREATE UNIQUE INDEX records_one_open_invitation ON records (graduate_id, employer_id) WHERE state = 'invited'",
    "CREATE INDEX records_deadlines ON records (expires_at) WHERE state = 'invited'",
    "CREATE UNIQUE INDEX bindings_live_openid ON bindings (openid, cohort) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX bindings_live_graduate ON bindings (graduate_id) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX employers_verified_uscc ON employers (uscc) WHERE status = 'verified'",
    # Deferred rows become pending when they are due; a claim walks the schools of one channel in turn.
    "CREATE INDEX outbox_due ON outbox (due_at, id) WHERE status = 'deferred'",
    f"CREATE INDEX outbox_in_turn ON outbox (channel, COALESCE(school_id, '{NO_SCHOOL}'), id) WHERE status = 'pending'",
    "CREATE INDEX outbox_by_stream ON outbox (stream, id) WHERE status IN ('pending', 'deferred', 'sending')",
    "CREATE INDEX outbox_leased ON outbox (lease_until) WHERE status = 'sending'",
    "CREATE INDEX outbox_unsure ON outbox (settled_at) WHERE status = 'sent' AND channel = 'sms' AND provider_id = ''",
    "CREATE INDEX receipts_open ON receipts (channel, provider_id) WHERE applied_at IS NULL",
    """CREATE FUNCTION journal_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND NEW.detail IS NULL
         AND (to_jsonb(NEW) - 'detail') = (to_jsonb(OLD) - 'detail') THEN
        RETURN NEW;  -- personal detail may be erased; the chain holds its hash only
      END IF;
      RAISE EXCEPTION 'the journal is append-only';
    END $$""",
    "CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal "
    "FOR EACH ROW EXECUTE FUNCTION journal_keep()",
    "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION journal_keep()",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [ops.RunSQL(statement) for statement in FORWARD]
