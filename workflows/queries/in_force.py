"""Room: which records are a graduate's destination today, as a condition; from the flow tables."""

from __future__ import annotations

from functools import lru_cache

from models.parties import Module
from models.states import Phase
from workflows.flows import FLOWS


@lru_cache(maxsize=1)
def in_force() -> str:
    """SQL over records `r`: a destination that holds the graduate's slot and is in force."""
    pairs = sorted(
        f"'{flow}:{state.name}'"
        for flow, spec in FLOWS.items()
        if spec.holds_slot and spec.module is Module.EMPLOYMENT
        for state in spec.states
        if state.phase is Phase.FORCE
    )
    return f"r.slot AND r.flow || ':' || r.state IN ({', '.join(pairs)})"
