"""Room: whose a session is, in one statement: it is asked for with every request."""

from __future__ import annotations

# A graduate's session names a live binding, or without WeChat the roster entry; no id is both. Who signs in is read
# afresh each time: `id` is NULL where the account was closed or the binding has ended.
BEARER = """
SELECT s.party, s.party_id, s.seen_at, s.ends_at, coalesce(a.id, u.id, g.id) AS id,
  coalesce(a.display_name, u.display_name, g.name) AS name, coalesce(a.school_id, g.school_id) AS school_id,
  a.province_id, u.employer_id, coalesce(a.department, g.department, '') AS department,
  coalesce(a.level, g.level, 'all') AS level, a.grants, coalesce(a.must_change, false) AS must_change
FROM sessions s
LEFT JOIN accounts a
  ON a.id = s.party_id AND a.disabled_at IS NULL AND s.party IN ('province', 'school', 'department')
LEFT JOIN employer_users u ON u.id = s.party_id AND u.disabled_at IS NULL AND s.party = 'employer'
LEFT JOIN bindings b ON b.id = s.party_id AND b.ended_at IS NULL AND s.party = 'graduate'
LEFT JOIN graduates g ON g.id = coalesce(b.graduate_id, s.party_id) AND s.party = 'graduate'
WHERE s.token_sha256 = $1"""
