"""Room: agreements over HTTP: the API, the portal, the phone, and the public check page."""

from __future__ import annotations

import io
import zipfile
from urllib.parse import unquote

import httpx
import pytest

from models.codes.identity import agreement_number
from models.tables import Agreement
from tests.harness import paper
from tests.harness.callers import Api
from tests.harness.chat import bound
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    Phone,
    pages_fixture,
    phone_fixture,
)
from tests.harness.portal import Clerk
from tests.harness.world import World, accept, add_graduates, approve, invite, make_employer, make_world, sign


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture(scope="module")
async def number(world: World) -> str:
    return (await Agreement.get(record_id=(await sign(world)).record_id)).number


def is_a_safe_download(answer: httpx.Response, media: str) -> None:
    assert answer.status_code == 200, answer.text
    headers = answer.headers
    assert headers["content-type"] == media
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "sandbox" in headers["content-security-policy"]


async def test_the_file_is_an_attachment_under_the_graduates_name(api: Api, world: World, number: str) -> None:
    answer = await (await api.as_graduate(world, world.graduate)).get(f"/v1/agreements/{number}/file")
    is_a_safe_download(answer, "application/pdf")
    disposition = answer.headers["content-disposition"]
    assert f"就业协议书-{world.graduate.name}-{number}.pdf" in unquote(disposition)
    assert f'filename="{number}.pdf"' in disposition
    assert world.graduate.name in paper.text(answer.content)


async def test_the_data_say_what_the_paper_is_worth(api: Api, world: World, number: str) -> None:
    for caller in (await api.sign_in(world.school_desk), await api.sign_in(world.employer)):
        shown = (await caller.get(f"/v1/agreements/{number}")).json()
        assert (shown["number"], shown["label"], shown["type"]) == (number, "有效", "two-party")
        assert shown["handler"]["name"] == "李经办"
        assert world.graduate.id_number not in str(shown)


async def test_a_selection_comes_as_a_zip(api: Api, world: World, number: str) -> None:
    (person,) = await add_graduates(world, 1)
    second = (await Agreement.get(record_id=(await sign(world, person)).record_id)).number
    desk = await api.sign_in(world.school_desk)
    answer = await desk.post("/v1/agreements/archive", {"numbers": [number, second]})
    is_a_safe_download(answer, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert [name[-21:-4] for name in opened.namelist()] == [number, second]
    for wrong in ([], [number] * 201, ["1"], [number, 7]):
        assert (await desk.post("/v1/agreements/archive", {"numbers": wrong})).status_code == 400


async def test_the_school_finds_a_graduate_by_the_code_on_the_paper(api: Api, world: World, number: str) -> None:
    code = (await Agreement.get(number=number)).data["proof_code"]
    found = (await (await api.sign_in(world.school_desk)).get(f"/v1/graduates?proof_code={code}")).json()
    assert [item["id"] for item in found["items"]] == [str(world.graduate.id)]


async def test_the_phone_offers_the_file_once_there_is_one(phone: Phone, world: World) -> None:
    (person,) = await add_graduates(world, 1)
    await bound(world, person, phone.openid)
    invited = await invite(world, person)
    base = f"/m/records/{invited.record_id}"
    assert f"{base}/agreement" not in (await phone.arrive(base)).text
    assert (await phone.open(f"{base}/agreement")).status_code == 404
    await approve(world, await accept(world, invited, person))
    assert f'href="{base}/agreement"' in (await phone.open(base)).text
    answer = await phone.open(f"{base}/agreement")
    is_a_safe_download(answer, "application/pdf")
    assert person.name in paper.text(answer.content)
    theirs = await sign(world, (await add_graduates(world, 1))[0])
    for wrong in (theirs.record_id, "x"):
        assert (await phone.open(f"/m/records/{wrong}/agreement")).status_code == 404


async def test_the_portal_offers_the_file_to_the_employer_of_the_record_alone(api: Api, world: World) -> None:
    (person,) = await add_graduates(world, 1)
    signed = await sign(world, person)
    clerk = Clerk(api.client)
    await clerk.sign_in(world.employer)
    page = await clerk.open(f"/employer/online_signing/{signed.record_id}")
    assert page.links["下载协议书（PDF）"] == f"{page.path}/agreement"
    answer = (await clerk.open(f"{page.path}/agreement")).response
    is_a_safe_download(answer, "application/pdf")
    assert person.name in paper.text(answer.content)
    api.client.cookies.clear()
    await clerk.sign_in(await make_employer(world))
    assert (await clerk.open(f"{page.path}/agreement")).status == 404


async def test_the_check_page_tells_a_stranger_no_name(api: Api, world: World, number: str) -> None:
    page = await api.client.get(f"/check/{number}")
    assert page.status_code == 200
    assert "有效" in page.text
    assert world.school_name in page.text
    assert world.employer.name in page.text
    assert world.graduate.name not in page.text
    assert world.graduate.id_number not in page.text
    never = agreement_number("99999", 2027, 1)
    for path, status, told in ((never, 404, "没有查到"), ("99999202700000011", 400, "校验位"), ("1", 400, "17 位")):
        answer = await api.client.get(f"/check/{path}")
        assert answer.status_code == status, path
        assert told in answer.text


async def test_nobody_reads_the_register_off_the_check_page(api: Api, number: str) -> None:
    answers = [(await api.client.get(f"/check/{number}")).status_code for _ in range(61)]
    assert answers[:60] == [200] * 60
    assert answers[60] == 429
