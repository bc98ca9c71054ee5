"""Room: finding the graduate whom an employer names: school, name and ID number, all exact (workflows.md 1, invite).

One neutral answer for "no such person" and "not this name"; the API counts the misses (limits.INVITE_MISS).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.db import fetch
from models.vault import blind_index
from workflows.errors import Refused

GUARD = "invitee_found"
SENTENCE = "没有找到与学校、姓名、证件号码都相符的毕业生，请与毕业生本人核对后重试。"

_FIND = """
SELECT g.id FROM graduates g JOIN schools s ON s.id = g.school_id
WHERE s.code = $1 AND g.id_bidx = $2 AND g.name = $3
ORDER BY g.cohort DESC LIMIT 1"""


async def find_invitee(form: Mapping[str, Any]) -> UUID:
    """The id of the newest roster entry that fits. Raises Refused with guard `invitee_found`."""
    values = [form["school_code"], blind_index("id_number", form["id_number"]), form["graduate_name"]]
    rows = await fetch(_FIND, *values)
    if not rows:
        raise Refused(SENTENCE, guard=GUARD)
    found: UUID = rows[0]["id"]
    return found
