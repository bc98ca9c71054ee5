"""Room: the one way to the API. Every call carries the user's own token; what the API refuses is a `Problem`.

Streamlit runs scripts in threads, so this client is synchronous; the connections are shared by all sessions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx

TIMEOUT = httpx.Timeout(20.0, connect=3.0)


@dataclass
class Problem(Exception):
    """The API's refusal, or that it could not be reached (RFC 9457); `detail` is the sentence to show."""

    status: int
    code: str
    detail: str
    body: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.detail

    @property
    def faults(self) -> list[Mapping[str, str]]:
        return list(self.body.get("faults") or [])


UNREACHABLE = Problem(503, "unreachable", "暂时连不上服务，您的操作没有提交，请稍后再试。")


def api_url() -> str:
    return os.environ.get("WQ_API_URL", "http://127.0.0.1:8000").rstrip("/")


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(base_url=api_url(), timeout=TIMEOUT, limits=httpx.Limits(max_connections=50))


@lru_cache(maxsize=1)
def _catalog_cache() -> dict[str, Any]:
    return {"etag": "", "body": {}}


_regions: dict[str, str] = {}


def new_key() -> str:
    """An idempotency key: one per intention of the user, kept until the intention has been answered."""
    return str(uuid4())


@dataclass(frozen=True)
class Client:
    """The API as one signed-in user."""

    token: str

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        asked = {k: v for k, v in params.items() if v not in (None, "", [])}
        return self._call("GET", path, params=asked)

    def post(self, path: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
        return self._call("POST", path, json=dict(body), headers={"Idempotency-Key": key or new_key()})

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("PUT", path, json=dict(body))

    def delete(self, path: str) -> dict[str, Any]:
        return self._call("DELETE", path)

    def act(
        self, flow: str, record_id: str, action: str, form: Mapping[str, Any], version: int, key: str
    ) -> dict[str, Any]:
        """One act on a record as it was shown. Repeating it with the same key gives the same answer."""
        return self._call(
            "POST",
            f"/v1/{flow}/{record_id}/actions/{action}",
            json=dict(form),
            headers={"If-Match": f'"{version}"', "Idempotency-Key": key},
        )

    def catalog(self) -> dict[str, Any]:
        """Labels, flows, forms, codes; asked again with its ETag, so a new release shows without a restart."""
        kept = _catalog_cache()
        try:
            answer = _http().get(
                "/v1/catalog", headers={"If-None-Match": kept["etag"], "Authorization": f"Bearer {self.token}"}
            )
        except httpx.HTTPError:
            if kept["body"]:
                return dict(kept["body"])
            raise UNREACHABLE from None
        if answer.status_code == httpx.codes.OK:
            kept.update(etag=answer.headers.get("ETag", ""), body=answer.json())
        return dict(kept["body"])

    def region(self, code: str) -> str:
        """The name of a region; the table is too long for the catalogue and asked for once."""
        if not _regions:
            _regions.update(self.get("/v1/catalog/codes/region"))
        return str(_regions.get(code, code))

    def _call(self, method: str, path: str, **parts: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", **parts.pop("headers", {})}
        try:
            answer = _http().request(method, path, headers=headers, **parts)
        except httpx.HTTPError:
            raise UNREACHABLE from None
        return _read(answer)


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {}
    if answer.is_success:
        return body if isinstance(body, dict) else {"items": body}
    detail = body.get("detail") or "系统暂时出错，请稍后再试。"
    raise Problem(answer.status_code, body.get("code", "internal"), detail, body)


def sign_in(username: str, password: str, address: str) -> dict[str, Any]:
    """Open a session: `{token, …}`. Raises Problem."""
    try:
        answer = _http().post(
            "/v1/sessions",
            json={"kind": "staff", "username": username, "password": password},
            headers={"X-Forwarded-For": address},
        )
    except httpx.HTTPError:
        raise UNREACHABLE from None
    return _read(answer)
