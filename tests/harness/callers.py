"""Room: people who call the JSON interface in tests: a client, with the credential of one of them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any, Final

import httpx

from models import kit
from models.tables import Binding
from tests.harness import conformity
from tests.harness.world import PASSWORD, Desk, Firm, Person, World
from workflows.commands import sessions

IN_CLEAR: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""`verify` of clients that speak to this machine only, in clear: to read whom one may trust takes 20 ms each time."""


@dataclass(frozen=True, slots=True)
class Api:
    """One caller. Every answer must keep to the OpenAPI document; nothing is raised for a refusal."""

    client: httpx.AsyncClient
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """`headers` by their names with underscores: `If_Match='"1"'`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        answer = await self.client.request(method, path, json=body, headers=sent)
        conformity.check(answer)
        return answer

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.call("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.call("POST", path, body, **headers)

    async def put(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.call("PUT", path, body, **headers)

    async def create(self, flow: str, action: str, form: dict[str, Any], key: str = "") -> httpx.Response:
        body = {"action": action, "form": form}
        return await self.post(f"/v1/{flow}", body, Idempotency_Key=key or fresh_key())

    async def act(
        self, path: str, action: str, version: int, form: dict[str, Any] | None = None, key: str = ""
    ) -> httpx.Response:
        """`path`: of the record."""
        headers = {"If_Match": f'"{version}"', "Idempotency_Key": key or fresh_key()}
        return await self.post(f"{path}/actions/{action}", {"form": form or {}}, **headers)

    async def sign_in(self, who: Desk | Firm) -> Api:
        """The same client with a credential, had with name and password."""
        kind = "staff" if isinstance(who, Desk) else "employer"
        body = {"kind": kind, "username": who.username, "password": PASSWORD}
        answer = await self.post("/v1/sessions", body)
        assert answer.status_code == 201, answer.text
        return Api(self.client, answer.json()["token"])

    async def as_graduate(self, world: World, person: Person) -> Api:
        """With the credential of a graduate whose WeChat account is bound."""
        opened = await sessions.open_graduate_session(await bind(world, person))
        return Api(self.client, opened.token)


async def bind(world: World, person: Person) -> Any:
    """A live binding of an invented WeChat account; its id."""
    row = await Binding.get_or_none(graduate_id=person.id, ended_at=None)
    if row is None:
        now = kit.now()
        row = await Binding.create(
            id=kit.new_id(),
            school_id=world.school_id,
            graduate_id=person.id,
            cohort=world.cohort,
            openid=f"o{kit.new_id().hex[-27:]}",
            bound_at=now,
            chosen_at=now,
        )
    return row.id


def fresh_key() -> str:
    return f"key-{kit.new_id()}"
