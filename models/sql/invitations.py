"""Room: the statements of invitation files."""

from __future__ import annotations

ADD_FILE = """
INSERT INTO invitation_files (id, employer_id, user_id, name, digest, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (employer_id, digest) DO NOTHING RETURNING id"""

FILE_OF_DIGEST = "SELECT id FROM invitation_files WHERE employer_id = $1 AND digest = $2"

ADD_ROWS = """
INSERT INTO invitation_rows (id, file_id, employer_id, line, school, graduate_name, id_masked, form, digest, status,
  said, settled_at)
SELECT x.id, $1, $2, x.line, x.school, x.graduate_name, x.id_masked, x.form, x.digest, x.status, x.said,
  CASE x.status WHEN 'waiting' THEN NULL ELSE $4::timestamptz END
FROM jsonb_to_recordset($3::jsonb) AS x(id uuid, line int, school text, graduate_name text, id_masked text, form text,
  digest text, status text, said text)"""

READ_FILE = "SELECT id, name, created_at FROM invitation_files WHERE id = $1 AND employer_id = $2"

FILES = """
SELECT f.id, f.name, f.created_at, u.display_name AS by, count(*) AS rows,
  count(*) FILTER (WHERE r.status = 'sent') AS sent, count(*) FILTER (WHERE r.status = 'waiting') AS waiting
FROM invitation_files f JOIN invitation_rows r ON r.file_id = f.id LEFT JOIN employer_users u ON u.id = f.user_id
WHERE f.employer_id = $1 GROUP BY f.id, u.display_name ORDER BY f.created_at DESC, f.id DESC LIMIT $2"""

ROWS = """
SELECT w.id, w.line, w.school, w.graduate_name, w.id_masked, w.status, w.said, w.record_id, w.form <> '' AS kept,
  r.state
FROM invitation_rows w LEFT JOIN records r ON r.id = w.record_id
WHERE w.file_id = $1 AND w.employer_id = $2 ORDER BY w.line"""

TO_MEND = """
SELECT status, form, said FROM invitation_rows
WHERE file_id = $1 AND employer_id = $2 AND status IN ('faulty', 'refused') AND form <> '' ORDER BY line"""

NEXT_WAITING = """
SELECT id, line, form, digest FROM invitation_rows
WHERE file_id = $1 AND employer_id = $2 AND status = 'waiting' AND line > $3 ORDER BY line LIMIT 1"""

# A row of the same content that was sent before, whichever file it stood in.
SENT_BEFORE = """
SELECT record_id FROM invitation_rows
WHERE employer_id = $1 AND digest = $2 AND status = 'sent' AND id <> $3 ORDER BY settled_at LIMIT 1"""

# What was sent was sent, whatever another who pressed the same button at the same time was told.
SETTLE = """
UPDATE invitation_rows SET status = $3, said = $4, record_id = $5, settled_at = $6,
  form = CASE $3 WHEN 'refused' THEN form ELSE '' END
WHERE id = $1 AND employer_id = $2 AND (status = 'waiting' OR ($3 = 'sent' AND status <> 'sent'))"""

RETRY = """
UPDATE invitation_rows SET status = 'waiting', said = '', settled_at = NULL
WHERE file_id = $1 AND employer_id = $2 AND status = 'refused' AND form <> ''"""

FORGET_FORMS = """
UPDATE invitation_rows r SET form = '', status = CASE r.status WHEN 'waiting' THEN 'faulty' ELSE r.status END,
  said = CASE r.said WHEN '' THEN $2 ELSE r.said END, settled_at = COALESCE(r.settled_at, $3)
FROM invitation_files f WHERE f.id = r.file_id AND r.form <> '' AND f.created_at < $1"""
