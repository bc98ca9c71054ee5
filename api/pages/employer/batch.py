"""Room: inviting many graduates at once: the template, a file with its rows checked, sending them, their results."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from quart import Response, request
from quart.formparser import FormDataParser

from api.auth import Caller
from api.downloads import attachment
from api.pages.answering import go, held_off
from api.pages.employer.home import barred
from api.pages.employer.portal import PREFIX, page, render, sent
from api.pages.repeating import told
from api.pages.spans import screen
from models.states import Flow
from models.store import store
from workflows.commands.invitation_files import FIELD, retry_rows, send_rows, take_file
from workflows.errors import Fault, ForgedForm, HouseError, InvalidForm, RateLimited, Refused
from workflows.export_sheets import MEDIA
from workflows.invitation_sheets import MENDING_NAME, RESULTS_NAME, TEMPLATE_NAME, results, template
from workflows.limits import FILE_BYTES, INVITATION_BYTES, INVITATION_ROWS, JSON_BYTES
from workflows.queries.employers import own_employer
from workflows.queries.invitation_files import LABELS, list_files, read_rows, rows_to_mend

BATCH: Final = f"{PREFIX}/{Flow.ONLINE_SIGNING}/batch"
MEGABYTES: Final = INVITATION_BYTES // (1024 * 1024)
TONES: Final = {"sent": "good", "again": "done", "waiting": "waiting", "refused": "bad", "faulty": "bad"}

TOO_LARGE: Final = f"文件不能超过 {MEGABYTES} MB，请只保留邀请需要的列和行。"
NO_FILE: Final = "请选择填好的表格（.xlsx）。"
KNOWN: Final = "这个文件此前上传过，没有重复处理；下面是它的处理情况。"
PAUSED: Final = "查找不到的次数已达上限，暂停发出；约 {minutes} 分钟后可以继续，已发出的不受影响。"
GO_ON: Final = "还有没发出的行，请继续。"


class _InMemory(FormDataParser):
    """What such a file holds must not lie on a disk in plain; the request's own bound keeps it small.

    That bound lets a file come in that is too large by far, so that the page itself can say so."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "stream_factory": lambda *_, **__: io.BytesIO()})


@page("/online_signing/batch")
async def batch(who: Caller) -> Response:
    return await _page(who)


async def _page(who: Caller, refusal: HouseError | None = None) -> Response:
    faults = refusal.faults if isinstance(refusal, InvalidForm) else ()
    shown = told(refusal)
    response = await render(
        "batch.html",
        shown["status"],
        who=who,
        barred=barred(await own_employer(who.actor)),
        alert=shown["alert"],
        faults=faults,
        files=[{**one, "at": screen(one["at"])} for one in await list_files(who.actor)],
        most=INVITATION_ROWS,
        megabytes=MEGABYTES,
        bytes_most=INVITATION_BYTES,
        base=BATCH,
    )
    return held_off(response, refusal)


@page("/online_signing/batch/template")
async def batch_template(_: Caller) -> Response:
    return attachment(await asyncio.to_thread(template), MEDIA, TEMPLATE_NAME)


@page("/online_signing/batch", "POST", most=FILE_BYTES + JSON_BYTES)
async def take_batch(who: Caller) -> Response:
    request.form_data_parser_class = _InMemory
    try:
        await sent(who)
        chosen = (await request.files).get(FIELD)
        if chosen is None or not chosen.filename:
            raise InvalidForm([Fault(FIELD, "required", NO_FILE)])
        content = chosen.read()
        if len(content) > INVITATION_BYTES:
            raise InvalidForm([Fault(FIELD, "file_too_large", TOO_LARGE)])
        taken = await take_file(who.actor, store(), chosen.filename, content)
    except (ForgedForm, InvalidForm, Refused, RateLimited) as refusal:
        return await _page(who, refusal)
    return go(f"{BATCH}/{taken.id}{'?known=1' if taken.known else ''}")


# --- one file ------------------------------------------------------------------------------------


@page("/online_signing/batch/<id>")
async def batch_file(who: Caller, id: UUID) -> Response:
    return await _file(who, id, notice=KNOWN if request.args.get("known") else "")


async def _file(who: Caller, id: UUID, refusal: HouseError | None = None, notice: str = "") -> Response:
    head, rows = await read_rows(who.actor, id)
    counts = Counter(row["status"] for row in rows)
    shown = told(refusal)
    wanted = request.args.get("show", "")
    kind = wanted if counts[wanted] else ""
    return await render(
        "batch_file.html",
        shown["status"],
        who=who,
        head={**head, "at": screen(head["at"])},
        rows=[_shown(row) for row in rows if kind in ("", row["status"])],
        kind=kind,
        tabs=[(name, label, counts[name]) for name, label in LABELS.items() if counts[name]],
        total=len(rows),
        waiting=counts["waiting"],
        sent=counts["sent"],
        again=counts["again"],
        faulty=counts["faulty"],
        refused=counts["refused"],
        mendable=sum(row["kept"] and row["status"] in ("faulty", "refused") for row in rows),
        retriable=sum(row["kept"] and row["status"] == "refused" for row in rows),
        alert=shown["alert"],
        notice=notice,
        base=BATCH,
    )


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "tone": TONES[row["status"]],
        "href": f"{PREFIX}/{Flow.ONLINE_SIGNING}/{row['record']}" if row["record"] else "",
    }


@page("/online_signing/batch/<id>/send", "POST")
async def send_batch(who: Caller, id: UUID) -> Response:
    return await _send(who, id, again=False)


@page("/online_signing/batch/<id>/retry", "POST")
async def retry_batch(who: Caller, id: UUID) -> Response:
    return await _send(who, id, again=True)


async def _send(who: Caller, id: UUID, *, again: bool) -> Response:
    """`again`: what was refused as well."""
    try:
        await sent(who)
        if again:
            await retry_rows(who.actor, id)
        turn = await send_rows(who.actor, store(), id)
    except (ForgedForm, Refused) as refusal:
        return await _file(who, id, refusal)
    if turn.retry_after:
        return await _file(who, id, notice=PAUSED.format(minutes=max(1, -(-turn.retry_after // 60))))
    if turn.left:
        return await _file(who, id, notice=GO_ON)
    return go(f"{BATCH}/{id}")


@page("/online_signing/batch/<id>/results")
async def batch_results(who: Caller, id: UUID) -> Response:
    _, rows = await read_rows(who.actor, id)
    return attachment(await asyncio.to_thread(results, rows), MEDIA, RESULTS_NAME)


@page("/online_signing/batch/<id>/mending")
async def batch_mending(who: Caller, id: UUID) -> Response:
    """The rows that did not go out, in the template's shape, each with what is wrong."""
    rows = await rows_to_mend(who.actor, id)
    return attachment(await asyncio.to_thread(template, rows), MEDIA, MENDING_NAME)
