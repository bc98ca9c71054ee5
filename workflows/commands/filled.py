"""Room: how a command reads its form: clean values or every fault at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from workflows.errors import Fault, InvalidForm
from workflows.forms import FORMS, validate


def filled(name: str, data: Mapping[str, Any], beside: Sequence[Fault] = (), **facts: Any) -> dict[str, Any]:
    """The clean values of the form `name`. `beside`: faults of what is asked with it and is no field of it.

    Raises InvalidForm with all faults.
    """
    clean, faults = validate(FORMS[name], data, facts)
    if faults or beside:
        raise InvalidForm((*faults, *beside))
    return clean


def reasoned(text: str, what: str = "原因") -> str:
    """The reason for an act that has no form of the flows, without spaces around it. Raises InvalidForm.

    `what`: how the reason is called.
    """
    reason = text.strip()
    if not 5 <= len(reason) <= 300:
        fault("reason", "bad_length", f"{what}应为 5 至 300 个字。")
    return reason


def one_fault(path: str, code: str, message: str) -> InvalidForm:
    """The refusal for one field that only the database can judge."""
    return InvalidForm((Fault(path, code, message),))


def fault(path: str, code: str, message: str) -> NoReturn:
    """Raise `one_fault`."""
    raise one_fault(path, code, message)
