"""Room: what a whole province's lists are narrowed by is told by an index alone: kept columns, and indexes that hold them.

A province's records lie everywhere in the table, so each that is only looked at costs a page of its own. What stands
elsewhere comes to the record as in `0018_record_marks`, by triggers in the transaction of whoever changes what it tells
of. For the roster both sides lock the graduate, for the history both have the record.
"""

# ruff: noqa: S608  fixed texts, put together from fixed texts
from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

RETURNS = "'return','return_agreement'"
"""The actions that send a record back; a test compares them with the flows."""

# --- what is kept --------------------------------------------------------------------------------

_OF_ROSTER = "g.level_code, COALESCE(left(g.basic->>'xbdm', 4), '') AS sex, g.invalid_at IS NOT NULL AS frozen"

RECORDS = [
    f"""CREATE FUNCTION record_enrolled() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      SELECT {_OF_ROSTER} INTO NEW.level_code, NEW.sex, NEW.frozen FROM graduates g
        WHERE g.id = NEW.graduate_id FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        NEW.level_code := ''; NEW.sex := ''; NEW.frozen := FALSE;
      END IF;
      RETURN NEW;
    END $body$""",
    "CREATE TRIGGER record_enrolled_new BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION record_enrolled()",
    """CREATE TRIGGER record_enrolled_again BEFORE UPDATE ON records FOR EACH ROW
    WHEN (OLD.graduate_id <> NEW.graduate_id) EXECUTE FUNCTION record_enrolled()""",
    """CREATE FUNCTION record_returned() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      UPDATE records SET returned_at = GREATEST(returned_at, NEW.at) WHERE id = NEW.subject_id;
      RETURN NULL;
    END $body$""",
    f"""CREATE TRIGGER record_returned AFTER INSERT ON journal FOR EACH ROW WHEN (NEW.action IN ({RETURNS}))
    EXECUTE FUNCTION record_returned()""",
]

# Instead of the trigger for departments alone: a roster file is compared once.
_MOVED = """(g.department, g.level_code, g.basic->>'xbdm', g.invalid_at IS NULL)
          IS DISTINCT FROM (b.department, b.level_code, b.basic->>'xbdm', b.invalid_at IS NULL)"""
ROSTER = [
    f"""CREATE FUNCTION roster_moved() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      IF EXISTS (SELECT 1 FROM came g JOIN went b USING (id) WHERE {_MOVED}) THEN
        UPDATE records r SET department_changed = (r.department <> x.department), level_code = x.level_code,
          sex = x.sex, frozen = x.frozen
        FROM (SELECT r.id, g.department, {_OF_ROSTER} FROM came g JOIN went b USING (id)
          JOIN records r ON r.graduate_id = g.id WHERE {_MOVED} ORDER BY r.id FOR NO KEY UPDATE OF r) x
        WHERE r.id = x.id AND (r.department_changed, r.level_code, r.sex, r.frozen)
          IS DISTINCT FROM (r.department <> x.department, x.level_code, x.sex, x.frozen);
      END IF;
      RETURN NULL;
    END $body$""",
    """CREATE TRIGGER roster_moved AFTER UPDATE ON graduates REFERENCING NEW TABLE AS came OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION roster_moved()""",
]

# --- what stands already -------------------------------------------------------------------------

# The table is written anew once, with its indexes made in one go: to change every row costs an entry in each.
STANDING = [
    """CREATE FUNCTION of_roster(person uuid) RETURNS graduates LANGUAGE plpgsql STABLE AS $$
    DECLARE found graduates;
    BEGIN
      SELECT * INTO found FROM graduates g WHERE g.id = person;
      RETURN found;
    END $$""",
    f"""CREATE TABLE returns AS SELECT subject_id, max(at) AS at FROM journal WHERE action IN ({RETURNS}) GROUP BY 1""",
    "ALTER TABLE returns ADD PRIMARY KEY (subject_id)",
    """CREATE FUNCTION of_history(record uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
    BEGIN
      RETURN (SELECT r.at FROM returns r WHERE r.subject_id = record);
    END $$""",
    """ALTER TABLE records
    ALTER COLUMN level_code TYPE varchar(4) USING COALESCE((of_roster(graduate_id)).level_code, ''),
    ALTER COLUMN sex TYPE varchar(4) USING COALESCE(left((of_roster(graduate_id)).basic->>'xbdm', 4), ''),
    ALTER COLUMN frozen TYPE boolean USING ((of_roster(graduate_id)).invalid_at IS NOT NULL),
    ALTER COLUMN returned_at TYPE timestamptz USING of_history(id)""",
    "DROP FUNCTION of_roster(uuid)",
    "DROP FUNCTION of_history(uuid)",
    "DROP TABLE returns",
]

# --- the ways to it ------------------------------------------------------------------------------

_STATE = "((flow)::text || ':' || (state)::text)"
_SHOWN = """state, frozen, warned, not_operating, department_changed, level, level_code, sex, destination_code,
    employer_nature, employer_industry, employer_region, position_category, graduate_name, employer_name_key"""
_BY_DAY = "(cohort, flow, created_at, id) INCLUDE (school_id, state)"
INDEXES = [
    # Whatever many records have is found in the order of the list, looking at nothing else.
    f"CREATE INDEX records_listed ON records (cohort, flow, created_at, id) INCLUDE (school_id, {_SHOWN})",
    f"""CREATE INDEX records_listed_of_school ON records (school_id, cohort, flow, created_at, id)
    INCLUDE (department, major, {_SHOWN})""",
    # What few have is found by itself. By expressions, so that only who asks for them is led by them: to what one school
    # has there are better ways. Equal keys take hardly any room.
    "CREATE INDEX records_of_level ON records (flow, ((level_code)::text || ''), cohort)",
    "CREATE INDEX records_of_destination ON records (flow, ((destination_code)::text || ''), cohort)",
    "CREATE INDEX records_of_nature ON records (flow, ((employer_nature)::text || ''), cohort)",
    "CREATE INDEX records_of_industry ON records (flow, ((employer_industry)::text || ''), cohort)",
    "CREATE INDEX records_of_region ON records (flow, ((employer_region)::text || '') text_pattern_ops, cohort)",
    "CREATE INDEX records_of_position ON records (flow, ((position_category)::text || ''), cohort)",
    # One of many, in the order of the list. An index tells alone what it has as a column.
    f"""CREATE INDEX records_listed_by_state ON records (cohort, {_STATE}, created_at, id)
    INCLUDE (school_id, flow, state)""",
    """CREATE INDEX records_listed_by_major ON records (cohort, ((major)::text || ''), created_at, id)
    INCLUDE (school_id, flow, major)""",
    """CREATE INDEX records_listed_by_department ON records (cohort, ((department)::text || ''), created_at, id)
    INCLUDE (school_id, flow, department)""",
    """CREATE INDEX records_listed_by_name ON records (flow, graduate_name text_pattern_ops, cohort, created_at, id)
    INCLUDE (school_id)""",
    # Few records each.
    f"CREATE INDEX records_listed_frozen ON records {_BY_DAY} WHERE frozen",
    f"CREATE INDEX records_listed_returned ON records {_BY_DAY} WHERE returned_at IS NOT NULL",
    f"CREATE INDEX records_listed_again ON records {_BY_DAY} WHERE submitted_at > returned_at",
    """CREATE INDEX records_listed_risky ON records (cohort, flow, created_at, id)
    INCLUDE (school_id, state, warned, not_operating) WHERE warned OR not_operating""",
    f"CREATE INDEX records_listed_moved ON records {_BY_DAY} WHERE department_changed",
    """CREATE INDEX records_listed_waiting ON records (cohort, flow, created_at, id)
    INCLUDE (school_id, state, waiting_since) WHERE (waits_on || '') IS NOT NULL""",
    "CREATE INDEX records_frozen ON records (school_id, cohort, created_at, id) WHERE frozen",
    "CREATE INDEX records_returned ON records (school_id, cohort, created_at, id) WHERE returned_at IS NOT NULL",
    # An index tells alone what stands on pages that have been swept since they were last written.
    "ALTER TABLE records SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)",
]
FORWARD = [
    "DROP INDEX records_by_day",
    "DROP INDEX records_by_day_everywhere",
    "DROP INDEX records_by_state_everywhere",
    "DROP INDEX records_by_major_everywhere",
    "DROP INDEX records_by_department_everywhere",
    "DROP INDEX records_named_everywhere",
    "DROP INDEX records_risky_everywhere",
    "DROP INDEX records_moved_everywhere",
    "DROP TRIGGER department_moved ON graduates",
    "DROP FUNCTION department_moved()",
    *RECORDS,
    *ROSTER,
    *STANDING,
    *INDEXES,
]

_COLUMNS: dict[str, Any] = {
    "level_code": fields.CharField(max_length=4, default="", db_default="", description="学历 as the roster has it now"),
    "sex": fields.CharField(max_length=4, default="", db_default="", description="性别 as the roster has it now"),
    "frozen": fields.BooleanField(default=False, db_default=False, description="the roster entry is invalid"),
    "returned_at": fields.DatetimeField(null=True, description="when it was last sent back"),
}


class Migration(migrations.Migration):
    dependencies = [("models", "0018_record_marks")]

    operations = [
        *(ops.AddField(model_name="Record", name=name, field=field) for name, field in _COLUMNS.items()),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
