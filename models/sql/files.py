"""Room: the statements of uploads and attachments."""

from __future__ import annotations

# One person's uploads are counted and made one after the other. The lock's first number is any, the same everywhere.
LOCK_OWNER = "SELECT pg_advisory_xact_lock(7260014, hashtext($1))"

# What counts: not handed in, not refused, not run out.
OPEN_UPLOADS = """
SELECT count(*) FROM uploads WHERE owner = $1 AND expires_at > $2 AND fault = ''"""

READ_UPLOAD = """
SELECT id, owner, name, total, received, media, sha256, bytes, pages, fault, completed_at, expires_at
FROM uploads WHERE id = $1"""

# Compare-and-set on `received`: of two writers of the same part one is told that it was there.
ADVANCE = """
UPDATE uploads SET received = received + $4
WHERE id = $1 AND owner = $2 AND received = $3 AND completed_at IS NULL RETURNING received"""

COMPLETE = """
UPDATE uploads SET name = $2, media = $3, sha256 = $4, bytes = $5, pages = $6, dhash = $7, completed_at = $8
WHERE id = $1 AND completed_at IS NULL"""

REFUSE = "UPDATE uploads SET fault = $2, completed_at = $3 WHERE id = $1 AND completed_at IS NULL"

# Only what belongs to nothing. An act that attaches it holds the row's lock until it is kept.
DELETE_UPLOAD = "DELETE FROM uploads WHERE id = $1 AND owner = $2 AND expires_at IS NOT NULL"

FORGET_UPLOADS = """
DELETE FROM uploads WHERE id IN (
  SELECT id FROM uploads WHERE expires_at < $1 ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)
AND expires_at < $1 RETURNING id"""

KNOWN_UPLOADS = "SELECT id FROM uploads WHERE id = ANY($1::uuid[]) AND completed_at IS NULL"

# Every column that names a stored file: a file that stands in none of them is nobody's (tests compare with the tables).
NAMING = (
    ("uploads", "sha256"),
    ("attachments", "sha256"),
    ("agreements", "file_sha256"),
    ("jobs", "source_stored"),
    ("jobs", "result_sha256"),
)

NAMED = " UNION ".join(
    f"SELECT {column} FROM {table} WHERE {column} = ANY($1::text[])"  # noqa: S608  the names above
    for table, column in NAMING
)

# --- attachments ---------------------------------------------------------------------------------

# In one order, so that two acts that attach the same files cannot deadlock. `again`: an earlier round of the same
# record has it from the same party, whoever of them sent it.
LOCK_UPLOADS = """
SELECT u.id, u.owner, u.name, u.sha256, u.media, u.bytes, u.pages, u.dhash, u.expires_at,
  EXISTS (SELECT 1 FROM attachments a WHERE a.upload_id = u.id AND a.record_id = $2 AND a.added_by = $3) AS again
FROM uploads u WHERE u.id = ANY($1::uuid[]) ORDER BY u.id FOR NO KEY UPDATE OF u"""

ROUND_COUNT = """
SELECT count(DISTINCT upload_id) FROM attachments
WHERE record_id = $1 AND round = $2 AND added_by = $3 AND upload_id <> ALL($4::uuid[])"""

ATTACH = """
INSERT INTO attachments (id, school_id, record_id, round, kind, upload_id, name, sha256, media, bytes, pages, dhash,
  added_by, added_at)
SELECT x.id, $2, $3, $4, $5, x.upload_id, u.name, u.sha256, u.media, u.bytes, u.pages, u.dhash, $6, $7
FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, upload_id uuid) JOIN uploads u ON u.id = x.upload_id
ON CONFLICT (record_id, round, kind, upload_id) DO NOTHING"""

KEEP = "UPDATE uploads SET expires_at = NULL WHERE id = ANY($1::uuid[]) AND expires_at IS NOT NULL"

OF_RECORD = """
SELECT a.upload_id, a.kind, a.round, a.name, a.media, a.bytes, a.pages, a.added_by, a.added_at
FROM attachments a WHERE a.record_id = $1 ORDER BY a.round, a.added_at, a.id"""

# Of an employer, whose papers have no form that counts their rounds.
NEXT_ROUND = "SELECT COALESCE(max(round), 0) + 1 FROM attachments WHERE record_id = $1"

# Where a file hangs: the records that it was handed in with, and who may see those.
HOLDERS = """
SELECT a.kind, a.added_by, r.flow, r.school_id, s.province_id, r.graduate_id, r.employer_id, r.department, r.level
FROM attachments a JOIN records r ON r.id = a.record_id JOIN schools s ON s.id = r.school_id
WHERE a.upload_id = $1"""

# Papers of a warning mark are for the school's own staff, those of an employer for itself and its province, those of
# somebody who wants to take it over for the province alone.
BESIDE_RECORDS = """
SELECT EXISTS (SELECT 1 FROM attachments a JOIN warnings w ON w.id = a.record_id
    WHERE a.upload_id = $1 AND w.school_id = $2)
  OR EXISTS (SELECT 1 FROM attachments a JOIN employers e ON e.id = a.record_id
    WHERE a.upload_id = $1 AND (e.id = $3 OR e.province_id = $4))
  OR EXISTS (SELECT 1 FROM attachments a JOIN employer_handovers h ON h.id = a.record_id
    JOIN employers e ON e.id = h.employer_id WHERE a.upload_id = $1 AND e.province_id = $4)"""


def _parts(alias: str) -> str:
    """Of two hashes at most four bits apart one part is the same; the index `attachments_alike` holds the parts."""
    found = (
        f"{alias}.school_id::text || '{at}' || substr({alias}.dhash, {at}, {many})"
        for at, many in ((1, 3), (4, 3), (7, 3), (10, 3), (13, 4))
    )
    return f"(ARRAY[{', '.join(found)}])"


# The same picture with another person in the same school: equal, or up to $3 (at most 4) of 64 bits apart.
SAME_IMAGE = f"""
SELECT * FROM (
SELECT DISTINCT ON (o.record_id) o.record_id, r.flow, r.graduate_name, o.upload_id, m.upload_id AS mine,
  bit_count((('x' || m.dhash)::bit(64)) # (('x' || o.dhash)::bit(64)))::int AS distance,
  m.sha256 = o.sha256 AS same_file
FROM attachments m
JOIN attachments o ON o.dhash <> '' AND {_parts("o")} && {_parts("m")} AND o.record_id <> m.record_id
JOIN records r ON r.id = o.record_id JOIN graduates g ON g.id = r.graduate_id
WHERE m.school_id = $1 AND m.record_id = $2 AND m.dhash <> ''
  AND bit_count((('x' || m.dhash)::bit(64)) # (('x' || o.dhash)::bit(64))) <= $3
  AND g.id_bidx <> (SELECT p.id_bidx FROM records q JOIN graduates p ON p.id = q.graduate_id WHERE q.id = $2)
ORDER BY o.record_id, same_file DESC, distance, o.id) AS alike
ORDER BY same_file DESC, distance, record_id LIMIT 20"""  # noqa: S608  fixed texts, numbered parameters
