"""Room: employers that graduates write down themselves: some are registered, more are not. As data, and as a form."""

from __future__ import annotations

import random
from typing import Any, Final

from workflows.demo.employers import EMPLOYERS, EmployerPlan, Post, suited
from workflows.demo.invented import mobile

_WORK: Final = (
    Post("13", "技术员", ("computing", "engineering", "electrical", "materials", "building", "maths"), (5500, 9000)),
    Post("21", "业务专员", ("business", "languages"), (5000, 8000)),
    Post("19", "康复治疗师", ("medicine",), (5500, 8000)),
    Post("24", "课程教师", ("education", "letters", "arts"), (5000, 7500)),
    Post("30", "综合专员", ("*",), (4800, 7000)),
)

UNREGISTERED: Final = (
    EmployerPlan(51, "a", "330106", "云汀清源环保科技有限公司", "91", "330120", "39", "39", "裴清和", _WORK),
    EmployerPlan(52, "a", "330108", "云汀数联信息有限公司", "91", "332121", "39", "34", "闻人语", _WORK),
    EmployerPlan(53, "a", "330203", "云汀康宁健康管理中心", "91", "332521", "39", "43", "慕青山", _WORK),
    EmployerPlan(54, "a", "330602", "云汀书院文化发展有限公司", "91", "332321", "39", "44", "简宁", _WORK),
    EmployerPlan(55, "a", "330102", "云汀城市规划设计院", "12", "332121", "20", "38", "越千帆", _WORK),
    EmployerPlan(56, "b", "510107", "朔原锦程汽车零部件有限公司", "91", "512722", "39", "22", "谷雨生", _WORK),
    EmployerPlan(57, "b", "510104", "朔原天工检测技术有限公司", "91", "512123", "39", "38", "商羽", _WORK),
    EmployerPlan(58, "b", "510108", "朔原青禾农业发展有限公司", "91", "512126", "31", "11", "成蹊", _WORK),
)  # fmt: skip
"""Real enough to be written on an agreement, unknown to the platform."""

_BY_NUMBER: Final = {plan.number: plan for plan in (*EMPLOYERS, *UNREGISTERED)}


def firm(number: int) -> EmployerPlan:
    """An employer of the demo, registered or not."""
    return _BY_NUMBER[number]


def somewhere(field: str, rng: random.Random, *, registered: float = 0.4) -> EmployerPlan:
    """Whom a graduate of this field names; `registered`: how often it is one that the platform knows."""
    if rng.random() < registered:
        return rng.choice(suited(field))[0]
    return rng.choice(UNREGISTERED)


def post_for(plan: EmployerPlan, field: str, rng: random.Random) -> Post:
    fitting = [post for post in plan.posts if field in post.fields]
    return rng.choice(fitting or [post for post in plan.posts if "*" in post.fields] or list(plan.posts))


def written_down(plan: EmployerPlan) -> dict[str, Any]:
    """The employer as a graduate fills it in, exactly as it is registered where it is."""
    return {
        "employer_name": plan.name,
        "employer_uscc": plan.uscc,
        "employer_nature": plan.nature,
        "employer_industry": plan.industry,
        "employer_region": plan.region,
        "employer_address": f"云汀路{plan.number}号",
        "employer_postcode": "310000" if plan.province == "a" else "610000",
        "contact_name": plan.contact,
        "contact_mobile": mobile(100 + plan.number),
    }
