"""Room: what was typed on the phone is never lost: drafts, two tabs, records that moved on, sessions that ended."""

from __future__ import annotations

from models.parties import Party
from models.states import Flow
from models.tables import Draft, Record, Session
from tests.conftest import Clock
from tests.harness.pages import sheet_of
from tests.harness.phone import Phone, pages_fixture, phone_fixture  # noqa: F401  fixtures are found by their names
from tests.harness.phone_people import (  # noqa: F401  fixtures are found by their names
    answers,
    me_fixture,
    shared_fixture,
    world_fixture,
)
from tests.harness.pure import OFFLINE
from tests.harness.reaching import reach
from tests.harness.world import Person, World, add_graduates
from workflows.commands.drafts import sweep_drafts
from workflows.engine import act


async def test_a_draft_waits_and_its_numbers_are_sealed(phone: Phone, me: Person) -> None:
    page = await phone.arrive("/m/begin/offline_signing/submit")
    saved = await phone.send(page, press=("save", "1"), employer_name="云汀公司", contact_mobile="15400000077")
    assert saved.status_code == 200
    assert "已暂存" in saved.text
    row = await Draft.get(party_id=me.id)
    assert "15400000077" not in str(row.form)
    listed = await phone.open("/m/records")
    assert 'href="/m/begin/offline_signing/submit"' in listed.text
    back = await phone.open("/m/begin/offline_signing/submit")
    assert "已恢复您上次填写的内容" in back.text
    values = sheet_of(back.text).values
    assert (values["employer_name"], values["contact_mobile"]) == ("云汀公司", "15400000077")


async def test_an_older_tab_is_told_that_another_has_saved(phone: Phone, me: Person, clock: Clock) -> None:
    first = await phone.arrive("/m/begin/offline_signing/submit")
    second = await phone.open("/m/begin/offline_signing/submit")
    await phone.send(first, press=("save", "1"), employer_name="甲公司")
    clock.advance(seconds=5)
    told = await phone.send(second, press=("save", "1"), employer_name="乙公司")
    assert "您在另一个页面也填写过" in told.text
    assert (await Draft.get(party_id=me.id)).form["employer_name"] == "乙公司"


async def test_of_two_tabs_that_send_the_second_reads_why_not_and_keeps_its_words(
    phone: Phone, world: World, me: Person
) -> None:
    given = answers(world, OFFLINE, "offline_signing.submit")
    first = await phone.arrive("/m/begin/offline_signing/submit")
    second = await phone.open("/m/begin/offline_signing/submit")
    assert (await phone.send(first, **given)).status_code == 303
    assert (await phone.send(first, **given)).status_code == 303, "a second tap is the same act"
    refused = await phone.send(second, **{**given, "position_title": "另一个岗位"})
    assert refused.status_code == 409
    assert "您已有一条在办或已生效的签约" in refused.text
    assert sheet_of(refused.text).values["position_title"] == "另一个岗位"
    assert await Record.filter(graduate_id=me.id).count() == 1


async def test_a_record_that_moved_on_keeps_what_was_typed(phone: Phone, world: World, me: Person) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_returned", me)
    await phone.arrive("/m/records")
    page = await phone.open(f"/m/records/{case.id}/actions/submit")
    form = {**case.form("submit", Party.GRADUATE)}
    await act(me.actor, case.flow, case.id, "submit", form, version=case.version, once=world.key())
    late = await phone.send(page, position_title="改过的岗位", truthful=True)
    assert late.status_code == 409
    assert sheet_of(late.text).values["position_title"] == "改过的岗位"


async def test_a_session_that_ends_while_typing_loses_nothing(phone: Phone, me: Person, clock: Clock) -> None:
    page = await phone.arrive("/m/begin/offline_signing/submit")
    clock.advance(hours=2, minutes=5)
    out = await phone.send(page, employer_name="云汀公司", contact_mobile="15400000077")
    assert "/connect/oauth2/authorize" in out.headers["location"]
    answer = await phone.follow(out)
    while answer.status_code == 303:
        answer = await phone.follow(answer)
    assert "已恢复您上次填写的内容" in answer.text
    assert sheet_of(answer.text).values["employer_name"] == "云汀公司"


async def test_a_correction_whose_session_ends_is_kept_with_its_record(
    phone: Phone, world: World, me: Person, clock: Clock
) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_returned", me)
    page = await phone.arrive(f"/m/records/{case.id}/actions/submit")
    clock.advance(hours=2, minutes=5)
    out = await phone.send(page, position_title="改过的岗位")
    answer = await phone.follow(out)
    while answer.status_code == 303:
        answer = await phone.follow(answer)
    assert sheet_of(answer.text).values["position_title"] == "改过的岗位"
    assert (await Draft.get(party_id=me.id)).record_id == case.id


async def test_what_comes_without_our_mark_or_after_the_session_is_gone_writes_nothing(
    phone: Phone, me: Person
) -> None:
    page = await phone.arrive("/m/begin/offline_signing/submit")
    forged = await phone.send(page, csrf="x", employer_name="别的公司")
    assert forged.status_code == 403
    assert sheet_of(forged.text).values["employer_name"] == "别的公司"
    await Session.filter(party="graduate").delete()
    gone = await phone.send(page, employer_name="云汀公司")
    assert gone.status_code == 401
    assert "没有保存" in gone.text
    assert await Draft.filter(party_id=me.id).count() == 0


async def test_other_peoples_records_and_files_do_not_exist(phone: Phone, world: World, me: Person) -> None:
    (other,) = await add_graduates(world, 1)
    case = await reach(world, Flow.DESTINATION, "returned", other)
    await phone.arrive("/m/records")
    assert (await phone.open(f"/m/records/{case.id}/actions/submit")).status_code == 404
    theirs = (await Record.get(id=case.id)).form["proofs"][0]
    assert (await phone.open(f"/m/files/{theirs}")).status_code == 404


async def test_drafts_that_nobody_came_back_to_are_forgotten(phone: Phone, me: Person, clock: Clock) -> None:
    page = await phone.arrive("/m/begin/offline_signing/submit")
    await phone.send(page, press=("save", "1"), employer_name="云汀公司")
    clock.advance(days=89)
    await sweep_drafts()
    assert await Draft.filter(party_id=me.id).count() == 1
    clock.advance(days=2)
    assert await sweep_drafts() >= 1
    assert await Draft.filter(party_id=me.id).count() == 0
