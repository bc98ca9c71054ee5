"""Room: who writes. openid → live binding → actor, with everything that the answer may need, in one read.

The openid comes from the decrypted message alone; what stands in addresses or texts is never believed.
"""

from __future__ import annotations

from bot.messages import Inbound
from workflows.actors import Actor
from workflows.commands.tokens import VISITOR
from workflows.queries.chat import Person, Seen, look


async def identify(inbound: Inbound) -> Seen:
    """The person behind the message, or the answer that this very message got before. One statement."""
    return await look(inbound.sender, inbound.once)


def speaker(person: Person | None) -> Actor:
    """In whose name something is done for this WeChat account: the graduate, or a visitor who may do nothing."""
    return person.actor if person is not None else VISITOR
