"""Room: `wangqian keys …`: changing the key that seals numbers of persons, while everything runs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from workflows.commands.rotation import Left

commands = typer.Typer(no_args_is_help=True, help="数据密钥")

Operate = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


def install(operate: Operate) -> None:
    """Put the commands together; `operate` runs an operator's act with the database open."""

    @commands.command("rotate")
    def rotate_keys() -> None:
        """用 WQ_DATA_KEYS 中的第一个密钥重新加密全部数据；各进程先带新旧两个密钥重启，期间可照常使用。"""
        from workflows.actors import OPERATOR
        from workflows.commands.rotation import left, rotate

        async def work() -> None:
            _say("已重新加密", await rotate(OPERATOR))
            _conclude(await left())

        operate(work)

    @commands.command("check")
    def check_keys() -> None:
        """查看还有多少数据是用旧密钥加密的。"""
        from workflows.commands.rotation import left

        async def work() -> None:
            _conclude(await left())

        operate(work)


def _say(what: str, counts: Mapping[str, int]) -> None:
    for place, count in counts.items():
        if count:
            print(f"{place}：{what} {count} 处")


def _conclude(found: Left) -> None:
    _say("仍用旧密钥加密", found.older)
    if found.closed:
        print(f"另有 {found.closed} 处用现有的任何密钥都打不开，请核对 WQ_DATA_KEYS 是否少了密钥。")
    if found.older or found.closed:
        print("请稍后再次运行 wangqian keys rotate；在此之前不要去掉旧密钥。")
        raise typer.Exit(1)
    print(f"全部数据都由密钥 {found.key} 加密，可以从 WQ_DATA_KEYS 中去掉其他密钥。")
