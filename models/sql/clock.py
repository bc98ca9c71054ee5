"""Room: the statements of the clock's jobs. Each takes a bounded number of rows, so that no run lasts long."""

from __future__ import annotations

# Frozen records wait (workflows.md, Conventions 10); they are expired when the graduate is back.
EXPIRED = """
SELECT r.id, r.flow, r.expires_at FROM records r JOIN graduates g ON g.id = r.graduate_id
WHERE r.state = 'invited' AND r.expires_at < $1 AND g.invalid_at IS NULL
ORDER BY r.expires_at, r.id LIMIT $2"""

# What still waits for somebody although its cohort's window has closed; the table says which of it ends.
AFTER_CLOSE = """
SELECT r.id, r.flow, r.version, r.cohort FROM records r JOIN graduates g ON g.id = r.graduate_id
WHERE r.waits_on IS NOT NULL AND r.cohort <= $1 AND g.invalid_at IS NULL AND r.flow || ':' || r.state = ANY($2::text[])
ORDER BY r.cohort, r.id LIMIT $3"""

# What waits at a department although the school reviews alone: frozen while the mode was changed.
WITHOUT_STAGE = """
SELECT r.id, r.flow, r.version FROM records r JOIN graduates g ON g.id = r.graduate_id
JOIN settings s ON s.school_id = r.school_id AND s.cohort = r.cohort
WHERE r.waits_on = 'department' AND s.review_mode = 'school' AND g.invalid_at IS NULL
ORDER BY r.id LIMIT $1"""

# Open invitations of employers that are suspended, of one ($1) or of all; frozen ones wait until the graduate is back.
SUSPENDED = """
SELECT r.id, r.flow FROM employers e
JOIN records r ON r.employer_id = e.id AND r.state = 'invited'
JOIN graduates g ON g.id = r.graduate_id
WHERE e.status = 'suspended' AND ($1::uuid IS NULL OR e.id = $1) AND g.invalid_at IS NULL
ORDER BY r.id LIMIT $2"""

# Whose reminder is due ($2: the table of reminders). Of several moments that have passed unnoticed only the last is
# reminded of; one that lay before the wait began, or before the graduate came back to the roster, is none.
DUE_REMINDERS = """
WITH rule AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS x(flow text, state text, anchor text, days int, notices text[])),
due AS (
  SELECT DISTINCT ON (r.id) r.id, r.version, x.notices, x.anchor, d.due,
    b.id AS binding_id, COALESCE(s.sms_fallback, TRUE) AS sms_fallback
  FROM records r JOIN rule x ON x.flow = r.flow AND x.state = r.state
  JOIN graduates g ON g.id = r.graduate_id AND g.invalid_at IS NULL
  LEFT JOIN bindings b ON b.graduate_id = r.graduate_id AND b.ended_at IS NULL AND b.following
  LEFT JOIN settings s ON s.school_id = r.school_id AND s.cohort = r.cohort
  CROSS JOIN LATERAL (SELECT CASE x.anchor
    WHEN 'waiting' THEN GREATEST(r.waiting_since, g.restored_at) + make_interval(hours => 24 * x.days)
    WHEN 'expiry' THEN (date_trunc('day', r.expires_at AT TIME ZONE 'Asia/Shanghai')
      + make_interval(days => -x.days, hours => $3)) AT TIME ZONE 'Asia/Shanghai'
    ELSE (make_timestamp(r.cohort + 1, 1, 31, $3, 0, 0) - make_interval(days => x.days)) AT TIME ZONE 'Asia/Shanghai'
    END AS due) d
  WHERE r.waits_on IS NOT NULL AND d.due <= $1 AND d.due > GREATEST(r.waiting_since, g.restored_at)
    AND (r.reminded_at IS NULL OR r.reminded_at < d.due) AND (x.anchor <> 'expiry' OR r.expires_at > $1)
    AND $1 < make_timestamp(r.cohort + 1, 2, 1, 0, 0, 0) AT TIME ZONE 'Asia/Shanghai'
  ORDER BY r.id, d.due DESC LIMIT $4)
SELECT r.id, r.school_id, r.graduate_id, r.employer_id, r.cohort, r.flow, r.state, r.version, r.employer_name,
  r.destination_code, r.expires_at, due.notices, due.anchor, due.due, due.binding_id, due.sms_fallback
FROM due JOIN records r ON r.id = due.id AND r.version = due.version
ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED"""

# Whoever was first has moved the mark; only what is returned is reminded of.
REMINDED = """
UPDATE records r SET reminded_at = $3 FROM unnest($1::uuid[], $2::timestamptz[]) AS x(id, due)
WHERE r.id = x.id AND (r.reminded_at IS NULL OR r.reminded_at < x.due) RETURNING r.id"""

# Codes of employers that may invite or wait to be verified: never asked for, or asked for long ago ($1); one that the
# registry did not answer for is left alone until $2.
REGISTRY_DUE = """
SELECT DISTINCT e.uscc FROM employers e LEFT JOIN registry_status q ON q.uscc = e.uscc
WHERE e.status IN ('pending', 'verified') AND e.uscc <> ''
  AND (q.uscc IS NULL OR (COALESCE(q.checked_at, '-infinity') < $1 AND q.wanted_at < $2))
LIMIT $3"""

# What is not known stays as it was; only the day of the question moves.
REGISTRY_NOTE = """
INSERT INTO registry_status (uscc, name, status, wanted_at, checked_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (uscc) DO UPDATE SET wanted_at = $4, checked_at = COALESCE($5, registry_status.checked_at),
  name = CASE WHEN $5::timestamptz IS NULL THEN registry_status.name ELSE $2 END,
  status = CASE WHEN $5::timestamptz IS NULL THEN registry_status.status ELSE $3 END"""

FORGET_SESSIONS = """
DELETE FROM sessions WHERE token_sha256 IN (SELECT token_sha256 FROM sessions WHERE ends_at < $1 LIMIT 5000)"""
