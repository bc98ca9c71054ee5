"""Room: the command line. `wangqian …`: starts each process of the platform, and what an operator does by hand.

With `api/app.py` the only place that wires bot, notifier and database together. What a command needs is
imported when it runs: a start of one process should not load the others.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api import help_cli, keys_cli
from api.deploy_check import UnfitForProductionError, examine, refuse_weak_production
from models.config import Profile, Settings, settings

ROOT = Path(__file__).resolve().parents[1]
LOCAL = "127.0.0.1"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="网签：毕业去向登记与网上签约平台")
menu = typer.Typer(no_args_is_help=True, help="公众号自定义菜单")
province = typer.Typer(no_args_is_help=True, help="省级单位")
app.add_typer(menu, name="menu")
app.add_typer(help_cli.commands, name="help")
app.add_typer(keys_cli.commands, name="keys")
app.add_typer(province, name="province")


def main() -> None:
    app()


# --- processes -----------------------------------------------------------------------------------


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = LOCAL,
    workers: Annotated[int, typer.Option(help="进程数；大于 1 须配置 REDIS_URL")] = 1,
) -> None:
    """启动服务（接口、公众号回调、网页）。"""
    chosen = _fit_settings()
    if workers > 1 and not chosen.redis_url:
        _fail("多个服务进程须配置 REDIS_URL。")
    import uvicorn

    from api.logs import log_config

    uvicorn.run(
        "api.app:app",
        host=host,
        port=chosen.port_service,
        workers=workers,
        log_config=log_config(),
        access_log=False,  # addresses may hold what must not be in logs
        server_header=False,
        proxy_headers=chosen.profile is Profile.PRODUCTION,
        timeout_graceful_shutdown=25,
    )


@app.command()
def notifier() -> None:
    """启动通知进程（微信、短信、就业管理系统）。"""
    _fit_settings()
    import uvloop

    from api.logs import set_up_logs
    from notifier.worker import main as run

    set_up_logs()
    uvloop.run(run())  # as uvicorn does for the service


@app.command()
def simulators() -> None:
    """启动模拟系统（微信平台、短信、就业管理系统、企业登记）与沙盒手机。"""
    chosen = settings()
    if chosen.profile is Profile.PRODUCTION:
        _fail("正式环境不运行模拟系统。")
    from notifier.simulators.app import run

    asyncio.run(run(chosen.port_sandbox))


@app.command()
def dashboard(host: Annotated[str, typer.Option(help="监听地址")] = LOCAL) -> None:
    """启动管理后台。"""
    chosen = _fit_settings()
    flags = {
        "server.port": chosen.port_dashboard,
        "server.address": host,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
    command += [f"--{name}={value}" for name, value in flags.items()]
    # Streamlit takes this process over, so that a signal reaches it and nothing stands between.
    os.chdir(ROOT)
    os.execv(sys.executable, command)  # noqa: S606  our own program, no shell


# --- database ------------------------------------------------------------------------------------


@app.command()
def migrate() -> None:
    """把数据库升级到当前版本。"""
    from models import db

    applied = asyncio.run(db.migrate())
    print(f"已执行 {len(applied)} 个迁移：{'、'.join(applied)}" if applied else "数据库已是最新版本。")


@app.command(hidden=True)
def seed() -> None:
    """Fill an empty, migrated database with the demo's invented data."""
    if settings().profile is Profile.PRODUCTION:
        _fail("正式环境不写入演示数据。")
    from models import db
    from workflows.demo import seed as fill

    async def work() -> None:
        if await db.fetch_value("SELECT 1 FROM provinces LIMIT 1") is None:
            await fill()

    asyncio.run(_with_database(work))


@app.command(hidden=True)
def introduce() -> None:
    """Tell the simulated systems what they would know: the demo's people, templates, the account's menu."""
    chosen = settings()
    if chosen.profile is Profile.PRODUCTION:
        _fail("正式环境不使用模拟系统。")
    from bot.menus import menu as buttons
    from models.store import close_store, store
    from notifier.channels.wording import announced_sms, announced_wechat
    from notifier.clients.transport import open_http
    from notifier.clients.wechat import WeChatClient
    from workflows.demo import introductions

    async def work() -> None:
        told = {**await introductions(), "wechat/templates": announced_wechat(), "sms/templates": announced_sms()}
        async with open_http(read_timeout=60) as http:
            await WeChatClient(chosen.wechat, store(), http).create_menu(buttons(chosen.public_url))
            # The people come last: that they are known says that everything else is.
            for path in sorted(told, key=lambda path: path == "personas"):
                url = f"http://{LOCAL}:{chosen.port_sandbox}/_control/{path}"
                async with http.post(url, json=told[path]) as answer:
                    answer.raise_for_status()
        await close_store()

    asyncio.run(_with_database(work))


@app.command()
def demo() -> None:
    """在一个终端里运行整个平台，数据均为虚构；Ctrl-C 结束。"""
    chosen = settings()
    if chosen.profile is Profile.PRODUCTION:
        _fail("正式环境不运行演示。")
    from api.demo import run
    from models.embedded import EmbeddedPostgres

    def sign_ins() -> Sequence[tuple[str, str, str]]:
        from workflows.demo import SIGN_INS

        return SIGN_INS

    sys.exit(run(chosen, EmbeddedPostgres.start, sign_ins))


@app.command()
def check(deploy: Annotated[bool, typer.Option("--deploy", help="按正式环境的要求检查设置")] = False) -> None:
    """检查设置与数据库、Redis 是否可用。"""
    chosen = settings()
    failed = False
    if deploy:
        for one in examine(chosen):
            failed = failed or one.fatal
            print(f"{'✗' if one.fatal else '!'} {one.setting}：{one.message}")
    for line, good in asyncio.run(_reach(chosen)):
        failed = failed or not good
        print(f"{'✓' if good else '✗'} {line}")
    sys.exit(1 if failed else 0)


async def _reach(chosen: Settings) -> list[tuple[str, bool]]:
    """Look at what stands outside this process: the database, its migrations, Redis."""
    return [*await _database(chosen.database_url), await _redis(chosen.redis_url)]


async def _database(url: str) -> list[tuple[str, bool]]:
    from models import db

    try:
        waiting = await db.pending_migrations(url)
    except db.DatabaseConfigError:
        return [("DATABASE_URL 未填写或不是 PostgreSQL 地址", False)]
    except Exception as exc:
        if not db.is_unavailable(exc):
            raise
        return [("数据库无法连接", False)]
    newest = f"有 {len(waiting)} 个迁移未执行，请运行 wangqian migrate" if waiting else "数据库已是最新版本"
    return [("数据库可用", True), (newest, not waiting)]


async def _redis(url: str) -> tuple[str, bool]:
    from models.store import open_store

    store = open_store(url)
    try:
        await store.get("check")
        if getattr(store, "away", False):
            return "Redis 无法连接", False
    finally:
        await store.close()
    return ("Redis 可用" if url else "未使用 Redis（单进程）"), True


# --- an operator's acts --------------------------------------------------------------------------


@province.command("create")
def create_province(
    code: Annotated[str, typer.Argument(help="省级行政区划代码，例如 110000")],
    username: Annotated[str, typer.Option(help="首个省级账号的用户名")],
    name: Annotated[str, typer.Option(help="账号的姓名或名称")] = "省级用户",
) -> None:
    """开通一个省份（已开通的不变），并新建一个省级账号。"""
    _fit_settings()
    from models import db
    from models.parties import Grant, Level, Module, Party
    from workflows.actors import OPERATOR
    from workflows.commands import accounts, provinces

    form = {"username": username, "display_name": name, "level": str(Level.ALL)}
    form |= {f"grant_{module}": str(Grant.RW) for module in Module}

    async def work() -> None:
        known = await db.fetch_value("SELECT id FROM provinces WHERE code = $1", code)
        place = known or await provinces.create_province(OPERATOR, code)
        made = await accounts.create_account(OPERATOR, Party.PROVINCE, form, province_id=place)
        print(f"用户名：{made.username}\n初始密码：{made.password}\n首次登录后须修改密码。")

    _operate(work)


@menu.command("push")
def push_menu() -> None:
    """把自定义菜单发布到公众号。"""
    chosen = _fit_settings()
    from bot.menus import menu as buttons
    from models.store import close_store, store
    from notifier.clients.transport import open_http
    from notifier.clients.wechat import WeChatClient
    from notifier.verdicts import Kind

    async def work() -> None:
        async with open_http() as http:
            verdict = await WeChatClient(chosen.wechat, store(), http).create_menu(buttons(chosen.public_url))
        await close_store()
        if verdict.kind is not Kind.SENT:
            _fail(f"微信平台没有接受菜单（{verdict.cause}）。")
        print("菜单已发布。")

    asyncio.run(work())


@app.command()
def reconcile(
    school: Annotated[str, typer.Option(help="学校代码；不填则为全部学校")] = "",
    cohort: Annotated[int, typer.Option(help="届；不填则为全部届次")] = 0,
    push: Annotated[bool, typer.Option("--push", help="对不一致的毕业生重新上报")] = False,
) -> None:
    """逐人查询就业管理系统，与本平台的去向对账。"""
    chosen = _fit_settings()
    from notifier.clients.transport import open_http
    from notifier.clients.upstream import UpstreamClient
    from notifier.reconciling import reconcile as ask

    async def work() -> None:
        async with open_http() as http:
            found = await ask(UpstreamClient(chosen.ems, http), school, cohort or None, push=push)
        for line in found.lines:
            print(line)
        print(found.summary)
        if found.differs or found.unknown:
            sys.exit(1)

    _operate(work)


@app.command()
def tallies(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="按现有记录重新汇总")] = False,
) -> None:
    """核对省级统计的汇总数与现有记录；不一致时逐项列出。"""
    _fit_settings()
    from workflows.actors import OPERATOR
    from workflows.commands import tallies as sums

    async def work() -> None:
        if rebuild:
            print(f"已重新汇总 {await sums.rebuild(OPERATOR)} 项。")
        found = await sums.compare(OPERATOR)
        for one in found[:200]:
            print(f"{one.cohort} 届，{one.by} {one.key or '（空）'}，{one.figure}：记录 {one.rows}，汇总 {one.sums}")
        if found:
            print(f"共 {len(found)} 项不一致；wangqian tallies --rebuild 按现有记录重新汇总。")
            sys.exit(1)
        print("汇总数与现有记录一致。")

    _operate(work)


# --- measuring -----------------------------------------------------------------------------------


@app.command()
def bench() -> None:
    """与对照程序同场测速，结果写入 var/bench.json。"""
    _module("tests.load.bench")


@app.command("bench-data")
def bench_data(count: Annotated[int, typer.Argument(min=1, max=2_000_000, help="毕业生人数")]) -> None:
    """批量生成只供测速的数据（不含办理历史）；不能用于正式环境。"""
    if settings().profile is Profile.PRODUCTION:
        _fail("正式环境不能生成测速数据。")
    _module("tests.load.bench_data", str(count))


def _module(name: str, *args: str) -> None:
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", name, *args])  # noqa: S606  our own program, no shell


# --- what the commands have in common ------------------------------------------------------------


def _fit_settings() -> Settings:
    """The settings, unless they must not go into production."""
    try:
        refuse_weak_production(settings())
    except UnfitForProductionError as exc:
        for one in exc.findings:
            print(f"✗ {one.setting}：{one.message}", file=sys.stderr)
        _fail("设置不符合正式环境的要求，未启动。")
    return settings()


def _fail(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(2)


def _operate(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an operator's act; a refusal is told by its sentence, not by a traceback."""
    from workflows.errors import HouseError, InvalidForm

    try:
        asyncio.run(_with_database(work))
    except InvalidForm as exc:
        _fail("\n".join([exc.detail, *(f"{fault.path}：{fault.message}" for fault in exc.faults)]))
    except HouseError as exc:
        _fail(exc.detail)


keys_cli.install(_operate)


async def _with_database(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    from models import db

    await db.open_database()
    try:
        await work()
    finally:
        await db.close_database()


if __name__ == "__main__":
    main()
