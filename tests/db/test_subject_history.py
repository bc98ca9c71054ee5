"""Room: whoever opens an employer or the settings reads who did what to them before."""

from __future__ import annotations

import pytest

from models.parties import AgreementType, Module
from models.states import EmployerStatus
from tests.harness import world as w
from workflows.commands.desks import set_desk
from workflows.commands.employers import decide_employer
from workflows.commands.provinces import close_module, open_module
from workflows.commands.settings import submit_settings
from workflows.errors import NotFound
from workflows.queries.employers import read_employer
from workflows.queries.subject_history import settings_and_history

pytestmark = pytest.mark.usefixtures("database")
WHY = "营业执照与名称不符"


async def test_the_settings_tell_who_decided_what_and_which_answers_changed() -> None:
    world = await w.make_world(departments=("文学院",))
    await submit_settings(
        world.school, world.cohort, w.settings_form(termination_limit=1, invitation_days=9), world.settings_version
    )
    await set_desk(world.school, {"department": "文学院", "phone": "0571-01234567", "hours": "工作日"})
    told = [
        (one["label"], one["what"], one["by"])
        for one in (await settings_and_history(world.school, world.cohort))["history"]
    ]
    assert told[:2] == [
        ("修改院系咨询电话", "文学院", world.school.name),
        ("提交签约设置", "毕业生可申请解约次数、签约邀请默认有效天数", world.school.name),
    ]
    assert ("提交签约设置", None, world.school.name) in told[2:], "the first time nothing stood before"
    assert ("开通模块", "毕业去向登记与网签", world.province.name) in told


async def test_the_settings_of_one_cohort_do_not_tell_of_another() -> None:
    world = await w.make_world()
    await open_module(world.province, world.school_id, world.cohort + 1, Module.ARCHIVE)
    await close_module(world.province, world.school_id, world.cohort + 1, Module.ARCHIVE)
    history = (await settings_and_history(world.school, world.cohort))["history"]
    assert "close_module" not in {one["action"] for one in history}
    mine = (await settings_and_history(world.school, world.cohort + 1))["history"]
    assert [one["action"] for one in mine] == ["close_module", "open_module"]


async def test_an_employer_tells_its_province_who_verified_it_and_why_it_was_suspended() -> None:
    world = await w.make_world(graduates=0)
    await decide_employer(world.province, world.employer.id, EmployerStatus.SUSPENDED, WHY)
    history = (await read_employer(world.province, world.employer.id))["history"]
    told = [(one["label"], one["what"], one["reason"], one["by"]) for one in history]
    assert told[:2] == [
        ("核验用人单位", EmployerStatus.SUSPENDED.label, WHY, world.province.name),
        ("核验用人单位", EmployerStatus.VERIFIED.label, "按核验结果处理", world.province.name),
    ]
    assert told[-1][0] == "注册用人单位"
    stranger = await w.make_world(agreement=AgreementType.THREE_PARTY, graduates=0)
    with pytest.raises(NotFound):
        await read_employer(stranger.province, world.employer.id)
