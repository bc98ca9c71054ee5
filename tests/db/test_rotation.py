"""Room: changing the data key while everything runs: nothing is lost, nothing waits, nothing of the old key is left."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models import db, kit, storage, vault
from models.config import Profile, Settings
from models.sql.sealed import SEALED
from models.states import Flow
from models.store import MemoryStore
from models.tables import Graduate, Job, JournalRow, Record
from tests.harness.binding import ADDRESS, visit
from tests.harness.demo import sealed_columns
from tests.harness.invented import mobile, username
from tests.harness.invitations import row, workbook
from tests.harness.world import PASSWORD, World, make_world, sign
from workflows.actors import OPERATOR
from workflows.commands.bindings import ask_code
from workflows.commands.drafts import Place, read_draft, save_draft
from workflows.commands.handovers import ask_from
from workflows.commands.invitation_files import take_file
from workflows.commands.jobs import EXPORT_PLACE
from workflows.commands.phones import change_phone
from workflows.commands.rotation import Left, left, rotate
from workflows.commands.second_factor import begin_totp
from workflows.errors import Forbidden
from workflows.forms import FORMS
from workflows.queries.jobs import read_job_file
from workflows.queries.record_page import read_record
from workflows.roster_reader import SOURCE_PLACE

ROOT = Path(__file__).resolve().parents[2]
DRAFT = Place(Flow.OFFLINE_SIGNING, "submit")
FORM = FORMS["offline_signing.submit"]
EXPORT = b"a finished export"


@pytest.fixture(scope="module", autouse=True)
async def world(database: str) -> World:
    """A school in which something of every kind was sealed."""
    made = await make_world(graduates=3)
    await sign(made)
    await save_draft(made.graduate.actor, DRAFT, FORM, {"own_mobile": made.graduate.mobile})
    await begin_totp(made.school, PASSWORD, counter=MemoryStore())
    await ask_code(MemoryStore(), await visit(), made.graduates[1].name, made.graduates[1].id_number, ADDRESS)
    await change_phone(made.school, made.graduates[2].id, mobile(), "本人到现场更正号码")
    firm = made.employer
    wish = {
        "employer_name": firm.name,
        "employer_uscc": firm.uscc,
        "agent_name": "陈新",
        "agent_mobile": mobile(),
    }
    await ask_from(ADDRESS, MemoryStore(), wish, username("agent"), PASSWORD)
    await take_file(firm.actor, MemoryStore(), "邀请.xlsx", workbook([row(made, made.graduates[1])]))
    await _export(made)
    return made


async def _export(made: World) -> None:
    stored = storage.put(vault.seal_file(EXPORT_PLACE, EXPORT))
    await Job.create(
        id=kit.new_id(), school_id=made.school_id, account_id=made.school.id, kind="export", status="done", params={},
        result_sha256=stored, result_name="名单.xlsx", created_at=kit.now(), finished_at=kit.now(),
    )  # fmt: skip


@pytest.fixture
def use_keys(monkeypatch: pytest.MonkeyPatch, run_folder: Path) -> Iterator[Callable[..., None]]:
    """Work with these data keys, the first one seals; the other keys stay as they are."""
    present = vault.keys()

    def coded(key: bytes) -> str:
        return base64.b64encode(key).decode()

    def use(**keys: bytes) -> None:
        text = ",".join(f"{name}:{coded(key)}" for name, key in keys.items())
        values: dict[str, Any] = {"data_keys": text, "index_key": coded(present.index)}
        values |= {"session_key": coded(present.session), "profile": Profile.TEST, "var": run_folder}
        monkeypatch.setattr(vault, "settings", lambda: Settings(**values))
        vault.forget_keys()

    yield use
    monkeypatch.undo()
    vault.forget_keys()


async def told(world: World) -> list[Any]:
    """What people read of what is sealed."""
    person = await Graduate.get(id=world.graduate.id)
    record = await Record.get(graduate_id=person.id, flow=str(Flow.ONLINE_SIGNING))
    kept = await read_draft(world.graduate.actor, DRAFT, FORM)
    assert kept is not None
    job = await Job.get(kind="export")
    shown = await read_record(world.graduate.actor, Flow.ONLINE_SIGNING, record.id)
    return [
        vault.unseal("graduates.id_enc", person.id_enc),
        vault.unseal("graduates.phone_enc", person.phone_enc),
        shown["graduate"]["id_number"],
        shown["form"],
        shown["employer"]["profile"],
        dict(kept.values),
        (await read_job_file(world.school, job.id))[1],
    ]


def test_every_place_that_something_is_sealed_for_is_known_to_the_rotation() -> None:
    """Read from the code: a place is written `table.column`, and what a text was sealed for opens it alone."""
    told = re.compile(r"PLACE\b.*=|\bseal\(")
    lines = [line for file in (ROOT / "workflows").rglob("*.py") for line in file.read_text().splitlines()]
    written = {found for line in lines if told.search(line) for found in re.findall(r'"([a-z_]+\.[a-z_.]+)"', line)}
    files = {EXPORT_PLACE, SOURCE_PLACE}
    assert written - files == {place for column in SEALED for place in column.places}


async def test_every_column_with_a_sealed_text_is_known_to_the_rotation() -> None:
    known = {str(column) for column in SEALED}
    assert await sealed_columns() == known, "this file seals something in each of them, and nothing elsewhere"


async def test_after_the_rotation_the_old_key_opens_nothing_and_everybody_reads_the_same(
    world: World, use_keys: Callable[..., None]
) -> None:
    old, new = vault.keys().data[vault.keys().current], secrets.token_bytes(32)
    before = await told(world)
    use_keys(fresh=new, local=old)
    assert set((await left()).older) == {str(column) for column in SEALED} | {"files"}
    done = await rotate(OPERATOR)
    assert min(done.values()) >= 1
    assert await left() == Left({}, 0, "fresh")
    use_keys(fresh=new)
    assert await told(world) == before
    assert done["graduates.id_enc"] == 3
    assert not any((await rotate(OPERATOR)).values()), "a second run finds nothing"
    rows = await JournalRow.filter(action="rotate_keys").order_by("id")
    assert rows[0].detail["sealed"]["graduates.id_enc"] == 3
    assert new.hex() not in json.dumps([row.detail for row in rows])
    # Back again, so that the next test meets what it expects.
    use_keys(local=old, fresh=new)
    await rotate(OPERATOR)


async def test_a_row_that_somebody_holds_is_left_for_the_next_run_and_nobody_waits(
    world: World, use_keys: Callable[..., None]
) -> None:
    old, new = vault.keys().data[vault.keys().current], secrets.token_bytes(32)
    use_keys(fresh=new, local=old)
    holding, over = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with db.transaction():
            await db.fetch("SELECT id FROM graduates WHERE id = $1 FOR NO KEY UPDATE", world.graduate.id)
            holding.set()
            await over.wait()

    task = asyncio.create_task(hold())
    await holding.wait()
    await asyncio.wait_for(rotate(OPERATOR), 30)
    assert (await left()).older == {"graduates.id_enc": 1, "graduates.phone_enc": 1}
    over.set()
    await task
    await rotate(OPERATOR)
    assert not (await left()).older
    use_keys(local=old, fresh=new)
    await rotate(OPERATOR)


async def test_a_key_that_is_missing_is_told_and_nothing_is_taken_for_done(
    world: World, use_keys: Callable[..., None]
) -> None:
    use_keys(fresh=secrets.token_bytes(32))
    done = await rotate(OPERATOR)
    assert not any(done.values())
    assert (await left()).closed > len(SEALED)


async def test_keys_are_the_operators_business(world: World) -> None:
    for actor in (world.province, world.school, world.graduate.actor):
        with pytest.raises(Forbidden):
            await rotate(actor)
