"""Room: the head columns of a record: what it is made with, what a filled-in form says of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from models import codes
from models.kit import name_key
from models.states import Flow
from models.vault import blind_index, seal, unseal
from workflows.decide import Decision
from workflows.facts import Facts

SNAPSHOT_PLACE: Final = "records.snapshot"

_STRAIGHT: Final = (
    "employer_uscc",
    "employer_nature",
    "employer_industry",
    "employer_region",
    "position_category",
    "destination_code",
    "agreement_no",
)
# Where a graduate goes: the employer, the college, or, where only that is known, the college's foreign name.
_NAMES: Final = ("employer_name", "college", "college_foreign")
_PRESET: Final = ("employer_nature", "employer_industry", "position_category")


def of_form(flow: str, asked: Collection[str], clean: Mapping[str, Any]) -> dict[str, Any]:
    """The head columns that these fields fill. A field that was asked and left empty empties its column."""
    found: dict[str, Any] = {name: str(clean.get(name, "")) for name in _STRAIGHT if name in asked}
    if any(name in asked for name in _NAMES):
        name = next((str(clean[n]) for n in _NAMES if clean.get(n)), "")
        found |= {"employer_name": name, "employer_name_key": name_key(name) if name else ""}
    if "contact_mobile" in asked:
        contact = clean.get("contact_mobile", "")
        found["contact_bidx"] = blind_index("mobile", contact) if contact else None
    if flow == Flow.DESTINATION and clean.get("destination_code"):
        preset = codes.table("destination").get(clean["destination_code"]).traits.get("preset", ())
        found |= dict(zip(_PRESET, preset, strict=False))
    return found


def new_row(decision: Decision, facts: Facts) -> dict[str, Any]:
    """A record before anything was filled in: whose it is, with which registered employer or about which signing."""
    graduate, employer = facts.graduate, facts.employer
    return {
        "school_id": graduate.school_id,
        "cohort": graduate.cohort,
        "flow": str(decision.flow.flow),
        "graduate_id": graduate.id,
        "parent_id": None,
        "employer_id": employer.id if employer else None,
        "reviewed": False,
        "round": 1,
        "created_at": facts.now,
        "submitted_at": None,
        "submitted_by": "",
        "remind_at": None,
        "waiting_since": None,
        "expires_at": decision.expires_at,
        "department": graduate.department,
        "level": str(graduate.level),
        "graduate_name": graduate.name,
        "major": graduate.major,
        "destination_code": codes.DEST_AGREEMENT,
        "agreement_no": "",
        "position_category": "",
        "contact_bidx": None,
        "take_latest": False,
        "form": {},
        "snapshot": _snapshot(facts),
        **_employer(employer.row if employer else {}),
        **_about(facts),
    }


def _employer(profile: Mapping[str, Any]) -> dict[str, Any]:
    names = ("uscc", "name", "name_key", "nature", "industry", "region")
    return {f"employer_{name}": profile.get(name, "") for name in names}


# What a termination repeats of its signing, so that lists and notices can name it.
_REPEATED: Final = (
    "employer_uscc", "employer_name", "employer_name_key", "employer_nature", "employer_industry", "employer_region",
    "position_category", "agreement_no", "destination_code",
)  # fmt: skip


def _about(facts: Facts) -> dict[str, Any]:
    if facts.parent is None:
        return {}
    parent = facts.parent
    # The signing's own department and level decide who reviews its end, as they decided who reviewed it.
    whose = {"department": parent.department, "level": str(parent.level), "employer_id": parent.employer_id}
    return {"parent_id": parent.id, **whose, **{name: parent.row[name] for name in _REPEATED}}


def _snapshot(facts: Facts) -> dict[str, Any]:
    """The graduate and the employer as they stood when the record was made (roles.md, Roster)."""
    row = facts.graduate.row
    number = unseal("graduates.id_enc", row["id_enc"])
    employer = facts.employer.row if facts.employer else {}
    return {
        "graduate": {
            "name": facts.graduate.name,
            "id_kind": row["id_kind"],
            "id_number": seal(SNAPSHOT_PLACE, number),
            "level_code": facts.graduate.level_code,
            "department": facts.graduate.department,
            "major": facts.graduate.major,
            "training_mode": facts.graduate.training_mode,
            "basic": dict(row["basic"]),
        },
        "school": {"code": facts.school_code, "name": facts.school_name},
        "employer": {"profile": employer.get("profile", {})},
    }
