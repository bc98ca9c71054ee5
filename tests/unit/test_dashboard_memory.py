"""Room: what the dashboard has loaded is not looked through after every click."""

from __future__ import annotations

import gc

import pytest

from dashboard import memory


def test_what_is_loaded_is_left_out_of_the_tidying_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_known", 0)
    loaded = [[n] for n in range(1000)]
    before = gc.get_freeze_count()
    memory.keep_loaded()
    kept = gc.get_freeze_count()
    assert kept >= before + len(loaded)
    later = [[n] for n in range(1000)]
    memory.keep_loaded()
    assert gc.get_freeze_count() < kept + len(later), "nothing was loaded since"


def test_what_a_click_leaves_behind_is_tidied_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_known", 0)
    memory.keep_loaded()
    left: list[object] = []
    left.append(left)
    del left
    assert gc.collect() > 0
