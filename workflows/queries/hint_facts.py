"""Room: what the hints' rules look at, read for many records at once, or for a graduate who is typing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from models import codes
from models.codes.wages import minimum_wage
from models.db import fetch, fetch_row
from models.kit import fold, name_key
from models.parties import Party
from models.states import Flow
from models.vault import blind_index, is_sealed, unseal
from workflows.actors import Actor, require
from workflows.effects import FORM_PLACE
from workflows.errors import Fault, InvalidRequest, NotFound
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.hints import WHILE_TYPING, Known, Registered, Seen, hints
from workflows.queries.record_filters import compact

# Spelled as the migration has it, so that the partial index serves.
_APPROVED = "k.employer_uscc <> '' AND k.state IN ('signed','approved','terminated','voided')"
_KNOWN = f"""SELECT k.employer_name, k.employer_nature, k.employer_industry FROM records k
  WHERE k.employer_uscc = {{uscc}} AND {_APPROVED} {{more}} ORDER BY k.created_at DESC LIMIT 1"""  # noqa: S608  fixed texts, numbered parameters
_BEFORE = _KNOWN.format(uscc="r.employer_uscc", more="AND k.id <> r.id AND k.created_at < r.created_at")

_READ = f"""
SELECT r.id, r.cohort, r.employer_name, r.employer_name_key, r.employer_uscc, r.employer_nature, r.employer_industry,
  r.employer_region, r.position_category, r.destination_code, r.contact_bidx, r.form->>'report_on' AS report_on,
  r.form->>'monthly_pay' AS pay, r.form->>'own_mobile' AS own, r.snapshot->'graduate'->'basic'->>'bysj' AS graduation,
  g.phone_bidx, k.employer_name AS known_name, k.employer_nature AS known_nature,
  k.employer_industry AS known_industry
FROM records r JOIN graduates g ON g.id = r.graduate_id LEFT JOIN LATERAL ({_BEFORE}) k ON TRUE
WHERE r.id = ANY($1)"""  # noqa: S608  fixed texts, numbered parameters

_REGISTERED = """
SELECT e.name, e.name_key, e.uscc FROM employers e
WHERE e.status = 'verified' AND ((e.uscc = $1 AND $1 <> '') OR e.name_key = $2)
ORDER BY e.uscc = $1 DESC, e.id LIMIT 20"""

# Asked once for each telephone of a page, not for each record: a large employer has one for thousands.
_ELSEWHERE = """
SELECT a.place FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[]) WITH ORDINALITY
  AS a(cohort, contact, uscc, name_key, place)
WHERE EXISTS (SELECT 1 FROM records k WHERE k.cohort = a.cohort AND k.contact_bidx = a.contact
  AND CASE WHEN k.employer_uscc <> '' AND a.uscc <> '' THEN k.employer_uscc <> a.uscc
      ELSE k.employer_name_key <> a.name_key END)"""


async def seen_of(ids: Sequence[UUID]) -> dict[UUID, Seen]:
    """What the rules may look at, for records that the reader was let through to already."""
    rows = await fetch(_READ, list(ids))
    elsewhere = await _elsewhere(rows)
    return {row["id"]: _seen(row, _contact(row) in elsewhere) for row in rows}


def _contact(row: Mapping[str, Any]) -> tuple[int, bytes, str, str] | None:
    if row["contact_bidx"] is None:
        return None
    return row["cohort"], row["contact_bidx"], row["employer_uscc"], row["employer_name_key"]


async def _elsewhere(rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    asked = list({contact: None for row in rows if (contact := _contact(row))})
    if not asked:
        return set()
    found = await fetch(_ELSEWHERE, *(list(column) for column in zip(*asked, strict=True)))
    return {asked[row["place"] - 1] for row in found}


def _seen(row: Mapping[str, Any], elsewhere: bool) -> Seen:
    contact, own = row["contact_bidx"], row["own"]
    numbers = {row["phone_bidx"], blind_index("mobile", unseal(FORM_PLACE, own)) if own and is_sealed(own) else None}
    return Seen(
        employer_name=row["employer_name"],
        nature=row["employer_nature"],
        industry=row["employer_industry"],
        position_category=row["position_category"],
        destination_code=row["destination_code"],
        pay=_whole(row["pay"]),
        report_on=row["report_on"] or "",
        graduation=row["graduation"] or "",
        known=_known(row, "known_"),
        wage=minimum_wage(row["employer_region"]) if row["employer_region"] else None,
        contact_is_own=contact is not None and contact in numbers,
        contact_elsewhere=elsewhere,
    )


def _known(row: Mapping[str, Any], prefix: str) -> Known | None:
    name = row[f"{prefix}name"]
    return Known(name, row[f"{prefix}nature"], row[f"{prefix}industry"]) if name else None


def _whole(value: Any) -> int | None:
    text = fold(str(value)) if value not in (None, "") else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# --- while typing --------------------------------------------------------------------------------


async def read_hints(actor: Actor, flow: Flow, form: Mapping[str, Any]) -> list[dict[str, str]]:
    """For a graduate: what is odd about a form that is not finished yet; unknown fields are refused, faults are not.

    Raises Forbidden, NotFound, InvalidRequest.
    """
    require(actor, Party.GRADUATE)
    known = {field.name for t in FLOWS[flow].transitions if t.form for field in FORMS[t.form].fields}
    if strange := [name for name in form if name not in known]:
        raise InvalidRequest(faults=[Fault(f"form.{n[:40]}", "unknown_field", "没有这一项。") for n in strange[:5]])
    person = await fetch_row("SELECT phone_bidx, basic->>'bysj' AS graduation FROM graduates WHERE id = $1", actor.id)
    if person is None:
        raise NotFound
    seen = await _typed(
        {name: fold(value) if isinstance(value, str) else value for name, value in form.items()}, person
    )
    if flow is Flow.OFFLINE_SIGNING:
        seen = replace(seen, registered=await _registered(form))
    return [hint.as_dict() for hint in hints(seen, WHILE_TYPING)]


async def _registered(form: Mapping[str, Any]) -> Registered | None:
    """The employer on the platform that is nearly the one written down; None where it is that one, or there is none."""
    uscc, key = compact(_text(form, "employer_uscc")), name_key(_text(form, "employer_name"))
    rows = await fetch(_REGISTERED, uscc, key) if key else []
    if not rows or any(row["uscc"] == uscc and row["name_key"] == key for row in rows):
        return None
    return Registered(rows[0]["name"], same_code=rows[0]["uscc"] == uscc)


async def _typed(form: Mapping[str, Any], person: Mapping[str, Any]) -> Seen:
    uscc, region = compact(_text(form, "employer_uscc")), _text(form, "employer_region")
    row = await fetch_row(_KNOWN.format(uscc="$1", more=""), uscc) if uscc else None
    contact, own = (_text(form, name) for name in ("contact_mobile", "own_mobile"))
    number = blind_index("mobile", contact) if contact else None
    return Seen(
        employer_name=_text(form, "employer_name"),
        nature=_coded(form, "employer_nature"),
        industry=_coded(form, "employer_industry"),
        position_category=_text(form, "position_category"),
        destination_code=_text(form, "destination_code"),
        pay=_whole(form.get("monthly_pay")),
        report_on=_text(form, "report_on"),
        graduation=person["graduation"] or "",
        known=_known(row, "employer_") if row else None,
        wage=minimum_wage(region) if region else None,
        contact_is_own=number is not None and (number == person["phone_bidx"] or contact == own),
    )


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value[:200] if isinstance(value, str) else ""


def _coded(form: Mapping[str, Any], name: str) -> str:
    value = _text(form, name)
    return value if value in codes.table(name) else ""
