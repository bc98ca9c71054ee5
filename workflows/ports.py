"""Room: the three calls outward that a request may make itself (contracts 9), as protocols.

Everything else that leaves the house goes through the outbox. The clients stand in `notifier/clients`; `api/app.py`
puts them in place. Faults come back as values: the caller shows a sentence and the request goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

IN_OPERATION: Final = frozenset({"存续", "在业", "开业"})
"""Registration states in which an enterprise may employ (contracts 9)."""


class OutsideFault(StrEnum):
    """Why a call outward gave no answer to work with."""

    UNAVAILABLE = "unavailable"
    """No usable answer in time; trying later may help."""
    CODE_SPENT = "code_spent"
    """The sign-in code is used, old or invented: begin the sign-in again, once."""
    NOT_FOUND = "not_found"
    """The other side answered and knows no such thing."""


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Who opened a page inside WeChat. `snapshot`: a virtual visitor, who must never be bound or act."""

    openid: str
    snapshot: bool


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One enterprise as the national credit registry shows it."""

    uscc: str
    name: str
    status: str
    checked_at: datetime

    @property
    def in_operation(self) -> bool:
        return self.status in IN_OPERATION


@dataclass(frozen=True, slots=True)
class Held:
    """What the EMS holds of one graduate; None where it holds nothing."""

    graduate: dict[str, Any] | None
    destination: dict[str, Any] | None
    locked: bool


class Upstream(Protocol):
    """The EMS, asked by the notifier's jobs, never inside a request."""

    async def lookup(self, school: str, cohort: int, id_number: str) -> Held | OutsideFault: ...


@dataclass(frozen=True, slots=True)
class SceneCode:
    """A QR code: draw `url`; following or scanning it brings the scene back in an event. `expires_at` None: never."""

    scene: str
    ticket: str
    url: str
    expires_at: datetime | None


class WebSignIn(Protocol):
    """WeChat web sign-in, scope `snsapi_base`."""

    async def exchange(self, code: str) -> WebIdentity | OutsideFault: ...


class Registry(Protocol):
    """The credit-status service. Answers within two seconds or gives `UNAVAILABLE`."""

    async def status(self, uscc: str) -> RegistryEntry | OutsideFault: ...

    async def find(self, name: str) -> RegistryEntry | OutsideFault: ...


class SceneQr(Protocol):
    """QR codes of the official account; `scene` is 1-64 letters, digits, `_`. Of lasting ones an account has few."""

    async def create(self, scene: str) -> SceneCode | OutsideFault: ...

    async def create_lasting(self, scene: str) -> SceneCode | OutsideFault: ...
