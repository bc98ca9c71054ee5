"""Room: what an operator does by hand, as real processes on a real database."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from models.db import execute
from tests.harness.postgres import TestServer
from tests.harness.stack import Stack
from tests.harness.world import make_world
from workflows.commands import tallies

ROOT = Path(__file__).resolve().parents[2]


def wangqian(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        env={**os.environ, **env}, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_province_is_opened_with_its_first_account(fresh_database: str) -> None:
    done = wangqian("province", "create", "110000", "--username", "sheng-ji", DATABASE_URL=fresh_database)
    assert done.returncode == 0, done.stderr
    assert "用户名：sheng-ji" in done.stdout
    assert re.search(r"初始密码：\S{10,}", done.stdout)


def test_a_second_account_joins_the_same_province_and_a_taken_name_is_told(fresh_database: str) -> None:
    first = wangqian("province", "create", "110000", "--username", "sheng-1", DATABASE_URL=fresh_database)
    again = wangqian("province", "create", "110000", "--username", "sheng-1", DATABASE_URL=fresh_database)
    other = wangqian("province", "create", "110000", "--username", "sheng-2", DATABASE_URL=fresh_database)
    assert [first.returncode, again.returncode, other.returncode] == [0, 2, 0]
    assert "该用户名已被使用" in again.stderr
    assert "Traceback" not in again.stderr


def test_an_unknown_province_is_told_in_chinese(fresh_database: str) -> None:
    done = wangqian("province", "create", "990000", "--username", "sheng-ji", DATABASE_URL=fresh_database)
    assert done.returncode == 2
    assert "请填写省级行政区划代码" in done.stderr


async def test_the_menu_is_pushed_to_the_platform(own_stack: Stack) -> None:
    await own_stack.start("simulators")
    done = wangqian("menu", "push", **{k: v for k, v in own_stack.env.items() if k.startswith("WQ_")})
    assert done.returncode == 0, done.stderr
    assert "菜单已发布" in done.stdout


def test_a_platform_that_does_not_answer_is_told(database_server: TestServer) -> None:
    done = wangqian("menu", "push", WQ_WECHAT_API_URL="http://127.0.0.1:9/wechat")
    assert done.returncode == 2
    assert "没有接受菜单" in done.stderr


def test_a_comparison_with_the_ems_says_what_it_found(fresh_database: str) -> None:
    done = wangqian("reconcile", "--school", "99001", "--cohort", "2027", DATABASE_URL=fresh_database)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "一致 0，等待上报 0，不一致 0，未能查询 0"


async def test_sums_that_differ_from_the_records_are_listed_and_made_anew(database: str) -> None:
    world = await make_world(graduates=1, employers=0)
    await tallies.fold_all()
    await execute("UPDATE tallies SET n = n + 1 WHERE axis = 'school' AND key = $1", str(world.school_id))
    found = await asyncio.to_thread(wangqian, "tallies", DATABASE_URL=database)
    assert found.returncode == 1
    assert re.search(rf"{world.cohort} 届，学校 {world.school_id}，.*毕业生人数：记录 1，汇总 2", found.stdout)
    mended = await asyncio.to_thread(wangqian, "tallies", "--rebuild", DATABASE_URL=database)
    assert mended.returncode == 0, mended.stdout
    assert "汇总数与现有记录一致" in mended.stdout
