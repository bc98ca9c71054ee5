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

# Records with a moment of reminding that has come; those of the frozen wait (workflows.md, Conventions 10).
TO_REMIND = """
SELECT r.id, r.school_id, r.graduate_id, r.employer_id, r.cohort, r.flow, r.state, r.version, r.employer_name,
  r.destination_code, r.expires_at, r.waiting_since, r.remind_at, g.restored_at, b.id AS binding_id,
  COALESCE(s.sms_fallback, TRUE) AS sms_fallback
FROM records r JOIN graduates g ON g.id = r.graduate_id
LEFT JOIN bindings b ON b.graduate_id = r.graduate_id AND b.ended_at IS NULL AND b.following
LEFT JOIN settings s ON s.school_id = r.school_id AND s.cohort = r.cohort
WHERE r.remind_at <= $1 AND g.invalid_at IS NULL
ORDER BY r.remind_at, r.id LIMIT $2 FOR NO KEY UPDATE OF r SKIP LOCKED"""

REMINDED = """
UPDATE records r SET remind_at = x.next FROM unnest($1::uuid[], $2::timestamptz[]) AS x(id, next) WHERE r.id = x.id"""

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
