"""Room: the statements of jobs. Leases run by the database's clock, as those of the outbox do."""

from __future__ import annotations

INSERT = """
INSERT INTO jobs (id, school_id, account_id, kind, cohort, subject_id, status, done, total, params, source_sha256,
  source_stored, result_sha256, result_name, error, attempts, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, $7, $8, $9, '', '', '', 0, $10)
ON CONFLICT (subject_id, kind) WHERE subject_id IS NOT NULL AND status IN ('waiting', 'running') DO NOTHING
RETURNING id"""

OPEN_OF_SUBJECT = """
SELECT id FROM jobs WHERE subject_id = $1 AND kind = $2 AND status IN ('waiting', 'running')"""

COUNT_OPEN = "SELECT count(*) FROM jobs WHERE school_id = $1 AND kind = $2 AND status IN ('waiting', 'running')"

COUNT_OPEN_OF_ACCOUNT = (
    "SELECT count(*) FROM jobs WHERE account_id = $1 AND kind = $2 AND status IN ('waiting', 'running')"
)

_COLUMNS = """id, school_id, account_id, kind, cohort, subject_id, status, done, total, params, source_sha256,
  source_stored, attempts, token"""

# The oldest that waits, or whose worker died. Small questions go before long files, so that nobody waits for a file.
CLAIM = f"""
UPDATE jobs SET status = 'running', token = $1, lease_until = clock_timestamp() + $2::interval,
  attempts = attempts + 1, done = 0
WHERE id = (SELECT id FROM jobs
  WHERE status = 'waiting' OR (status = 'running' AND lease_until < clock_timestamp())
  ORDER BY source_stored <> '', created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}"""  # noqa: S608  constants of this file

BEAT = """
UPDATE jobs SET lease_until = clock_timestamp() + $3::interval, done = $4, total = $5
WHERE id = $1 AND token = $2 AND status = 'running'"""

HAS_ENDED = "SELECT status IN ('done', 'failed') FROM jobs WHERE id = $1"

GIVE_BACK = """
UPDATE jobs SET status = 'waiting', token = NULL, lease_until = NULL, attempts = attempts - 1, done = 0
WHERE id = $1 AND token = $2 AND status = 'running'"""

# Only the holder of the token may settle: what a worker that woke up late has done is rolled back with this.
SETTLE = """
UPDATE jobs SET status = $3, done = $4, total = $4, summary = $5, error = $6, result_sha256 = $7, result_name = $8,
  source_stored = '', token = NULL, lease_until = NULL, finished_at = $9
WHERE id = $1 AND token = $2 AND status = 'running'"""

CANCEL = """
UPDATE jobs SET status = 'cancelled', source_stored = '', token = NULL, lease_until = NULL, finished_at = $2
WHERE id = $1 AND status IN ('waiting', 'running')"""

LOCK = "SELECT id, school_id, account_id, kind, status, source_stored FROM jobs WHERE id = $1 FOR UPDATE"

READ = """
SELECT id, school_id, account_id, kind, cohort, subject_id, status, done, total, summary, error, result_sha256,
  result_name, created_at, finished_at
FROM jobs WHERE id = $1"""
