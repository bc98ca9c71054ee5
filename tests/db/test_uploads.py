"""Room: uploads on their way: parts, resuming, quotas, refusals, what is swept (test catalogue F7, F8)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models import db, kit, storage
from models.config import settings
from models.tables import Upload
from notifier.jobs import clock_jobs
from tests.conftest import Clock
from tests.harness import files
from tests.harness.world import World, accept, add_graduates, invite, make_world
from workflows.actors import Actor
from workflows.commands import uploads
from workflows.commands.uploads import add_bytes, begin_upload, delete_upload, read_upload, store_upload
from workflows.errors import (
    Forbidden,
    InvalidForm,
    NotFound,
    ReadOnly,
    Refused,
    Unavailable,
    WrongOffset,
)
from workflows.limits import FILE_BYTES, OPEN_UPLOADS, UPLOAD_LIVES
from workflows.queries.attachments import read_file


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
async def sender(world: World) -> Actor:
    """A graduate who has sent nothing yet."""
    (person,) = await add_graduates(world, 1)
    return person.actor


async def row(upload: UUID) -> Upload:
    return await Upload.get(id=upload)


async def fault_of(sending: Any) -> str:
    with pytest.raises(InvalidForm) as caught:
        await sending
    (fault,) = caught.value.faults
    return fault.code


# --- the way in ----------------------------------------------------------------------------------


async def test_a_file_sent_in_parts_is_served_as_it_was_made_over(sender: Actor) -> None:
    data = files.located_jpeg()
    upload = await begin_upload(sender, "C:\\照片\\我的证明.JPEG", len(data))
    first, last = await files.by_halves(lambda offset, part: add_bytes(sender, upload, offset, part), data)
    assert (first.offset, first.done, first.name) == (len(data) // 2, False, "我的证明.jpeg")
    assert (last.offset, last.done, last.name) == (len(data), True, "我的证明.jpg")
    found = await read_file(sender, upload)
    assert (found.media, found.name) == ("image/jpeg", "我的证明.jpg")
    assert found.data != data
    assert files.PLACE not in found.data
    kept = await row(upload)
    assert (kept.bytes, kept.pages, len(kept.dhash), kept.school_id) == (len(found.data), 1, 16, sender.school_id)
    assert storage.get(kept.sha256) == found.data
    assert not (settings().var / "files" / "parts" / str(upload)).exists()


async def test_an_upload_cut_at_its_end_goes_on_where_it_was(sender: Actor) -> None:
    data = files.pdf(2)
    upload = await begin_upload(sender, "协议.pdf", len(data))
    cut = len(data) - 10
    await add_bytes(sender, upload, 0, data[:cut])
    for wrong in (0, cut - 1, cut + 1, len(data)):
        with pytest.raises(WrongOffset) as caught:
            await add_bytes(sender, upload, wrong, b"x")
        assert caught.value.context == {"offset": cut}
    done = await add_bytes(sender, upload, cut, data[cut:])
    assert (done.done, done.pages, done.media) == (True, 2, "application/pdf")


async def test_a_last_part_whose_answer_was_lost_is_answered_again(sender: Actor) -> None:
    data = files.jpeg()
    upload = await begin_upload(sender, "a.jpg", len(data))
    first = await add_bytes(sender, upload, 0, data)
    assert await add_bytes(sender, upload, 0, data) == first
    assert await add_bytes(sender, upload, len(data), b"") == first
    with pytest.raises(WrongOffset):
        await add_bytes(sender, upload, 5, b"x")


async def test_a_process_that_died_before_the_judgement_is_asked_again(sender: Actor) -> None:
    data = files.jpeg()
    upload = await begin_upload(sender, "a.jpg", len(data))
    storage.write_part(upload, 0, data)
    await Upload.filter(id=upload).update(received=len(data))
    assert not (await read_upload(sender, upload)).done
    assert (await add_bytes(sender, upload, len(data), b"")).done


async def test_the_same_part_from_two_connections_counts_once(sender: Actor) -> None:
    data = files.jpeg()
    upload = await begin_upload(sender, "a.jpg", len(data))
    half = len(data) // 2
    both = await asyncio.gather(*(add_bytes(sender, upload, 0, data[:half]) for _ in range(2)), return_exceptions=True)
    assert all(isinstance(one, WrongOffset) or one.offset == half for one in both)  # type: ignore[union-attr]
    ended = await asyncio.gather(
        *(add_bytes(sender, upload, half, data[half:]) for _ in range(2)), return_exceptions=True
    )
    assert any(not isinstance(one, BaseException) and one.done for one in ended)
    assert (await read_upload(sender, upload)).done


async def test_twenty_at_once_are_twenty_uploads_and_one_file(sender: Actor) -> None:
    data = files.jpeg(77)
    made = await asyncio.gather(*(store_upload(sender, f"{n}.jpg", data) for n in range(20)))
    assert len(set(made)) == 20
    assert len({(await row(one)).sha256 for one in made}) == 1


async def test_more_bytes_than_announced_are_refused(sender: Actor) -> None:
    upload = await begin_upload(sender, "a.jpg", 5)
    with pytest.raises(WrongOffset) as caught:
        await add_bytes(sender, upload, 0, b"123456")
    assert caught.value.context == {"offset": 0}
    assert (await read_upload(sender, upload)).offset == 0


async def test_no_bytes_in_the_middle_say_where_one_is(sender: Actor) -> None:
    upload = await begin_upload(sender, "a.jpg", 5)
    assert (await add_bytes(sender, upload, 0, b"")).offset == 0


@pytest.mark.parametrize(("total", "code"), [(0, "file_empty"), (FILE_BYTES + 1, "file_too_large")])
async def test_sizes_are_judged_before_anything_is_sent(total: int, code: str, sender: Actor) -> None:
    assert await fault_of(begin_upload(sender, "a.jpg", total)) == code


# --- refusals ------------------------------------------------------------------------------------


async def test_a_refused_file_stays_refused_and_is_not_kept(sender: Actor) -> None:
    upload = await begin_upload(sender, "照片.heic", len(files.HEIC))
    assert await fault_of(add_bytes(sender, upload, 0, files.HEIC)) == "file_heic"
    assert await fault_of(add_bytes(sender, upload, len(files.HEIC), b"")) == "file_heic"
    told = (await read_upload(sender, upload)).as_dict()
    assert (told["done"], told["media"]) == (False, None)
    assert "兼容性最佳" in told["fault"]
    with pytest.raises(Refused) as caught:
        await read_file(sender, upload)
    assert caught.value.detail == told["fault"]
    assert not (settings().var / "files" / "parts" / str(upload)).exists()


async def test_a_page_without_script_sends_a_whole_file_and_a_refused_one_leaves_no_row(sender: Actor) -> None:
    upload = await store_upload(sender, "协议.pdf", files.wicked_pdf())
    assert (await read_file(sender, upload)).media == "application/pdf"
    before = await Upload.filter(owner=sender.key).count()
    assert await fault_of(store_upload(sender, "a.exe", b"MZ" + bytes(50))) == "file_format"
    assert await Upload.filter(owner=sender.key).count() == before


async def test_nobody_touches_anothers_upload(sender: Actor, world: World) -> None:
    upload = await store_upload(sender, "a.jpg", files.jpeg())
    for other in (world.graduate.actor, world.employer.actor, world.school):
        for attempt in (read_upload, delete_upload, read_file):
            with pytest.raises(NotFound):
                await attempt(other, upload)
        with pytest.raises(NotFound):
            await add_bytes(other, upload, 0, b"x")


async def test_who_may_not_write_anywhere_may_not_upload(world: World) -> None:
    from dataclasses import replace

    from models.parties import Grant, Module

    with pytest.raises(Forbidden):
        await begin_upload(world.province, "a.jpg", 5)
    reader = replace(world.school, grants=dict.fromkeys(Module, Grant.RO))
    with pytest.raises(ReadOnly):
        await begin_upload(reader, "a.jpg", 5)
    archivist = replace(world.school, grants={**dict.fromkeys(Module, Grant.NONE), Module.ARCHIVE: Grant.RW})
    assert await begin_upload(archivist, "a.jpg", 5)


# --- how many ------------------------------------------------------------------------------------


async def test_what_was_not_handed_in_is_limited_even_for_many_at_once(sender: Actor, clock: Clock) -> None:
    await Upload.bulk_create(
        Upload(
            id=kit.new_id(), owner=sender.key, name="a.jpg", total=5, created_at=kit.now(),
            expires_at=kit.now() + UPLOAD_LIVES,
        )
        for _ in range(OPEN_UPLOADS - 3)
    )  # fmt: skip
    tries = await asyncio.gather(*(begin_upload(sender, "a.jpg", 5) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, UUID) for one in tries) == 3
    refused = [one for one in tries if isinstance(one, Refused)]
    assert len(refused) == 7
    assert refused[0].guard == "uploads_open"
    await delete_upload(sender, next(one for one in tries if isinstance(one, UUID)))
    assert await begin_upload(sender, "a.jpg", 5)
    clock.advance(days=8)  # what ran out counts no longer, swept or not
    assert await begin_upload(sender, "a.jpg", 5)


async def test_refused_files_do_not_count(sender: Actor) -> None:
    for _ in range(3):
        upload = await begin_upload(sender, "a.exe", 2)
        await fault_of(add_bytes(sender, upload, 0, b"MZ"))
    assert await db.fetch_value(uploads.sql.OPEN_UPLOADS, sender.key, kit.now()) == 0


# --- the disk ------------------------------------------------------------------------------------


async def test_a_disk_that_takes_no_more_is_told_and_the_upload_goes_on_later(
    sender: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = files.jpeg()
    upload = await begin_upload(sender, "a.jpg", len(data))
    await add_bytes(sender, upload, 0, data[:100])
    (tmp_path / "files").write_bytes(b"")  # where the store's folder should be there is a file
    with monkeypatch.context() as away:
        away.setattr(settings(), "var", tmp_path)
        with pytest.raises(Unavailable) as caught:
            await add_bytes(sender, upload, 100, data[100:])
    assert caught.value.detail == uploads.NO_ROOM
    assert (await read_upload(sender, upload)).offset == 100
    assert (await add_bytes(sender, upload, 100, data[100:])).done


async def test_a_row_whose_file_is_gone_is_unavailable_not_wrong(sender: Actor) -> None:
    upload = await store_upload(sender, "a.jpg", files.jpeg(901))
    storage.delete((await row(upload)).sha256)
    with pytest.raises(Unavailable):
        await read_file(sender, upload)


# --- sweeping ------------------------------------------------------------------------------------


def age(name: str) -> None:
    moment = kit.now().timestamp() - 2 * 3600
    os.utime(settings().var / "files" / name, (moment, moment))


def place(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"


async def test_a_sweep_takes_what_ran_out_and_files_that_nobody_names(sender: Actor, world: World) -> None:
    record = await accept(world, await invite(world))
    handed_in, ran_out, half = [
        await store_upload(world.graduate.actor, "a.jpg", files.jpeg(501)),
        await store_upload(sender, "b.jpg", files.jpeg(502)),
        await begin_upload(sender, "c.jpg", 500),
    ]
    await files.hand_in(world, record.record_id, world.graduate.actor, [handed_in])
    await add_bytes(sender, half, 0, b"x" * 10)
    kept, lost, orphan = (await row(handed_in)).sha256, (await row(ran_out)).sha256, storage.put(b"nobody's")
    await Upload.filter(id__in=[handed_in, ran_out, half]).exclude(expires_at=None).update(expires_at=kit.now())
    for name in (kept, lost, orphan):
        age(place(name))
    age(f"parts/{half}")
    young = storage.put(b"young")
    assert await uploads.sweep_uploads() >= 5
    assert await Upload.filter(id__in=[ran_out, half]).count() == 0
    assert storage.get(kept)
    assert storage.get(young)
    for name in (lost, orphan):
        with pytest.raises(storage.NotStoredError):
            storage.get(name)
    assert not (settings().var / "files" / "parts" / str(half)).exists()
    assert await uploads.sweep_uploads() == 0


async def test_two_rows_that_share_a_file_keep_it_until_both_are_gone(sender: Actor) -> None:
    one, other = [await store_upload(sender, f"{n}.jpg", files.jpeg(601)) for n in range(2)]
    sha256 = (await row(one)).sha256
    for upload, there in ((one, True), (other, False)):
        await delete_upload(sender, upload)
        age(place(sha256))
        await uploads.sweep_uploads()
        assert (settings().var / "files" / place(sha256)).exists() is there


async def test_an_upload_under_way_is_left_alone(sender: Actor) -> None:
    upload = await begin_upload(sender, "a.jpg", 500)
    await add_bytes(sender, upload, 0, b"x" * 10)
    age(f"parts/{upload}")
    await uploads.sweep_uploads()
    assert (await read_upload(sender, upload)).offset == 10
    assert (settings().var / "files" / "parts" / str(upload)).exists()


HASHES_OF_OTHER_THINGS = {
    ("agreements", "font_sha256"),
    ("jobs", "source_sha256"),  # of what was sent; what is kept of it is sealed, under `source_stored`
    ("journal", "detail_sha256"),
    ("sessions", "token_sha256"),
}


def test_the_sweep_asks_every_column_that_names_a_stored_file(database: str) -> None:
    """A column that gets such a name must be asked too, or be told here to name no file: else files would be swept."""
    from models import tables

    named = {
        (getattr(tables, name)._meta.db_table, column)
        for name in tables.__all__
        for column in getattr(tables, name)._meta.fields_map
        if column.endswith(("sha256", "stored"))
    }
    assert named - HASHES_OF_OTHER_THINGS == set(uploads.sql.NAMING)
    assert named >= HASHES_OF_OTHER_THINGS


def test_the_sweep_is_one_of_the_clocks_jobs() -> None:
    jobs = {job.name: job for job in clock_jobs(None, None)}  # type: ignore[arg-type]
    assert jobs["sweep_uploads"].every <= 3600
