"""Room: what a province decides for its schools: agreement type, modules (roles.md; guide chapters 3 and 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.codes import REGION, table
from models.db import fetch_value
from models.kit import new_id
from models.parties import AgreementType, Module, Party
from models.tables import Province, ProvinceSettings, School, SchoolModule, SigningSettings
from workflows.actors import own_province, require, require_place, require_write
from workflows.commands import Book, command
from workflows.commands.filled import fault, filled, one_fault
from workflows.errors import NotFound, Refused
from workflows.flows import FLOWS
from workflows.journal import PLATFORM_CHAIN, province_chain, school_chain

TYPE_FROZEN = "已有学校提交了本届签约设置，协议类型不能再修改。"
CHANGED_MEANWHILE = "该设置刚刚由其他账号保存，请刷新后查看。"
MODULE_IN_USE = "该模块在本届已有 {count} 条记录，不能关闭。"


@command(clashes={"provinces_code": lambda: one_fault("code", "taken", "该省份已经开通。")})
async def create_province(book: Book, code: str, name: str = "") -> UUID:
    """Put a province on the platform (operator). `code`: GB/T 2260, `110000`; the name comes from the table.

    Raises Forbidden, InvalidForm (unknown code, or there already).
    """
    require(book.actor)
    if code not in table(REGION) or not code.endswith("0000"):
        fault("code", "unknown_code", "请填写省级行政区划代码，例如 110000。")
    province = Province(id=new_id(), code=code, name=name or table(REGION).label(code))
    await province.save()
    book.note(PLATFORM_CHAIN, "province", province.id, "create_province", code=code, name=province.name)
    return province.id


@command(clashes={"uid_province_se": lambda: Refused(CHANGED_MEANWHILE, guard="changed_meanwhile")})
async def choose_agreement_type(
    book: Book, cohort: int, agreement_type: AgreementType, province_id: UUID | None = None
) -> None:
    """两方 or 三方 for one cohort; frozen once any school of the province has submitted its settings.

    Raises Forbidden, ReadOnly, NotFound, Refused (`type_frozen`).
    """
    require_write(book.actor, Party.PROVINCE)
    check_cohort(cohort)
    province = own_province(book.actor, province_id)
    if not await Province.filter(id=province).exists():
        raise NotFound
    # Locked against a school that is submitting just now: it takes the same row, shared.
    row = await ProvinceSettings.filter(province_id=province, cohort=cohort).select_for_update().first()
    before = row.agreement_type if row else ""
    if row is None:
        row = ProvinceSettings(id=new_id(), province_id=province, cohort=cohort)
    elif before != agreement_type and await _submitted(province, cohort):
        raise Refused(TYPE_FROZEN, guard="type_frozen")
    row.agreement_type = str(agreement_type)
    row.decided_at = book.now
    await row.save()
    book.note(
        province_chain(province),
        "province",
        province,
        "choose_agreement_type",
        cohort=cohort,
        before=before,
        after=str(agreement_type),
    )


async def _submitted(province_id: UUID, cohort: int) -> bool:
    schools = await School.filter(province_id=province_id).values_list("id", flat=True)
    return await SigningSettings.filter(school_id__in=schools, cohort=cohort).exists()


@command(clashes={"uid_school_modu": lambda: Refused(CHANGED_MEANWHILE, guard="changed_meanwhile")})
async def open_module(book: Book, school_id: UUID, cohort: int, module: Module) -> None:
    """Open a module for one school and cohort; opening an open one changes nothing. Raises Forbidden, NotFound."""
    school = await _own_school(book, school_id)
    check_cohort(cohort)
    await _switch(book, school, cohort, module, opened=True)


@command(clashes={"uid_school_modu": lambda: Refused(CHANGED_MEANWHILE, guard="changed_meanwhile")})
async def close_module(book: Book, school_id: UUID, cohort: int, module: Module) -> None:
    """Close it again. Raises Forbidden, NotFound, Refused (`module_unused`, with the count of records)."""
    school = await _own_school(book, school_id)
    # Acts share this lock, so an act that is under way is counted.
    await SigningSettings.filter(school_id=school.id, cohort=cohort).select_for_update().first()
    flows = [str(f.flow) for f in FLOWS.values() if f.module is module]
    count = await fetch_value(
        "SELECT count(*) FROM records WHERE school_id = $1 AND cohort = $2 AND flow = ANY($3)", school.id, cohort, flows
    )
    if count:
        raise Refused(MODULE_IN_USE.format(count=count), guard="module_unused", count=count)
    await _switch(book, school, cohort, module, opened=False)


async def _own_school(book: Book, school_id: UUID) -> School:
    require_write(book.actor, Party.PROVINCE)
    school = await School.get_or_none(id=school_id).select_related("province")
    if school is None:
        raise NotFound
    require_place(book.actor, school.province.id)
    return school


async def _switch(book: Book, school: School, cohort: int, module: Module, *, opened: bool) -> None:
    row = await SchoolModule.filter(school_id=school.id, cohort=cohort, module=str(module)).select_for_update().first()
    if row is None:
        row = SchoolModule(id=new_id(), school_id=school.id, cohort=cohort, module=str(module))
    row.open = opened
    await row.save()
    action = "open_module" if opened else "close_module"
    book.note(school_chain(school.id), "school", school.id, action, cohort=cohort, module=str(module))


def check_cohort(cohort: int) -> None:
    """A cohort is a year; anything else is a slip of the keyboard. Raises InvalidForm."""
    if not 2000 <= cohort <= 2100:
        fault("cohort", "out_of_range", "届次应为四位年份，例如 2027。")


@command()
async def set_employer_desk(book: Book, form: Mapping[str, Any], province_id: UUID | None = None) -> None:
    """Whom the employers of a province call (form `employer_desk`); with neither, only its name is shown.

    Raises Forbidden, ReadOnly, InvalidForm.
    """
    require_write(book.actor, Party.PROVINCE)
    province = own_province(book.actor, province_id)
    clean = filled("employer_desk", form)
    phone, hours = clean.get("phone", ""), clean.get("hours", "")
    await Province.filter(id=province).update(desk_phone=phone, desk_hours=hours)
    book.note(province_chain(province), "province", province, "set_employer_desk", hours=hours)
