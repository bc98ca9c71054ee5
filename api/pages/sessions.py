"""Room: how pages know their people: a cookie that holds what a bearer token would, and the same session behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from quart import Response

from api.auth import Caller
from api.pages import cookies
from workflows.commands import sessions
from workflows.commands.sessions import SignedIn
from workflows.errors import Unauthenticated


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """One kind of pages: the cookie's name and the path below which it is sent."""

    name: str
    path: str

    @property
    def token(self) -> str:
        """What this request holds, good or not; empty without one."""
        return cookies.read(self.name)

    async def caller(self) -> Caller:
        """Who asks; rights are read anew with every request. Raises Unauthenticated."""
        token = self.token
        if not token:
            raise Unauthenticated
        return Caller(token, await sessions.bearer(token))

    def give(self, response: Response, opened: SignedIn, seconds: int | None = None) -> None:
        """Hand a session to the browser; without `seconds` it is forgotten when the browser is closed."""
        cookies.give(response, self.name, opened.token, self.path, seconds)

    def drop(self, response: Response) -> None:
        cookies.drop(response, self.name, self.path)


EMPLOYER: Final = SessionCookie("wq_emp", "/employer")
