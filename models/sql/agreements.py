"""Room: the statements of agreements as files."""

from __future__ import annotations

KEEP = """
UPDATE agreements SET font_sha256 = $2, file_sha256 = $3 WHERE number = $1 AND file_sha256 IS NULL"""

KEPT = "SELECT file_sha256 FROM agreements WHERE number = $1"

CANNOT_PRINT = "UPDATE agreements SET font_sha256 = $2 WHERE number = $1 AND file_sha256 IS NULL"

# What was given up for want of a character is tried again when the font has changed.
TO_PRINT = """
SELECT number, data, file_sha256 FROM agreements
WHERE file_sha256 IS NULL AND font_sha256 IS DISTINCT FROM $1 AND revoked_at IS NULL
ORDER BY issued_at, number LIMIT $2"""

OF_RECORD = "SELECT number FROM agreements WHERE record_id = $1"

COLUMNS = """a.number, a.school_id, a.record_id, a.data, a.file_sha256, a.issued_at, a.revoked_at, r.flow, r.state"""

SOURCE = "agreements a JOIN records r ON r.id = a.record_id"

ONE = f"SELECT {COLUMNS} FROM {SOURCE} WHERE a.number = $1"  # noqa: S608  fixed texts, numbered parameters
