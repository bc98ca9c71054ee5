"""Room: what a list cannot look up row by row is kept on the record: marks on its employer, a changed department.

A column is written by triggers, in the transaction of whoever changes what it tells of: the record's employer or
department, a warning mark, the registry's answer, the roster. Of two at once, one on each side, the later must see the
earlier: who writes a record shares a lock with whoever else meets its employer's code or name, who changes what is
known of that employer holds it alone. There are few such locks, so a statement may write any number of records;
departments need none, for there the graduate's row is locked.

Which states of the registry are harmless and how many schools count stands here because a migration must not change
with the code; tests compare.
"""

# ruff: noqa: S608  fixed texts, put together from fixed texts
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

EVERYWHERE = 5
IN_OPERATION = "'存续','在业','开业'"
LOCKS = 726_017
"""The first half of the locks' numbers; the second tells employers apart, and -1 lets one mark change at a time."""

# A mark meets an employer by equal codes, or by equal names where one side has no code (roles.md, Warning units).
_MEETS = "((code <> '' AND w.uscc = code) OR (w.name_key = called AND (w.uscc = '' OR code = '')))"
# Marks with one code count together, with the codeless ones of its names and of the employer's own; marks with
# different codes never do.
_TOGETHER = """SELECT count(DISTINCT o.school_id) FROM warnings o WHERE (h.uscc <> '' AND o.uscc = h.uscc)
    OR (o.uscc = '' AND (o.name_key = called OR (h.uscc <> '' AND o.name_key IN (
      SELECT n.name_key FROM warnings n WHERE n.uscc = h.uscc))))"""

FUNCTIONS = [
    f"""CREATE FUNCTION employer_warned(school uuid, code text, called text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM warnings w WHERE {_MEETS}) AND (
      EXISTS (SELECT 1 FROM warnings w WHERE w.school_id = school AND {_MEETS})
      OR EXISTS (SELECT 1 FROM (SELECT DISTINCT w.uscc FROM warnings w WHERE {_MEETS}) h
        WHERE ({_TOGETHER}) >= {EVERYWHERE})) $$""",
    f"""CREATE FUNCTION registry_ended(status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT status NOT IN ('', {IN_OPERATION}) $$""",
    """CREATE FUNCTION employer_ended(code text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT code <> '' AND EXISTS (SELECT 1 FROM registry_status q WHERE q.uscc = code AND registry_ended(q.status)) $$""",
    """CREATE FUNCTION employer_lock(told text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtext(told) & 255 $$""",
]

# --- the record itself ---------------------------------------------------------------------------

_TOLD = "school_id, graduate_id, department, employer_uscc, employer_name_key"
_OLD, _NEW = (", ".join(f"{side}.{column}" for column in _TOLD.split(", ")) for side in ("OLD", "NEW"))

# Hardly any employer has a mark, so it is asked first whether there is one at all.
RECORDS = [
    f"""CREATE FUNCTION record_marked() RETURNS trigger LANGUAGE plpgsql AS $body$
    DECLARE
      code text := NEW.employer_uscc; called text := NEW.employer_name_key;
      one int := employer_lock(code); other int := employer_lock(called);
    BEGIN
      PERFORM pg_advisory_xact_lock_shared({LOCKS}, LEAST(one, other));
      PERFORM pg_advisory_xact_lock_shared({LOCKS}, GREATEST(one, other));
      NEW.warned := EXISTS (SELECT 1 FROM warnings w WHERE {_MEETS});
      IF NEW.warned THEN
        NEW.warned := employer_warned(NEW.school_id, code, called);
      END IF;
      NEW.not_operating := EXISTS (
        SELECT 1 FROM registry_status q WHERE q.uscc = code AND q.uscc <> '' AND registry_ended(q.status));
      SELECT g.department <> NEW.department INTO NEW.department_changed FROM graduates g
        WHERE g.id = NEW.graduate_id FOR NO KEY UPDATE;
      NEW.department_changed := COALESCE(NEW.department_changed, FALSE);
      RETURN NEW;
    END $body$""",
    "CREATE TRIGGER record_marked_new BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION record_marked()",
    f"""CREATE TRIGGER record_marked_again BEFORE UPDATE ON records FOR EACH ROW
    WHEN (({_OLD}) IS DISTINCT FROM ({_NEW})) EXECUTE FUNCTION record_marked()""",
]

# --- what is known of employers ------------------------------------------------------------------

_BY_CODE = "(r.employer_uscc = ANY(codes) AND r.employer_uscc <> '')"
_BY_EITHER = f"({_BY_CODE} OR (r.employer_name_key = ANY(names) AND r.employer_name_key <> ''))"


def _written(column: str, among: str, by: str, truth: str, locked: str) -> str:
    """Bring a column of these records to what is true now, which is the same for all that are alike by some columns.

    Rows before locks: whoever acts on one of them waits for it without holding a lock that is needed here.
    """
    told = f"""WITH told AS MATERIALIZED (
        SELECT {by}, {truth} AS truth FROM (SELECT DISTINCT {by} FROM records r WHERE {among}) alike)"""
    untrue = f"{among} AND ({_of('r', by)}) = ({_of('t', by)}) AND r.{column} <> t.truth"
    return f"""
      PERFORM x.id FROM ({told}
        SELECT r.id FROM records r, told t WHERE {untrue} ORDER BY r.id FOR NO KEY UPDATE OF r) x;
      PERFORM pg_advisory_xact_lock({LOCKS}, x.lock) FROM (
        SELECT DISTINCT employer_lock(key) AS lock FROM unnest({locked}) key ORDER BY 1) x;
      {told} UPDATE records r SET {column} = t.truth FROM told t WHERE {untrue};"""


def _of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


# A mark may count together with others of its code or name, so all employers that these meet are looked at.
_EMPLOYER = "school_id, employer_uscc, employer_name_key"
WARNINGS = [
    f"""CREATE FUNCTION mark_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
    DECLARE codes text[] := ARRAY[OLD.uscc, NEW.uscc]; names text[] := ARRAY[OLD.name_key, NEW.name_key];
    BEGIN
      PERFORM pg_advisory_xact_lock({LOCKS}, -1);
      codes := ARRAY(SELECT c FROM unnest(codes) c WHERE c <> ''
        UNION SELECT w.uscc FROM warnings w WHERE w.name_key = ANY(names) AND w.uscc <> '');
      names := ARRAY(SELECT n FROM unnest(names) n WHERE n <> ''
        UNION SELECT w.name_key FROM warnings w WHERE w.uscc = ANY(codes));
      {_written("warned", _BY_EITHER, _EMPLOYER, f"employer_warned({_EMPLOYER})", "codes || names")}
      RETURN NULL;
    END $body$""",
    "CREATE TRIGGER mark_made AFTER INSERT ON warnings FOR EACH ROW EXECUTE FUNCTION mark_changed()",
    "CREATE TRIGGER mark_gone AFTER DELETE ON warnings FOR EACH ROW EXECUTE FUNCTION mark_changed()",
    """CREATE TRIGGER mark_edited AFTER UPDATE ON warnings FOR EACH ROW
    WHEN ((OLD.school_id, OLD.uscc, OLD.name_key) IS DISTINCT FROM (NEW.school_id, NEW.uscc, NEW.name_key))
    EXECUTE FUNCTION mark_changed()""",
]
REGISTRY = [
    f"""CREATE FUNCTION registry_changed() RETURNS trigger LANGUAGE plpgsql AS $body$
    DECLARE codes text[] := array_remove(ARRAY[OLD.uscc, NEW.uscc], NULL);
    BEGIN{_written("not_operating", _BY_CODE, "employer_uscc", "employer_ended(employer_uscc)", "codes")}
      RETURN NULL;
    END $body$""",
    """CREATE TRIGGER registry_told AFTER INSERT ON registry_status FOR EACH ROW WHEN (registry_ended(NEW.status))
    EXECUTE FUNCTION registry_changed()""",
    """CREATE TRIGGER registry_forgot AFTER DELETE ON registry_status FOR EACH ROW WHEN (registry_ended(OLD.status))
    EXECUTE FUNCTION registry_changed()""",
    """CREATE TRIGGER registry_told_anew AFTER UPDATE ON registry_status FOR EACH ROW
    WHEN (OLD.uscc <> NEW.uscc OR registry_ended(OLD.status) <> registry_ended(NEW.status))
    EXECUTE FUNCTION registry_changed()""",
]

# --- the roster ----------------------------------------------------------------------------------

GRADUATES = [
    """CREATE FUNCTION department_moved() RETURNS trigger LANGUAGE plpgsql AS $body$
    BEGIN
      IF EXISTS (SELECT 1 FROM came a JOIN went b USING (id) WHERE a.department <> b.department) THEN
        UPDATE records r SET department_changed = NOT r.department_changed FROM (
          SELECT r.id, a.department FROM came a JOIN went b USING (id) JOIN records r ON r.graduate_id = a.id
          WHERE a.department <> b.department ORDER BY r.id FOR NO KEY UPDATE OF r) x
        WHERE r.id = x.id AND r.department_changed <> (r.department <> x.department);
      END IF;
      RETURN NULL;
    END $body$""",
    """CREATE TRIGGER department_moved AFTER UPDATE ON graduates REFERENCING NEW TABLE AS came OLD TABLE AS went
    FOR EACH STATEMENT EXECUTE FUNCTION department_moved()""",
]

# --- what stands already, and the ways to it -----------------------------------------------------

STANDING = [
    """UPDATE records r SET warned = TRUE WHERE (r.employer_uscc IN (SELECT w.uscc FROM warnings w WHERE w.uscc <> '')
      OR r.employer_name_key IN (SELECT w.name_key FROM warnings w))
    AND employer_warned(r.school_id, r.employer_uscc, r.employer_name_key)""",
    """UPDATE records r SET not_operating = TRUE FROM registry_status q
    WHERE q.uscc = r.employer_uscc AND r.employer_uscc <> '' AND registry_ended(q.status)""",
    """UPDATE records r SET department_changed = TRUE FROM graduates g
    WHERE g.id = r.graduate_id AND g.department <> r.department""",
]
_STATE = "((flow)::text || ':' || (state)::text)"
INDEXES = [
    # Few records each. What else a list asks for most often stands behind, so that it is told without the record.
    f"""CREATE INDEX records_risky_everywhere ON records (cohort, created_at, id, flow, ({_STATE}), warned, not_operating)
    WHERE warned OR not_operating""",
    "CREATE INDEX records_risky ON records (school_id, cohort, created_at, id) WHERE warned OR not_operating",
    f"""CREATE INDEX records_moved_everywhere ON records (cohort, created_at, id, flow, ({_STATE}))
    WHERE department_changed""",
    "CREATE INDEX records_moved ON records (school_id, cohort, created_at, id) WHERE department_changed",
    # Whom a mark without a code meets.
    "CREATE INDEX records_by_employer_name ON records (employer_name_key) WHERE employer_name_key <> ''",
]
FORWARD = [*FUNCTIONS, *RECORDS, *WARNINGS, *REGISTRY, *GRADUATES, *STANDING, *INDEXES]

_COLUMNS = {
    "warned": "a warning mark is shown with the employer",
    "not_operating": "the registry has the employer as not in operation",
    "department_changed": "the roster has another department by now",
}


class Migration(migrations.Migration):
    dependencies = [("models", "0017_papers")]

    operations = [
        *(
            ops.AddField(
                model_name="Record",
                name=name,
                field=fields.BooleanField(default=False, db_default=False, description=told),
            )
            for name, told in _COLUMNS.items()
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
