"""Room: which actions can be taken in the chat: those whose form asks nothing but a tick, a reason, some words. Pure.

All others have a page. Nothing is listed by name: a form that asks more tomorrow leads to its page tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.fields import Field, Form, Kind


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked before the number. `ticks`: what the number itself says yes to."""

    ticks: tuple[str, ...]
    reason: Field | None
    words: Field | None

    def form(self, reason: str = "", text: str = "") -> dict[str, Any]:
        """What was answered, as the act reads it."""
        found: dict[str, Any] = dict.fromkeys(self.ticks, True)
        if self.reason is not None and reason:
            found[self.reason.name] = reason
        if self.words is not None and text:
            found[self.words.name] = text
        return found


def asked(form: Form) -> Asked | None:
    """None: the form asks more than can be answered here."""
    ticks: list[str] = []
    reason = words = None
    for field in form.fields:
        if not (field.required or field.required_when) or field.prefilled or field.default is not None:
            continue
        if field.must_hold:
            ticks.append(field.name)
        elif field.kind is Kind.CODE and reason is None:
            reason = field
        elif field.kind is Kind.LONG_TEXT and words is None:
            words = field
        else:
            return None
    return Asked(tuple(ticks), reason, words)


def given_words(form: Form, given: Mapping[str, Any]) -> str:
    """The words among the answers."""
    found = asked(form)
    return str(given.get(found.words.name, "")) if found and found.words else ""
