"""Room: whom graduates ask: telephone and hours per department, beside the school's own (roles.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.db import execute
from models.kit import new_id
from models.parties import Party
from models.tables import Desk, Graduate
from workflows.actors import own_school, require_write
from workflows.commands import Book, command
from workflows.commands.filled import fault, filled
from workflows.journal import school_chain

UNKNOWN = "学生名单中没有这个院系，请从名单中的院系里选择。"

_SET = """
INSERT INTO desks (id, school_id, department, phone, hours) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (school_id, department) DO UPDATE SET phone = EXCLUDED.phone, hours = EXCLUDED.hours"""


@command()
async def set_desk(book: Book, form: Mapping[str, Any]) -> None:
    """Set telephone and hours of one department (form `desk`); with neither, the school's serve again.

    Raises Forbidden, ReadOnly, InvalidForm (a department that the roster does not name).
    """
    require_write(book.actor, Party.SCHOOL)
    school_id = own_school(book.actor)
    clean = filled("desk", form)
    # As the roster writes it, full width and all: graduates find their desk by this text.
    department = str(form["department"]).strip()
    if not await Graduate.filter(school_id=school_id, department=department).exists():
        fault("department", "unknown_department", UNKNOWN)
    phone, hours = clean.get("phone", ""), clean.get("hours", "")
    if phone or hours:
        await execute(_SET, new_id(), school_id, department, phone, hours)
    else:
        await Desk.filter(school_id=school_id, department=department).delete()
    book.note(school_chain(school_id), "desk", school_id, "set_desk", department=department, hours=hours)
