"""Room: the demo's provinces, schools, departments and staff, as data. What each is for stands beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from models.parties import AgreementType, Level, ReviewMode

PASSWORD: Final = "Yanshi-2027"  # noqa: S105  every demo account's, told on the terminal; no production has these accounts
NOBODYS_PASSWORD: Final = "tingyong-zhanghao-1"  # noqa: S105  of an account that is disabled from the start


@dataclass(frozen=True, slots=True)
class ProvincePlan:
    """A province, by its code in GB/T 2260. `area`: the dialling code of invented fixed lines there."""

    key: str
    code: str
    agreement: AgreementType
    area: str

    @property
    def username(self) -> str:
        return f"sheng-{self.key}"


@dataclass(frozen=True, slots=True)
class Course:
    """A major at one 学历: national code, name, years, how many of a hundred graduates of the department take it."""

    level_code: str
    code: str
    name: str
    years: int
    share: int


@dataclass(frozen=True, slots=True)
class DepartmentPlan:
    """`field`: what employers look for here (`employers.Post.fields`)."""

    key: str
    name: str
    field: str
    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class StaffPlan:
    """An account of a school (`department` empty) or department. `disabled`: left, and closed since."""

    username: str
    display_name: str
    department: str = ""
    level: Level = Level.ALL
    grant: str = "rw"
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """`share`: its part of all graduates. `handlers`: the 协议经办人, by level or one for all.

    `narrowed`: a department account whose scope was cut to undergraduates afterwards, so that the school decides its
    postgraduates' department stage (代院系审核).
    """

    key: str
    province: str
    code: str
    name: str
    mode: ReviewMode
    share: float
    desk_phone: int
    departments: tuple[DepartmentPlan, ...]
    staff: tuple[StaffPlan, ...]
    handlers: tuple[tuple[Level, str], ...]
    narrowed: str = ""

    @property
    def username(self) -> str:
        return f"xiaoji-{self.key}"


PROVINCES: Final = (
    ProvincePlan("a", "330000", AgreementType.TWO_PARTY, "0571"),
    ProvincePlan("b", "510000", AgreementType.THREE_PARTY, "028"),
)

_U, _P = Level.UNDERGRADUATE, Level.POSTGRADUATE
_B, _M, _D, _J = "31", "11", "01", "41"  # 本科, 硕士, 博士, 专科


def _department_desks(school: str, departments: tuple[DepartmentPlan, ...]) -> tuple[StaffPlan, ...]:
    """One account with full rights for each department."""
    return tuple(StaffPlan(f"yuanxi-{school}-{plan.key}", f"{plan.name}就业秘书", plan.name) for plan in departments)


_A1 = (
    DepartmentPlan(
        "wenxue",
        "文学与新闻学院",
        "letters",
        (
            Course(_B, "050101", "汉语言文学", 4, 55),
            Course(_B, "050301", "新闻学", 4, 33),
            Course(_M, "050100", "中国语言文学", 3, 12),
        ),
    ),
    DepartmentPlan(
        "jisuanji",
        "计算机与软件学院",
        "computing",
        (
            Course(_B, "080901", "计算机科学与技术", 4, 42),
            Course(_B, "080902", "软件工程", 4, 34),
            Course(_M, "081200", "计算机科学与技术", 3, 20),
            Course(_D, "081200", "计算机科学与技术", 4, 4),
        ),
    ),
    DepartmentPlan(
        "jixie",
        "机械与动力学院",
        "engineering",
        (
            Course(_B, "080202", "机械设计制造及其自动化", 4, 62),
            Course(_B, "080501", "能源与动力工程", 4, 26),
            Course(_M, "080200", "机械工程", 3, 12),
        ),
    ),
    DepartmentPlan(
        "jingguan",
        "经济与管理学院",
        "business",
        (
            Course(_B, "120203K", "会计学", 4, 45),
            Course(_B, "020301K", "金融学", 4, 37),
            Course(_M, "120200", "工商管理", 3, 18),
        ),
    ),
    DepartmentPlan(
        "yixue",
        "临床医学院",
        "medicine",
        (
            Course(_B, "100201K", "临床医学", 5, 52),
            Course(_B, "101101", "护理学", 4, 34),
            Course(_M, "100200", "临床医学", 3, 14),
        ),
    ),
    DepartmentPlan(
        "tumu",
        "土木建筑学院",
        "building",
        (Course(_B, "081001", "土木工程", 4, 64), Course(_B, "082801", "建筑学", 5, 36)),
    ),
)

_A2 = (
    DepartmentPlan(
        "jiaoyu",
        "教育学院",
        "education",
        (
            Course(_B, "040107", "小学教育", 4, 52),
            Course(_B, "040106", "学前教育", 4, 28),
            Course(_J, "570102K", "学前教育", 3, 20),
        ),
    ),
    DepartmentPlan("waiyu", "外国语学院", "languages", (Course(_B, "050201", "英语", 4, 100),)),
    DepartmentPlan("shuxue", "数学与统计学院", "maths", (Course(_B, "070101", "数学与应用数学", 4, 100),)),
    DepartmentPlan(
        "yishu",
        "艺术学院",
        "arts",
        (Course(_B, "130202", "音乐学", 4, 52), Course(_B, "130502", "视觉传达设计", 4, 48)),
    ),
    DepartmentPlan(
        "xinxi",
        "信息工程学院",
        "computing",
        (Course(_B, "080910T", "数据科学与大数据技术", 4, 60), Course(_J, "510201", "计算机应用技术", 3, 40)),
    ),
)

_B1 = (
    DepartmentPlan(
        "xinxi",
        "信息科学与工程学院",
        "computing",
        (
            Course(_B, "080703", "通信工程", 4, 52),
            Course(_B, "080717T", "人工智能", 4, 30),
            Course(_M, "081000", "信息与通信工程", 3, 18),
        ),
    ),
    DepartmentPlan(
        "dianqi",
        "电气工程学院",
        "electrical",
        (Course(_B, "080601", "电气工程及其自动化", 4, 82), Course(_M, "080800", "电气工程", 3, 18)),
    ),
    DepartmentPlan(
        "cailiao",
        "材料科学与工程学院",
        "materials",
        (
            Course(_B, "080401", "材料科学与工程", 4, 66),
            Course(_M, "080500", "材料科学与工程", 3, 26),
            Course(_D, "080500", "材料科学与工程", 4, 8),
        ),
    ),
    DepartmentPlan(
        "jingguan",
        "经济管理学院",
        "business",
        (Course(_B, "020401", "国际经济与贸易", 4, 55), Course(_B, "120601", "物流管理", 4, 45)),
    ),
)

SCHOOLS: Final = (
    SchoolPlan(
        key="a1",
        province="a",
        code="99101",
        name="云汀大学",
        mode=ReviewMode.DEPARTMENT_THEN_SCHOOL,
        share=0.45,
        desk_phone=1001,
        departments=_A1,
        staff=(
            StaffPlan("xiaoji-a1", "云汀大学就业指导中心"),
            StaffPlan("xiaoji-a1-benke", "就业中心本科生科", level=_U),
            StaffPlan("xiaoji-a1-yanjiusheng", "就业中心研究生科", level=_P),
            StaffPlan("xiaoji-a1-zhidu", "就业中心档案室（只读）", grant="ro"),
            *_department_desks("a1", _A1),
            StaffPlan("yuanxi-a1-jisuanji-yan", "计算机学院研究生秘书", _A1[1].name, level=_P),
            StaffPlan("yuanxi-a1-wenxue-zhidu", "文学院辅导员（只读）", _A1[0].name, grant="ro"),
            StaffPlan("yuanxi-a1-tumu-qian", "土建学院前任秘书", _A1[5].name, disabled=True),
        ),
        handlers=((_U, "傅明远"), (_P, "卫清和")),
    ),
    SchoolPlan(
        key="a2",
        province="a",
        code="99102",
        name="云汀师范学院",
        mode=ReviewMode.SCHOOL,
        share=0.30,
        desk_phone=1002,
        departments=_A2,
        staff=(
            StaffPlan("xiaoji-a2", "云汀师范学院就业处"),
            StaffPlan("xiaoji-a2-zhidu", "学生处（只读）", grant="ro"),
            *_department_desks("a2", _A2),
        ),
        handlers=((Level.ALL, "柳知行"),),
    ),
    SchoolPlan(
        key="b1",
        province="b",
        code="99201",
        name="朔原理工大学",
        mode=ReviewMode.DEPARTMENT_THEN_SCHOOL,
        share=0.25,
        desk_phone=2001,
        departments=_B1,
        staff=(
            StaffPlan("xiaoji-b1", "朔原理工大学就业办"),
            StaffPlan("xiaoji-b1-benke", "就业办本科生组", level=_U),
            *_department_desks("b1", _B1),
        ),
        handlers=((Level.ALL, "岑望舒"),),
        narrowed="yuanxi-b1-cailiao",
    ),
)

PROVINCE_BY_KEY: Final[Mapping[str, ProvincePlan]] = MappingProxyType({plan.key: plan for plan in PROVINCES})
SCHOOL_BY_KEY: Final[Mapping[str, SchoolPlan]] = MappingProxyType({plan.key: plan for plan in SCHOOLS})
