"""Room: the statements that add changes up to the sums of a province, and that make the sums anew."""

from __future__ import annotations

from typing import Final

FOLD_LOCK: Final = 7_260_014_032
"""Any number, the same in all processes: one of them adds up at a time."""

TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"
LOCK = "SELECT pg_advisory_xact_lock($1)"

# One change counts under every axis; a destination under every feature too. Names as in `statistics_axes.AXES` and
# `statistics_destinations.FEATURES`; a test compares.
_UNDER = """
CROSS JOIN LATERAL (VALUES ('department', x.department), ('major', x.major), ('level', x.level), ('sex', x.sex),
  ('school', x.school_id::text)) a(axis, key)
CROSS JOIN LATERAL (
  SELECT x.kind AS kind, '' AS part WHERE x.kind <> 'destination'
  UNION ALL SELECT f.kind, f.part FROM (VALUES ('type', x.what), ('industry', x.industry), ('nature', x.nature),
    ('region', x.region)) f(kind, part) WHERE x.kind = 'destination') p"""

_ADD = """
INSERT INTO tallies (province_id, cohort, axis, kind, level, key, what, part, n)
SELECT s.province_id, x.cohort, a.axis, p.kind, x.level, a.key, x.what, p.part, sum(x.n)
FROM {changes} x JOIN schools s ON s.id = x.school_id {under}
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(x.n) <> 0
ON CONFLICT (province_id, cohort, axis, kind, level, key, what, part) DO UPDATE SET n = tallies.n + EXCLUDED.n"""

FOLD = f"""
WITH gone AS (
  DELETE FROM tally_deltas WHERE id IN (SELECT id FROM tally_deltas ORDER BY id LIMIT $1) RETURNING *),
added AS ({_ADD.format(changes="gone", under=_UNDER)})
SELECT count(*) FROM gone"""  # noqa: S608  fixed texts, numbered parameters

# A million graduates are grouped in seconds where they need not go to disk for it, by one process.
MEMORY = "SELECT set_config('work_mem', '256MB', TRUE), set_config('max_parallel_workers_per_gather', '2', TRUE)"

FORGET_ALL = "DELETE FROM tallies"

# What the rows say, less the changes that wait: those are added later, so nobody has to stand still meanwhile.
_COLUMNS = "school_id, cohort, kind, level, department, major, sex, what, industry, nature, region"
_ANEW = f"""(SELECT {_COLUMNS}, sum(n) AS n FROM (
  SELECT {_COLUMNS}, count(*) AS n FROM tally_facts GROUP BY {_COLUMNS}
  UNION ALL SELECT {_COLUMNS}, -n FROM tally_deltas) y GROUP BY {_COLUMNS})"""  # noqa: S608  fixed texts
REBUILD = _ADD.format(changes=_ANEW, under=_UNDER)

# Both in one statement, so that a change is seen once, wherever it stands: $1 province, $2 cohort, $3 axis, $4 kinds,
# $5 level or empty.
READ = f"""
SELECT key, kind, what, part, sum(n)::int AS n FROM (
  SELECT t.key, t.kind, t.what, t.part, t.n FROM tallies t
  WHERE t.province_id = $1 AND t.cohort = $2 AND t.axis = $3 AND t.kind = ANY($4::text[])
    AND ($5::text = '' OR t.level = $5::text)
  UNION ALL
  SELECT a.key, p.kind, x.what, p.part, x.n FROM tally_deltas x JOIN schools s ON s.id = x.school_id {_UNDER}
  WHERE s.province_id = $1 AND x.cohort = $2 AND a.axis = $3 AND p.kind = ANY($4::text[])
    AND ($5::text = '' OR x.level = $5::text)) y
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0"""  # noqa: S608  fixed texts, numbered parameters

PLACES = """
SELECT DISTINCT s.province_id, x.cohort FROM (
  SELECT school_id, cohort FROM graduates UNION SELECT school_id, cohort FROM records) x
JOIN schools s ON s.id = x.school_id UNION SELECT DISTINCT province_id, cohort FROM tallies ORDER BY 1, 2"""
