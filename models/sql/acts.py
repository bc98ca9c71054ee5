"""Room: the statements of one act, in the order in which the engine runs them.

Kept to what PostgreSQL 15 has. Parameters are numbered; JSON goes in and comes out as text.
"""

from __future__ import annotations

from models.sql.coverage import covered

CLAIM_KEY = """
INSERT INTO act_keys (scope, key, fingerprint, act_id, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (scope, key) DO NOTHING RETURNING id"""

READ_KEY = "SELECT fingerprint, act_id, answer FROM act_keys WHERE scope = $1 AND key = $2"

ANSWER_KEY = "UPDATE act_keys SET answer = $2 WHERE id = $1"

# Every entry of the person is locked, in one order, so that acts on two cohorts or schools of one person queue up.
LOCK_PERSON = """
SELECT id, school_id, cohort, id_kind, id_enc, name, level, level_code, department, major, training_mode,
       basic, phone_enc, email, proof_code, invalid_at, terminations_used, terminations_granted
FROM graduates
WHERE id_bidx = (SELECT g.id_bidx FROM graduates g
                 WHERE g.id = COALESCE($1, (SELECT r.graduate_id FROM records r WHERE r.id = $2)))
ORDER BY id FOR NO KEY UPDATE"""

LOCK_RECORDS = """
SELECT id, school_id, cohort, flow, graduate_id, employer_id, parent_id, state, version, round, reviewed, slot,
       waiting_since, created_at, expires_at, submitted_at, submitted_by, remind_at, department, level, graduate_name,
       major, destination_code, agreement_no, employer_uscc, employer_name, employer_name_key, employer_nature,
       employer_industry, employer_region, position_category, contact_bidx, form, snapshot, take_latest
FROM records
WHERE graduate_id = ANY($1::uuid[]) AND (slot OR waits_on IS NOT NULL OR id = $2)
ORDER BY id FOR NO KEY UPDATE"""

# The share lock is the one that a change of mode, switch or module takes exclusively (workflows.md 12). A statement of
# its own: what is read after it, in the next one, is as that change left it.
LOCK_SETTINGS = """
SELECT open_at, review_mode, invitation_days, sms_fallback, termination_limit
FROM settings WHERE school_id = $1 AND cohort = $2
FOR SHARE"""

READ_FACTS = f"""
SELECT sc.code AS school_code, sc.name AS school_name, sc.province_id,
  (SELECT p.agreement_type FROM province_settings p
    WHERE p.province_id = sc.province_id AND p.cohort = $2) AS agreement_type,
  COALESCE((SELECT m.open FROM school_modules m
    WHERE m.school_id = sc.id AND m.cohort = $2 AND m.module = 'employment'), FALSE) AS module_open,
  (SELECT json_build_object('name', h.name, 'phone', h.phone, 'address', h.address, 'postcode', h.postcode)
    FROM handlers h WHERE h.school_id = sc.id AND h.cohort = $2 AND h.level = $3) AS handler,
  {covered("sc.id", "$4", "$3")} AS department_covered,
  (SELECT json_build_object('id', e.id, 'status', e.status, 'name', e.name, 'name_key', e.name_key, 'uscc', e.uscc,
      'nature', e.nature, 'industry', e.industry, 'region', e.region, 'profile', e.profile)
    FROM employers e WHERE e.id = $5) AS employer,
  (SELECT b.id FROM bindings b WHERE b.graduate_id = $6 AND b.ended_at IS NULL AND b.following) AS binding_id,
  (SELECT json_build_object('status', q.status, 'checked_at', q.checked_at)
    FROM registry_status q WHERE q.uscc = $7 AND q.status <> '') AS registry
FROM schools sc WHERE sc.id = $1"""  # noqa: S608  fixed texts, numbered parameters

# What a record is made with and never changes, and what an act may change. JSON columns come last in both.
_MADE = (
    "id",
    "school_id",
    "cohort",
    "flow",
    "graduate_id",
    "parent_id",
    "created_at",
    "level",
    "graduate_name",
    "major",
)
CHANGED = (
    "state", "slot", "waits_on", "waiting_since", "reviewed", "round", "submitted_at", "submitted_by", "remind_at",
    "expires_at", "department", "employer_id", "destination_code", "agreement_no", "employer_uscc", "employer_name",
    "employer_name_key", "employer_nature", "employer_industry", "employer_region", "position_category",
    "contact_bidx", "take_latest", "form", "snapshot",
)  # fmt: skip
INSERTED = (*_MADE, *CHANGED)

INSERT_RECORD = f"""
INSERT INTO records (version, {", ".join(INSERTED)})
VALUES (1, {", ".join(f"${n}" for n in range(1, len(INSERTED) + 1))})"""  # noqa: S608  our own column names

# Compare-and-set on (state, version): nothing is written when somebody else was first.
MOVE_RECORD = f"""
UPDATE records SET version = version + 1, {", ".join(f"{name} = ${n}" for n, name in enumerate(CHANGED, 4))}
WHERE id = $1 AND state = $2 AND version = $3
RETURNING version"""  # noqa: S608  our own column names

# One application more of a graduate; the limit was judged under the lock of the person.
COUNT_TERMINATION = "UPDATE graduates SET terminations_used = terminations_used + 1 WHERE id = $1"

PARENT_RECORD = "SELECT graduate_id, employer_id FROM records WHERE id = $1"

# The registered employer of exactly that code and name: from now on the record is also its own (workflows.md 2).
MEET_EMPLOYER = """
SELECT id FROM employers WHERE uscc = $1 AND name_key = $2 AND status = 'verified'"""

REVOKE_AGREEMENT = "UPDATE agreements SET revoked_at = $2 WHERE record_id = $1 AND revoked_at IS NULL"

NEXT_AGREEMENT = """
INSERT INTO agreement_counters (id, school_id, cohort, given) VALUES ($1, $2, $3, 1)
ON CONFLICT (school_id, cohort) DO UPDATE SET given = agreement_counters.given + 1
RETURNING given"""

INSERT_AGREEMENT = """
INSERT INTO agreements (number, school_id, record_id, template, data, issued_at) VALUES ($1, $2, $3, $4, $5, $6)"""

NEXT_PUSH = """
INSERT INTO ems_mirror (graduate_id, school_id, locked, push_seq, acked_seq, refused_cause)
VALUES ($1, $2, FALSE, 1, 0, '')
ON CONFLICT (graduate_id) DO UPDATE SET push_seq = ems_mirror.push_seq + 1
RETURNING push_seq"""

# Notices of a record that have not left and that the act has made pointless.
OUTDATE = """
UPDATE outbox SET status = 'superseded', settled_at = $3
WHERE record_id = $1 AND notice = ANY($2::text[]) AND status IN ('pending', 'deferred')"""

# A push that has not left is overtaken by the next one of the same graduate (contracts 4).
OUTDATE_PUSHES = """
UPDATE outbox SET status = 'superseded', settled_at = $2
WHERE stream = $1 AND status IN ('pending', 'deferred')"""

INSERT_OUTBOX = """
INSERT INTO outbox (key, school_id, record_id, stream, channel, recipient, notice, params, status, created_at, due_at,
  attempts, provider_id, cause)
SELECT x.key, x.school_id, x.record_id, x.stream, x.channel, x.recipient, x.notice, x.params, x.status, $2, x.due_at,
  0, '', ''
FROM jsonb_to_recordset($1::jsonb) AS x(key text, school_id uuid, record_id uuid, stream text, channel text,
  recipient uuid, notice text, params jsonb, status text, due_at timestamptz)
ON CONFLICT (key) DO NOTHING"""

INSERT_INBOX_NOTES = """
INSERT INTO inbox_notes (id, key, employer_id, record_id, notice, params, created_at)
SELECT x.id, x.key, x.employer_id, x.record_id, x.notice, x.params, $2
FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, key text, employer_id uuid, record_id uuid, notice text, params jsonb)
ON CONFLICT (key) DO NOTHING"""

LOCK_HEAD = "SELECT seq, hash FROM journal_heads WHERE chain = $1 FOR NO KEY UPDATE"

MAKE_HEAD = "INSERT INTO journal_heads (chain, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (chain) DO NOTHING"

INSERT_JOURNAL = """
INSERT INTO journal (chain, seq, at, act_id, actor, party, subject_kind, subject_id, flow, action, from_state,
  to_state, version, detail, detail_sha256, prev, hash)
SELECT x.chain, x.seq, $2, x.act_id, x.actor, x.party, x.subject_kind, x.subject_id, x.flow, x.action, x.from_state,
  x.to_state, x.version, x.detail, x.detail_sha256, x.prev, x.hash
FROM jsonb_to_recordset($1::jsonb) AS x(chain text, seq bigint, act_id uuid, actor text, party text,
  subject_kind text, subject_id uuid, flow text, action text, from_state text, to_state text, version int,
  detail jsonb, detail_sha256 text, prev text, hash text)"""

MOVE_HEAD = "UPDATE journal_heads SET seq = $2, hash = $3 WHERE chain = $1"

# Of the record itself: reviewers' notes and downloads of its agreement stand under its id, too.
LAST_STEP = """
SELECT actor, party, action, at, detail FROM journal
WHERE subject_id = $1 AND subject_kind = 'record' ORDER BY id DESC LIMIT 1"""
