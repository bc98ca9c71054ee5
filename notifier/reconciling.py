"""Room: the operator's comparison: every graduate's destination here beside what the EMS itself answers now.

The desk's page compares with what the EMS acknowledged; this one asks. Nobody's number or name is printed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from models.vault import unseal
from notifier.clients.upstream import UpstreamClient
from workflows.actors import OPERATOR
from workflows.commands.pushes import push_again
from workflows.ports import OutsideFault
from workflows.queries.reconciliation import PENDING, Compared, differences, everybody

AT_ONCE: Final = 8


@dataclass(slots=True)
class Outcome:
    """What was found. `lines`: one per graduate that differs, with its fields; `unknown`: the EMS did not answer."""

    equal: int = 0
    pending: int = 0
    differs: int = 0
    unknown: int = 0
    pushed: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        told = f"一致 {self.equal}，等待上报 {self.pending}，不一致 {self.differs}，未能查询 {self.unknown}"
        return f"{told}，已重新上报 {self.pushed}" if self.pushed else told


async def reconcile(
    client: UpstreamClient, school: str = "", cohort: int | None = None, *, push: bool = False
) -> Outcome:
    """Ask the EMS for each graduate of a school (its code) and cohort, or of all; `push`: tell it what differs."""
    outcome, batch = Outcome(), list[Compared]()
    async for one in everybody(OPERATOR, school, cohort):
        batch.append(one)
        if len(batch) == AT_ONCE:
            await _compare(client, batch, outcome, push=push)
            batch = []
    await _compare(client, batch, outcome, push=push)
    return outcome


async def _compare(client: UpstreamClient, batch: Sequence[Compared], outcome: Outcome, *, push: bool) -> None:
    answers = await asyncio.gather(*(_held(client, one) for one in batch))
    for one, theirs in zip(batch, answers, strict=True):
        if theirs is None:
            outcome.unknown += 1
        elif theirs == dict(one.ours):
            outcome.equal += 1
        elif one.status == PENDING:
            outcome.pending += 1
        else:
            outcome.differs += 1
            outcome.lines.append(_line(one, theirs))
            if push:
                await push_again(OPERATOR, one.row["id"])
                outcome.pushed += 1


async def _held(client: UpstreamClient, one: Compared) -> dict[str, str] | None:
    """The columns of the destination that the EMS holds; None where it gave no answer. A telephone that came with them
    is compared by nobody: what we owe holds no numbers.
    """
    number = unseal("graduates.id_enc", one.row["id_enc"])
    held = await client.lookup(one.row["school_code"], one.row["cohort"], number)
    if isinstance(held, OutsideFault):
        return None
    return {name: value for name, value in (held.destination or {}).items() if name != "sjh"}


def _line(one: Compared, theirs: dict[str, str]) -> str:
    fields = "；".join(
        f"{d['label']}：{d['ours'] or '（无）'} ≠ {d['theirs'] or '（无）'}" for d in differences(one.ours, theirs)
    )
    return f"{one.row['school_code']} {one.row['cohort']}届 {one.row['id']} {fields}"
