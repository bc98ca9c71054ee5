"""Room: the outside world. The only package that calls other systems; `wangqian notifier` runs it.

`worker` keeps the lanes (one per channel) and the clock jobs; `channels` turn outbox rows into calls of `clients`;
`retry` says what a verdict means for its row; `simulators` are the other side for tests and the demo.
"""

from __future__ import annotations


async def run() -> None:
    """Deliver what the outbox owes and do what is due by the clock, until SIGTERM or SIGINT."""
    # Imported here: the service takes single clients from this package and needs none of this.
    from notifier.worker import main

    await main()
