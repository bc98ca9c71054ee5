"""Room: the statements of the chat: who writes, what is kept of an answer, tokens, bindings.

Kept to what PostgreSQL 15 has. Parameters are numbered; JSON goes in and comes out as text.
"""

from __future__ import annotations

from models.sql.roster import lively

# Everything that each of some messages may be answered from, in one join: the answer that an earlier delivery of it
# got, the live binding chosen last, the graduate, what the school has set, the newest records. One row per record, at
# least one row per message. Records of the person's other entries come along, for the slot is the person's.
LOOK = """
SELECT asked.place, i.reply AS said, b.id AS binding_id, g.id AS graduate_id, g.school_id, g.cohort, g.name, g.level,
  g.level_code, g.department, g.major, g.training_mode, g.invalid_at, g.phone_enc,
  sc.name AS school_name, sc.code AS school_code, sc.province_id,
  s.open_at, s.review_mode, s.invitation_days, s.sms_fallback, p.agreement_type,
  COALESCE(NULLIF(k.phone, ''), s.desk_phone) AS desk_phone, COALESCE(NULLIF(k.hours, ''), s.desk_hours) AS desk_hours,
  COALESCE(k.phone, '') <> '' AS desk_of_department,
  COALESCE(m.open, FALSE) AS module_open, h.name AS handler_name, h.phone AS handler_phone,
  h.address AS handler_address, h.postcode AS handler_postcode,
  r.id AS record_id, r.flow, r.graduate_id AS record_graduate_id, r.school_id AS record_school_id,
  r.cohort AS record_cohort, r.employer_id, r.parent_id, r.state, r.version, r.reviewed, r.slot, r.waits_on,
  r.waiting_since, r.submitted_at, r.submitted_by, r.created_at, r.expires_at, r.department AS record_department,
  r.level AS record_level, r.agreement_no, r.employer_uscc, r.employer_name, r.employer_name_key, r.employer_region,
  r.position_category, r.form, j.at AS stepped_at
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked(openid, once, place)
LEFT JOIN inbox i ON i.once = asked.once
LEFT JOIN LATERAL (SELECT x.id, x.graduate_id FROM bindings x WHERE x.openid = asked.openid AND x.ended_at IS NULL
  ORDER BY x.chosen_at DESC, x.cohort DESC LIMIT 1) b ON i.once IS NULL
LEFT JOIN graduates g ON g.id = b.graduate_id
LEFT JOIN schools sc ON sc.id = g.school_id
LEFT JOIN settings s ON s.school_id = g.school_id AND s.cohort = g.cohort
LEFT JOIN desks k ON k.school_id = g.school_id AND k.department = g.department
LEFT JOIN province_settings p ON p.province_id = sc.province_id AND p.cohort = g.cohort
LEFT JOIN school_modules m ON m.school_id = g.school_id AND m.cohort = g.cohort AND m.module = 'employment'
LEFT JOIN handlers h ON h.school_id = g.school_id AND h.cohort = g.cohort AND h.level = g.level
LEFT JOIN LATERAL (SELECT x.* FROM records x
  WHERE x.graduate_id IN (SELECT e.id FROM graduates e WHERE e.id_bidx = g.id_bidx)
  ORDER BY x.slot DESC, (x.waits_on IS NOT NULL) DESC, x.created_at DESC, x.id DESC LIMIT 40) r ON TRUE
LEFT JOIN LATERAL (SELECT y.at FROM journal y WHERE y.subject_id = r.id AND y.from_state <> y.to_state
  ORDER BY y.id DESC LIMIT 1) j ON TRUE
ORDER BY asked.place, r.slot DESC, (r.waits_on IS NOT NULL) DESC, r.created_at DESC, r.id DESC"""

# The same for a page, where the person is known by the session and not by an openid.
LOOK_GRADUATE = (
    LOOK.replace("unnest($1::text[], $2::text[]) WITH ORDINALITY", "(SELECT NULL::text, NULL::text, 1)")
    .replace("x.openid = asked.openid", "x.graduate_id = $1")
    .replace("LEFT JOIN graduates g ON g.id = b.graduate_id", "LEFT JOIN graduates g ON g.id = $1")
)

# The answers that count: these, unless another delivery of the same message was first. Written in one order, so that
# two processes that hold the same messages queue up instead of locking each other out.
KEEP_REPLIES = """
WITH mine AS (
  INSERT INTO inbox (once, at, reply)
  SELECT x.once, $3, x.reply FROM unnest($1::text[], $2::text[]) AS x(once, reply) ORDER BY x.once
  ON CONFLICT (once) DO NOTHING RETURNING once, reply)
SELECT once, reply FROM mine UNION ALL SELECT once, reply FROM inbox WHERE once = ANY($1::text[])"""

READ_REPLIES = "SELECT once, reply FROM inbox WHERE once = ANY($1::text[])"

CLAIM_REPLY = """
INSERT INTO inbox (once, at, reply) VALUES ($1, $2, '') ON CONFLICT (once) DO NOTHING RETURNING once"""

FORGET_REPLIES = "DELETE FROM inbox WHERE at < $1"

# --- tokens --------------------------------------------------------------------------------------

MINT = """
INSERT INTO tokens (digest, kind, subject, payload, created_at, expires_at, tries)
VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (digest) DO NOTHING RETURNING digest"""

LOCK_MINTED = """
SELECT digest, subject, payload, expires_at, used_at, tries FROM tokens WHERE digest = $1 AND kind = $2 FOR UPDATE"""

READ_MINTED = """
SELECT subject, payload, expires_at, used_at FROM tokens WHERE digest = $1 AND kind = $2"""

LOCK_NEWEST_MINTED = """
SELECT digest, subject, payload, expires_at, used_at, tries FROM tokens
WHERE kind = $1 AND subject = $2 ORDER BY created_at DESC LIMIT 1 FOR UPDATE"""

NEWEST_MINTED = """
SELECT digest, payload, expires_at, used_at, tries FROM tokens
WHERE kind = $1 AND subject = $2 ORDER BY created_at DESC LIMIT 1"""

USE_UP = "UPDATE tokens SET used_at = $2, payload = $3 WHERE digest = $1"

REWRITE_MINTED = "UPDATE tokens SET payload = $2 WHERE digest = $1"

COUNT_MISS = "UPDATE tokens SET tries = tries + 1 WHERE digest = $1"

# Of one kind and subject only the newest token lives.
OUTDATE_MINTED = """
UPDATE tokens SET used_at = $3 WHERE kind = $1 AND subject = $2 AND used_at IS NULL AND digest <> $4"""

# Codes that this WeChat account has scanned.
END_SCENES_OF = """
UPDATE tokens SET used_at = $2 WHERE kind = 'qr' AND used_at IS NULL AND payload->>'scanner' = $1"""

# Codes that desks or the graduate's own page show of this graduate.
END_SCENES_FOR = """
UPDATE tokens SET used_at = $2 WHERE kind = 'qr' AND used_at IS NULL AND subject IN ($1 || ':own', $1 || ':desk')"""

SWEEP_MINTED = "DELETE FROM tokens WHERE expires_at < $1"

# --- bindings ------------------------------------------------------------------------------------

# The newest entry of the person; one that may act ($3: now) stands before one that has left its roster or is over, so
# that whoever was put into the wrong cohort or school and back is found where they are.
FIND_CLAIMED = f"""
SELECT g.id, g.school_id, g.phone_enc, g.phone_bidx, g.phone_usable_at FROM graduates g
WHERE g.id_bidx = $1 AND g.name = $2 ORDER BY {lively("g", "$3")} DESC, g.cohort DESC, g.created_at DESC LIMIT 1"""  # noqa: S608  fixed texts, numbered parameters

# The number to which the code went, if it still stands there.
CONFIRM_PHONE = """
UPDATE graduates SET phone_source = 'confirmed' WHERE id = $1 AND phone_bidx = $2 AND phone_source <> 'own'"""

LOCK_GRADUATE = """
SELECT id, school_id, cohort, name, id_bidx, phone_enc, phone_bidx, phone_usable_at, phone_source, invalid_at
FROM graduates WHERE id = $1 FOR NO KEY UPDATE"""

# The same person in other open cohorts, one entry each, whom nobody has bound and whose number is the same and usable:
# $1 entry, $2 paper, $3 number, $4 cohort, $5 openid, $6 now.
TWINS = """
SELECT DISTINCT ON (o.cohort) o.id, o.school_id, o.cohort FROM graduates o
WHERE o.id <> $1 AND o.id_bidx = $2 AND o.phone_bidx = $3 AND o.cohort <> $4
  AND (o.phone_usable_at IS NULL OR o.phone_usable_at <= $6)
  AND $6 < make_timestamptz(o.cohort + 1, 2, 1, 0, 0, 0, 'Asia/Shanghai')
  AND NOT EXISTS (SELECT 1 FROM bindings b
    WHERE b.ended_at IS NULL AND (b.graduate_id = o.id OR (b.openid = $5 AND b.cohort = o.cohort)))
ORDER BY o.cohort, (o.invalid_at IS NULL) DESC, o.created_at DESC, o.id"""

LOCK_LIVE = """
SELECT id, school_id, graduate_id, cohort, openid FROM bindings
WHERE graduate_id = $1 AND ended_at IS NULL FOR UPDATE"""

NAMED = """
SELECT g.id, g.school_id, g.cohort, g.name, g.id_bidx, g.phone_enc, g.phone_bidx, g.phone_usable_at, s.name AS school
FROM graduates g JOIN schools s ON s.id = g.school_id WHERE g.id = $1"""

# The live bindings that a new one would stand beside, in one order, so that two sides of an exchange queue up.
LOCK_BINDINGS = """
SELECT id, school_id, graduate_id, cohort, openid FROM bindings
WHERE ended_at IS NULL AND (graduate_id = $1 OR (openid = $2 AND cohort = $3))
ORDER BY id FOR UPDATE"""

LOCK_BINDINGS_OF = """
SELECT id, school_id, graduate_id, cohort, openid FROM bindings WHERE ended_at IS NULL AND openid = $1
ORDER BY id FOR UPDATE"""

MAKE_BINDING = """
INSERT INTO bindings (id, school_id, graduate_id, cohort, openid, bound_at, following, chosen_at)
VALUES ($1, $2, $3, $4, $5, $6, TRUE, $6)"""

END_BINDINGS = "UPDATE bindings SET ended_at = $2 WHERE id = ANY($1::uuid[])"

FOLLOWS = "UPDATE bindings SET following = TRUE WHERE openid = $1 AND ended_at IS NULL AND NOT following"

# Who stops following takes the openid along (the platform's rule); the binding stays as a fact about our side.
FORGET_OPENID = """
UPDATE bindings SET ended_at = COALESCE(ended_at, $2), following = FALSE, openid = '' WHERE openid = $1"""

# All that one WeChat account is bound to, the one that the chat speaks about in front.
OWN_BINDINGS = """
SELECT b.id, b.cohort, s.name AS school FROM bindings b JOIN schools s ON s.id = b.school_id
WHERE b.openid = $1 AND b.ended_at IS NULL ORDER BY b.chosen_at DESC, b.cohort DESC"""

CHOOSE_BINDING = "UPDATE bindings SET chosen_at = $3 WHERE id = $1 AND openid = $2 AND ended_at IS NULL"

# The same person's entries in other cohorts, and how one gets to them: by the same WeChat account ($2: the binding of
# the session, else nothing), or, without WeChat, because the number on the roster is the same and usable.
OTHER_ENTRIES = """
SELECT o.id, o.cohort, s.name AS school, b.id AS binding_id FROM graduates g
JOIN graduates o ON o.id_bidx = g.id_bidx AND o.id <> g.id
JOIN schools s ON s.id = o.school_id
LEFT JOIN bindings w ON w.id = $2 AND w.ended_at IS NULL
LEFT JOIN bindings b ON b.graduate_id = o.id AND b.ended_at IS NULL AND b.openid = w.openid
WHERE g.id = $1 AND (b.id IS NOT NULL OR ($2::uuid IS NULL AND o.phone_bidx = g.phone_bidx
  AND COALESCE(GREATEST(o.phone_usable_at, g.phone_usable_at), $3) <= $3))
ORDER BY o.cohort DESC, o.created_at DESC, o.id"""

CHOOSE_BESIDE = """
UPDATE bindings b SET chosen_at = $3 FROM bindings w
WHERE w.id = $1 AND w.ended_at IS NULL AND b.id = $2 AND b.ended_at IS NULL AND b.openid = w.openid"""
