"""Room: `wangqian help …`, for whoever writes entries: what the chat would answer, and how well it finds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

commands = typer.Typer(no_args_is_help=True, help="聊天里的自助问答")
PHRASINGS = Path(__file__).resolve().parents[1] / "tests" / "data" / "help_phrasings.csv"


@commands.command("try")
def try_question(question: Annotated[str, typer.Argument(help="用大白话写的问题")]) -> None:
    """试一个问题：列出最接近的条目和得分，以及会不会直接回答。"""
    from workflows.help.ranking import find

    found = find(question)
    for hit in found.hits:
        print(f"{hit.score:.2f}  {hit.entry.id}  {hit.entry.title}")
    if found.answer is not None:
        print(f"直接回答：\n{found.answer.answer}")
    else:
        print("把握不大：列出选项请本人选择。" if found.near else "不是这里能回答的问题。")


@commands.command("measure")
def measure_phrasings(file: Annotated[Path, typer.Argument(help="问法与应答条目的对照表")] = PHRASINGS) -> None:
    """用对照表测一遍：首选命中、前三命中、答错的问法。"""
    from workflows.help.measuring import measure, read_phrasings

    phrasings = read_phrasings(file)
    for part in sorted({one.part for one in phrasings}):
        figures = measure([one for one in phrasings if one.part == part])
        print(
            f"{part}：{figures.asked} 个问题，首选命中 {figures.hit_at_1:.1%}，前三命中 {figures.hit_at_3:.1%}，"
            f"直接答对 {figures.answered} 个，直接答错 {len(figures.misled)} 个；"
            f"{figures.strange} 个无关的话，误答 {len(figures.deaf)} 个；答错占全部 {figures.wrongly_sure:.1%}"
        )
        for line in (*figures.misled, *figures.deaf):
            print(f"  答错：{line}")
