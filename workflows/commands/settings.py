"""Room: 签约设置 and 协议经办人 of one school and cohort (roles.md, Signing settings; guide chapter 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models.db import fetch_row
from models.kit import new_id
from models.parties import Level, Module, Party, ReviewMode
from models.tables import Handler, Record, SigningSettings
from workflows.actors import own_school, require_level, require_write
from workflows.commands import Book, command
from workflows.commands.filled import filled
from workflows.commands.provinces import check_cohort
from workflows.errors import Refused, Stale
from workflows.journal import school_chain
from workflows.queries.settings import (
    ALL_LEVELS,
    MODE_COLUMNS,
    MODULE_CLOSED,
    NO_TYPE,
    level_label,
    open_modules,
    pending,
    uncovered,
)

IN_FLOW = "还有未办结的数据：{what}。全部办结后才能修改审核方式。"
NOT_COVERED = "以下院系和学历层次还没有可审核的院系账号：{what}。请先创建账号，再选择先院系再校级审核。"
ACTED = "本届已有毕业生或单位办理，在线签约不能再关闭。"
HANDLER_SET = "{levels}的协议经办人已经设置，不能再修改。"
HANDLER_SET_MEANWHILE = "协议经办人刚刚由其他账号设置，不能再修改，请刷新后查看。"

_LISTED = 20  # named ones in a sentence; the settings page shows all

# Shared with other schools, exclusive against the province's own choice (`provinces.choose_agreement_type`).
_FRAME = """
SELECT p.agreement_type, COALESCE((SELECT m.open FROM school_modules m
    WHERE m.school_id = sc.id AND m.cohort = p.cohort AND m.module = $3), FALSE) AS module_open
FROM province_settings p JOIN schools sc ON sc.province_id = p.province_id
WHERE sc.id = $1 AND p.cohort = $2 FOR SHARE OF p"""


# What holds for all levels, so that an account whose scope is one level confirms it (roles.md, Signing settings 4).
_FOR_ALL = ("open", *MODE_COLUMNS.values(), "termination_limit")


@command(clashes={"uid_settings": Stale})
async def submit_settings(
    book: Book, cohort: int, form: Mapping[str, Any], version: int | None = None, *, confirmed: bool = False
) -> int:
    """Submit or change the settings; the new version. `version`: the one the account looked at, None for the first.

    Raises Forbidden, ReadOnly, InvalidForm, Stale, Refused with guard `type_chosen`, `module_open`, `nothing_in_flow`,
    `departments_covered`, `nobody_acted`, and until `confirmed` `all_levels` for an account of one level.
    """
    require_write(book.actor, Party.SCHOOL)
    school_id = own_school(book.actor)
    check_cohort(cohort)
    clean = filled("signing_settings", form)
    await _check_frame(school_id, cohort)
    # Acts hold this row shared: an accept under way is either counted below or sees the new mode (Conventions 12).
    row = await SigningSettings.filter(school_id=school_id, cohort=cohort).select_for_update().first()
    if (row.version if row else None) != version:
        raise Stale
    before = _shown(row) if row else {}
    await _check_modes(school_id, cohort, row, clean)
    if row is not None and row.open_at is not None and not clean["open"]:
        await _check_nobody_acted(school_id, cohort)
    touched = any(before.get(name) != clean[name] for name in _FOR_ALL)
    if touched and book.actor.level is not Level.ALL and not confirmed:
        raise Refused(ALL_LEVELS, guard="all_levels")
    row = row or SigningSettings(id=new_id(), school_id=school_id, cohort=cohort, version=0)
    _apply(row, clean, book)
    await row.save()
    book.note(
        school_chain(school_id), "settings", row.id, "submit_settings", cohort=cohort, before=before, after=_shown(row)
    )
    return row.version


def _apply(row: SigningSettings, clean: Mapping[str, Any], book: Book) -> None:
    if not clean["open"]:
        row.open_at = None
    elif row.open_at is None:
        row.open_at = book.now
    for column in MODE_COLUMNS.values():
        setattr(row, column, clean[column])
    row.leaving_open = clean["leaving_open"]
    row.termination_limit = clean["termination_limit"]
    row.invitation_days = clean["invitation_days"]
    row.sms_fallback = clean["sms_fallback"]
    row.desk_phone = clean.get("desk_phone", "")
    row.desk_hours = clean.get("desk_hours", "")
    row.version += 1


def _shown(row: SigningSettings) -> dict[str, Any]:
    """What the journal keeps of the settings; no telephone numbers stand there."""
    return {
        "open": row.open_at is not None,
        **{column: getattr(row, column) for column in MODE_COLUMNS.values()},
        "leaving_open": row.leaving_open,
        "termination_limit": row.termination_limit,
        "invitation_days": row.invitation_days,
        "sms_fallback": row.sms_fallback,
        "desk_hours": row.desk_hours,
    }


async def _check_frame(school_id: UUID, cohort: int) -> None:
    frame = await fetch_row(_FRAME, school_id, cohort, str(Module.EMPLOYMENT))
    if frame is None:
        raise Refused(NO_TYPE, guard="type_chosen")
    if not frame["module_open"]:
        raise Refused(MODULE_CLOSED, guard="module_open")


async def _check_modes(school_id: UUID, cohort: int, row: SigningSettings | None, clean: Mapping[str, Any]) -> None:
    """Each area that changes its mode: nothing of it in flow; for two stages a reviewer everywhere, if it is in use."""
    for module, column in MODE_COLUMNS.items():
        mode = ReviewMode(clean[column])
        if row is not None and getattr(row, column) == mode:
            continue
        if row is not None:
            await _check_nothing_in_flow(school_id, cohort, module)
        if mode is ReviewMode.DEPARTMENT_THEN_SCHOOL and module in await open_modules(school_id, cohort):
            await _check_covered(school_id, cohort, module)


async def _check_nothing_in_flow(school_id: UUID, cohort: int, module: Module) -> None:
    found = await pending(school_id, cohort, module)
    if found:
        what = "、".join(f"{p.label}{p.count}条" for p in found)
        raise Refused(IN_FLOW.format(what=what), guard="nothing_in_flow", pending=[p.as_dict() for p in found])


async def _check_covered(school_id: UUID, cohort: int, module: Module) -> None:
    lacking = await uncovered(school_id, cohort, module)
    if lacking:
        more = f"等{len(lacking)}项" if len(lacking) > _LISTED else ""
        what = "、".join(u.text for u in lacking[:_LISTED]) + more
        listed = [u.as_dict() for u in lacking]
        raise Refused(NOT_COVERED.format(what=what), guard="departments_covered", lacking=listed)


async def _check_nobody_acted(school_id: UUID, cohort: int) -> None:
    if await Record.filter(school_id=school_id, cohort=cohort).exists():
        raise Refused(ACTED, guard="nobody_acted")


@command(clashes={"uid_handlers": lambda: Refused(HANDLER_SET_MEANWHILE, guard="handler_unset")})
async def set_handler(book: Book, cohort: int, form: Mapping[str, Any]) -> tuple[Level, ...]:
    """Set the handler of one level, or with `all` of every level that lacks one; the levels now set. Write-once.

    Raises Forbidden (level outside the account's scope), ReadOnly, InvalidForm, Refused with guard `type_chosen`,
    `module_open` or `handler_unset`.
    """
    require_write(book.actor, Party.SCHOOL)
    school_id = own_school(book.actor)
    check_cohort(cohort)
    clean = filled("handler", form)
    wanted = Level(clean["level"])
    require_level(book.actor, wanted)
    await _check_frame(school_id, cohort)
    there = {handler.level for handler in await Handler.filter(school_id=school_id, cohort=cohort)}
    levels = [level for level in _meant(wanted) if str(level) not in there]
    if not levels:
        raise Refused(HANDLER_SET.format(levels=level_label(wanted)), guard="handler_unset")
    for level in levels:
        await _write_handler(book, school_id, cohort, str(level), clean)
    return tuple(levels)


async def _write_handler(book: Book, school_id: UUID, cohort: int, level: str, clean: Mapping[str, Any]) -> None:
    known = {name: clean[name] for name in ("name", "phone", "address", "postcode")}
    handler = Handler(
        id=new_id(), school_id=school_id, cohort=cohort, level=level, set_at=book.now, set_by=book.actor.id, **known
    )
    await handler.save()
    more = {"cohort": cohort, "level": level, "name": clean["name"]}
    book.note(school_chain(school_id), "handler", handler.id, "set_handler", **more)


def _meant(wanted: Level) -> tuple[Level, ...]:
    """Both levels in one order, so that two confirmations at once meet at the first one and cannot deadlock."""
    both = (Level.UNDERGRADUATE, Level.POSTGRADUATE)
    return both if wanted is Level.ALL else (wanted,)
