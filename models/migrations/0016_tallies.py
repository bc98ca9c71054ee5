"""Room: sums that follow every change, for statistics of a whole province; and the order of a province's queues.

What one graduate counts for is written once (`_COUNTED`); a statement's change is what the persons concerned count for
after it, less what they counted for before it. So it does not matter who writes (an act, a roster file by sets, a hand
at the console): the triggers see every statement. Which states count stands here because a migration must not change
with the code; tests compare it with the flow tables, and `wangqian tallies` the sums with the rows.
"""

# ruff: noqa: S608  fixed texts, put together from fixed texts
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

FLOWS = (
    "'online_signing','offline_signing','supplementary','destination','online_termination','offline_termination'"
)
OFFERED = "'online_signing:invited'"
IN_FORCE = "'online_signing:signed','offline_signing:signed','supplementary:signed','destination:approved'"

COLUMNS = "school_id, cohort, kind, level, department, major, sex, what, industry, nature, region"

# A graduate counts while on the roster: once as a person, and with each record; with the destination in force as well.
_COUNTED = """
SELECT r.school_id, r.cohort, 'record' AS kind, r.level, r.department, r.major, COALESCE(g.basic->>'xbdm', '') AS sex,
  r.flow || ':' || r.state AS what, '' AS industry, '' AS nature, '' AS region
FROM {people} g JOIN {records} r ON r.graduate_id = g.id WHERE g.invalid_at IS NULL
UNION ALL
SELECT g.school_id, g.cohort, 'person', g.level, g.department, g.major, COALESCE(g.basic->>'xbdm', ''),
  CASE WHEN EXISTS (SELECT 1 FROM {records} r WHERE r.graduate_id = g.id
    AND tally_engages(r.flow, r.state, r.slot, r.waits_on)) THEN 'registered' ELSE 'unregistered' END, '', '', ''
FROM {people} g WHERE g.invalid_at IS NULL
UNION ALL
SELECT g.school_id, g.cohort, 'destination', g.level, g.department, g.major, COALESCE(g.basic->>'xbdm', ''),
  r.destination_code, r.employer_industry, r.employer_nature, left(r.employer_region, 2)
FROM {people} g JOIN {records} r ON r.graduate_id = g.id WHERE g.invalid_at IS NULL
  AND tally_in_force(r.flow, r.state, r.slot)"""


def _change(sets: str, now: tuple[str, str], before: tuple[str, str]) -> str:
    """What these persons count for now, less what they counted for before."""
    sides = {1: now, -1: before}
    sums = " UNION ALL ".join(
        f"SELECT {COLUMNS}, {sign} AS n FROM ({_COUNTED.format(people=people, records=records)}) x{place}"
        for place, (sign, (people, records)) in enumerate(sides.items())
    )
    return f"""WITH {sets} INSERT INTO tally_deltas ({COLUMNS}, n)
    SELECT {COLUMNS}, sum(n) FROM ({sums}) change GROUP BY {COLUMNS} HAVING sum(n) <> 0"""


# --- of records ----------------------------------------------------------------------------------
# Acts lock the person first; whoever does not is made to here, so that of two at once the later sees the earlier.

_HEAD = (
    "id, graduate_id, school_id, cohort, flow, state, slot, waits_on, level, department, major, destination_code, "
    "employer_industry, employer_nature, employer_region"
)


def _of_records(touched: str, after: str, before: str) -> str:
    """`touched`: ids of the persons; `after`, `before`: the rows that the statement left and found."""
    sets = f"""who AS MATERIALIZED ({touched}),
    g AS MATERIALIZED (SELECT p.* FROM graduates p WHERE p.id IN (SELECT graduate_id FROM who)),
    r_now AS MATERIALIZED (SELECT {_HEAD} FROM records WHERE graduate_id IN (SELECT graduate_id FROM who)),
    r_was AS MATERIALIZED (
      SELECT * FROM r_now WHERE id NOT IN (SELECT id FROM ({after}) a)
      UNION ALL SELECT {_HEAD} FROM ({before}) b)"""
    return _change(sets, ("g", "r_now"), ("g", "r_was"))


_LOCK = "SELECT id FROM graduates WHERE id IN ({touched}) ORDER BY id FOR NO KEY UPDATE"
_NOTHING = "SELECT * FROM records WHERE FALSE"
_COUNTS = (
    "(a.school_id, a.cohort, a.flow, a.state, a.slot, a.waits_on, a.level, a.department, a.major, a.destination_code, "
    "a.employer_industry, a.employer_nature, a.employer_region)"
)
_MOVED = f"""SELECT a.graduate_id FROM came a JOIN went b USING (id)
  WHERE {_COUNTS} IS DISTINCT FROM {_COUNTS.replace("a.", "b.")}"""


_ROWS = {
    "INSERT": "REFERENCING NEW TABLE AS came",
    "UPDATE": "REFERENCING NEW TABLE AS came OLD TABLE AS went",
    "DELETE": "REFERENCING OLD TABLE AS went",
}


def _trigger(table: str, event: str, body: str) -> list[str]:
    """A trigger of whole statements, with its function."""
    name = f"tally_{table}_{event.lower()}"
    return [
        f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET jit = off AS $body$ BEGIN {body}
        RETURN NULL; END $body$""",
        f"CREATE TRIGGER {name} AFTER {event} ON {table} {_ROWS[event]} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


def _records(event: str, touched: str, after: str, before: str) -> list[str]:
    # PL/pgSQL keeps the plan of its first call, but an act's row and a hundred thousand want two.
    lock, change = _LOCK.format(touched=touched), _of_records(touched, after, before)
    some = "went" if event == "DELETE" else "came"
    body = f"""
    IF (SELECT count(*) FROM (SELECT FROM {some} LIMIT 21) x) > 20 THEN
      EXECUTE $sql${lock}$sql$;
      EXECUTE $sql${change}$sql$;
    ELSIF EXISTS ({touched}) THEN
      PERFORM {lock.removeprefix("SELECT ")};
      {change};
    END IF;"""
    return _trigger("records", event, body)


# --- of graduates --------------------------------------------------------------------------------

_PEOPLE_MOVED = """SELECT a.id FROM came a JOIN went b USING (id)
  WHERE (a.school_id, a.cohort, a.level, a.department, a.major, a.basic->>'xbdm', a.invalid_at IS NULL)
    IS DISTINCT FROM (b.school_id, b.cohort, b.level, b.department, b.major, b.basic->>'xbdm', b.invalid_at IS NULL)"""
_NOBODY = "SELECT * FROM graduates WHERE FALSE"


def _graduates(event: str, touched: str, after: str, before: str) -> list[str]:
    sets = f"""who AS MATERIALIZED ({touched}),
    g_now AS MATERIALIZED (SELECT p.* FROM ({after}) p WHERE p.id IN (SELECT id FROM who)),
    g_was AS MATERIALIZED (SELECT p.* FROM ({before}) p WHERE p.id IN (SELECT id FROM who)),
    r AS MATERIALIZED (SELECT {_HEAD} FROM records WHERE graduate_id IN (SELECT id FROM who))"""
    body = f"EXECUTE $sql${_change(sets, ('g_now', 'r'), ('g_was', 'r'))}$sql$;"
    return _trigger("graduates", event, body)

# Who has just come has no record yet: a roster file of a hundred thousand is counted once, and nothing is looked for.
_COME = f"""INSERT INTO tally_deltas ({COLUMNS}, n)
  SELECT school_id, cohort, 'person', level, department, major, COALESCE(basic->>'xbdm', ''), 'unregistered',
    '', '', '', count(*)
  FROM came WHERE invalid_at IS NULL GROUP BY 1, 2, 4, 5, 6, 7"""


FORWARD = [
    f"""CREATE FUNCTION tally_engages(flow text, state text, slot boolean, waits_on text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT slot OR (waits_on IS NOT NULL AND flow IN ({FLOWS})
      AND flow || ':' || state NOT IN ({OFFERED})) $$""",
    f"""CREATE FUNCTION tally_in_force(flow text, state text, slot boolean) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT slot AND flow || ':' || state IN ({IN_FORCE}) $$""",
    f"CREATE VIEW tally_facts AS {_COUNTED.format(people='graduates', records='records')}",
    *_records("INSERT", "SELECT graduate_id FROM came", "SELECT id FROM came", _NOTHING),
    *_records("UPDATE", _MOVED, "SELECT id FROM came", "SELECT * FROM went"),
    *_records("DELETE", "SELECT graduate_id FROM went", "SELECT id FROM records WHERE FALSE", "SELECT * FROM went"),
    *_trigger("graduates", "INSERT", f"{_COME};"),
    *_graduates("UPDATE", _PEOPLE_MOVED, "SELECT * FROM came", "SELECT * FROM went"),
    *_graduates("DELETE", "SELECT id FROM went", _NOBODY, "SELECT * FROM went"),
    # Lists of a whole province, in their order. By expressions, so that only who asks for them is led by them: to what
    # one school has there are better ways.
    """CREATE INDEX records_by_state_everywhere ON records
    (cohort, ((flow)::text || ':' || (state)::text), created_at, id)""",
    "CREATE INDEX records_by_major_everywhere ON records (cohort, ((major)::text || ''), created_at, id)",
    "CREATE INDEX records_by_department_everywhere ON records (cohort, ((department)::text || ''), created_at, id)",
    "CREATE INDEX records_by_day_of_all ON records (created_at, id)",
    # What is looked for by itself, wherever it is.
    "CREATE INDEX records_named_everywhere ON records (graduate_name text_pattern_ops)",
    "CREATE INDEX records_numbered ON records (agreement_no) WHERE agreement_no <> ''",
    "DROP INDEX records_known_employer",  # the next one leads there too
    "CREATE INDEX records_by_code ON records (employer_uscc, created_at, id) WHERE employer_uscc <> ''",
    # What stands already: the notifier adds it up as it does every change.
    f"INSERT INTO tally_deltas ({COLUMNS}, n) SELECT {COLUMNS}, count(*) FROM tally_facts GROUP BY {COLUMNS}",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0015_mending")]

    operations = [
        ops.CreateModel(
            name="Tally",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("province_id", fields.UUIDField()),
                ("cohort", fields.SmallIntField()),
                ("axis", fields.CharField(max_length=12)),
                ("kind", fields.CharField(description="record, person, or a feature of destinations", max_length=12)),
                ("level", fields.CharField(max_length=16)),
                ("key", fields.CharField(max_length=120)),
                ("what", fields.CharField(max_length=64)),
                ("part", fields.CharField(max_length=8)),
                ("n", fields.IntField()),
            ],
            options={
                "table": "tallies",
                "app": "models",
                "unique_together": (("province_id", "cohort", "axis", "kind", "level", "key", "what", "part"),),
                "pk_attr": "id",
                "table_description": (
                    "How many of a kind stand under one value of an axis (`statistics_axes.AXES`), over the schools of "
                    "a province."
                ),
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TallyDelta",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("school_id", fields.UUIDField()),
                ("cohort", fields.SmallIntField()),
                ("kind", fields.CharField(description="record, person or destination", max_length=12)),
                ("level", fields.CharField(max_length=16)),
                ("department", fields.CharField(max_length=120)),
                ("major", fields.CharField(max_length=120)),
                ("sex", fields.CharField(max_length=8)),
                ("what", fields.CharField(max_length=64)),
                ("industry", fields.CharField(max_length=8)),
                ("nature", fields.CharField(max_length=8)),
                ("region", fields.CharField(max_length=8)),
                ("n", fields.IntField()),
            ],
            options={
                "table": "tally_deltas",
                "app": "models",
                "pk_attr": "id",
                "table_description": (
                    "One change that is not in `tallies` yet: so many more, or less. Written by triggers, in the act's "
                    "transaction."
                ),
            },
            bases=["Model"],
        ),
        *(ops.RunSQL(statement) for statement in FORWARD),
    ]
