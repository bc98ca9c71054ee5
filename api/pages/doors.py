"""Room: the door of a graduate's own pages: who it is, or through the sign-in and back to the page that was meant."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quart import Response, request

from api.auth import GRADUATE, Caller, route_rule
from api.body import MOST, path_value
from api.pages.binding import enter
from api.pages.phone import SESSION, blueprint
from workflows.actors import Actor
from workflows.errors import Unauthenticated
from workflows.limits import JSON_BYTES
from workflows.queries.chat import Person, look_at


@dataclass(frozen=True, slots=True)
class Guest:
    """A graduate who is signed in, with everything that the rules look at."""

    caller: Caller
    person: Person

    @property
    def actor(self) -> Actor:
        return self.caller.actor


View = Callable[..., Awaitable[Response]]


async def guest() -> Guest:
    """Raises Unauthenticated, Forbidden."""
    who = await SESSION.caller()
    GRADUATE.admit(who.actor)
    person = await look_at(who.actor)
    if person is None:
        raise Unauthenticated
    return Guest(who, person)


def door(
    path: str, method: str = "GET", *, ended: View | None = None, most: int = JSON_BYTES
) -> Callable[[View], View]:
    """Declare a page of graduates. The view takes a `Guest`, then the path's parameters; those named `…id` are UUIDs.

    Without a session a page that is only looked at leads through the sign-in. `ended`: what becomes of a form that
    came too late; it takes the path's parameters. `most`: how many bytes the form may have.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        async def run(**values: str) -> Response:
            found = {name: path_value(name, value) for name, value in values.items()}
            try:
                who = await guest()
            except Unauthenticated:
                if ended is not None:
                    return await ended(**found)
                if method != "GET":
                    raise
                return await enter(request.path)
            return await view(who, **found)

        if most != JSON_BYTES:
            setattr(run, MOST, most)
        blueprint.add_url_rule(
            path, view.__name__, route_rule(GRADUATE)(run), methods=[method], provide_automatic_options=False
        )
        return view

    return wrap
