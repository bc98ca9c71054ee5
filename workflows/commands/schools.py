"""Room: putting a school on the platform (roles.md, Roles)."""

from __future__ import annotations

import re
from uuid import UUID

from models.kit import fold, new_id
from models.parties import Party
from models.tables import Province, School
from workflows.actors import own_province, require_write
from workflows.commands import Book, command
from workflows.commands.filled import one_fault
from workflows.errors import Fault, InvalidForm, NotFound
from workflows.journal import school_chain


@command(clashes={"schools_code": lambda: one_fault("code", "taken", "该学校代码已经在平台上使用。")})
async def create_school(book: Book, code: str, name: str, province_id: UUID | None = None) -> UUID:
    """A school of the province (the province itself, or the operator who names one). `code`: five digits.

    Raises Forbidden, ReadOnly, NotFound (no such province), InvalidForm.
    """
    require_write(book.actor, Party.PROVINCE)
    province = own_province(book.actor, province_id)
    if not await Province.filter(id=province).exists():
        raise NotFound
    code, name = fold(code), fold(name)
    faults = []
    if not re.fullmatch(r"[0-9]{5}", code):
        faults.append(Fault("code", "bad_format", "学校代码应为 5 位数字。"))
    if not 2 <= len(name) <= 80:
        faults.append(Fault("name", "bad_length", "学校名称应为 2 至 80 个字。"))
    if faults:
        raise InvalidForm(faults)
    school = School(id=new_id(), province_id=province, code=code, name=name)
    await school.save()
    book.note(school_chain(school.id), "school", school.id, "create_school", code=code, name=name)
    return school.id
