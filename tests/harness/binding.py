"""Room: the way of a visitor to a binding, step by step, with the code read as the notifier would."""

from __future__ import annotations

from uuid import UUID

from models.store import MemoryStore
from models.tables import OutboxRow
from models.vault import unseal
from tests.harness.chat import new_openid
from tests.harness.world import Person
from workflows.commands.bindings import ask_code, bind, prove_code, read_claim
from workflows.commands.deliveries import CODE_PLACE
from workflows.commands.tokens import VISITOR, open_visit

ADDRESS = "203.0.113.7"


async def visit(openid: str | None = None) -> str:
    return await open_visit(VISITOR, openid or new_openid(), "/m/bind/who")


async def code_of(person: Person) -> str:
    """The newest code that was sent to the person, opened as the notifier would."""
    row = await OutboxRow.filter(recipient=person.id, notice="one_time_code").order_by("-id").first()
    assert row is not None
    return unseal(CODE_PLACE, row.params["code"])


async def proved(store: MemoryStore, person: Person, openid: str) -> str:
    """A visit that has proved to be this person."""
    token = await visit(openid)
    await ask_code(store, token, person.name, person.id_number, ADDRESS)
    assert await prove_code(store, token, await code_of(person))
    return token


async def bind_as(store: MemoryStore, person: Person, openid: str) -> UUID:
    token = await proved(store, person, openid)
    claim = await read_claim(token)
    assert claim is not None
    return await bind(claim.actor, token)
