"""Room: every page of the dashboard in the states that have nothing to show: empty, out of order, not allowed.

The pages are read from `dashboard/desktop.py`: one that is added there and not here fails.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from dashboard import addresses as a
from dashboard import desktop
from dashboard.client import Client
from dashboard.shell import Desk as Sitter
from models.parties import Grant, Party
from models.tables import Province
from tests.harness.clerks import serving_alone, token_of
from tests.harness.halfway import OUT_OF_ORDER, halfway
from tests.harness.sitting import Sitting, use_service
from tests.harness.stack import Stack
from tests.harness.world import make_account, make_world
from workflows.actors import OPERATOR
from workflows.commands.provinces import create_province

WAITING = "目前没有待您处理的记录。要查看其他记录，请在状态中选择“全部状态”。"


class States(NamedTuple):
    """`empty`: what says so, to a school unless `party` says otherwise. `open`: whom no right is needed for.
    `calm`: shows what it has where the service is out of order, since it asks for nothing at first.
    """

    empty: str
    party: Party = Party.SCHOOL
    open: bool = False
    calm: bool = False


STATES = {
    a.HOME: States("目前没有待处理的记录，有新的申请时会自动出现在这里。", open=True),
    a.ACCOUNTS: States("没有符合条件的账号。可以清除筛选，或新建账号。"),
    a.SETTINGS: States("本届设置还没有提交"),
    a.STUDENTS: States("名单还是空的，请先导入名单"),
    "signing": States(WAITING),
    "supplementary": States(WAITING),
    "termination": States(WAITING),
    "destination": States(WAITING),
    a.REVIEW: States("没有找到这条记录，它可能不在您的管理范围内。", calm=True),
    a.INVALIDATED: States("没有失效的学生。从名单移除的学生会列在这里"),
    a.VOIDED: States("没有作废去向后尚未重新登记的学生。"),
    a.WARNINGS: States("还没有预警单位。发现违规、虚假等情况的单位，可以在这里标记。"),
    a.MODULES: States("本省还没有学校。新增学校后，为其开通模块并创建学校账号。", Party.PROVINCE),
    a.EMPLOYERS: States("没有符合条件的单位。", Party.PROVINCE),
    a.STATISTICS: States("本届学生名单还是空的。导入学生名单后，这里会出现统计数据。"),
    a.INBOX: States("没有待答复的异议或留言。"),
    a.DELIVERIES: States("没有符合条件的消息。"),
    a.RECONCILIATION: States("没有不一致的学生。"),
    a.SELF: States("还没有操作记录。", open=True),
}
PATHS = sorted(STATES)


class Cast(NamedTuple):
    """Desks that have nothing yet, and one that may not do anything. `tokens`: one sign-in each."""

    service: str
    tokens: dict[Party, str]
    stranger: str

    def at(self, path: str, token: str) -> Sitting:
        return Sitting(token).go("" if path == a.HOME else path)


@pytest.fixture(scope="module")
def kept() -> list[Cast]:
    return []


@pytest.fixture
async def cast(stack: Stack, database: str, kept: list[Cast]) -> Cast:
    service = await serving_alone(stack)
    if not kept:
        world = await make_world(graduates=0, departments=(), submit=False)
        stranger = await make_account(
            world.province, Party.SCHOOL, "张无权", school_id=world.school_id, employment=Grant.NONE
        )
        row = await Province.get_or_none(code="540000")
        bare = await make_account(
            OPERATOR,
            Party.PROVINCE,
            "省级用户",
            province_id=row.id if row else await create_province(OPERATOR, "540000"),
        )
        tokens = {Party.SCHOOL: token_of(world.school_desk.username), Party.PROVINCE: token_of(bare.username)}
        kept.append(Cast(service, tokens, token_of(stranger.username)))
    return kept[0]


def test_every_page_of_the_dashboard_is_here(cast: Cast) -> None:
    client = Client(cast.tokens[Party.SCHOOL])
    desk = Sitter(client, client.get("/v1/me"), client.catalog())
    assert set(STATES) == set(desktop.entries(desk)) == {a.HOME, *a.PAGES}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_without_anything_says_so_and_what_comes_next(cast: Cast, path: str) -> None:
    state = STATES[path]
    page = cast.at(path, cast.tokens[state.party])
    assert state.empty in page.words
    assert not page.errors


@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_that_the_service_is_out_of_order_and_what_is_safe(cast: Cast, path: str) -> None:
    state = STATES[path]
    with halfway(cast.service) as address:
        use_service(address)
        try:
            page = cast.at(path, cast.tokens[state.party])
        finally:
            use_service(cast.service)
    if state.calm:
        assert state.empty in page.words
        return
    assert OUT_OF_ORDER in page.words
    assert "已提交的操作不会丢失，也不会重复。" in page.words
    assert page.press("重试").title
    assert OUT_OF_ORDER not in page.words


@pytest.mark.parametrize("path", PATHS)
def test_a_page_that_one_may_not_enter_says_so(cast: Cast, path: str) -> None:
    page = cast.at(path, cast.stranger)
    refused = "您的账号没有这个页面的权限。如需开通，请联系上级用户。" in page.words
    assert refused is not STATES[path].open
