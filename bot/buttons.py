"""Room: buttons: what a menu key, a numbered choice or a word comes to, as a typed payload packed into a short text.

A payload is a frozen dataclass with a prefix of its own. Its fields are ids, numbers, or words of a stated length,
so that every payload fits a menu key (128 bytes) by construction: one that might not is refused when it is declared.
What is unpacked was typed or stored by somebody: whatever is not exactly a payload of ours is no payload.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, dataclass_transform, get_args, get_origin, get_type_hints
from uuid import UUID

LIMIT = 128  # bytes of a menu key
_SEPARATOR = ":"
_PREFIX = re.compile(r"[a-z]{1,8}").fullmatch
_WORD = re.compile(r"[A-Za-z0-9_-]*").fullmatch
_DIGITS = re.compile(r"[0-9]+").fullmatch
_ID_LENGTH = 22

T = TypeVar("T", bound="Button")


class ButtonError(ValueError):
    """A payload that is declared or filled wrongly; a mistake of ours, never of a person."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a field may be: characters of a word, digits of a number."""

    most: int


class Button:
    """Base of all payloads; see `button`."""

    __slots__ = ()

    def pack(self) -> str:
        """`prefix:field:field`. Raises ButtonError for a value that does not fit its field."""
        shape = _shape(type(self))
        values = [f.pack(getattr(self, f.name)) for f in shape.fields]
        return _SEPARATOR.join((shape.prefix, *values))


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: type
    most: int

    def pack(self, value: Any) -> str:
        if not isinstance(value, self.kind) or isinstance(value, bool):  # drivers bring ids of a subclass
            raise ButtonError(f"{self.name} takes {self.kind.__name__}, not {type(value).__name__}")
        if isinstance(value, UUID):
            return base64.urlsafe_b64encode(value.bytes).decode().rstrip("=")
        text = str(value)
        fits = _WORD(text) if self.kind is str else _DIGITS(text)
        if len(text) > self.most or not fits:
            raise ButtonError(f"{self.name} does not fit: {text[:40]!r}")
        return text

    def unpack(self, text: str) -> Any:
        """The value; None for a text that `pack` cannot have made."""
        if self.kind is UUID:
            return _read_id(text)
        if len(text) > self.most:
            return None
        if self.kind is int:
            return int(text) if text.isascii() and _DIGITS(text) and (text == "0" or text[0] != "0") else None
        return text if text.isascii() and _WORD(text) else None


def _read_id(text: str) -> UUID | None:
    if len(text) != _ID_LENGTH or not _WORD(text):
        return None
    try:
        found = UUID(bytes=base64.urlsafe_b64decode(text + "=="))
    except (binascii.Error, ValueError):
        return None
    return found if base64.urlsafe_b64encode(found.bytes).decode().rstrip("=") == text else None


@dataclass(frozen=True, slots=True)
class _Shape:
    prefix: str
    kind: type[Button]
    fields: tuple[_Field, ...]

    @property
    def most(self) -> int:
        return len(self.prefix) + sum(f.most + 1 for f in self.fields)


_BY_PREFIX: dict[str, _Shape] = {}
_BY_KIND: dict[type[Button], _Shape] = {}


@dataclass_transform(frozen_default=True)
def button(prefix: str) -> Callable[[type[T]], type[T]]:
    """Declare a payload: `@button("show") class Show(Button): record: UUID`.

    Words and numbers name their length: `page: Annotated[int, Length(3)]`. Raises ButtonError at once for a prefix
    that is taken or malformed, a type that has no packed form, a length that is missing, or too long a whole.
    """

    def declare(cls: type[T]) -> type[T]:
        if not _PREFIX(prefix):
            raise ButtonError(f"{prefix!r} is no prefix: 1 to 8 small letters")
        if prefix in _BY_PREFIX:
            raise ButtonError(f"the prefix {prefix!r} belongs to {_BY_PREFIX[prefix].kind.__name__}")
        if not issubclass(cls, Button):
            raise ButtonError(f"{cls.__name__} is no Button")
        made: type[T] = dataclass(frozen=True)(cls)
        hints = get_type_hints(made, include_extras=True)
        fields = tuple(_field(f.name, hints[f.name]) for f in dataclasses.fields(made))  # type: ignore[arg-type]  # made a dataclass two lines above
        shape = _Shape(prefix, made, fields)
        if shape.most > LIMIT:
            raise ButtonError(f"{cls.__name__} may take {shape.most} bytes, a menu key has {LIMIT}")
        _BY_PREFIX[prefix] = _BY_KIND[made] = shape
        return made

    return declare


def _field(name: str, hint: Any) -> _Field:
    if hint is UUID:
        return _Field(name, UUID, _ID_LENGTH)
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    length = next((note.most for note in notes if isinstance(note, Length)), 0)
    if kind not in (str, int):
        raise ButtonError(f"{name}: {hint} has no packed form")
    if length < 1:
        raise ButtonError(f"{name}: a word or number names its length")
    return _Field(name, kind, length)


def _shape(kind: type[Button]) -> _Shape:
    try:
        return _BY_KIND[kind]
    except KeyError:
        raise ButtonError(f"{kind.__name__} was not declared with @button") from None


def field_names(kind: type[Button]) -> tuple[str, ...]:
    """The names of a payload's fields, in order. Raises ButtonError for a class that is none."""
    return tuple(f.name for f in _shape(kind).fields)


def values_of(payload: Button) -> Mapping[str, Any]:
    return {name: getattr(payload, name) for name in field_names(type(payload))}


def unpack(text: str) -> Button | None:
    """The payload of a packed text; None for anything else (typed, cut, or of an older release)."""
    prefix, *parts = text.split(_SEPARATOR)
    shape = _BY_PREFIX.get(prefix)
    if shape is None or len(parts) != len(shape.fields) or len(text) > LIMIT:
        return None
    values = [f.unpack(part) for f, part in zip(shape.fields, parts, strict=True)]
    return None if any(value is None for value in values) else shape.kind(*values)


# --- the payloads of this account ----------------------------------------------------------------


@button("t")
class Topic(Button):
    """A word of the chat, whichever way it was said: typed, tapped in the menu, chosen by number."""

    name: Annotated[str, Length(16)]


@button("show")
class Show(Button):
    """Show one record with what can be done to it."""

    record: UUID


@button("do")
class Do(Button):
    """Begin an action on a record; nothing is done before it is confirmed."""

    record: UUID
    action: Annotated[str, Length(24)]


@button("why")
class Why(Button):
    """A reason was chosen for an action; `other` asks for a text."""

    record: UUID
    action: Annotated[str, Length(24)]
    reason: Annotated[str, Length(24)]


@button("list")
class Listing(Button):
    """A page of a list, counted from 1."""

    name: Annotated[str, Length(16)]
    page: Annotated[int, Length(3)]


@button("unbind")
class Unbind(Button):
    """Yes, end this binding."""

    binding: UUID


@button("help")
class Help(Button):
    """Show one entry of the help texts."""

    entry: Annotated[str, Length(24)]


@button("ask")
class Question(Button):
    """The next text is a question to the desk about this record; the nil id stands for none."""

    record: UUID


@button("join")
class Join(Button):
    """The next number binds by this scanned QR code: the one beside it (`number`), or the one sent by SMS (`code`)."""

    scene: Annotated[str, Length(24)]
    step: Annotated[str, Length(6)]


@button("again")
class Resend(Button):
    """Send the code of a scanned QR code once more."""

    scene: Annotated[str, Length(24)]


@button("choose")
class Choose(Button):
    """From now on speak about this binding's cohort."""

    binding: UUID
