"""Room: agreements as they are read: by those who see the record, and by anybody who checks a paper.

The number and the data are those of the day of approval; what the paper is worth today comes from the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from models.codes.identity import BadNumber, check_agreement_number
from models.db import fetch, fetch_row, fetch_value
from models.kit import mask_name, shanghai_day
from models.sql import agreements as sql
from models.states import AgreementStatus, Flow, OnlineSigning, Phase
from workflows.actors import Actor, require_read, visible_to
from workflows.documents.terms import agreed, day
from workflows.effects import SNAPSHOT_PLACE
from workflows.errors import InvalidRequest, NotFound
from workflows.flows import FLOWS
from workflows.queries import record_page
from workflows.queries.paging import Where
from workflows.queries.record_page import form_for, number_for
from workflows.queries.records import moment

TERMINATED: Final = str(OnlineSigning.TERMINATED)  # every signing that can be terminated has this state


async def seen(actor: Actor, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
    """These agreements' rows in this order, each once. Raises ModuleClosed; NotFound unless the actor sees all."""
    require_read(actor)
    where = Where()
    where.within(visible_to(actor), "r")
    where.add("a.number = ANY({})", list(numbers))
    rows = await fetch(
        f"SELECT {sql.COLUMNS} FROM {sql.SOURCE} WHERE {where.text}",  # noqa: S608  fixed texts, numbered parameters
        *where.values,
    )
    found = {row["number"]: row for row in rows}
    wanted = list(dict.fromkeys(numbers))
    if any(number not in found for number in wanted):
        raise NotFound
    return [found[number] for number in wanted]


def standing(flow: Flow, state: str, revoked_at: datetime | None) -> AgreementStatus:
    """What the paper is worth, from where its record stands."""
    if revoked_at is not None:
        return AgreementStatus.VOID
    if state == TERMINATED:
        return AgreementStatus.TERMINATED
    match FLOWS[flow].state(state).phase:
        case Phase.FORCE:
            return AgreementStatus.VALID
        case Phase.END:
            return AgreementStatus.VOID
        case _:
            return AgreementStatus.ISSUED


async def read_agreement(actor: Actor, number: str) -> dict[str, Any]:
    """One agreement, numbers of persons as this reader may see them. Raises ModuleClosed, NotFound."""
    (row,) = await seen(actor, [number])
    data, flow = json.loads(row["data"]), Flow(row["flow"])
    person, form = data["graduate"], form_for(actor, flow, data["form"])
    status = standing(flow, row["state"], row["revoked_at"])
    return {
        "number": number,
        "status": str(status),
        "label": status.label,
        "type": data["type"],
        "flow": str(flow),
        "record_id": str(row["record_id"]),
        "issued_at": moment(row["issued_at"]),
        "revoked_at": moment(row["revoked_at"]),
        "school": data["school"],
        "handler": data["handler"],
        "graduate": {
            "name": person["name"],
            "id_number": number_for(actor, person["id_number"], SNAPSHOT_PLACE),
            "level_code": person["level_code"],
            "major": person["major"],
        },
        "employer": {"name": data["employer"]["name"], "uscc": data["employer"]["uscc"]},
        "agreed": [{"label": label, "text": text} for label, text in agreed(form, data["position_category"])],
        "extra_terms": form.get("extra_terms") or "",
        "file": f"/v1/agreements/{number}/file",
    }


async def number_of(actor: Actor, record_id: UUID, flow: Flow) -> str:
    """The number of a record's agreement. Raises ModuleClosed, NotFound (also: it has none)."""
    await record_page.seen(actor, flow, record_id)
    number = await fetch_value(sql.OF_RECORD, record_id)
    if number is None:
        raise NotFound("这份签约还没有生成就业协议书。")
    return str(number)


# --- for anybody ---------------------------------------------------------------------------------


async def check_paper(typed: str) -> dict[str, str]:
    """What anybody with a paper in hand may learn: what it is worth today, whose it is in outline.

    Raises InvalidRequest for what cannot be a number, NotFound for one that was never given.
    """
    try:
        number = check_agreement_number(typed)
    except BadNumber as wrong:
        raise InvalidRequest(str(wrong)) from None
    row = await fetch_row(sql.ONE, number)
    if row is None:
        raise NotFound("没有查到这个编号的就业协议书，请核对纸面上的协议编号。")
    data = json.loads(row["data"])
    status = standing(Flow(row["flow"]), row["state"], row["revoked_at"])
    return {
        "number": number,
        "status": str(status),
        "label": status.label,
        "graduate": mask_name(data["graduate"]["name"]),
        "school": data["school"]["name"],
        "employer": data["employer"]["name"],
        "issued": day(shanghai_day(row["issued_at"])),
    }
