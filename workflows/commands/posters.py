"""Room: the poster of a school: a lasting QR code of the account, made once, and the sheet that it is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.db import execute
from models.parties import Party
from models.tables import Graduate, School
from workflows.actors import Actor, own_school, require_write
from workflows.commands import Book, command
from workflows.commands.scenes import poster_scene
from workflows.documents.fonts import NoFont, Unprintable
from workflows.documents.poster import poster
from workflows.errors import NotFound, Refused, Unavailable
from workflows.journal import school_chain
from workflows.ports import OutsideFault, SceneQr

AWAY = "暂时连不上微信，海报的二维码没有生成，请稍后再试。"
UNPRINTABLE = "名称中的“{characters}”在服务器现有的字体中没有字形，海报暂不能生成，请联系平台运维人员。"
NO_FONT = "服务器还没有可用的中文字体，海报暂不能生成，请联系平台运维人员。"
_KEEP = "UPDATE schools SET poster_url = $2 WHERE id = $1 AND poster_url = ''"


@dataclass(frozen=True, slots=True)
class Sheet:
    pdf: bytes
    name: str


async def print_poster(actor: Actor, codes: SceneQr, department: str = "") -> Sheet:
    """An A4 sheet for the own school, or for one of its departments; a department prints its own.

    Raises Forbidden, ReadOnly, NotFound (no such department), Unavailable (no code can be had), Refused `unprintable`.
    """
    require_write(actor, Party.DEPARTMENT, Party.SCHOOL)
    school = await School.get(id=own_school(actor))
    department = actor.department if actor.party is Party.DEPARTMENT else department.strip()
    if department and not await Graduate.filter(school_id=school.id, department=department).exists():
        raise NotFound
    url = school.poster_url
    if not url:
        made = await codes.create_lasting(poster_scene(school.code))
        if isinstance(made, OutsideFault):
            raise Unavailable(AWAY)
        await _keep(actor, school.id, made.url)
        url = made.url
    name = "-".join(("绑定海报", school.name, *((department,) if department else ())))
    try:
        return Sheet(await poster(school.name, department, url), f"{name}.pdf")
    except Unprintable as found:
        raise Refused(UNPRINTABLE.format(characters=found.characters), guard="unprintable") from found
    except NoFont as found:
        raise Unavailable(NO_FONT) from found


@command()
async def _keep(book: Book, school_id: UUID, url: str) -> None:
    await execute(_KEEP, school_id, url)
    book.note(school_chain(school_id), "school", school_id, "make_poster")
