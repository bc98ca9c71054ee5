"""Room: who writes. openid → live binding → actor, with everything that the answer may need, in one read.

The openid comes from the decrypted message alone; what stands in addresses or texts is never believed.
"""

from __future__ import annotations

from bot.messages import Inbound
from models.gathering import Gathering
from workflows.actors import Actor
from workflows.commands.tokens import VISITOR
from workflows.queries.chat import Person, Seen, look, look_together


async def identify(inbound: Inbound) -> Seen:
    """The person behind the message, or the answer that this very message got before. One statement."""
    return await look(inbound.sender, inbound.once)


class Looks:
    """`identify` for a process that has many messages at once: those that come together are looked up together."""

    def __init__(self) -> None:
        self._looks: Gathering[tuple[str, str], Seen] = Gathering(look_together, flights=2)

    async def identify(self, inbound: Inbound) -> Seen:
        return await self._looks.ask((inbound.sender, inbound.once))


def speaker(person: Person | None) -> Actor:
    """In whose name something is done for this WeChat account: the graduate, or a visitor who may do nothing."""
    return person.actor if person is not None else VISITOR
