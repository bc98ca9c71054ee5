"""Room: the personas bind their WeChat accounts, by the steps of the phone: visit, code by SMS, confirmation."""

from __future__ import annotations

from datetime import datetime

from models import kit
from models.db import fetch_value
from models.store import MemoryStore
from models.vault import unseal
from workflows.actors import Actor
from workflows.commands.bindings import ask_code, bind, prove_code
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.tokens import VISITOR, open_visit
from workflows.demo.people import Person
from workflows.demo.personas import Persona

ADDRESS = "127.0.0.1"

# What the person would read on the phone.
_CODE = """
SELECT params->>'code' FROM outbox WHERE recipient = $1 AND notice = 'one_time_code' ORDER BY id DESC LIMIT 1"""


async def bind_persona(persona: Persona, person: Person, actor: Actor, moment: datetime) -> None:
    """Bind at that moment. The visit's life is judged by the house's clock, so the clock is set for these steps;
    nothing else may run in this process meanwhile.
    """
    store = MemoryStore()
    kit.set_clock(lambda: moment)
    try:
        visit = await open_visit(VISITOR, persona.openid, "/m/records")
        await ask_code(store, visit, person.name, person.row["sfzh"], ADDRESS)
        code = unseal(CODE_PLACE, await fetch_value(_CODE, actor.id))
        if not await prove_code(store, visit, code):
            raise RuntimeError(f"persona {persona.number} could not prove the code")
        await bind(actor, visit)
    finally:
        kit.set_clock(None)
        await store.close()
