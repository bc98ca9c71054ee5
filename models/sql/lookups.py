"""Room: the statements around questions to the EMS about one graduate."""

from __future__ import annotations

ENTRY = "SELECT g.school_id, g.cohort, g.invalid_at FROM graduates g WHERE g.id = $1 AND "

WHO = """
SELECT g.id, g.cohort, g.id_enc, s.code AS school_code FROM graduates g JOIN schools s ON s.id = g.school_id
WHERE g.id = $1"""

# $1 now, $2 an hour ago, $3 when whoever got no answer is asked for again. A freshly frozen entry comes first: whether
# the EMS holds it at this moment decides what its holding it later means.
DUE = """
SELECT g.id, g.cohort, g.id_enc, s.code AS school_code
FROM graduates g JOIN schools s ON s.id = g.school_id LEFT JOIN ems_lookups l ON l.graduate_id = g.id
WHERE g.invalid_at IS NOT NULL AND $1 < make_timestamptz(g.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai')
  AND (l.asked_at IS NULL OR l.asked_at < g.invalid_at OR l.asked_at < $2
    OR (l.asked_at < $3 AND l.answered_at IS DISTINCT FROM l.asked_at))
ORDER BY l.asked_at NULLS FIRST, g.id LIMIT $4"""

# `missed_at` counts from the freezing on.
KEEP = """
INSERT INTO ems_lookups AS l (graduate_id, school_id, asked_at, answered_at, held, missed_at, entry, destination,
  locked)
SELECT g.id, g.school_id, $2::timestamptz, $2::timestamptz, $3::boolean, CASE WHEN NOT $3::boolean THEN
  $2::timestamptz END, $4::jsonb, $5::jsonb, $6::boolean
FROM graduates g WHERE g.id = $1
ON CONFLICT (graduate_id) DO UPDATE SET asked_at = EXCLUDED.asked_at, answered_at = EXCLUDED.answered_at,
  held = EXCLUDED.held, missed_at = COALESCE(EXCLUDED.missed_at, l.missed_at), entry = EXCLUDED.entry,
  destination = EXCLUDED.destination, locked = EXCLUDED.locked"""

KEEP_SILENCE = """
INSERT INTO ems_lookups (graduate_id, school_id, asked_at, locked)
SELECT g.id, g.school_id, $2::timestamptz, FALSE FROM graduates g WHERE g.id = $1
ON CONFLICT (graduate_id) DO UPDATE SET asked_at = EXCLUDED.asked_at"""

MAY_RETURN = """
SELECT g.id FROM graduates g JOIN ems_lookups l ON l.graduate_id = g.id
WHERE g.id = $1 AND g.invalid_at IS NOT NULL AND (g.invalid_cause = 'ems' OR l.missed_at >= g.invalid_at)
  AND NOT EXISTS (SELECT 1 FROM graduates o WHERE o.id_bidx = g.id_bidx AND o.id <> g.id AND o.level = g.level
    AND o.invalid_at IS NULL AND $2 < make_timestamptz(o.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai'))"""

READ = """
SELECT asked_at, answered_at, held, entry, destination, locked FROM ems_lookups WHERE graduate_id = $1"""
