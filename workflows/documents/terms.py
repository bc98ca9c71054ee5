"""Room: what an agreement says: the points agreed on and the fixed clauses, in our own words. Pure.

The phone page shows the same texts before a graduate says yes, so what is read and what is printed cannot differ.
The clauses belong to an edition, which is frozen with each agreement: new clauses are a new edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from models import codes

EDITION: Final = 1
NONE: Final = "未约定"

Line = tuple[str, str]
"""A label and what stands beside it."""


def agreed(form: Mapping[str, Any], category: str) -> list[Line]:
    """The points on which the two sides agreed; numbers in `form` are unsealed. `category`: a code, or empty."""
    return [
        ("岗位名称", _text(form.get("position_title"))),
        ("职位类别", codes.table("position_category").label(category) if category else NONE),
        ("工作地点", _text(form.get("work_place"))),
        ("用工形式", _employment(form)),
        ("报到日期", day(form.get("report_on"))),
        ("最迟报到", day(form.get("report_by"))),
        ("月薪（税前）", _yuan(form.get("monthly_pay"))),
        ("试用期", _months(form.get("probation_months"))),
        ("服务期", _months(form.get("service_months"))),
        ("违约金", _yuan(form.get("penalty"))),
        ("户口", _household(form)),
        ("档案", _archive(form)),
    ]


def _text(value: Any) -> str:
    return str(value) if value not in (None, "") else NONE


def day(value: Any) -> str:
    """`2027-07-10` as `2027年7月10日`."""
    if not value:
        return NONE
    found = date.fromisoformat(str(value))
    return f"{found.year}年{found.month}月{found.day}日"


def _yuan(value: Any) -> str:
    return f"人民币 {int(value):,} 元" if value else NONE


def _months(value: Any) -> str:
    return f"{value} 个月" if value else NONE


def _employment(form: Mapping[str, Any]) -> str:
    return f"劳务派遣，用工单位：{form.get('dispatched_to', '')}" if form.get("dispatched") else "由甲方直接用工"


def _household(form: Mapping[str, Any]) -> str:
    return f"甲方负责落户，迁入地址：{form.get('hukou_address', '')}" if form.get("hukou_settled") else "甲方不负责落户"


def _archive(form: Mapping[str, Any]) -> str:
    if not form.get("archive_accepted"):
        return "甲方不接收档案"
    phone = form.get("archive_phone")
    parts = (
        f"甲方接收，寄往：{form.get('archive_body', '')}",
        form.get("archive_address", ""),
        f"邮编 {form.get('archive_postcode', '')}",
        form.get("archive_contact", ""),
        f"电话 {phone}" if phone else "",
    )
    return "，".join(str(part) for part in parts if part)


def supplements(form: Mapping[str, Any]) -> list[str]:
    """The supplementary terms, paragraph by paragraph."""
    return [line.strip() for line in str(form.get("extra_terms") or "").split("\n") if line.strip()]


def lead(three_party: bool) -> str:
    if three_party:
        return (
            "甲方（用人单位）、乙方（毕业生）就乙方毕业后到甲方就业，在平等自愿的基础上达成一致，"
            "学校作为丙方参加，三方共同订立本协议。"
        )
    return "甲方（用人单位）、乙方（毕业生）就乙方毕业后到甲方就业，在平等自愿的基础上订立本协议，由学校鉴证。"


def clauses(three_party: bool, online: bool) -> list[Line]:
    """Title and text of each fixed clause, in their order. `online`: signed on the platform, not on paper."""
    school = "丙方" if three_party else "学校"
    verb = "审核" if three_party else "鉴证"
    return [
        (
            "如实告知",
            "甲方应如实介绍单位、岗位、工作条件和待遇，乙方应如实介绍学业和与录用直接有关的本人情况。"
            "一方隐瞒或者虚构重要事实的，另一方可以解除本协议。",
        ),
        (
            "甲方的义务",
            "甲方按上述约定录用乙方，按时支付工资，依法缴纳社会保险，做好接收和安排工作的准备；"
            "不得向乙方收取押金或者其他费用，不得扣留乙方的证件。",
        ),
        (
            "乙方的义务",
            "乙方应努力完成学业，按约定的日期到甲方报到，遵守甲方依法制定的规章制度。"
            "因正当理由不能按时报到的，应事先告知甲方，由双方另行商定日期。",
        ),
        (
            "毕业资格",
            "乙方到最迟报到日期仍未取得毕业资格的，甲方可以解除本协议且不承担违约责任，也可以与乙方另行商定录用办法。",
        ),
        (
            "劳动合同",
            "乙方报到后，甲方应自用工之日起一个月内与乙方订立书面劳动合同或者聘用合同，"
            "其中的试用期、服务期和报酬不得与本协议相抵触。合同订立后，双方的权利义务以合同为准，本协议即告履行完毕。",
        ),
        (
            "档案",
            f"约定由甲方接收档案的，甲方应保证接收单位和地址准确，{school}据此转递；甲方不接收的，由乙方按规定另行确定档案去向。",
        ),
        (
            "户口",
            "约定由甲方负责落户的，甲方应提供落户条件并办理手续；没有约定的，由乙方按户籍管理规定办理迁移。",
        ),
        (
            f"{school}的职责",
            f"{school}核对本协议的内容和乙方的培养情况后予以{verb}，据此登记乙方的毕业去向，协助办理档案和户口手续，"
            "并对双方提供的个人信息和经营信息保密。",
        ),
        (
            "变更和解除",
            "本协议生效后，任何一方不得单方变更。需要解除的，由甲乙双方协商一致，"
            f"在平台上办理解约，经{school}{verb}后解除；解约办结以前，乙方不与其他单位签约。"
            "乙方升学、应征入伍或者被录用为公务员的，应及时告知甲方，按补充条款处理；没有补充条款的，由双方协商解除。",
        ),
        (
            "违约责任",
            "一方无正当理由不履行本协议的，应承担违约责任。约定了违约金的，按约定支付；"
            "没有约定的，赔偿对方因此受到的实际损失。法律另有规定的，从其规定。",
        ),
        (
            "争议解决",
            f"因本协议发生争议的，由双方协商；协商不成的，可以请{school}协调，也可以依法申请仲裁或者提起诉讼。",
        ),
        ("生效和文本", _effect(three_party, online, school, verb)),
    ]


def _effect(three_party: bool, online: bool, school: str, verb: str) -> str:
    if online:
        return (
            f"甲方在平台上发出邀请、乙方在平台上同意，并经{school}{verb}通过后，本协议生效，与当面签字盖章有同等效力。"
            "各方可以随时在平台下载，内容以平台留存的文件为准。补充条款是本协议的一部分，但不得违反法律。"
        )
    copies = "三方各执一份" if three_party else "甲乙双方和学校各执一份"
    return (
        f"本协议由甲方盖章、乙方签字，上传平台并经{school}{verb}通过后生效，{copies}，具有同等效力。"
        "手写涂改无效。补充条款是本协议的一部分，但不得违反法律。"
    )
