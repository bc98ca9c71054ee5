"""Room: the people of the sandbox phone, each in a situation worth looking at. Their WeChat accounts are invented."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from workflows.demo.institutions import SCHOOL_BY_KEY, SchoolPlan
from workflows.demo.invented import mobile
from workflows.demo.people import Person, Roster, Wish
from workflows.demo.plots import DAY, Plot, Step
from workflows.demo.season import Season

Story = Callable[[Plot], float]
"""Writes the plot; gives how many days ago it came to its end."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One of them. `label`: the situation in a few words. `phone` False: in the data, but not on the sandbox phone."""

    number: int
    name: str
    sex: str
    school: str
    department: str
    course: int
    label: str
    story: Story | None = None
    bound: bool = True
    mode: str = "1"
    ethnicity: str = "01"
    phone: bool = True
    unknown_to_ems: bool = False

    @property
    def openid(self) -> str:
        return f"oSandboxDemoGraduate{self.number:08d}"

    @property
    def mobile(self) -> str:
        return mobile(self.number)

    def as_dict(self) -> dict[str, str]:
        """As the sandbox takes it (`POST /_control/personas`)."""
        school = SCHOOL_BY_KEY[self.school].name
        return {"openid": self.openid, "name": self.name, "label": f"{school} · {self.label}", "mobile": self.mobile}


def _two_offers(plot: Plot) -> float:
    plot.invite(employer=1, left=2)
    plot.invite(employer=2, left=12, gap=(1, 2))
    return 0.3


def _at_department(plot: Plot) -> float:
    plot.accept(plot.invite(employer=7))
    return 1.2


def _at_school(plot: Plot) -> float:
    key = plot.invite(employer=5)
    plot.accept(key)
    plot.pass_department(key)
    return 2


def _signed(plot: Plot) -> float:
    key = plot.invite(employer=4)
    plot.accept(key)
    plot.approve(key)
    return 12


def _refused_one(plot: Plot) -> float:
    plot.refuse(plot.invite(employer=2))
    plot.invite(employer=7, left=6)
    return 0.5


def _one_offer(plot: Plot) -> float:
    plot.invite(employer=2, left=9)
    return 1


def _warned(plot: Plot) -> float:
    plot.invite(employer=11, left=5)
    return 1.5


def _frozen(plot: Plot) -> float:
    plot.invite(employer=10, left=10)
    plot.invalidate()
    return 0.6


def _edited(plot: Plot) -> float:
    key = plot.invite(employer=9)
    plot.accept(key)
    plot.approve(key)
    plot.edit(key)
    return 3


def _again(plot: Plot) -> float:
    key = plot.invite(employer=12)
    plot.accept(key)
    plot.reject(key, why=("not_operating", "单位登记状态为吊销，不能签约，请另找单位"))
    plot.invite(employer=8, left=13)
    return 0.7


def _long_way(plot: Plot) -> float:
    near = (0.4, 1)
    plot.withdraw(plot.invite(employer=8, gap=near))
    plot.expire(plot.invite(employer=11, gap=near), days=7)
    plot.invite(employer=7, gap=near)
    key = plot.invite(employer=3, gap=near)
    plot.accept(key, gap=near)
    plot.approve(key)
    return 5


def _slot_taken(plot: Plot) -> float:
    key = plot.invite(employer=1)
    plot.accept(key)
    plot.pass_department(key)
    plot.invite(employer=9, left=8)
    return 0.4


PERSONAS: Final = (
    Persona(1, "陆知夏", "2", "a1", "jisuanji", 0, "有两份邀请待答复，一份快到期", _two_offers),
    Persona(2, "欧阳若安", "2", "a1", "wenxue", 0, "已同意签约，等待学院鉴证", _at_department),
    Persona(3, "周𠮷宁", "1", "a1", "jixie", 0, "学院已通过，等待学校鉴证", _at_school),
    Persona(4, "沈青禾", "2", "a2", "jiaoyu", 0, "签约完成", _signed),
    Persona(5, "贺一鸣", "1", "a2", "waiyu", 0, "拒绝过一家，又收到新的邀请", _refused_one),
    Persona(6, "唐婉㛃", "2", "a1", "jingguan", 2, "尚未绑定微信，可用短信验证码绑定", _one_offer, bound=False),
    Persona(7, "高远航", "1", "a1", "tumu", 0, "邀请单位在本校预警名单中", _warned),
    Persona(8, "马文涛", "1", "a2", "xinxi", 0, "委培生（不可网签）", mode="41"),
    Persona(9, "阿依努尔·买买提", "2", "b1", "cailiao", 0, "已不在学生名单，流程暂停", _frozen, ethnicity="05"),
    Persona(10, "龙䶮", "1", "b1", "dianqi", 0, "三方协议签约完成，职位类别被学校改过", _edited),
    Persona(11, "顾念慈", "2", "b1", "jingguan", 1, "上一次审核不通过，又收到新的邀请", _again),
    Persona(12, "方晓棠", "2", "a1", "yixue", 0, "撤回、过期、关闭、签约完成都经历过", _long_way),
    Persona(13, "韩子墨", "1", "b1", "xinxi", 0, "已同意一家，另一份邀请暂不能接受", _slot_taken),
    Persona(14, "苏禾", "2", "a2", "shuxue", 0, "还没有收到邀请"),
    Persona(
        15, "鲁明诚", "1", "a2", "shuxue", 0, "签约完成，但就业管理系统不认识此人", _signed,
        bound=False, phone=False, unknown_to_ems=True,
    ),
)  # fmt: skip


def personas() -> list[dict[str, str]]:
    """Whom the sandbox phone offers: openid, name, label, mobile."""
    return [persona.as_dict() for persona in PERSONAS if persona.phone]


def cast(plan: SchoolPlan, roster: Roster) -> list[tuple[Persona, Person]]:
    """This school's personas as graduates on its roster."""
    found = []
    for persona in PERSONAS:
        if persona.school == plan.key:
            department = next(one for one in plan.departments if one.key == persona.department)
            wish = Wish(
                name=persona.name,
                sex=persona.sex,
                ethnicity=persona.ethnicity,
                mobile=persona.mobile,
                mode=persona.mode,
                unknown_to_ems=persona.unknown_to_ems,
            )
            found.append((persona, roster.person(department, department.courses[persona.course], wish)))
    return found


def stories(
    plan: SchoolPlan, people: list[tuple[Persona, Person]], season: Season, rng: random.Random
) -> Iterator[list[Step]]:
    """Their stories, numbered as they are."""
    for persona, person in people:
        if persona.story is not None:
            plot = Plot(persona.number, person, season, plan.mode, rng)
            ago = persona.story(plot)
            yield plot.ending(season.now - max(ago * DAY, timedelta(minutes=5)))
