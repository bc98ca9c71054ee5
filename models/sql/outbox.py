"""Room: the statements of the outbox: claiming, settling, receipts, addresses. Each is one short transaction's worth.

Leases run by the database's clock: the clocks of two machines may differ, and a lease that looks over too early would
be sent twice. Everything that people see (due, settled) is the caller's moment.
"""

from __future__ import annotations

# Rows whose moment has come may leave from now on.
PROMOTE = """
UPDATE outbox SET status = 'pending' WHERE id IN (
  SELECT id FROM outbox WHERE status = 'deferred' AND due_at <= $1 ORDER BY due_at, id LIMIT $2
  FOR UPDATE SKIP LOCKED)"""

_TURN = "COALESCE(o.school_id, '00000000-0000-0000-0000-000000000000')"

# One row per stream at a time, oldest first. Urgent rows ($7: one-time codes) do not wait behind what is held back.
_FREE = """NOT EXISTS (SELECT 1 FROM outbox e
  WHERE e.stream = o.stream AND e.id <> o.id AND e.status IN ('pending', 'deferred', 'sending')
    AND (e.status = 'sending' OR (e.id < o.id AND (o.notice <> ALL($7::text[]) OR e.notice = ANY($7::text[])))))"""

# Schools take turns: from the school $2 on, as many schools as there are free hands ($3), a few rows of each ($5, or
# its part of the hands where schools are few), the first row of every school before the second of any. So one school's
# 100,000 messages delay nobody else's.
CLAIM = f"""
WITH RECURSIVE turn(school) AS (
  (SELECT {_TURN} FROM outbox o WHERE o.status = 'pending' AND o.channel = $1 AND {_TURN} >= $2
   ORDER BY {_TURN} LIMIT 1)
  UNION ALL
  SELECT (SELECT {_TURN} FROM outbox o WHERE o.status = 'pending' AND o.channel = $1 AND {_TURN} > t.school
          ORDER BY {_TURN} LIMIT 1)
  FROM turn t WHERE t.school IS NOT NULL),
schools AS (SELECT school FROM turn WHERE school IS NOT NULL LIMIT $3),
picked AS (
  SELECT q.id FROM schools s CROSS JOIN LATERAL (
    SELECT c.id, row_number() OVER (ORDER BY c.id) AS place FROM (
      SELECT o.id FROM outbox o
      WHERE o.status = 'pending' AND o.channel = $1 AND {_TURN} = s.school AND o.due_at <= $4 AND {_FREE}
      ORDER BY o.id LIMIT GREATEST($5, $3 / (SELECT count(*) FROM schools))) c) q
  ORDER BY q.place, q.id LIMIT $3),
locked AS (
  SELECT o.id FROM outbox o WHERE o.id = ANY (ARRAY(SELECT id FROM picked)) AND o.status = 'pending'
  FOR UPDATE SKIP LOCKED),
taken AS (
  UPDATE outbox o SET status = 'sending', token = $8, lease_until = clock_timestamp() + $6::interval,
    attempts = o.attempts + 1
  FROM locked WHERE o.id = locked.id
  RETURNING o.id, o.key, o.school_id, o.record_id, o.stream, o.channel, o.recipient, o.notice, o.params, o.created_at,
    o.due_at, o.attempts)
SELECT s.seen, s.last, t.* FROM (SELECT count(*) AS seen, max(school::text) AS last FROM schools) s
LEFT JOIN taken t ON TRUE ORDER BY t.id"""  # noqa: S608  put together from constants of this file

# Rows of a worker that died or was cut off. What became of their message is unknown.
CLAIM_LOST = """
WITH lost AS (
  SELECT id, lease_until FROM outbox
  WHERE status = 'sending' AND channel = $1 AND lease_until < clock_timestamp()
  ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE outbox o SET token = $4, lease_until = clock_timestamp() + $3::interval FROM lost WHERE o.id = lost.id
RETURNING o.id, o.key, o.school_id, o.record_id, o.stream, o.channel, o.recipient, o.notice, o.params, o.created_at,
  o.due_at, o.attempts, clock_timestamp() - (lost.lease_until - $3::interval) AS ago"""

# Nothing was sent: the row goes back as it was, to be taken again at $4.
GIVE_BACK = """
UPDATE outbox SET status = $3, due_at = $4, cause = $5, token = NULL, lease_until = NULL,
  attempts = GREATEST(attempts - 1, 0)
WHERE id = $1 AND token = $2 AND status = 'sending'"""

# Only the holder of the token may settle: a worker that woke up late finds another token and writes nothing.
# Codes, answers and addresses that stood in the parameters are wiped as soon as nobody will send them any more.
SETTLE = """
WITH done AS (
  UPDATE outbox SET status = $3::text, due_at = COALESCE($4, due_at), cause = $5,
    provider_id = CASE WHEN $6::text = '' THEN provider_id ELSE $6::text END,
    settled_at = CASE WHEN $3::text IN ('pending', 'deferred') THEN NULL ELSE $7::timestamptz END,
    params = CASE WHEN $3::text IN ('pending', 'deferred') THEN params ELSE params - ARRAY['code', 'text', 'to'] END,
    token = NULL, lease_until = NULL
  WHERE id = $1 AND token = $2 AND status = 'sending' RETURNING id, attempts)
INSERT INTO delivery_attempts (outbox_id, number, began_at, ended_at, verdict, provider_id, cause)
SELECT id, attempts, $8, $7::timestamptz, $9, $6::text, $10 FROM done RETURNING outbox_id"""

# Many rows that were taken, each with its attempt, in one statement. Rows that are not ours any more, or that somebody
# else has locked just now, are left out.
SETTLE_TAKEN = """
WITH ends AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS x(id bigint, token uuid, status text, provider_id text, began_at timestamptz)),
held AS (
  SELECT o.id FROM outbox o JOIN ends x ON x.id = o.id AND x.token = o.token
  WHERE o.status = 'sending' FOR UPDATE OF o SKIP LOCKED),
done AS (
  UPDATE outbox o SET status = x.status, cause = '', settled_at = $2::timestamptz,
    provider_id = CASE WHEN x.provider_id = '' THEN o.provider_id ELSE x.provider_id END,
    params = o.params - ARRAY['code', 'text', 'to'], token = NULL, lease_until = NULL
  FROM held h JOIN ends x ON x.id = h.id WHERE o.id = h.id
  RETURNING o.id, o.attempts, x.began_at, x.provider_id)
INSERT INTO delivery_attempts (outbox_id, number, began_at, ended_at, verdict, provider_id, cause)
SELECT id, attempts, began_at, $2::timestamptz, 'sent', provider_id, '' FROM done RETURNING outbox_id"""

HOLDS = "SELECT 1 FROM outbox WHERE id = $1 AND token = $2 AND status = 'sending' FOR UPDATE"

TRIES = "SELECT verdict, cause, began_at FROM delivery_attempts WHERE outbox_id = $1 ORDER BY number, id"

# A later push of the same graduate that will be or was sent makes an earlier one pointless.
OVERTAKEN = """
SELECT EXISTS (SELECT 1 FROM outbox WHERE stream = $1 AND id > $2 AND status <> 'superseded')"""

# The SMS instead of a WeChat message: once (the key differs from the WeChat row's in its channel only), where the
# school allows it and the record still stands where the message says. Says whether there is such a row now.
FALL_BACK = """
INSERT INTO outbox (key, school_id, record_id, stream, channel, recipient, notice, params, status, created_at, due_at,
  attempts, provider_id, cause)
SELECT regexp_replace(o.key, ':wechat$', '') || ':sms', o.school_id, o.record_id, 'sms:' || g.id, 'sms', g.id, o.notice,
  o.params - ARRAY['text', 'to'], $2, $3, $4, 0, '', ''
FROM outbox o JOIN bindings b ON b.id = o.recipient JOIN graduates g ON g.id = b.graduate_id
LEFT JOIN settings s ON s.school_id = g.school_id AND s.cohort = g.cohort
LEFT JOIN records r ON r.id = o.record_id
WHERE o.id = $1 AND o.channel = 'wechat' AND (g.invalid_at IS NULL OR o.notice = 'invalidated')
  AND ($5 OR COALESCE(s.sms_fallback, TRUE))
  AND (r.id IS NULL OR r.state = o.params->>'state')
ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING id"""

STOP_FOLLOWING = "UPDATE bindings SET following = FALSE WHERE id = $1 AND ended_at IS NULL"

# What the EMS has taken is what its row says; an older push that comes late changes nothing.
ACKNOWLEDGE = """
UPDATE ems_mirror m SET destination = o.params->'columns', locked = (o.params->>'settled')::boolean,
  acked_seq = (o.params->>'seq')::integer, acked_at = $2, refused_cause = ''
FROM outbox o
WHERE o.id = ANY($1::bigint[]) AND m.graduate_id = o.recipient AND m.acked_seq < (o.params->>'seq')::integer"""

# Graduates for whom somebody is just writing a push. Whoever settles many at once waits for none of them: two that
# wait for each other would cost one of them its transaction. The others stay locked.
BUSY_MIRRORS = """
WITH ours AS (
  SELECT graduate_id FROM ems_mirror WHERE graduate_id = ANY($1::uuid[]) ORDER BY graduate_id FOR UPDATE SKIP LOCKED)
SELECT graduate_id FROM ems_mirror WHERE graduate_id = ANY($1::uuid[]) EXCEPT SELECT graduate_id FROM ours"""

NOTE_REFUSAL = "UPDATE ems_mirror SET refused_cause = $3 WHERE graduate_id = $1 AND push_seq = $2"

# --- addresses, looked up when the message leaves ------------------------------------------------

# Each takes recipients and, place by place, their records; a place without an answer has no row.
_ASKED = "unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS x(recipient, record, place)"

# The graduate's live binding, whichever it was when the message was written.
WECHAT_ADDRESS = f"""
SELECT x.place, b.id, b.openid, r.state, g.invalid_at FROM {_ASKED}
JOIN bindings w ON w.id = x.recipient
JOIN bindings b ON b.graduate_id = w.graduate_id AND b.ended_at IS NULL AND b.following
JOIN graduates g ON g.id = b.graduate_id
LEFT JOIN records r ON r.id = x.record"""  # noqa: S608  put together from constants of this file

# The binding itself, ended or not: whoever loses a binding is told at the old address.
OWN_ADDRESS = f"""
SELECT x.place, b.id, b.openid, NULL AS state, NULL AS invalid_at
FROM {_ASKED} JOIN bindings b ON b.id = x.recipient"""  # noqa: S608  put together from constants of this file

MOBILE = f"""
SELECT x.place, g.phone_enc, r.state, g.invalid_at FROM {_ASKED}
JOIN graduates g ON g.id = x.recipient LEFT JOIN records r ON r.id = x.record"""  # noqa: S608  likewise

PERSON_NUMBER = f"""
SELECT x.place, g.id_enc, g.invalid_at, g.phone_enc, g.phone_source
FROM {_ASKED} JOIN graduates g ON g.id = x.recipient"""  # noqa: S608  put together from constants of this file

# --- receipts ------------------------------------------------------------------------------------

NOTE_RECEIPTS = """
INSERT INTO receipts (channel, provider_id, context, delivered, code, at)
SELECT x.channel, x.provider_id, x.context, x.delivered, x.code, $2
FROM jsonb_to_recordset($1::jsonb) AS x(channel text, provider_id text, context text, delivered boolean, code text)
ON CONFLICT (channel, provider_id, delivered) DO NOTHING"""

# Failures first, so that a part that failed is never overwritten by a later part that arrived.
MATCH_RECEIPTS = """
SELECT r.id AS receipt_id, r.delivered, r.code, o.id, o.channel, o.status, o.notice, o.cause, o.key, o.school_id
FROM receipts r JOIN outbox o ON o.channel = r.channel AND o.provider_id = r.provider_id
WHERE r.applied_at IS NULL AND r.at > $2
ORDER BY r.delivered, r.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED"""

# An SMS whose answer was lost has no id of the provider's; the mark that we gave along says which it was.
ADOPT_RECEIPTS = """
UPDATE outbox o SET provider_id = r.provider_id FROM receipts r
WHERE r.applied_at IS NULL AND r.context <> '' AND o.provider_id = '' AND o.channel = r.channel
  AND o.id = split_part(r.context, '-', 1)::bigint AND r.context = ANY($1::text[])"""

OPEN_CONTEXTS = """
SELECT r.context, o.key FROM receipts r JOIN outbox o ON o.id = split_part(r.context, '-', 1)::bigint
WHERE r.applied_at IS NULL AND r.at > $1 AND r.context ~ '^[0-9]{1,18}-[0-9a-f]{12}$'"""

RECEIPTS_DONE = "UPDATE receipts SET applied_at = $2 WHERE id = ANY($1::bigint[])"

SETTLE_BY_RECEIPT = """
UPDATE outbox SET status = $2, cause = $3, settled_at = $4 WHERE id = ANY($1::bigint[])"""

# Nobody has said what became of these; a person decides whether to send again.
GIVE_UP_UNSURE = """
UPDATE outbox SET status = 'dead', cause = $2
WHERE status = 'sent' AND channel = 'sms' AND provider_id = '' AND settled_at < $1"""

FORGET_RECEIPTS = "DELETE FROM receipts WHERE at < $1"

# --- sending again -------------------------------------------------------------------------------

LOCK_ROW = """
SELECT o.id, o.key, o.school_id, o.record_id, o.stream, o.channel, o.recipient, o.notice, o.params, o.status,
  g.invalid_at IS NOT NULL AS frozen, v.graduate_id, v.department, v.level
FROM outbox o
LEFT JOIN records r ON r.id = o.record_id
LEFT JOIN bindings b ON o.channel = 'wechat' AND b.id = o.recipient
LEFT JOIN graduates g ON g.id = COALESCE(b.graduate_id, o.recipient)
CROSS JOIN LATERAL (SELECT g.id AS graduate_id, o.school_id, r.employer_id,
  COALESCE(r.department, g.department) AS department, COALESCE(r.level, g.level) AS level) v
WHERE o.id = $1 AND {visible} FOR UPDATE OF o"""

REPLACE = "UPDATE outbox SET status = 'superseded', cause = $2, settled_at = $3 WHERE id = $1"

WAITING_COUNTS = "SELECT channel, status, count(*) AS rows FROM outbox GROUP BY channel, status"
