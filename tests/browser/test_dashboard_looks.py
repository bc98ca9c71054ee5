"""Room: how the dashboard looks in a real browser: Chinese throughout, in its window, at rest, also in failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.async_api import Browser, expect

from models import kit
from models.states import EmployerStatus
from tests.browser.dashboard_eyes import fits, foreign_words, shifts, watch_shifts
from tests.browser.dashboard_hands import (
    Enter,
    choose,
    confirm,
    cut_line,
    open_question,
    press,
    record_of,
    type_sign_in,
    watch_lines,
)
from tests.harness import world as w
from tests.harness.clerks import waiting
from tests.harness.stack import Stack
from workflows.actors import CLOCK
from workflows.commands.clock import note_registry
from workflows.ports import RegistryEntry


async def test_a_dashboard_out_of_reach_speaks_chinese(enter: Enter) -> None:
    world = await w.make_world(graduates=1)
    page = await enter(None, path="/auth/login")
    await watch_lines(page)
    await type_sign_in(page, world.school_desk)
    await expect(page.get_by_text("待我处理：0")).to_be_visible()
    assert "正在加载" in await page.evaluate(_LOADING)
    await page.route("**/_stcore/**", lambda route: route.abort())
    await cut_line(page)
    await page.get_by_role("dialog").wait_for(timeout=20_000)
    assert await foreign_words(page) == []
    content = await page.evaluate("getComputedStyle(document.querySelector('[role=dialog] h2'), '::after').content")
    assert "连接中断" in content
    await page.unroute("**/_stcore/**")


_LOADING = """() => { const app = document.querySelector('.stApp'), state = app.dataset.testScriptState;
  app.dataset.testScriptState = 'running';
  const said = getComputedStyle(app, '::before').content;
  app.dataset.testScriptState = state;
  return said; }"""


async def test_a_fault_of_ours_is_said_in_chinese_and_shows_nothing_inside(
    browser: Browser, database_url: str, run_folder: Path
) -> None:
    with nonsense() as url:
        alone = Stack(run_folder / "nonsense", database_url, WQ_API_URL=url)
        await alone.start("dashboard")
        context = await browser.new_context(locale="zh-CN")
        await context.add_cookies([{"name": "wq_staff", "value": "x" * 43, "url": alone.dashboard_url}])
        page = await context.new_page()
        await page.goto(alone.dashboard_url)
        await expect(page.get_by_text("页面暂时出错，已提交的操作不受影响。")).to_be_visible(timeout=30_000)
        assert await foreign_words(page) == []
        assert "unforeseen: KeyError" in alone.logs()
        await context.close()
        await alone.end()


@contextmanager
def nonsense() -> Iterator[str]:
    """A peer that answers every question with an object in which nothing stands."""

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"nothing": true}')

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


# --- what the eye meets --------------------------------------------------------------------------


async def test_no_english_and_no_codes_stand_on_any_page(enter: Enter) -> None:
    world = await w.make_world(graduates=3)
    await waiting(world, 2)
    await w.sign(world, world.graduates[2])
    firm = world.employer
    await note_registry(CLOCK, firm.uscc, RegistryEntry(firm.uscc, firm.name, "注销", kit.now()))
    pending = await w.make_employer(world, status=EmployerStatus.PENDING)
    page = await enter(None, path="/")
    assert await foreign_words(page) == []
    await type_sign_in(page, world.school_desk)
    await expect(page.get_by_text("本校协议经办人")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "zh-CN"
    assert await foreign_words(page) == []
    await page.get_by_role("link", name="在线签约管理").click()
    await expect(page.get_by_text("共 2 条")).to_be_visible()
    await expect(page.get_by_role("button", name="处理 单位").first).to_be_visible()
    assert await foreign_words(page) == []
    await page.get_by_label("签约状态").click()
    await page.get_by_role("option", name="全部状态").wait_for()
    assert await foreign_words(page) == []
    await page.keyboard.press("Escape")
    await choose(page, "签约状态", "全部状态")
    await expect(page.get_by_text("共 3 条")).to_be_visible()
    await page.get_by_label("单位名称").fill("没有")
    assert await foreign_words(page) == []
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    await press(page, "Alt+x", page.get_by_text("共 2 条"))
    await press(page, "Alt+o", page.get_by_text("登记状态：注销"))
    assert await foreign_words(page) == []
    await open_question(page, "Alt+a")
    await confirm(page, "请先核实单位情况")
    assert await foreign_words(page) == []
    await page.keyboard.press("Escape")
    await page.goto(page.url.replace("/review", "/employers"))
    await expect(page.get_by_text("没有这个页面的权限")).to_be_visible()
    assert await foreign_words(page) == []

    province = await enter(world.province_desk, path=f"/employers?id={pending.id}")
    await expect(province.get_by_text("注册信息")).to_be_visible()
    assert await foreign_words(province) == []
    await province.get_by_role("button", name="返回列表").click()
    await province.get_by_label("统一社会信用代码").fill(pending.uscc)
    await province.keyboard.press("Enter")
    await expect(province.get_by_text("共 1 家")).to_be_visible()
    await expect(province.get_by_role("cell", name=pending.name, exact=True)).to_be_visible()
    assert await foreign_words(province) == []
    await province.get_by_role("button", name="核验").last.click()
    await province.get_by_role("button", name="核验通过").click()
    await province.get_by_role("button", name="确认核验通过").click()
    await expect(province.get_by_text(f"{pending.name}：核验通过")).to_be_visible()


async def test_pages_fit_their_window_and_do_not_jump(enter: Enter) -> None:
    world = await w.make_world(graduates=2)
    evil = await w.make_employer(world, employer_name="示例<img src=x onerror=alert(1)>公司")
    first = await w.accept(world, await w.invite(world, firm=evil))
    await w.accept(world, await w.invite(world, world.graduates[1]), world.graduates[1])
    page = await enter(world.school_desk)
    await expect(page.get_by_text("本校协议经办人")).to_be_visible()
    await watch_shifts(page)
    for _ in range(3):
        await page.reload()
        await expect(page.get_by_text("待我处理：2")).to_be_visible()
        await expect(page.get_by_text("本校协议经办人")).to_be_visible()
        assert await shifts(page) < 0.1
    await fits(page)
    await page.get_by_role("button", name="去处理", disabled=False).click()
    await expect(page.get_by_role("cell", name="示例<img src=x onerror=alert(1)>公司", exact=True)).to_be_visible()
    assert await page.locator("img[src=x]").count() == 0, "texts stay texts"
    await fits(page)
    for width in (1400, 1024):
        await page.set_viewport_size({"width": width, "height": 768})
        inside = await page.evaluate(_ROWS)
        assert inside[0] <= inside[1], f"every column is seen without scrolling sideways at {width}"
        await fits(page)
    await page.get_by_role("cell", name=world.graduate.name, exact=True).click()
    await expect(page.get_by_text("办理历史")).to_be_visible()
    assert record_of(page) == str(first.record_id)
    await fits(page)
    await page.set_viewport_size({"width": 1400, "height": 900})
    tall = await page.get_by_test_id("stMainBlockContainer").evaluate("e => e.scrollHeight")
    assert tall <= 900, "a whole review stands on one screen"


_ROWS = """() => { const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.rows'));
  const rows = host.shadowRoot.querySelector('.rows'); return [rows.scrollWidth, rows.clientWidth]; }"""
