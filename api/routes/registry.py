"""Room: asking the credit registry at once, where a reviewer does not want to wait for the job that does it daily."""

from __future__ import annotations

import re
from typing import Any

from quart import Blueprint

from api.answers import RegistryState
from api.auth import STAFF_ONLY
from api.endpoints import Call, endpoint
from api.wiring import wiring
from models.store import store
from workflows.actors import CLOCK, require_read
from workflows.commands.clock import note_registry, registry_is_fresh
from workflows.errors import NotFound
from workflows.limits import REGISTRY_ASK
from workflows.rates import spend
from workflows.registry import registry

blueprint = Blueprint("registry", __name__)


@endpoint(
    blueprint,
    "POST",
    "/v1/registry/<uscc>",
    rule=STAFF_ONLY,
    summary="重新查询单位登记状态",
    answers=RegistryState,
    raises=(429,),
)
async def ask(call: Call, uscc: str) -> dict[str, Any]:
    if not re.fullmatch(r"[0-9A-HJ-NP-RTUWXY]{18}", uscc):
        raise NotFound
    require_read(call.actor)
    await spend(store(), REGISTRY_ASK, f"registry:{call.actor.id}")
    if not await registry_is_fresh(uscc):
        await note_registry(CLOCK, uscc, await wiring().registry.status(uscc))
    return await registry(uscc)
