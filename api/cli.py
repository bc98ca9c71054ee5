"""Room: the command line. `wangqian …`: starts each process of the platform, and what an operator does by hand.

With `api/app.py` the only place that wires bot, notifier and database together. What a command needs is
imported when it runs: a start of one process should not load the others.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from api.deploy_check import UnfitForProductionError, examine, refuse_weak_production
from models.config import Profile, Settings, settings

ROOT = Path(__file__).resolve().parents[1]
LOCAL = "127.0.0.1"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="网签：毕业去向登记与网上签约平台")
menu = typer.Typer(no_args_is_help=True, help="公众号自定义菜单")
province = typer.Typer(no_args_is_help=True, help="省级单位")
app.add_typer(menu, name="menu")
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

    uvicorn.run(
        "api.app:app",
        host=host,
        port=chosen.port_service,
        workers=workers,
        log_level="warning",
        access_log=False,  # addresses may hold what must not be in logs
        server_header=False,
        proxy_headers=chosen.profile is Profile.PRODUCTION,
        timeout_graceful_shutdown=25,
    )


@app.command()
def notifier() -> None:
    """启动通知进程（微信、短信、就业管理系统）。"""
    _fit_settings()
    from api.demo import NOTIFIER_READY
    from notifier.worker import run

    async def work() -> None:
        print(NOTIFIER_READY, flush=True)
        await run()

    _run_until_stopped(_with_database(work))


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


@app.command()
def demo() -> None:
    """在一个终端里运行整个平台，数据均为虚构；Ctrl-C 结束。"""
    chosen = settings()
    if chosen.profile is Profile.PRODUCTION:
        _fail("正式环境不运行演示。")
    from api.demo import run
    from models.embedded import EmbeddedPostgres
    from workflows.demo import SIGN_INS

    sys.exit(run(chosen, EmbeddedPostgres.start, SIGN_INS))


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
    from models import db
    from models.store import open_store

    told: list[tuple[str, bool]] = []
    try:
        waiting = await db.pending_migrations(chosen.database_url)
        told.append(("数据库可用", True))
        told.append(
            (f"有 {len(waiting)} 个迁移未执行，请运行 wangqian migrate", False)
            if waiting
            else ("数据库已是最新版本", True)
        )
    except db.DatabaseConfigError:
        told.append(("DATABASE_URL 未填写或不是 PostgreSQL 地址", False))
    except Exception as exc:
        if not db.is_unavailable(exc):
            raise
        told.append(("数据库无法连接", False))
    store = open_store(chosen.redis_url)
    try:
        await store.get("check")
        away = getattr(store, "away", False)
        told.append(
            ("Redis 无法连接", False)
            if away
            else ("Redis 可用" if chosen.redis_url else "未使用 Redis（单进程）", True)
        )
    finally:
        await store.close()
    return told


# --- an operator's acts --------------------------------------------------------------------------


@province.command("create")
def create_province(
    code: Annotated[str, typer.Argument(help="省级行政区划代码，例如 110000")],
    name: Annotated[str, typer.Option(help="名称；不填则取代码表中的名称")] = "",
) -> None:
    """开通一个省份。"""
    _fit_settings()
    from workflows.actors import OPERATOR
    from workflows.commands.provinces import create_province as create

    async def work() -> None:
        print(await create(OPERATOR, code, name))

    _operate(work)


@menu.command("push")
def push_menu() -> None:
    """把自定义菜单发布到公众号。"""
    _fit_settings()
    from api.wechat_menu import push

    _operate(push)


# --- measuring -----------------------------------------------------------------------------------


@app.command()
def bench() -> None:
    """与对照程序同场测速，结果写入 var/bench.json。"""
    _module("tests.load.bench")


@app.command("bench-data")
def bench_data(rows: Annotated[int, typer.Argument(help="记录条数")]) -> None:
    """为测速生成虚构的大量数据。"""
    _module("tests.load.bench_data", str(rows))


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
    from workflows.errors import HouseError

    try:
        asyncio.run(_with_database(work))
    except HouseError as exc:
        _fail(str(exc))


async def _with_database(work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    from models import db

    await db.open_database()
    try:
        await work()
    finally:
        await db.close_database()


def _run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT, which cancel the work, so that it can give back what it holds."""

    async def body() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return

    asyncio.run(body())


if __name__ == "__main__":
    main()
