"""Room: the one way to the API. Every call carries the user's own token; what the API refuses is a `Problem`.

Streamlit runs scripts in threads, so this client is synchronous; the connections are shared by all sessions.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx

TIMEOUT = httpx.Timeout(20.0, connect=3.0)
PART = 1024 * 1024
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")


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


@dataclass(frozen=True)
class Found:
    """A file. `named`: its Content-Disposition, as the API gave it."""

    body: bytes = field(repr=False)
    named: str
    media: str = "application/octet-stream"


def _unreachable() -> Problem:
    return Problem(503, "unreachable", "暂时连不上服务，请稍后再试。")


def _unanswered() -> Problem:
    """Nobody knows whether it was done; asking again with the same key tells."""
    return Problem(503, "unanswered", "没有收到服务的答复，请再次提交；同一操作重复提交也只会办理一次。")


def _garbled(status: int) -> Problem:
    return Problem(status, "internal", "系统暂时出错，请稍后再试。")


def api_url() -> str:
    return os.environ.get("WQ_API_URL", "http://127.0.0.1:8000").rstrip("/")


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return httpx.Client(base_url=api_url(), timeout=TIMEOUT, limits=httpx.Limits(max_connections=50))


@lru_cache(maxsize=1)
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="reader")


@lru_cache(maxsize=1)
def _catalog_cache() -> dict[str, Any]:
    return {"etag": "", "body": {}}


_regions: dict[str, str] = {}


def intention(*parts: Any) -> str:
    """An idempotency key for what a user wants: the same wish about the same version is the same act.

    Made from the wish itself, so that it survives a lost connection, a second click and a reloaded page; changed
    answers are another wish.
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Client:
    """The API as one signed-in user."""

    token: str

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        asked = {k: v for k, v in params.items() if v not in (None, "", [])}
        return self._call("GET", path, params=asked)

    def together(self, *asked: tuple[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Several reads at once, each a path with its parameters, in their order. Raises the first Problem of them."""
        return list(_readers().map(lambda one: self.get(one[0], **one[1]), asked))

    def listed(self, what: str, **filters: Any) -> dict[str, Any]:
        """A page of a list (`queues/signing`, `graduates`). A number goes in a body: addresses end up in logs."""
        asked = {k: v for k, v in filters.items() if v not in (None, "", [])}
        if "id_number" not in asked:
            return self._call("GET", f"/v1/{what}", params=asked)
        return self._call("POST", f"/v1/search/{what}", repeatable=True, json=asked)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._call("POST", path, json=None if body is None else dict(body))

    def file(self, path: str) -> Found:
        """A file, whole."""
        return _found(_sent("GET", path, repeatable=True, headers=self._signed()))

    def agreements(self, numbers: Sequence[str]) -> Found:
        """The files of several agreements in one."""
        answer = _sent(
            "POST",
            "/v1/agreements/archive",
            repeatable=True,
            headers=self._signed(),
            json={"numbers": list(numbers)},
        )
        return _found(answer)

    def roster(self, content: bytes, cohort: int, *, mode: str, moves: str) -> dict[str, Any]:
        """Hand a roster file in: `{job}`. Sent once: a second file would be a second import."""
        headers = {"Content-Type": "application/octet-stream"}
        asked = {"cohort": cohort, "mode": mode, "moves": moves}
        return self._call("POST", "/v1/roster/imports", params=asked, content=content, headers=headers)

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """A file sent whole, in the parts that the API takes; its state, with the fault if it was refused."""
        begun = self.post("/v1/files", {"name": name, "total": len(content)})
        state: dict[str, Any] = begun
        for offset in range(0, len(content), PART):
            headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            part = content[offset : offset + PART]
            state = self._call("PATCH", f"/v1/files/{begun['id']}", content=part, headers=headers)
        return state

    def put(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._call("PUT", path, json=dict(body))

    def delete(self, path: str) -> dict[str, Any]:
        return self._call("DELETE", path)

    def bulk(
        self, flow: str, action: str, items: Sequence[Mapping[str, Any]], form: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One action on several records as they were shown, each decided by itself: `{results}`."""
        key = intention("bulk", flow, action, list(items), dict(form))
        body = {"items": list(items), "form": dict(form)}
        return self._call("POST", f"/v1/{flow}/bulk/{action}", json=body, headers={"Idempotency-Key": key})

    def act(self, flow: str, record_id: str, action: str, form: Mapping[str, Any], version: int) -> dict[str, Any]:
        """One act on a record as it was shown. Asked again with the same form it gives the same answer."""
        key = intention(flow, record_id, action, version, dict(form))
        return self._call(
            "POST",
            f"/v1/{flow}/{record_id}/actions/{action}",
            json={"form": dict(form)},
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
            raise _unreachable() from None
        if answer.status_code == httpx.codes.OK:
            kept.update(etag=answer.headers.get("ETag", ""), body=_read(answer))
        if not kept["body"]:
            raise _garbled(502)
        return dict(kept["body"])

    def regions(self) -> Mapping[str, str]:
        """Code → name; the table is too long for the catalogue and asked for once."""
        if not _regions:
            _regions.update(self.get("/v1/catalog/codes/region"))
        return _regions

    def region(self, code: str) -> str:
        return str(self.regions().get(code, code))

    def _call(self, method: str, path: str, *, repeatable: bool = False, **parts: Any) -> dict[str, Any]:
        headers = {**self._signed(), **parts.pop("headers", {})}
        harmless = repeatable or method == "GET" or "Idempotency-Key" in headers
        return _read(_sent(method, path, repeatable=harmless, headers=headers, **parts))

    def _signed(self) -> dict[str, str]:
        if not _TOKEN.fullmatch(self.token):  # a cookie that we never set
            raise Problem(401, "unauthenticated", "登录已失效，请重新登录。")
        return {"Authorization": f"Bearer {self.token}"}


def _sent(method: str, path: str, *, repeatable: bool, **parts: Any) -> httpx.Response:
    """A kept connection may have been closed by a restarted service: what does no harm twice is sent once more."""
    lost = _unreachable() if method == "GET" else _unanswered()
    try:
        return _http().request(method, path, **parts)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise _unreachable() from None
    except httpx.TimeoutException:
        raise lost from None
    except httpx.HTTPError:
        if not repeatable:
            raise lost from None
        return _sent(method, path, repeatable=False, **parts)


def guide() -> Found:
    """The operating guide for staff, which everybody may have. Raises Problem."""
    return _found(_sent("GET", "/guides/staff.pdf", repeatable=True))


def _found(answer: httpx.Response) -> Found:
    if not answer.is_success:
        _read(answer)  # raises what the API said
    named, media = answer.headers.get("Content-Disposition", "attachment"), answer.headers.get("Content-Type", "")
    return Found(answer.content, named, media)


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _garbled(502 if answer.is_success else answer.status_code)
    if answer.is_success:
        return body
    code, detail = body.get("code", "internal"), body.get("detail") or _garbled(0).detail
    raise Problem(answer.status_code, code, detail, body)


def sign_in(username: str, password: str, address: str, code: str = "") -> dict[str, Any]:
    """Open a session: `{token, …}`. `address`: the browser's, which the sign-in limit counts by; `code`: of the
    authenticator, where the account has a second factor. Raises Problem.
    """
    body = {"kind": "staff", "username": username, "password": password, **({"code": code} if code else {})}
    return _read(_sent("POST", "/v1/sessions", repeatable=False, json=body, headers={"X-Forwarded-For": address}))
