"""Room: which handler answers what. Filters look at what was heard and hand their arguments to the handler.

A handler is `async def (turn, **arguments) -> Say`. It may ask the rules and act through them; it holds no connection
to save by and no channel to send by: what it returns is rendered, kept and sent by others. A handler whose parameters
are not exactly what its filter hands over, a second handler for the same thing, a filter that can never match: each is
refused when it is registered, which is when the process starts.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.buttons import Button, Topic, field_names, values_of
from bot.messages import Inbound
from bot.words import TOPICS
from workflows.actors import Actor
from workflows.queries.chat import Person


class RouterError(Exception):
    """A registration that makes no sense; raised at import."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message comes to. At most one of these is filled, in this order of weight.

    `event`: something happened. `pressed`: a payload, however it was said. `asked`: a question that we had put, and
    `text` answers it. `number`: digits that are no live choice. `text` alone: not understood.
    """

    event: str = ""
    pressed: Button | None = None
    asked: Button | None = None
    number: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """A numbered choice; without a label its line stands in the blocks already."""

    label: str
    button: Button


@dataclass(frozen=True, slots=True)
class Say:
    """What is answered. `blocks` may be shortened at the end when they are too long, everything else stays.

    `options` are numbered from 1 for ten minutes; `more` is the next page; `ask`: the next text answers this.
    `silent`: nothing is shown.
    """

    blocks: tuple[str, ...]
    options: tuple[Option, ...] = ()
    more: Button | None = None
    ask: Button | None = None
    closing: str = ""
    silent: bool = False


NOTHING = Say((), silent=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message with what a handler may look at. `person` is None for a WeChat account that nobody has bound."""

    inbound: Inbound
    heard: Heard
    person: Person | None = None

    @property
    def known(self) -> Person:
        """The graduate; only for handlers that are closed to strangers."""
        if self.person is None:
            raise LookupError("a handler for strangers asked for the person")
        return self.person

    @property
    def actor(self) -> Actor:
        return self.known.actor

    @property
    def openid(self) -> str:
        return self.inbound.sender

    @property
    def once(self) -> str:
        return self.inbound.once


Handler = Callable[..., Awaitable[Say]]


class Filter(Protocol):
    """`names`: the arguments that it hands over. `key`: what two handlers may not share."""

    @property
    def names(self) -> frozenset[str]: ...

    @property
    def key(self) -> tuple[Any, ...]: ...

    def match(self, heard: Heard) -> Mapping[str, Any] | None: ...


class Pressed:
    """A payload of this kind, with these fields; the other fields are handed over."""

    def __init__(self, kind: type[Button], **fixed: Any) -> None:
        names = field_names(kind)
        if strange := set(fixed) - set(names):
            raise RouterError(f"{kind.__name__} has no field {sorted(strange)}")
        self.kind = kind
        self.fixed = fixed
        self.names = frozenset(names) - fixed.keys()
        self.key = (kind, *sorted(fixed.items()))

    def match(self, heard: Heard) -> Mapping[str, Any] | None:
        if type(heard.pressed) is not self.kind:
            return None
        values = dict(values_of(heard.pressed))
        if any(values[name] != value for name, value in self.fixed.items()):
            return None
        return {name: values[name] for name in self.names}


def said(topic: str) -> Pressed:
    """A topic of the word table, whichever way it was said."""
    if topic not in TOPICS:
        raise RouterError(f"no words for the topic {topic!r}")
    return Pressed(Topic, name=topic)


class Replied:
    """A text that answers a question of ours; its payload's fields and the text are handed over."""

    def __init__(self, kind: type[Button], **fixed: Any) -> None:
        self._pressed = Pressed(kind, **fixed)
        self.names = self._pressed.names | {"text"}
        self.key = ("replied", *self._pressed.key)

    def match(self, heard: Heard) -> Mapping[str, Any] | None:
        values = self._pressed.match(Heard(pressed=heard.asked))
        return None if values is None else {**values, "text": heard.text}


class Happened:
    """An event of the platform, by its name in small letters."""

    def __init__(self, event: str) -> None:
        if event != event.lower() or not event:
            raise RouterError(f"events are written in small letters: {event!r}")
        self.event = event
        self.names: frozenset[str] = frozenset()
        self.key = ("event", event)

    def match(self, heard: Heard) -> Mapping[str, Any] | None:
        return {} if heard.event == self.event else None


class Digits:
    """A number that is no live choice; handed over as `number`."""

    names: frozenset[str] = frozenset({"number"})
    key = ("digits",)

    def match(self, heard: Heard) -> Mapping[str, Any] | None:
        return {"number": heard.number} if heard.number else None


class Unclear:
    """What no other filter takes; handed over as `text`."""

    names: frozenset[str] = frozenset({"text"})
    key = ("unclear",)

    def match(self, heard: Heard) -> Mapping[str, Any] | None:
        return {"text": heard.text}


@dataclass(slots=True)
class Router:
    """The table of handlers. `stranger`: what a WeChat account that nobody has bound is answered."""

    _routes: list[tuple[Filter, Handler, bool]] = field(default_factory=list)
    _stranger: Handler | None = None

    def on(self, *filters: Filter, strangers: bool = False) -> Callable[[Handler], Handler]:
        """Register a handler for each of the filters. Raises RouterError."""
        if not filters:
            raise RouterError("a handler needs a filter")

        def register(handler: Handler) -> Handler:
            for one in filters:
                _check(handler, one.names)
                if any(other.key == one.key for other, _, _ in self._routes):
                    raise RouterError(f"{handler.__name__}: {one.key} has a handler already")
                if any(isinstance(other, Unclear) for other, _, _ in self._routes):
                    raise RouterError(f"{handler.__name__} comes after the handler of everything else")
                self._routes.append((one, handler, strangers))
            return handler

        return register

    def stranger(self, handler: Handler) -> Handler:
        """Register what strangers are answered by handlers that are closed to them."""
        _check(handler, frozenset())
        if self._stranger is not None:
            raise RouterError("strangers have a handler already")
        self._stranger = handler
        return handler

    def include(self, other: Router) -> None:
        """Take over the handlers of another table. Raises RouterError for one that both have."""
        for one, handler, strangers in other._routes:
            self.on(one, strangers=strangers)(handler)
        if other._stranger is not None:
            self.stranger(other._stranger)

    async def answer(self, turn: Turn) -> Say:
        """The answer of the first handler whose filter matches."""
        for one, handler, strangers in self._routes:
            arguments = one.match(turn.heard)
            if arguments is None:
                continue
            if turn.person is None and not strangers:
                if self._stranger is None:
                    raise RouterError("nobody answers strangers")
                return await self._stranger(turn)
            return await handler(turn, **arguments)
        raise RouterError("nothing answers what is not understood")

    @property
    def topics(self) -> frozenset[str]:
        """The topics that have a handler (a test compares them with the words)."""
        return frozenset(
            one.fixed["name"] for one, _, _ in self._routes if isinstance(one, Pressed) and one.kind is Topic
        )


def _check(handler: Handler, names: frozenset[str]) -> None:
    if not inspect.iscoroutinefunction(handler):
        raise RouterError(f"{getattr(handler, '__name__', handler)} is not an async function")
    first, *rest = inspect.signature(handler).parameters.values()
    if first.name != "turn":
        raise RouterError(f"{handler.__name__}: the first parameter is `turn`")
    taken = {p.name for p in rest}
    if taken != names or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in rest):
        raise RouterError(f"{handler.__name__} takes {sorted(taken)}, its filter hands over {sorted(names)}")
