"""Room: the statements of a roster import, by sets: staging, matching, taking over; and of freezing and thawing."""

from __future__ import annotations


def lively(alias: str, now: str) -> str:
    """A condition: the entry is on its roster and its cohort's time is not over. `now`: a parameter such as `$3`."""
    return (
        f"({alias}.invalid_at IS NULL AND {now} < make_timestamptz({alias}.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai'))"
    )


DROP_STAGE = "DROP TABLE IF EXISTS pg_temp.roster_in"

# `entry`: whom the row is; `fresh`: it comes (back) on the roster by this file; `blocked`: the person stands elsewhere.
MAKE_STAGE = """
CREATE TEMP TABLE roster_in (
  line int, id uuid, ems_id text, ksh text, id_kind text, id_enc text, id_bidx bytea, name text, level_code text,
  level text, department text, major text, training_mode text, basic jsonb, phone_enc text, phone_bidx bytea,
  email text, proof_code text, faults jsonb,
  entry uuid, fresh boolean NOT NULL DEFAULT TRUE, blocked boolean NOT NULL DEFAULT FALSE
) ON COMMIT DROP"""

ANALYZE_STAGE = "ANALYZE roster_in (line, id_bidx, ksh, entry)"

# Two files of one school and cohort at once would each miss what the other adds.
LOCK_ROSTER = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

# By the EMS's id, else 考生号, else kind and number of the paper (roles.md, Roster). Where two of them lead to two
# entries, the row is wrong; so is one whose entry lies outside the account's level scope ($3, `all` covers everything).
MATCH = """
WITH mine AS MATERIALIZED (
  SELECT id, id_bidx, ems_id, basic->>'ksh' AS ksh, level, invalid_at FROM graduates
  WHERE school_id = $1 AND cohort = $2),
found AS (
  SELECT n.line, e.id AS by_ems, k.id AS by_ksh, b.id AS by_number
  FROM roster_in n
  LEFT JOIN mine e ON n.ems_id <> '' AND e.ems_id = n.ems_id
  LEFT JOIN mine k ON n.ksh <> '' AND k.ksh = n.ksh
  LEFT JOIN mine b ON b.id_bidx = n.id_bidx
  WHERE n.faults IS NULL),
settled AS (
  SELECT f.line, COALESCE(f.by_ems, f.by_ksh, f.by_number) AS entry,
    COALESCE(f.by_ksh <> COALESCE(f.by_ems, f.by_ksh), FALSE)
      OR COALESCE(f.by_number <> COALESCE(f.by_ems, f.by_ksh, f.by_number), FALSE) AS clash
  FROM found f)
UPDATE roster_in i SET entry = s.entry, fresh = m.invalid_at IS NOT NULL,
  faults = CASE
    WHEN s.clash THEN jsonb_build_array(jsonb_build_object('line', i.line, 'column', 'sfzh', 'code', 'others_number',
      'message', $4::text))
    WHEN $3::text <> 'all' AND m.level <> $3::text THEN jsonb_build_array(jsonb_build_object('line', i.line,
      'column', 'xldm', 'code', 'outside_level', 'message', $5::text)) END
FROM settled s JOIN mine m ON m.id = s.entry WHERE s.line = i.line"""


def _doubled(key: str, told: str) -> str:
    """Rows after the first of those that have the same key."""
    return f"""SELECT i.line, d.first FROM roster_in i JOIN (
    SELECT {key}, min(line) AS first FROM roster_in WHERE faults IS NULL AND {told}
    GROUP BY {key} HAVING count(*) > 1) d
    USING ({key}) WHERE i.faults IS NULL AND i.line > d.first"""  # noqa: S608  columns named below


_TWINS = " UNION ALL ".join(
    _doubled(key, told)
    for key, told in (
        ("id_bidx", "TRUE"),
        ("ksh", "ksh <> ''"),
        ("ems_id", "ems_id <> ''"),
        ("entry", "entry IS NOT NULL"),
    )
)

# One person twice in a file: by number, by the EMS's or the examination's id, or by two keys that lead to one entry.
TWINS = f"""
UPDATE roster_in i SET faults = jsonb_build_array(jsonb_build_object('line', i.line, 'column', 'sfzh', 'code', 'twice',
  'message', replace($1::text, '{{line}}', t.first::text)))
FROM (SELECT line, min(first) AS first FROM ({_TWINS}) x GROUP BY line) t WHERE i.line = t.line"""  # noqa: S608  as above

# The person's other live entries of the same level whose time is not over: $1 school, $2 cohort, $3 now.
_ELSEWHERE = """
  FROM roster_in i JOIN graduates o ON o.id_bidx = i.id_bidx AND o.level = i.level
  WHERE i.faults IS NULL AND i.fresh AND o.invalid_at IS NULL AND NOT (o.school_id = $1 AND o.cohort = $2)
    AND $3 < make_timestamptz(o.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai')"""

# An entry that is frozen here while the person stands elsewhere is not taken back by a file; nor does a later cohort
# of the same school give way to an earlier one. Only a person can decide that, one by one.
BLOCK = f"""
UPDATE roster_in b SET blocked = TRUE
WHERE b.line IN (SELECT i.line {_ELSEWHERE} AND (i.entry IS NOT NULL OR (o.school_id = $1 AND o.cohort > $2)))"""  # noqa: S608  constants of this file

MOVING = f"""
SELECT DISTINCT o.id, o.school_id, o.cohort, o.school_id = $1 AS own {_ELSEWHERE} AND NOT i.blocked
ORDER BY o.id"""

FAULTS = "SELECT line, faults FROM roster_in WHERE faults IS NOT NULL ORDER BY line"

COUNT_ROWS = "SELECT count(*) FROM roster_in"

# Records that are under way for whoever changes name or number: their pages show it.
FLAGGED = """
SELECT count(*) FROM records r JOIN graduates g ON g.id = r.graduate_id JOIN roster_in i ON i.entry = g.id
WHERE i.faults IS NULL AND r.waits_on IS NOT NULL AND (g.name <> i.name OR g.id_bidx <> i.id_bidx)"""

# What the graduate has confirmed as their own stays (`phone_source`), and so does the number of whoever has bound; what
# the file leaves empty stays. A number that a file replaces rests before it binds, as one that staff entered does.
_OPEN = "g.phone_source = 'roster' AND b.id IS NULL"
_NEW_NUMBER = f"{_OPEN} AND i.phone_bidx IS NOT NULL AND g.phone_bidx IS DISTINCT FROM i.phone_bidx"
CHANGE = f"""
UPDATE graduates g SET id_kind = i.id_kind, id_bidx = i.id_bidx, name = i.name, level_code = i.level_code,
  level = i.level, department = i.department, major = i.major, training_mode = i.training_mode,
  id_enc = CASE WHEN g.id_bidx = i.id_bidx THEN g.id_enc ELSE i.id_enc END,
  ems_id = CASE WHEN i.ems_id <> '' THEN i.ems_id ELSE g.ems_id END,
  basic = g.basic || i.basic,
  email = CASE WHEN {_OPEN} AND i.email <> '' THEN i.email ELSE g.email END,
  phone_enc = CASE WHEN {_NEW_NUMBER} THEN i.phone_enc ELSE g.phone_enc END,
  phone_bidx = CASE WHEN {_NEW_NUMBER} THEN i.phone_bidx ELSE g.phone_bidx END,
  phone_usable_at = CASE WHEN {_NEW_NUMBER} AND g.phone_bidx IS NOT NULL THEN $1 ELSE g.phone_usable_at END
FROM roster_in i LEFT JOIN bindings b ON b.graduate_id = i.entry AND b.ended_at IS NULL
WHERE g.id = i.entry AND i.faults IS NULL AND (
  (g.id_kind, g.id_bidx, g.name, g.level_code, g.department, g.major, g.training_mode)
    IS DISTINCT FROM (i.id_kind, i.id_bidx, i.name, i.level_code, i.department, i.major, i.training_mode)
  OR NOT g.basic @> i.basic
  OR (i.ems_id <> '' AND i.ems_id <> g.ems_id)
  OR ({_OPEN} AND i.email <> '' AND i.email <> g.email)
  OR ({_NEW_NUMBER}))"""  # noqa: S608  conditions of ours

RETURNING = """
SELECT g.id FROM graduates g JOIN roster_in i ON i.entry = g.id
WHERE i.faults IS NULL AND NOT i.blocked AND g.invalid_at IS NOT NULL ORDER BY g.id"""

KNOWN = "SELECT count(*) FROM roster_in WHERE entry IS NOT NULL AND faults IS NULL"

BLOCKED = "SELECT count(*) FROM roster_in WHERE blocked"

# A person whose later entry lives in the same school comes in frozen.
ADD = """
INSERT INTO graduates (id, school_id, cohort, id_kind, id_enc, id_bidx, name, level_code, level, department, major,
  training_mode, basic, phone_enc, phone_bidx, phone_source, email, proof_code, terminations_used, ems_id, invalid_at,
  invalid_cause, invalid_note, created_at)
SELECT id, $1, $2, id_kind, id_enc, id_bidx, name, level_code, level, department, major, training_mode, basic,
  phone_enc, phone_bidx, 'roster', email, proof_code, 0, ems_id, CASE WHEN blocked THEN $3::timestamptz END,
  CASE WHEN blocked THEN 'moved' ELSE '' END, CASE WHEN blocked THEN $4::text ELSE '' END, $3::timestamptz
FROM roster_in WHERE entry IS NULL AND faults IS NULL"""

# --- one entry out, and back ---------------------------------------------------------------------

LOCK_ENTRY = """
SELECT g.id, g.school_id, g.cohort, g.name, g.level, g.id_bidx, g.invalid_at, g.invalid_cause
FROM graduates g WHERE g.id = $1 AND """

FREEZE = "UPDATE graduates SET invalid_at = $2, invalid_cause = $3, invalid_note = $4 WHERE id = $1"

THAW = """
UPDATE graduates SET invalid_at = NULL, invalid_cause = '', invalid_note = '', restored_at = $2 WHERE id = $1"""

# Whatever has not left the house and concerns this graduate, but for the notices $3; pushes are sent anew after a
# restore. What a notifier has in hand at this moment it judges itself, should it have to try again.
HOLD = """
UPDATE outbox SET status = 'superseded', settled_at = $2
WHERE status IN ('pending', 'deferred') AND notice <> ALL($3::text[])
  AND (stream IN ('ems:' || $1::text, 'sms:' || $1::text)
    OR stream IN (SELECT 'wx:' || b.id FROM bindings b WHERE b.graduate_id = $1::uuid)
    OR record_id IN (SELECT r.id FROM records r WHERE r.graduate_id = $1::uuid))"""

DEADLINES = "SELECT id, expires_at FROM records WHERE graduate_id = $1 AND waits_on IS NOT NULL AND expires_at >= $2"

# Days of waiting count from the return: the clock looks at these records anew.
REMIND_ANEW = "UPDATE records SET remind_at = $2 WHERE graduate_id = $1 AND waits_on IS NOT NULL"

EXTEND = "UPDATE records SET expires_at = $2 WHERE id = $1"

# Employers with something under way or in force: they are told that it pauses, and that it goes on.
EMPLOYERS = """
SELECT id, employer_id, employer_name, flow FROM records
WHERE graduate_id = $1 AND employer_id IS NOT NULL AND (slot OR waits_on IS NOT NULL) ORDER BY id"""

REACH = """
SELECT (SELECT b.id FROM bindings b WHERE b.graduate_id = g.id AND b.ended_at IS NULL AND b.following) AS binding_id,
  COALESCE((SELECT s.sms_fallback FROM settings s WHERE s.school_id = g.school_id AND s.cohort = g.cohort), TRUE)
    AS sms_fallback
FROM graduates g WHERE g.id = $1"""

# The person's other entries of the same level that live on: $1 entry, $2 index, $3 level, $4 now. Locked in one order.
OTHERS = """
SELECT o.id, o.school_id, o.cohort, EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = o.id AND r.slot) AS slot
FROM graduates o
WHERE o.id_bidx = $2 AND o.id <> $1 AND o.level = $3 AND o.invalid_at IS NULL
  AND $4 < make_timestamptz(o.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai')
ORDER BY o.id FOR NO KEY UPDATE"""

HOLDS_SLOT = "SELECT EXISTS (SELECT 1 FROM records WHERE graduate_id = $1 AND slot)"

OPEN_COHORTS = """
SELECT s.cohort FROM settings s WHERE s.school_id = $1 AND s.cohort = ANY($2::int[]) AND s.open_at IS NOT NULL
FOR SHARE"""

OUTDATE_NOTICE = """
UPDATE outbox SET status = 'superseded', settled_at = $3
WHERE notice = $2 AND status IN ('pending', 'deferred')
  AND (stream = 'sms:' || $1::text
    OR stream IN (SELECT 'wx:' || b.id FROM bindings b WHERE b.graduate_id = $1::uuid))"""

# --- phones and reminders ------------------------------------------------------------------------

LOCK_PHONE = """
SELECT g.id, g.school_id, g.cohort, g.invalid_at, g.phone_enc, g.phone_bidx, g.phone_source,
  EXISTS (SELECT 1 FROM bindings b WHERE b.graduate_id = g.id AND b.ended_at IS NULL) AS bound
FROM graduates g WHERE g.id = $1 AND """

CHANGE_PHONE = """
UPDATE graduates SET phone_enc = $2, phone_bidx = $3, phone_source = 'staff', phone_usable_at = $4 WHERE id = $1"""

OWN_PHONE = """
SELECT id, school_id, id_kind, id_bidx, phone_enc, phone_bidx, phone_usable_at FROM graduates WHERE id = $1"""

# The entry, and others of the same person that had the same number. Locked in one order.
SAME_PHONE = """
SELECT o.id, o.school_id, o.cohort FROM graduates o
WHERE o.id = $1 OR (o.id_bidx = $2 AND o.phone_bidx = $3) ORDER BY o.id FOR NO KEY UPDATE"""

OWN_NUMBER = """
UPDATE graduates SET phone_enc = $2, phone_bidx = $3, phone_source = 'own', phone_usable_at = $4 WHERE id = $1"""

LISTED = """
SELECT g.id, g.school_id, (SELECT m.at FROM graduate_reminders m WHERE m.graduate_id = g.id AND m.list = $2) AS at
FROM graduates g WHERE g.id = ANY($1::uuid[]) AND """

REMINDED = """
INSERT INTO graduate_reminders (id, school_id, graduate_id, list, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (graduate_id, list) DO UPDATE SET at = EXCLUDED.at"""
