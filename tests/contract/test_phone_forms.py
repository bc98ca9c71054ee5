"""Room: a graduate's forms on the phone: begun, filled in, sent, corrected, ended; over HTTP, without script."""

from __future__ import annotations

from typing import Any

import pytest

from models.parties import Party
from models.states import Flow
from models.tables import Draft, Record
from tests.harness.files import jpeg, pdf
from tests.harness.pages import sheet_of
from tests.harness.phone import Phone, pages_fixture, phone_fixture  # noqa: F401  fixtures are found by their names
from tests.harness.phone_people import (  # noqa: F401  fixtures are found by their names
    answers,
    me_fixture,
    only,
    shared_fixture,
    world_fixture,
)
from tests.harness.pure import OFFLINE, WORK_CONTRACT
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, World
from workflows.commands.warnings import mark_employer, unmark_employer

SCANS = [("add_scans", "第一页.jpg", jpeg(1)), ("add_scans", "第二页.jpg", jpeg(2))]


# --- what can be begun ---------------------------------------------------------------------------


async def test_what_can_be_begun_is_listed_and_what_cannot_says_why(phone: Phone, me: Person) -> None:
    page = await phone.arrive("/m/begin")
    assert 'href="/m/begin/offline_signing/submit"' in page.text
    assert 'href="/m/begin/destination/submit"' in page.text
    assert 'href="/m/begin/online_termination/request"' not in page.text
    assert "只有已完成的签约才能申请解约" in page.text
    closed = await phone.open("/m/begin/online_termination/request")
    assert closed.status_code == 409
    assert "只有已完成的签约才能申请解约" in closed.text
    for wrong in ("online_signing/invite", "destination/void", "destination/nothing", "nowhere/submit"):
        assert (await phone.open(f"/m/begin/{wrong}")).status_code == 404


# --- offline signing -----------------------------------------------------------------------------


async def test_an_agreement_is_applied_for_with_every_fault_at_its_field_and_nothing_lost(
    phone: Phone, world: World, me: Person
) -> None:
    page = await phone.arrive("/m/begin/offline_signing/submit")
    assert me.mobile not in page.text
    assert f"{me.mobile[:3]}****{me.mobile[-4:]}" in page.text
    wrong = await phone.send(page, employer_name="某公司", employer_uscc="12345", monthly_pay="很多")
    assert wrong.status_code == 422
    for sentence in ("请填写“岗位名称”", "请先阅读并勾选“我确认以上内容属实”", "“月薪（元，税前）”应填整数"):
        assert wrong.text.count(sentence) == 2, sentence
    assert 'href="#field-monthly_pay"' in wrong.text
    assert sheet_of(wrong.text).values["employer_uscc"] == "12345"
    sent = await phone.send(wrong, **answers(world, OFFLINE, "offline_signing.submit"))
    assert sent.status_code == 303, sent.text
    record = await only(me, Flow.OFFLINE_SIGNING)
    assert (record.state, record.employer_name) == ("agreement_review_school", world.employer.name)
    shown = await phone.follow(sent)
    assert "办理成功：申请就业协议" in shown.text
    assert "软件工程师" in shown.text
    assert await Draft.filter(party_id=me.id).count() == 0


async def test_a_returned_application_shows_why_on_top_and_is_corrected(phone: Phone, world: World, me: Person) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_returned", me)
    record = await phone.arrive(f"/m/records/{case.id}")
    page = await phone.open(f"/m/records/{case.id}/actions/submit")
    for seen in (record, page):
        assert "退回原因：材料" in seen.text  # not where it led, which stands above
        assert "图像不清晰，请重新上传" in seen.text
    assert sheet_of(page.text).values["position_title"] == "软件工程师"
    sent = await phone.send(page, position_title="测试工程师", truthful=True)
    assert sent.status_code == 303, sent.text
    found = await only(me, Flow.OFFLINE_SIGNING)
    assert (found.state, found.form["position_title"]) == ("agreement_review_school", "测试工程师")


async def test_scans_are_uploaded_without_script_one_is_removed_and_the_rest_handed_in(
    phone: Phone, world: World, me: Person
) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_issued", me)
    page = await phone.arrive(f"/m/records/{case.id}/actions/upload")
    page = await phone.send(page, press=("upload", "scans"), files=[*SCANS, ("add_scans", "坏.jpg", b"not a picture")])
    assert "“坏.jpg”" in page.text
    first, second = sheet_of(page.text).values["scans"].split()
    assert (await phone.open(f"/m/files/{first}")).headers["content-type"] == "image/jpeg"
    page = await phone.send(page, press=("remove", f"scans:{second}"))
    assert sheet_of(page.text).values["scans"] == first
    assert (await phone.open(f"/m/files/{second}")).status_code == 404
    back = await phone.open(f"/m/records/{case.id}/actions/upload")
    assert sheet_of(back.text).values["scans"] == first, "kept in the draft"
    sent = await phone.send(page, files=[("add_scans", "第三页.pdf", pdf())], signed_on=f"{world.cohort - 1}-01-05")
    assert sent.status_code == 303, sent.text
    shown = await phone.follow(sent)
    assert "第一页.jpg" in shown.text
    assert "第三页.pdf" in shown.text
    assert (await only(me, Flow.OFFLINE_SIGNING)).state == "signing_review_school"


async def test_withdrawn_and_cancelled_by_pages_that_say_what_follows(phone: Phone, world: World, me: Person) -> None:
    case = await reach(world, Flow.OFFLINE_SIGNING, "agreement_review_school", me)
    page = await phone.arrive(f"/m/records/{case.id}/actions/withdraw")
    assert "撤回后可以修改并重新提交" in page.text
    shown = await phone.follow(await phone.send(page))
    assert "已撤回，待重新提交" in shown.text
    page = await phone.open(f"/m/records/{case.id}/actions/cancel")
    await phone.send(page, note="单位取消了岗位")
    assert (await only(me, Flow.OFFLINE_SIGNING)).state == "cancelled"
    over = await phone.open(f"/m/records/{case.id}/actions/cancel")
    assert over.status_code == 409


# --- supplementary -------------------------------------------------------------------------------


async def test_a_signed_paper_is_registered_with_its_scans_in_one_go(phone: Phone, world: World, me: Person) -> None:
    form = {**OFFLINE, "agreement_no": "", "signed_on": ""}
    page = await phone.arrive("/m/begin/supplementary/submit")
    sent = await phone.send(page, files=SCANS, **answers(world, form, "supplementary.submit"))
    assert sent.status_code == 303, sent.text
    assert len((await only(me, Flow.SUPPLEMENTARY)).form["scans"]) == 2


# --- destination ---------------------------------------------------------------------------------


async def test_the_kind_is_chosen_first_and_decides_what_is_asked(phone: Phone, me: Person) -> None:
    page = await phone.arrive("/m/begin/destination/submit")
    assert "证明：录取通知书、调档函或拟录取页面" in page.text
    assert "定向/委培" not in page.text
    study = sheet_of((await phone.open("/m/begin/destination/submit?kind=801")).text)
    assert {"college", "major", "degree_level"} <= study.values.keys()
    assert not {"employer_name", "country", "monthly_pay", "substate", "no_code"} & study.values.keys()
    assert study.files == {"add_proofs"}
    none = sheet_of((await phone.open("/m/begin/destination/submit?kind=70")).text)
    assert none.files == set()
    assert "substate" in none.values
    assert "选择毕业去向" in (await phone.open("/m/begin/destination/submit?kind=21-41")).text


async def test_a_work_contract_is_registered_with_its_proof(phone: Phone, world: World, me: Person) -> None:
    page = await phone.arrive("/m/begin/destination/submit?kind=11")
    page = await phone.open("/m/begin/destination/submit?kind=11")
    assert "请上传：劳动合同（全部页面）" in page.text
    given = answers(world, WORK_CONTRACT, "destination.submit")
    missing = await phone.send(page, **given)
    assert "请上传“证明材料”" in missing.text
    sent = await phone.send(missing, files=[("add_proofs", "合同.pdf", pdf(2))])
    assert sent.status_code == 303, sent.text
    shown = await phone.follow(sent)
    assert "签劳动合同形式就业" in shown.text
    assert (await only(me, Flow.DESTINATION)).destination_code == "11"


@pytest.mark.parametrize(
    ("kind", "given", "proved"),
    [
        ("801", {"college": "云汀大学", "major": "文学", "degree_level": "master"}, True),
        ("85", {"college_foreign": "Tokyo", "major": "文学", "degree_level": "master"}, True),
        ("76", {"occupation": "撰稿", "work_content": "给报刊写稿", "income": 5000}, True),
        ("46", {"enlisted_from": "330106"}, True),
        ("70", {}, False),
        ("71", {}, False),
    ],
)
async def test_kinds_without_an_employer(
    phone: Phone, me: Person, kind: str, given: dict[str, Any], proved: bool
) -> None:
    await phone.arrive("/m/begin")
    page = await phone.open(f"/m/begin/destination/submit?kind={kind}")
    options = page.text
    if kind == "70":
        given = {"substate": _first_option(options, "substate")}
    if kind == "85":
        given = {**given, "country": _first_option(options, "country")}
    sent = await phone.send(page, files=[("add_proofs", "证明.jpg", jpeg(3))] if proved else (), **given)
    assert sent.status_code == 303, sent.text
    assert (await only(me, Flow.DESTINATION)).destination_code == kind
    assert "单位信息" not in (await phone.follow(sent)).text


def _first_option(html: str, name: str) -> str:
    part = html.partition(f'name="{name}"')[2]
    return part.split('<option value="')[2].partition('"')[0]


async def test_another_kind_keeps_what_both_ask(phone: Phone, me: Person) -> None:
    await phone.arrive("/m/begin")
    page = await phone.open("/m/begin/destination/submit?kind=11")
    moved = await phone.send(page, press=("rechoose", "1"), employer_name="云汀示例公司", monthly_pay="7000")
    assert moved.status_code == 303
    kinds = await phone.follow(moved)
    assert "选择毕业去向" in kinds.text
    other = sheet_of((await phone.open("/m/begin/destination/submit?kind=12")).text)
    assert other.values["employer_name"] == "云汀示例公司"
    assert other.values["monthly_pay"] == "7000"


async def test_an_approved_destination_is_voided_after_a_tick(phone: Phone, world: World, me: Person) -> None:
    case = await reach(world, Flow.DESTINATION, "approved", me)
    page = await phone.arrive(f"/m/records/{case.id}")
    assert f'href="/m/records/{case.id}/actions/void"' in page.text
    page = await phone.open(f"/m/records/{case.id}/actions/void")
    assert "改为待就业" in page.text
    unticked = await phone.send(page)
    assert unticked.status_code == 422
    assert "请先阅读并勾选" in unticked.text
    assert "已作废" in (await phone.follow(await phone.send(unticked, confirmed=True))).text


# --- terminations --------------------------------------------------------------------------------


async def test_an_online_termination_is_asked_for_and_taken_back(phone: Phone, world: World, me: Person) -> None:
    signed = await reach(world, Flow.ONLINE_SIGNING, "signed", me)
    record = await phone.arrive(f"/m/records/{signed.id}")
    assert 'href="/m/begin/online_termination/request"' in record.text
    page = await phone.open("/m/begin/online_termination/request")
    assert "您还可以申请" in page.text
    assert world.employer.name in page.text
    short = await phone.send(page, reason="personal", reason_text="回乡")
    assert "至少写 5 个字" in short.text
    sent = await phone.send(short, reason_text="家庭原因需要回乡")
    shown = await phone.follow(sent)
    assert "等待单位应约" in shown.text
    assert f"/m/records/{signed.id}" in shown.text
    asked = await only(me, Flow.ONLINE_TERMINATION)
    page = await phone.open(f"/m/records/{asked.id}/actions/withdraw")
    assert "已撤回解约申请" in (await phone.follow(await phone.send(page))).text


@pytest.mark.parametrize(("action", "given", "state"), [
    ("agree", {}, "review_school"),
    ("refuse", {"reason_text": "岗位难以替换，请再商量"}, "graduate_refused"),
])  # fmt: skip
async def test_an_employers_termination_is_answered(
    phone: Phone, world: World, me: Person, action: str, given: dict[str, str], state: str
) -> None:
    case = Case(world, me, world.employer, Flow.ONLINE_TERMINATION)
    case.parent = await reach(world, Flow.ONLINE_SIGNING, "signed", me)
    await case.take("request", Party.EMPLOYER)
    page = await phone.arrive(f"/m/records/{case.id}/actions/{action}")
    assert (await phone.send(page, **given)).status_code == 303
    assert (await only(me, Flow.ONLINE_TERMINATION)).state == state


async def test_an_offline_termination_is_handed_in_with_its_letter(phone: Phone, world: World, me: Person) -> None:
    await reach(world, Flow.OFFLINE_SIGNING, "signed", me)
    page = await phone.arrive("/m/begin/offline_termination/submit")
    given = {"reason": "study", "reason_text": "考取研究生", "papers_kind": "letter"}
    sent = await phone.send(page, files=[("add_papers", "解约函.jpg", jpeg(5))], **given)
    assert sent.status_code == 303, sent.text
    assert (await only(me, Flow.OFFLINE_TERMINATION)).state == "review_school"


# --- invitations ---------------------------------------------------------------------------------


async def test_an_invitation_is_accepted_under_its_agreement(phone: Phone, world: World, me: Person) -> None:
    case = await reach(world, Flow.ONLINE_SIGNING, "invited", me)
    firm = world.employer
    mark = {"employer_name": firm.name, "employer_uscc": firm.uscc}
    marked = await mark_employer(world.school, mark, ["false_advertising"])
    page = await phone.arrive(f"/m/records/{case.id}/actions/accept")
    assert "预警提示" in page.text
    await unmark_employer(world.school, marked)
    assert "协议条款" in page.text
    assert "请先阅读并勾选" in (await phone.send(page)).text
    assert (await phone.send(page, agreed=True)).status_code == 303
    assert (await only(me, Flow.ONLINE_SIGNING)).state == "review_school"


# --- advice --------------------------------------------------------------------------------------


async def test_an_employer_is_looked_up_by_a_button(phone: Phone, world: World, me: Person) -> None:
    firm = world.employer
    page = await phone.arrive("/m/begin/offline_signing/submit")
    page = await phone.send(page, press=("look_up", "1"))
    assert "请先填写单位名称" in page.text
    page = await phone.send(page, press=("look_up", "1"), employer_name=firm.name, employer_uscc=firm.uscc)
    assert "没有查到学校对该单位的预警" in page.text
    mark = {"employer_name": "云汀可疑公司", "employer_uscc": "", "note": "收押金"}
    await mark_employer(world.school, mark, ["false_advertising"])
    page = await phone.send(page, press=("look_up", "1"), employer_name="云汀可疑公司", employer_uscc="")
    assert "列为预警单位，原因：虚假宣传" in page.text
    assert "收押金" not in page.text
    assert sheet_of(page.text).values["employer_name"] == "云汀可疑公司"


async def test_what_is_odd_is_shown_once_before_it_is_sent(phone: Phone, world: World, me: Person) -> None:
    given = answers(world, OFFLINE, "offline_signing.submit") | {"position_category": "90"}
    page = await phone.arrive("/m/begin/offline_signing/submit")
    asked = await phone.send(page, **given)
    assert asked.status_code == 200
    assert "还没有提交" in asked.text
    assert "职位类别选了“其他人员”" in asked.text
    assert await Record.filter(graduate_id=me.id).count() == 0
    assert (await phone.send(asked)).status_code == 303
