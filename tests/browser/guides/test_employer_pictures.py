"""Room: what the guide for employers describes, done by the demo's HR clerks: every step once, with its picture."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from models.db import fetch
from models.vault import unseal
from tests.browser.camera import take
from tests.browser.guides.conftest import Enter, Place, number_of
from tests.harness.files import jpeg
from tests.harness.invitations import workbook

pytestmark = [pytest.mark.pictures, pytest.mark.timeout(600)]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TERMS = {
    "position_category": "工程技术人员",
    "position_title": "软件工程师",
    "work_place": "浙江省杭州市滨江区",
    "dispatched": "否",
    "report_on": "2027-07-05",
    "monthly_pay": 9000,
    "hukou_settled": "否",
    "archive_accepted": "否",
    "contact_name": "祝清扬",
    "contact_mobile": "15400000101",
    "valid_days": 15,
}
_FREE = """SELECT g.name, g.id_enc FROM graduates g JOIN schools s ON s.id = g.school_id
WHERE s.code = '99102' AND g.cohort = 2027 AND g.invalid_at IS NULL AND g.training_mode = '1'
AND NOT EXISTS (SELECT 1 FROM records r WHERE r.graduate_id = g.id) ORDER BY g.id LIMIT 4"""


async def test_an_employer_registers_and_waits(demo: Place, clerk: Enter, windows: Enter) -> None:
    page = await windows(width=1200)
    await page.goto(f"{demo.service}/employer/login")
    await take(page, "portal-login", height=600)
    await page.get_by_role("link", name="注册用人单位").click()
    await take(page, "portal-register", height=760)
    waiting = await clerk("danwei-13")
    await take(waiting, "portal-pending", height=560)


async def test_one_graduate_is_invited(clerk: Enter) -> None:
    page = await clerk("danwei-01")
    await expect(page.get_by_role("heading", name="等待应约的邀请")).to_be_visible()
    await take(page, "portal-home", height=780)
    await page.get_by_role("link", name="发起签约邀请").click()
    await page.get_by_label("毕业院校").fill("99102 云汀师范学院")
    await page.get_by_label("毕业生姓名").fill("苏禾")
    await page.get_by_label("证件号码").fill(await number_of("苏禾"))
    await page.get_by_label("工作职位类别").select_option(label="工程技术人员")
    await page.get_by_label("岗位名称").fill("软件工程师")
    await page.get_by_label("工作地点").fill("浙江省杭州市滨江区")
    await take(page, "portal-invite", height=900)
    await page.locator("#field-report_on").fill("2027-07-05")
    await page.get_by_label("月薪").fill("9000")
    for question in ("是否劳务派遣", "是否解决户口", "是否接收档案"):
        await page.get_by_role("group", name=question).get_by_label("否").check()
    await page.get_by_role("button", name="发出邀请").locator("visible=true").last.click()
    await expect(page.get_by_role("heading", name="邀请已发出")).to_be_visible()
    await take(page, "portal-sent", down_to=page.locator("main .actions").last)


async def test_many_are_invited_by_a_file(clerk: Enter) -> None:
    page = await clerk("danwei-01", "/employer/online_signing/batch")
    await take(page, "portal-batch", height=620)
    people = [(row["name"], unseal("graduates.id_enc", row["id_enc"])) for row in await fetch(_FREE)]
    rows = [
        {"school_code": "99102", "graduate_name": name, "id_kind": "居民身份证", "id_number": number, **TERMS}
        for name, number in people
    ]
    rows[1]["monthly_pay"] = "面议"
    rows[3]["report_on"] = "报到时另定"
    content = {"name": "春季招聘邀请.xlsx", "mimeType": XLSX, "buffer": workbook(rows)}
    await page.get_by_label("填好的表格").set_input_files([content])
    await page.get_by_role("button", name="上传并检查").click()
    send = page.get_by_role("button", name=re.compile("确认发出"))
    await expect(send).to_be_visible()
    await take(page, "portal-batch-checked", down_to=page.locator("table.list"), mark=[send])
    await send.click()
    await expect(page.get_by_text("已发出 2 行")).to_be_visible()
    await take(page, "portal-batch-sent", down_to=page.locator("table.list"))


async def test_records_are_followed_and_answered(demo: Place, clerk: Enter) -> None:
    page = await clerk("danwei-01", "/employer/records")
    await take(page, "portal-records", height=820)
    await page.goto(f"{demo.service}/employer/online_termination?name=程远舟")
    await page.get_by_role("link", name="程远舟").first.click()
    await take(page, "portal-termination", height=640)
    await page.get_by_role("link", name="同意解约").click()
    await take(page, "portal-agree", down_to=page.locator("section.card .actions").last)


async def test_a_stamped_agreement_is_sent_back(demo: Place, clerk: Enter) -> None:
    page = await clerk("danwei-07", "/employer/offline_signing?name=宋清辞")
    await page.get_by_role("link", name="宋清辞").first.click()
    await take(page, "portal-paper", height=560)
    await page.get_by_role("link", name="回传盖章协议").click()
    chosen = [{"name": "盖章协议第1页.jpg", "mimeType": "image/jpeg", "buffer": jpeg(91)}]
    await page.locator("input[type=file]").first.set_input_files(chosen)
    await take(page, "portal-upload", height=820)


async def test_the_employer_itself(demo: Place, clerk: Enter) -> None:
    page = await clerk("danwei-01", "/employer/account")
    await take(page, "portal-account", height=760)
    await page.goto(f"{demo.service}/employer/inbox")
    await take(page, "portal-inbox", height=560)
    await page.goto(f"{demo.service}/employer/handover")
    await take(page, "portal-handover", height=560)
