"""Room: a request to be an employer's 经办人 as whoever made it sees it: where it stands, what the province said.

Such a person has no account. The request's id, which cannot be guessed, stands in the address that the person was led
to; who has lost it names what only the person knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.db import fetch, fetch_row
from models.kit import fold, mask_mobile
from models.states import HandoverStatus
from models.vault import unseal
from workflows.commands.handovers import PLACE
from workflows.commands.sessions import login_name
from workflows.errors import Fault, InvalidForm, NotFound
from workflows.limits import HANDOVER_LOOK
from workflows.queries.employers import DESK
from workflows.queries.record_filters import compact
from workflows.queries.records import moment
from workflows.rates import Counter, spend

NOT_FOUND = "没有找到与所填内容都一致的申请，请核对后重试。"
_ASKED = (("employer_uscc", "统一社会信用代码"), ("username", "申请时填写的用户名"), ("agent_mobile", "新经办人手机"))

_ONE = """
SELECT h.id, h.username, h.agent_name, h.agent_mobile, h.statement, h.status, h.note, h.asked_at, h.decided_at,
  e.name, e.uscc, p.name AS province, p.desk_phone, p.desk_hours
FROM employer_handovers h JOIN employers e ON e.id = h.employer_id JOIN provinces p ON p.id = e.province_id
WHERE h.id = $1"""

_ALIKE = """
SELECT h.id, h.agent_mobile FROM employer_handovers h JOIN employers e ON e.id = h.employer_id
WHERE e.uscc = $1 AND h.username = $2 ORDER BY h.asked_at DESC, h.id DESC LIMIT 20"""


async def read_handover(handover_id: UUID) -> dict[str, Any]:
    """The request for whoever holds its id; the number masked. Raises NotFound."""
    row = await fetch_row(_ONE, handover_id)
    if row is None:
        raise NotFound
    status = HandoverStatus(row["status"])
    return {
        "id": str(row["id"]),
        "employer_name": row["name"],
        "employer_uscc": row["uscc"],
        "username": row["username"],
        "agent_name": row["agent_name"],
        "agent_mobile": mask_mobile(unseal(PLACE, row["agent_mobile"])),
        "statement": row["statement"],
        "status": str(status),
        "label": status.label,
        "note": row["note"],
        "asked_at": moment(row["asked_at"]),
        "decided_at": moment(row["decided_at"]),
        "desk": {"name": f"{row['province']}{DESK}", "phone": row["desk_phone"], "hours": row["desk_hours"]},
    }


async def find_handover(address: str, counter: Counter, given: Mapping[str, str]) -> UUID:
    """The latest request with this `employer_uscc`, `username` and `agent_mobile`; every look counts for the address.

    Raises InvalidForm (one neutral sentence where nothing fits), RateLimited.
    """
    if lacking := [Fault(name, "required", f"请填写“{label}”。") for name, label in _ASKED if not given.get(name)]:
        raise InvalidForm(lacking)
    await spend(counter, HANDOVER_LOOK, f"handover-look:{address}")
    mobile = "".join(fold(given["agent_mobile"]).split())
    for row in await fetch(_ALIKE, compact(given["employer_uscc"]), login_name(given["username"])):
        if unseal(PLACE, row["agent_mobile"]) == mobile:
            found: UUID = row["id"]
            return found
    raise InvalidForm([Fault("employer_uscc", "not_found", NOT_FOUND)])
