"""Room: files that the phone's script sends: in parts, with the page's mark, for their owner alone; answers as JSON."""

from __future__ import annotations

import httpx
import pytest
from quart import Quart

from notifier.simulators.server import Sandbox
from tests.harness.chat import bound
from tests.harness.files import jpeg
from tests.harness.pages import sheet_of
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    Phone,
    pages_fixture,
    phone_fixture,
    phone_of,
)
from tests.harness.phone_people import (  # noqa: F401  fixtures are found by their names
    me_fixture,
    shared_fixture,
    world_fixture,
)
from tests.harness.world import Person, World, add_graduates
from workflows.commands.uploads import read_upload

PART = "application/offset+octet-stream"


@pytest.fixture
async def mark(phone: Phone, me: Person) -> dict[str, str]:
    """What the script reads off the page and sends along."""
    page = await phone.arrive("/m/begin/supplementary/submit")
    return {"X-Form-Mark": sheet_of(page.text).values["csrf"]}


async def begin(phone: Phone, mark: dict[str, str], total: int) -> httpx.Response:
    return await phone.browser.post("/m/files", json={"name": "协议.jpg", "total": total}, headers=mark)


async def add(phone: Phone, mark: dict[str, str], id: str, offset: int, data: bytes) -> httpx.Response:
    headers = {**mark, "Content-Type": PART, "Upload-Offset": str(offset)}
    return await phone.browser.patch(f"/m/files/{id}", content=data, headers=headers)


async def test_a_file_arrives_in_parts_and_is_thrown_away_again(phone: Phone, mark: dict[str, str]) -> None:
    data = jpeg(4)
    begun = await begin(phone, mark, len(data))
    assert begun.status_code == 201
    id = begun.json()["id"]
    half = len(data) // 2
    assert (await add(phone, mark, id, 0, data[:half])).json()["offset"] == half
    wrong = await add(phone, mark, id, 0, data[:half])
    assert (wrong.status_code, wrong.json()["offset"]) == (409, half)
    assert (await phone.open(f"/m/files/{id}/state")).json()["offset"] == half
    done = (await add(phone, mark, id, half, data[half:])).json()
    assert (done["done"], done["media"]) == (True, "image/jpeg")
    shown = await phone.open(f"/m/files/{id}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["content-disposition"].startswith("attachment")
    assert (await phone.browser.delete(f"/m/files/{id}", headers=mark)).status_code == 200
    assert (await phone.open(f"/m/files/{id}/state")).status_code == 404


async def test_a_file_that_is_none_is_refused_with_a_sentence(phone: Phone, mark: dict[str, str]) -> None:
    id = (await begin(phone, mark, 9)).json()["id"]
    refused = await add(phone, mark, id, 0, b"not a jpg")
    assert refused.status_code == 422
    assert refused.json()["faults"][0]["message"]
    assert (await begin(phone, mark, 11 * 1024 * 1024)).status_code == 422


async def test_nothing_is_written_without_the_pages_mark(phone: Phone, me: Person, mark: dict[str, str]) -> None:
    data = jpeg(4)
    assert (await begin(phone, {}, len(data))).status_code == 403
    id = (await begin(phone, mark, len(data))).json()["id"]
    for headers in ({}, {"X-Form-Mark": "x"}):
        assert (await add(phone, headers, id, 0, data)).status_code == 403
        assert (await phone.browser.delete(f"/m/files/{id}", headers=headers)).status_code == 403
    assert (await read_upload(me.actor, id)).offset == 0


async def test_somebody_elses_upload_does_not_exist(
    pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, phone: Phone, world: World, mark: dict[str, str]
) -> None:
    id = (await begin(phone, mark, 5)).json()["id"]
    other = await phone_of(pages, sandbox, http)
    (person,) = await add_graduates(world, 1)
    await bound(world, person, other.openid)
    page = await other.arrive("/m/begin/supplementary/submit")
    theirs = {"X-Form-Mark": sheet_of(page.text).values["csrf"]}
    assert (await other.open(f"/m/files/{id}/state")).status_code == 404
    assert (await other.open(f"/m/files/{id}")).status_code == 404
    assert (await add(other, theirs, id, 0, b"x")).status_code == 404
    assert (await add(other, mark, id, 0, b"x")).status_code == 403, "a mark is good in one browser"
    await other.browser.aclose()


async def test_a_script_without_a_session_is_told_so(phone: Phone, mark: dict[str, str]) -> None:
    phone.browser.cookies.delete("wq_grad")
    assert (await begin(phone, mark, 5)).status_code == 401
