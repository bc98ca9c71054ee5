"""Room: `wangqian help`, as whoever writes entries uses it."""

from __future__ import annotations

from typer.testing import CliRunner

from api.cli import app

run = CliRunner().invoke


def test_a_question_is_tried_with_its_scores_and_its_answer() -> None:
    done = run(app, ["help", "try", "邀请过期了怎么办"])
    assert done.exit_code == 0
    first, *_ = done.output.splitlines()
    assert first.endswith("expired  邀请过期了怎么办")
    assert "重新发起" in done.output


def test_a_question_of_something_else_is_said_to_be_none() -> None:
    assert "不是这里能回答的问题" in run(app, ["help", "try", "给我讲个笑话吧"]).output


def test_the_figures_of_both_parts_are_printed_with_what_went_wrong() -> None:
    lines = run(app, ["help", "measure"]).output.splitlines()
    heads = [line for line in lines if "首选命中" in line]
    assert [line.split("：")[0] for line in heads] == ["test", "tuning"]
    assert all("前三命中" in line and "误答" in line for line in heads)
