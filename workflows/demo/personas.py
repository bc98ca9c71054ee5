"""Room: the people of the sandbox phone, each in a situation worth looking at. Their WeChat accounts are invented."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from workflows.demo import persona_stories as told
from workflows.demo.institutions import SCHOOL_BY_KEY, SchoolPlan
from workflows.demo.invented import mobile
from workflows.demo.matters import Matters
from workflows.demo.people import Person, Roster, Wish
from workflows.demo.persona_stories import Story
from workflows.demo.plots import DAY, Step
from workflows.demo.season import Season


@dataclass(frozen=True, slots=True)
class Persona:
    """One of them. `label`: the situation in a few words; `tip`: what to try. `earlier`: of the closed cohort.

    `phone` False: in the data, but not on the sandbox phone. `granted`: may ask for a termination once more.
    """

    number: int
    name: str
    sex: str
    school: str
    department: str
    course: int
    label: str
    tip: str = ""
    story: Story | None = None
    bound: bool = True
    mode: str = "1"
    ethnicity: str = "01"
    phone: bool = True
    unknown_to_ems: bool = False
    earlier: bool = False
    granted: bool = False

    @property
    def openid(self) -> str:
        return f"oSandboxDemoGraduate{self.number:08d}"

    @property
    def mobile(self) -> str:
        return mobile(self.number)

    def as_dict(self) -> dict[str, str]:
        """As the sandbox takes it (`POST /_control/personas`)."""
        school = SCHOOL_BY_KEY[self.school].name
        label = f"{school} · {self.label}"
        return {"openid": self.openid, "name": self.name, "label": label, "tip": self.tip, "mobile": self.mobile}


PERSONAS: Final = (
    Persona(
        1, "陆知夏", "2", "a1", "jisuanji", 0,
        "有两份邀请待答复，一份快到期", "发“邀请”，回复“同意”或“拒绝”和编号",
        told.two_offers,
    ),
    Persona(
        2, "欧阳若安", "2", "a1", "wenxue", 0,
        "已同意签约，等待学院鉴证", "发“进度”，看学院还没有处理",
        told.at_department,
    ),
    Persona(
        3, "周𠮷宁", "1", "a1", "jixie", 0,
        "学院已通过，等待学校鉴证", "用学校账号通过鉴证，再看这里的消息",
        told.at_school,
    ),
    Persona(
        4, "沈青禾", "2", "a2", "jiaoyu", 0,
        "签约完成", "打开“我的记录”，下载就业协议",
        told.signed,
    ),
    Persona(
        5, "贺一鸣", "1", "a2", "waiyu", 0,
        "拒绝过一家，又收到新的邀请", "在手机页面看新邀请和拒绝过的那一份",
        told.refused_one,
    ),
    Persona(
        6, "唐婉㛃", "2", "a1", "jingguan", 2,
        "尚未绑定微信，可用短信验证码绑定", "关注后按提示绑定：姓名、身份证号、短信验证码",
        told.one_offer, bound=False,
    ),
    Persona(
        7, "高远航", "1", "a1", "tumu", 0,
        "邀请单位在本校预警名单中", "打开邀请，看本校的预警提示",
        told.warned,
    ),
    Persona(
        8, "马文涛", "1", "a2", "xinxi", 0,
        "委培生（不可网签）", "登记去向，只有“定向/委培”一项可选",
        mode="41",
    ),
    Persona(
        9, "阿依努尔·买买提", "2", "b1", "cailiao", 0,
        "已不在学生名单，流程暂停", "发“邀请”，看流程为何暂停、该问谁",
        told.frozen, ethnicity="05",
    ),
    Persona(
        10, "龙䶮", "1", "b1", "dianqi", 0,
        "三方协议签约完成，职位类别被学校改过", "打开记录，看学校改了什么，可以提出异议",
        told.edited,
    ),
    Persona(
        11, "顾念慈", "2", "b1", "jingguan", 1,
        "上一次审核不通过，又收到新的邀请", "看不通过的原因，再答复新的邀请",
        told.again,
    ),
    Persona(
        12, "方晓棠", "2", "a1", "yixue", 0,
        "撤回、过期、关闭、签约完成都经历过", "在“我的记录”里看每一份邀请的结局",
        told.long_way,
    ),
    Persona(
        13, "韩子墨", "1", "b1", "xinxi", 0,
        "已同意一家，另一份邀请暂不能接受", "试着同意第二份，看为什么不行",
        told.slot_taken,
    ),
    Persona(
        14, "苏禾", "2", "a2", "shuxue", 0,
        "还没有收到邀请", "用 danwei-01 邀请她，消息会到这里",
    ),
    Persona(
        15, "鲁明诚", "1", "a2", "shuxue", 0,
        "签约完成，但就业管理系统不认识此人", "",
        told.signed, bound=False, phone=False, unknown_to_ems=True,
    ),
    Persona(
        16, "温以宁", "2", "a1", "jixie", 0,
        "就业协议已生成，等待回传盖章协议", "下载协议，再上传盖章后的图像",
        told.to_upload,
    ),
    Persona(
        17, "康一乐", "1", "a1", "jingguan", 0,
        "补登被学院退回修改", "看退回原因，改好后重新提交",
        told.registration_returned,
    ),
    Persona(
        18, "叶知秋", "2", "a2", "waiyu", 0,
        "单位提出解约，等待本人答复", "在记录里同意或拒绝解约",
        told.asked_by_employer,
    ),
    Persona(
        19, "江海潮", "1", "a1", "tumu", 0,
        "去向登记被学院退回修改", "补上证明材料，重新提交",
        told.destination_returned,
    ),
    Persona(
        20, "白露晞", "2", "a2", "shuxue", 0,
        "去向登记完成（升学），可以作废", "作废后再登记别的去向",
        told.destination_settled,
    ),
    Persona(
        21, "石见川", "1", "b1", "dianqi", 0,
        "定向生，定向去向等待学院审核", "撤回后修改，或用学院账号审核",
        told.bound, mode="21",
    ),
    Persona(
        22, "余温言", "2", "b1", "xinxi", 0,
        "曾被移出名单，已恢复", "在记录里看暂停和恢复的经过",
        told.restored,
    ),
    Persona(
        23, "程远舟", "1", "a1", "jisuanji", 0,
        "申请解约十七天，单位没有答复", "用学校账号强制解约，或用 danwei-01 答复",
        told.silent_employer,
    ),
    Persona(
        24, "江听雨", "2", "b1", "jingguan", 0,
        "学校已强制解约，可以重新签约", "打开解约记录，可以提出异议",
        told.forced,
    ),
    Persona(
        25, "彭思齐", "1", "a1", "wenxue", 0,
        "去向被学院修改，等待审核", "看改了哪几项，可以提出异议",
        told.destination_amended,
    ),
    Persona(
        26, "路明川", "1", "b1", "cailiao", 0,
        "凭材料解约，被退回修改", "换一份解约函，重新提交",
        told.release_returned,
    ),
    Persona(
        27, "葛天成", "1", "a2", "xinxi", 0,
        "学校按单方面解约办结", "打开解约记录，可以提出异议",
        told.released_alone,
    ),
    Persona(
        28, "宋清辞", "2", "a2", "yishu", 0,
        "单位上传的盖章协议被退回", "由本人或 danwei-07 重新上传",
        told.upload_returned,
    ),
    Persona(
        29, "牧云深", "1", "a2", "jiaoyu", 0,
        "两次解约申请用完，学校增加了一次", "再申请一次，看还剩几次",
        told.tries_used_up, granted=True,
    ),
    Persona(
        30, "安以澜", "2", "a1", "jingguan", 0,
        "往届：截止前没有回传协议，已自动关闭", "只能查看，看看为什么",
        told.lapsed, earlier=True,
    ),
    Persona(
        31, "尹长川", "1", "b1", "cailiao", 0,
        "就业协议申请已撤回", "改好后重新提交",
        told.application_taken_back,
    ),
    Persona(
        32, "苗青禾", "2", "a1", "yixue", 0,
        "就业协议申请被学院退回", "看退回原因，改好后重新提交",
        told.application_returned,
    ),
    Persona(
        33, "侯夏至", "1", "a2", "jiaoyu", 0,
        "去向已作废，需要重新登记", "登记新的去向，或等待邀请",
        told.destination_voided,
    ),
)  # fmt: skip


def personas() -> list[dict[str, str]]:
    """Whom the sandbox phone offers: openid, name, label, tip, mobile."""
    return [persona.as_dict() for persona in PERSONAS if persona.phone]


def cast(plan: SchoolPlan, roster: Roster, *, earlier: bool = False) -> list[tuple[Persona, Person]]:
    """This school's personas, of the cohort of today or the `earlier` one, as graduates on its roster."""
    found = []
    for persona in PERSONAS:
        if persona.school == plan.key and persona.earlier == earlier:
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
            plot = Matters(persona.number, person, season, plan.mode, rng)
            ago = persona.story(plot)
            yield plot.ending(season.now - max(ago * DAY, timedelta(minutes=5)))
