"""Room: files over HTTP: sent in parts, refused with sentences, served so that they cannot act (F6, F10)."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from quart import Quart

from api.edge import access
from models import kit
from tests.harness import files
from tests.harness.callers import Api
from tests.harness.world import World, accept, add_graduates, invite, make_world
from workflows.limits import CHUNK_BYTES, FILE_BYTES, JSON_BYTES

FILES = "/v1/files"
PART = "application/offset+octet-stream"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world()


@pytest.fixture
async def sender(api: Api, world: World) -> Api:
    """A graduate who has sent nothing yet."""
    return await api.as_graduate(world, (await add_graduates(world, 1))[0])


async def part(sender: Api, path: str, offset: Any, data: bytes, media: str = PART) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sender.token}", "Content-Type": media}
    if offset is not None:
        headers["Upload-Offset"] = str(offset)
    from tests.harness import conformity

    answer = await sender.client.patch(path, content=data, headers=headers)
    conformity.check(answer)
    return answer


async def sent(sender: Api, name: str, data: bytes) -> str:
    """The address of a finished upload."""
    begun = await sender.post(FILES, {"name": name, "total": len(data)})
    assert begun.status_code == 201, begun.text
    path = str(begun.headers["location"])
    for offset in range(0, len(data), CHUNK_BYTES):
        answer = await part(sender, path, offset, data[offset : offset + CHUNK_BYTES])
        assert answer.status_code == 200, answer.text
    return path


async def test_a_file_is_sent_in_parts_and_served_as_ours(sender: Api) -> None:
    data = files.located_jpeg()
    begun = await sender.post(FILES, {"name": "报到证.JPG", "total": len(data)})
    path = begun.headers["location"]
    assert begun.json() == {"id": path.rpartition("/")[2], "offset": 0}
    half = (await part(sender, path, 0, data[:3000])).json()
    assert (half["offset"], half["done"]) == (3000, False)
    told = await sender.client.head(path, headers={"Authorization": f"Bearer {sender.token}"})
    assert (told.headers["upload-offset"], told.headers["upload-length"]) == ("3000", str(len(data)))
    assert (await sender.get(f"{path}/state")).json() == half
    early = await sender.get(path)
    assert (early.status_code, early.json()["guard"]) == (409, "file_done")
    whole = (await part(sender, path, 3000, data[3000:])).json()
    assert (whole["done"], whole["name"], whole["media"], whole["pages"]) == (True, "报到证.jpg", "image/jpeg", 1)
    got = await sender.get(path)
    assert len(got.content) == whole["bytes"]
    assert got.content[:3] == b"\xff\xd8\xff"
    assert files.PLACE not in got.content


async def test_what_is_served_cannot_be_made_to_act(sender: Api) -> None:
    path = await sent(sender, "../../报到证 “正本”.html", files.POLYGLOT)
    got = await sender.get(path)
    assert got.headers["content-type"] == "image/jpeg"
    assert got.headers["content-disposition"] == (
        f"attachment; filename=\"file.jpg\"; filename*=UTF-8''{quote('报到证 “正本”.jpg', safe='')}"
    )
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    policy = got.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert b"script" not in got.content


async def test_a_range_gets_the_whole(sender: Api) -> None:
    path = await sent(sender, "a.pdf", files.pdf())
    whole, piece = await sender.get(path), await sender.get(path, Range="bytes=0-9")
    assert (piece.status_code, piece.content) == (200, whole.content)
    assert piece.headers["accept-ranges"] == "none"


async def test_a_part_that_does_not_follow_is_told_where_to_go_on(sender: Api) -> None:
    data = files.jpeg()
    path = (await sender.post(FILES, {"name": "a.jpg", "total": len(data)})).headers["location"]
    await part(sender, path, 0, data[:1000])
    for offset in (0, 999, 1001):
        answer = await part(sender, path, offset, data[offset:])
        assert (answer.status_code, answer.json()["code"], answer.json()["offset"]) == (409, "wrong_offset", 1000)
    assert (await part(sender, path, 1000, data[1000:])).json()["done"]
    assert (await part(sender, path, len(data), b"")).json()["done"]


@pytest.mark.parametrize(
    ("data", "code"),
    [(files.HEIC, "file_heic"), (b"<svg/>", "file_format"), (files.locked_pdf(), "file_encrypted")],
    ids=["heic", "svg", "locked"],
)
async def test_a_file_that_is_not_taken_says_what_to_do(sender: Api, data: bytes, code: str) -> None:
    path = (await sender.post(FILES, {"name": "a.jpg", "total": len(data)})).headers["location"]
    answer = await part(sender, path, 0, data)
    assert answer.status_code == 422
    ((field, found, sentence),) = [tuple(fault.values()) for fault in answer.json()["faults"]]
    assert (field, found) == ("file", code)
    told = (await sender.get(f"{path}/state")).json()
    assert (told["fault"], told["done"]) == (sentence, False)
    assert (await sender.get(path)).json()["detail"] == sentence


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "a.jpg", "total": 0}, 400),
        ({"name": "a.jpg", "total": -1}, 400),
        ({"name": "a.jpg", "total": "5"}, 400),
        ({"name": "a\x00.jpg", "total": 5}, 400),
        ({"name": "a" * 1001, "total": 5}, 400),
        ({"name": "a.jpg", "total": FILE_BYTES + 1}, 422),
        ({"name": "a.jpg", "total": FILE_BYTES}, 201),
        ({"name": "", "total": 5}, 201),
        ({"name": "😀" * 500, "total": 5}, 201),
    ],
)
async def test_beginnings_are_judged(sender: Api, body: dict[str, Any], status: int) -> None:
    assert (await sender.post(FILES, body)).status_code == status


async def test_parts_have_a_cap_of_their_own_and_json_keeps_its(sender: Api) -> None:
    path = (await sender.post(FILES, {"name": "a.jpg", "total": 3 * CHUNK_BYTES})).headers["location"]
    assert (await part(sender, path, 0, b"\0" * (CHUNK_BYTES + 1))).status_code == 413
    assert (await part(sender, path, 0, b"\0" * CHUNK_BYTES)).json()["offset"] == CHUNK_BYTES
    big = {"name": "a" * JSON_BYTES, "total": 5}
    assert (await sender.post(FILES, big)).status_code == 413


async def test_a_part_says_what_and_where_it_is(sender: Api) -> None:
    path = (await sender.post(FILES, {"name": "a.jpg", "total": 5})).headers["location"]
    for offset, media, status in (
        (None, PART, 428),
        ("x", PART, 400),
        ("-1", PART, 400),
        ("1e3", PART, 400),
        (0, "application/json", 415),
        (0, "multipart/form-data", 415),
        (0, "application/octet-stream", 415),
    ):
        assert (await part(sender, path, offset, b"x", media)).status_code == status
    assert (await part(sender, path, 0, b"123456")).status_code == 409


async def test_an_unknown_a_foreign_and_a_malformed_address_are_one_answer(sender: Api, api: Api, world: World) -> None:
    mine = await sent(sender, "a.jpg", files.jpeg())
    firm = await api.sign_in(world.employer)
    for path in (mine, f"{FILES}/{kit.new_id()}", f"{FILES}/..%2f..%2fetc", f"{FILES}/{'0' * 36}"):
        for answer in (await firm.get(path), await firm.get(f"{path}/state"), await firm.call("DELETE", path)):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await part(firm, path, 0, b"x")).status_code == 404
        head = await firm.client.head(path, headers={"Authorization": f"Bearer {firm.token}"})
        assert head.status_code == 404


async def test_a_file_is_thrown_away_unless_it_was_handed_in(sender: Api, world: World) -> None:
    path = await sent(sender, "a.jpg", files.jpeg())
    assert (await sender.call("DELETE", path)).status_code == 204
    assert (await sender.get(path)).status_code == 404


async def test_a_record_shows_its_files_to_everybody_who_sees_it(api: Api, world: World) -> None:
    (person,) = await add_graduates(world, 1)
    graduate = await api.as_graduate(world, person)
    record = await accept(world, await invite(world, person), person)
    path = await sent(graduate, "协议.pdf", files.pdf(2))
    upload = kit.parse_id(path.rpartition("/")[2])
    assert upload is not None
    await files.hand_in(world, record.record_id, person.actor, [upload], field="scan")
    for reader in (graduate, await api.sign_in(world.employer), await api.sign_in(world.school_desk)):
        seen = (await reader.get(f"/v1/online_signing/{record.record_id}")).json()["attachments"]
        assert [(one["field"], one["name"], one["pages"], one["added_by"], one["url"]) for one in seen] == [
            ("scan", "协议.pdf", 2, "graduate", path)
        ]
        got = await reader.get(seen[0]["url"])
        assert (got.status_code, got.headers["content-type"]) == (200, "application/pdf")
    refused = await graduate.call("DELETE", path)
    assert (refused.status_code, refused.json()["guard"]) == (409, "not_handed_in")


async def test_beginning_over_and_over_is_limited(sender: Api, service: Quart) -> None:
    from models.store import store
    from workflows.limits import UPLOADS
    from workflows.rates import spend

    me = (await sender.get("/v1/me")).json()["id"]
    for _ in range(UPLOADS.times):
        await spend(store(), UPLOADS, f"uploads:graduate:{me}")
    answer = await sender.post(FILES, {"name": "a.jpg", "total": 5})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


async def test_the_log_knows_neither_names_nor_ids_of_files(sender: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="httpx")  # the caller's own
    caplog.set_level(logging.INFO)
    path = await sent(sender, "张三110000200501010015.jpg", files.jpeg())
    await sender.get(path)
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == access.name]
    assert {line["route"] for line in lines} >= {"/v1/files", "/v1/files/<id>"}
    for secret in ("110000200501010015", "张三", path.rpartition("/")[2]):
        assert secret not in caplog.text
