"""Room: what was typed when a session ended, until the same account has signed in again. In memory, nowhere else.

Several dashboard processes do not share it; then the text is typed again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

MOST = 500

Place = tuple[str, str, str]
"""Account, record, action."""

_lock = Lock()
_kept: OrderedDict[Place, dict[str, Any]] = OrderedDict()


def keep(place: Place, answers: Mapping[str, Any]) -> None:
    """Keep the answers; beyond `MOST` the oldest go."""
    with _lock:
        _kept[place] = dict(answers)
        _kept.move_to_end(place)
        while len(_kept) > MOST:
            _kept.popitem(last=False)


def recall(place: Place) -> dict[str, Any]:
    """What was kept, empty when nothing was."""
    with _lock:
        return dict(_kept.get(place, {}))


def forget(place: Place) -> None:
    with _lock:
        _kept.pop(place, None)
