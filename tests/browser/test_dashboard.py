"""Room: clerks at the dashboard in a real browser: by keyboard, side by side, with a connection that breaks."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.async_api import TimeoutError, expect

from dashboard.client import Client, Problem
from models.db import fetch_value
from models.parties import Module, Party, ReviewMode
from tests.browser.dashboard_eyes import foreign_words, shifts, watch_shifts
from tests.browser.dashboard_hands import (
    Enter,
    Line,
    choose,
    confirm,
    drawn,
    lose_line,
    open_question,
    press,
    record_of,
    tab_to,
    to_review,
    token_of,
    type_sign_in,
    watch_lines,
)
from tests.harness import world as w
from tests.harness.clerks import state_of, steps, waiting
from workflows.commands.provinces import open_module

REASON, TEXT = "单位信息有误", "单位名称与公章不一致"

# --- by keyboard ---------------------------------------------------------------------------------


async def test_a_clerk_decides_by_keyboard_alone(enter: Enter) -> None:
    world = await w.make_world(graduates=5)
    records = await waiting(world, 5)
    names = [person.name for person in world.graduates]
    await open_module(world.province, world.school_id, world.cohort - 1, Module.EMPLOYMENT)
    page = await enter(world.school_desk)
    await expect(page.get_by_text("待我处理：5")).to_be_visible()
    await choose(page, "届次", f"{world.cohort - 1} 届")
    await expect(page.get_by_text("待我处理：0")).to_be_visible()
    await page.reload()  # one is still signed in, and still at the cohort that was chosen
    await expect(page.get_by_text("待我处理：0")).to_be_visible()
    await choose(page, "届次", f"{world.cohort} 届")
    await expect(page.get_by_text("待我处理：5")).to_be_visible()
    for words in ("退出登录", "去处理"):
        await tab_to(page, words)
        assert "3px" in await page.evaluate("getComputedStyle(document.activeElement).outline"), words
    await press(page, "Enter", page.get_by_text("共 5 条，第 1 页"))
    opened = page.get_by_role("heading", name=names[0])
    for _ in range(3):  # a list that is drawn anew takes the focus with it; one comes back to it by Tab
        await tab_to(page, "处理 单位")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Enter")
        with suppress(TimeoutError):
            await opened.wait_for(timeout=5_000)
            break
    await expect(opened).to_be_visible()
    for place in range(3):
        await expect(page.get_by_role("heading", name=names[place])).to_be_visible()
        await open_question(page, "Alt+a")
        await confirm(page, f"已提交：{names[place]}，签约完成")
    assert [await state_of(r) for r in records] == ["signed"] * 3 + ["review_school"] * 2

    await expect(page.get_by_role("heading", name=names[3])).to_be_visible()
    await open_question(page, "Alt+j")
    await confirm(page, "请选择“原因”。")
    await expect(page.get_by_text("请填写“具体问题”。")).to_be_visible()
    await tab_to(page, "原因")
    await page.keyboard.press("ArrowDown")
    await page.get_by_role("option", name=REASON).wait_for()
    await page.keyboard.press("Enter")
    await tab_to(page, "具体问题")
    await page.keyboard.type("太短")
    await confirm(page, "至少写 5 个字")
    await expect(page.get_by_text("请选择“原因”。")).to_have_count(0)
    await page.keyboard.type("，单位名称与公章不一致")
    await confirm(page, f"已提交：{names[3]}，审核不通过")
    await expect(page.get_by_role("heading", name=names[4])).to_be_visible()
    assert await state_of(records[3]) == "rejected"
    written = "SELECT detail->'form'->>'reason_text' FROM journal WHERE subject_id = $1 AND action = 'reject'"
    assert await fetch_value(written, records[3].record_id) == "太短，单位名称与公章不一致"

    await press(page, "Alt+b", page.get_by_text("共 1 条，第 1 页"))


# --- side by side --------------------------------------------------------------------------------


async def test_the_second_of_two_reviewers_is_told_who_was_first(enter: Enter) -> None:
    world = await w.make_world(graduates=2)
    records = await waiting(world, 2)
    rival = await w.make_account(world.province, Party.SCHOOL, "周先行", school_id=world.school_id)
    page = await enter(world.school_desk)
    await to_review(page)
    await open_question(page, "Alt+j")
    await page.get_by_role("textbox", name="具体问题").fill("太短")
    await confirm(page, "请选择“原因”。")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await open_question(page, "Alt+j")
    await expect(page.get_by_role("textbox", name="具体问题")).to_have_value("")
    await expect(page.get_by_text("请选择“原因”。")).to_have_count(0)

    await w.approve(world, records[0], rival.actor)
    await choose(page, "原因", REASON)
    await page.get_by_role("textbox", name="具体问题").fill(TEXT)
    await confirm(page, "该记录已由 周先行 于")
    await expect(page.get_by_text("先行处理（鉴证通过），现为“签约完成”")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await steps(records[0]) == 3
    await press(page, "Alt+ArrowRight", page.get_by_role("heading", name=world.graduates[1].name))


async def test_the_department_decides_first_and_the_school_after_it(enter: Enter) -> None:
    world = await w.make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=1)
    (record,) = await waiting(world, 1)
    school = await enter(world.school_desk)
    await expect(school.get_by_text("院系处理中：1")).to_be_visible()
    await watch_shifts(school)
    department = await enter(world.department_desks[world.graduate.department])
    await to_review(department)
    await open_question(department, "Alt+a")
    await confirm(department, "列表中没有下一条了")
    assert await state_of(record) == "review_school"

    await expect(school.get_by_text("待我处理：1")).to_be_visible(timeout=12_000)  # by itself
    assert await shifts(school) < 0.1, "live counts do not move the page"
    await to_review(school)
    await expect(school.get_by_text("学生已同意签约，等待学校审核").first).to_be_visible()
    await open_question(school, "Alt+a")
    await confirm(school, "签约完成")
    assert await state_of(record) == "signed"


# --- connections and sessions --------------------------------------------------------------------


async def test_a_connection_lost_in_mid_review_costs_nothing(enter: Enter) -> None:
    world = await w.make_world(graduates=2)
    record, _ = await waiting(world, 2)
    page = await enter(None, path="/auth/login")
    await watch_lines(page)
    await type_sign_in(page, world.school_desk)
    await to_review(page)
    await open_question(page, "Alt+j")
    await choose(page, "原因", REASON)
    await page.get_by_role("textbox", name="具体问题").fill(TEXT)
    await lose_line(page)
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_role("textbox", name="具体问题")).to_have_value(TEXT)
    await confirm(page, f"已提交：{world.graduates[0].name}")
    assert await steps(record) == 3

    form = {"reason": "employer_data", "reason_text": TEXT}
    token = token_of(await page.context.cookies())
    again = Client(token).act("online_signing", str(record.record_id), "reject", form, record.version)
    assert again["repeated"] is True, "the browser's own key, sent once more"
    assert again["state"] == "rejected"
    assert await steps(record) == 3


async def test_what_the_last_page_still_asked_for_does_not_empty_the_next_one(enter: Enter) -> None:
    """On a slow line: the first page's counts ask once more just as the queue begins to be drawn."""
    world = await w.make_world(graduates=2)
    await waiting(world, 2)
    page = await enter(world.school_desk)
    line = Line()
    await page.route_web_socket("**/_stcore/stream", line.open)
    await page.reload()
    await expect(page.get_by_text("待我处理：2")).to_be_visible()
    await drawn(page)
    line.echo_late()
    await page.get_by_role("button", name="去处理", disabled=False).click()
    await expect(page.get_by_text("共 2 条")).to_be_visible()
    await drawn(page)
    assert line.late == [], "it was sent, and answered before what follows"
    await press(page, "Alt+o", page.get_by_text("办理历史"))


async def test_a_session_that_ends_under_a_question_keeps_what_was_typed(enter: Enter) -> None:
    world = await w.make_world(graduates=1)
    (record,) = await waiting(world, 1)
    page = await enter(world.school_desk)
    await to_review(page)
    await open_question(page, "Alt+j")
    await page.get_by_role("textbox", name="具体问题").fill(TEXT)
    other = await page.context.new_page()
    await other.goto(page.url.partition("/review")[0])
    await expect(other.get_by_text("待我处理：1")).to_be_visible()
    token = token_of(await page.context.cookies())
    await other.get_by_role("link", name="退出登录").click()
    await expect(other.get_by_text("您已退出登录。")).to_be_visible()
    with pytest.raises(Problem):
        Client(token).get("/v1/me")

    await page.bring_to_front()
    await confirm(page, "正在填写的内容已为您保留")
    assert await foreign_words(page) == []
    await page.get_by_role("link", name="前往登录").click()
    await expect(page.get_by_text("登录已失效，请重新登录")).to_be_visible()
    await type_sign_in(page, world.school_desk)
    await expect(page.get_by_text("办理历史")).to_be_visible()
    assert record_of(page) == str(record.record_id)
    await open_question(page, "Alt+j")
    await expect(page.get_by_role("textbox", name="具体问题")).to_have_value(TEXT)
