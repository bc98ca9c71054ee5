"""Room: what the simulated systems of the sandbox must know so that they agree with the demo's data.

The keys are the addresses under `/_control`, the values what is posted there.
"""

from __future__ import annotations

import json
from typing import Any

from models.db import fetch, fetch_value
from models.vault import blind_index, unseal
from workflows.demo.employers import EMPLOYERS, REVOKED, UNKNOWN
from workflows.demo.invented import NOT_ON_EMS_ROSTER
from workflows.demo.personas import PERSONAS

_ROSTER = """
SELECT s.code, g.cohort, g.id_enc, g.name, g.level_code, g.department, g.major, g.training_mode, g.basic
FROM graduates g JOIN schools s ON s.id = g.school_id WHERE g.invalid_at IS NULL ORDER BY s.code, g.id"""

_NUMBER = "SELECT id_enc FROM graduates WHERE phone_bidx = $1"


async def introductions() -> dict[str, list[dict[str, Any]]]:
    """Personas of the phone, the EMS's roster, the companies of the registry; read from the open database."""
    return {
        "personas": await _personas(),
        "ems/roster": await _roster(),
        "registry/enterprises": [
            {"uscc": plan.uscc, "name": plan.name, "status": "吊销" if plan.verdict == REVOKED else "存续"}
            for plan in EMPLOYERS
            if plan.verdict != UNKNOWN
        ],
    }


async def _personas() -> list[dict[str, Any]]:
    """Whoever has not bound an account yet is shown with the ID number that the binding asks for."""
    told = []
    for persona in PERSONAS:
        if not persona.phone:
            continue
        entry = persona.as_dict()
        if not persona.bound:
            sealed = await fetch_value(_NUMBER, blind_index("mobile", persona.mobile))
            entry["label"] += f"（身份证号 {unseal('graduates.id_enc', sealed)}）"
        told.append(entry)
    return told


async def _roster() -> list[dict[str, Any]]:
    people = []
    for row in await fetch(_ROSTER):
        number = unseal("graduates.id_enc", row["id_enc"])
        if int(number[14:17]) == NOT_ON_EMS_ROSTER:
            continue
        people.append(
            {
                "school": row["code"],
                "cohort": row["cohort"],
                "id_number": number,
                "xm": row["name"],
                "xldm": row["level_code"],
                "szyx": row["department"],
                "zy": row["major"],
                "pyfsdm": row["training_mode"],
                **json.loads(row["basic"]),
            }
        )
    return people
