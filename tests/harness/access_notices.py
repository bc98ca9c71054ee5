"""Room: rows of the access matrix: disputes, notes to the desks, the digest, the comparison with the EMS."""

from __future__ import annotations

from models.states import Flow
from tests.harness.access_kinds import Cast
from tests.harness.access_requests import ROWS, Sent, Try, row, simple
from tests.harness.disputing import disputable
from workflows.commands.desk_notes import dispute
from workflows.flows import FLOWS

__all__ = ["ROWS"]

simple("GET /v1/notes")
simple("GET /v1/digest")
simple("GET /v1/reconciliation")


def disputing(flow: Flow) -> None:
    @row(f"POST /v1/{flow}/{{id}}/dispute")
    async def prepare(cast: Cast) -> Try:
        frozen = await cast.freeze(flow)
        case = await disputable(cast.own, flow, await cast.subject())

        async def attempt(kind: str) -> Sent:
            found = frozen if kind == "graduate_invalidated" else case
            return Sent("POST", f"/v1/{flow}/{found.id}/dispute", {})

        return attempt


for _flow in FLOWS:
    disputing(_flow)


@row("POST /v1/notes/{id}/answer")
async def answering(cast: Cast) -> Try:
    """Each kind finds a note that nobody has answered yet."""

    async def attempt(_: str) -> Sent:
        case = await disputable(cast.own, Flow.ONLINE_SIGNING, await cast.subject())
        note = await dispute(case.person.actor, case.flow, case.record_id)
        return Sent("POST", f"/v1/notes/{note}/answer", {"text": "已与学院核实，修改无误。"})

    return attempt


@row("POST /v1/graduates/{id}/push")
async def pushing(cast: Cast) -> Try:
    case = await disputable(cast.own, Flow.ONLINE_SIGNING, await cast.subject())

    async def attempt(_: str) -> Sent:
        return Sent("POST", f"/v1/graduates/{case.person.id}/push")

    return attempt
