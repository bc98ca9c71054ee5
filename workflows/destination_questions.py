"""Room: what is asked for each kind of destination (codes.md, Destination types). As data.

One form for all kinds: the kind is chosen first, what it needs is asked then. 待就业 and its like stand level with all
others. Which proof a kind wants is told by `PROOFS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from models import codes
from workflows.fields import Field, Form, Kind, When
from workflows.paper_questions import (
    EMPLOYER_ADDRESS,
    EMPLOYER_NAME,
    EMPLOYER_USCC,
    NO_CODE,
    NO_CODE_REASON,
    papers,
)
from workflows.questions import (
    CONTACT,
    EMPLOYER_INDUSTRY,
    EMPLOYER_NATURE,
    EMPLOYER_REGION,
    MONTHLY_PAY,
    OWN_CONTACT,
    POSITION_CATEGORY,
    POSITION_TITLE,
    WISHES,
)

_TABLE = codes.table("destination")
OFFERED: Final = tuple(c for c in _TABLE.items() if "destination" in c.traits.get("offered_in", ()))

# Kinds by what they ask, read off the table's traits: a new code says there what it asks.
PROOFS: Final[Mapping[str, str]] = MappingProxyType(
    {c.code: str(c.traits["proof"]) for c in OFFERED if c.traits.get("proof")}
)


def _asking(what: str) -> When:
    """While the chosen kind asks for this."""
    return When("destination_code", tuple(c.code for c in OFFERED if what in c.traits.get("asks", ())))


def _ask(field: Field, what: str = "", **changes: Any) -> Field:
    return replace(field, when=_asking(what or field.name), **changes)


DEGREES: Final = (
    ("associate", "专科"),
    ("bachelor", "本科"),
    ("second_bachelor", "第二学士学位"),
    ("master", "硕士"),
    ("doctor", "博士"),
    ("other", "其他"),
)
ROLES: Final = (("owner", "法定代表人或经营者"), ("partner", "合伙人"), ("shareholder", "股东"), ("shop", "网店店主"))

# Here the kind may tell as well: who issues a 接收函, foreign bodies, a shop that is named by its address.
_CODELESS = When("destination_code", tuple(c.code for c in OFFERED if c.traits.get("codeless")))
_NOT_ASKED = When("destination_code", tuple(c.code for c in OFFERED if "employer_uscc" not in c.traits.get("asks", ())))

_EMPLOYER = (
    _ask(EMPLOYER_NAME, help="单位、部队、机构、企业或网店的全称。"),
    replace(
        NO_CODE,
        only=(*NO_CODE.only, _CODELESS, _NOT_ASKED),
        help="仅限部队、境外机构和国际组织、出具公招接收函的单位、没有营业执照的网店；其他单位请填写代码。",
    ),
    _ask(EMPLOYER_USCC),
    NO_CODE_REASON,
    _ask(EMPLOYER_NATURE),
    _ask(EMPLOYER_INDUSTRY),
    _ask(EMPLOYER_REGION),
    _ask(EMPLOYER_ADDRESS),
    *(_ask(field, "contact") for field in CONTACT),
)

_WORK = (
    _ask(POSITION_CATEGORY),
    _ask(POSITION_TITLE),
    _ask(MONTHLY_PAY),
    _ask(
        Field(
            name="contract_from",
            label="合同开始日期",
            kind=Kind.DATE,
            required=True,
            min="cohort-1",
            max="cohort+3",
        )
    ),
    _ask(
        Field(
            name="contract_to",
            label="合同结束日期",
            kind=Kind.DATE,
            min="contract_from",
            max="cohort+30",
            help="无固定期限的可不填。",
        )
    ),
    _ask(Field(name="project", label="项目名称", kind=Kind.TEXT, max_length=100, required=True)),
    _ask(Field(name="term_from", label="期限开始日期", kind=Kind.DATE, required=True, min="cohort-1", max="cohort+3")),
    _ask(Field(name="term_to", label="期限结束日期", kind=Kind.DATE, required=True, min="term_from", max="cohort+10")),
    _ask(Field(name="enlisted_from", label="征集地", kind=Kind.REGION, required=True)),
    _ask(Field(name="role", label="担任角色", kind=Kind.CHOICE, choices=ROLES, required=True)),
    _ask(
        Field(
            name="shop_url",
            label="网店地址",
            kind=Kind.TEXT,
            max_length=200,
            required_when=When("no_code", (True,)),
            help="没有信用代码的网店必填。",
        )
    ),
    _ask(Field(name="occupation", label="职业类型", kind=Kind.TEXT, max_length=50, required=True, help="例如撰稿。")),
    _ask(
        Field(
            name="work_content",
            label="工作内容",
            kind=Kind.LONG_TEXT,
            min_length=5,
            max_length=300,
            required=True,
        )
    ),
    _ask(Field(name="income", label="月收入（元）", kind=Kind.MONEY, required=True, min=1, max=1_000_000)),
)

_STUDY = (
    _ask(Field(name="country", label="国家或地区", kind=Kind.CODE, table="country", required=True)),
    _ask(
        Field(name="college", label="录取院校", kind=Kind.TEXT, max_length=100, help="境外院校写中文名。"),
        required_when=When("destination_code", tuple(c.code for c in OFFERED if c.traits.get("at_home"))),
    ),
    _ask(Field(name="college_foreign", label="院校外文名", kind=Kind.TEXT, max_length=150)),
    _ask(
        Field(name="major", label="录取专业", kind=Kind.TEXT, max_length=100, help="境外院校写中文名。"),
        required_when=When("destination_code", tuple(c.code for c in OFFERED if c.traits.get("at_home"))),
    ),
    _ask(Field(name="major_foreign", label="专业外文名", kind=Kind.TEXT, max_length=150)),
    _ask(Field(name="degree_level", label="攻读层次", kind=Kind.CHOICE, choices=DEGREES, required=True)),
)

_UNSETTLED = (
    _ask(
        Field(
            name="substate",
            label="目前情况",
            kind=Kind.CODE,
            table="destination_substate",
            required=True,
            group_field="destination_code",
        )
    ),
    _ask(Field(name="wish_region", label="意向地区", kind=Kind.REGION, help="可不填；填写后学校可以推荐岗位。")),
    _ask(
        Field(name="wish_position", label="意向职位", kind=Kind.CODE, table="position_category", help="可不填。"),
    ),
)

_FIELDS = (
    Field(
        name="destination_code",
        label="毕业去向",
        kind=Kind.CHOICE,
        choices=tuple((c.code, c.label) for c in OFFERED),
        required=True,
        help="按实际情况选择；还没有落实的，选“待就业”等同样有效。",
    ),
    *_EMPLOYER,
    *_WORK,
    *_STUDY,
    *_UNSETTLED,
    *(replace(field, help="学校凭此与您联系。") if field.name == "own_mobile" else field for field in OWN_CONTACT),
    *WISHES,
)
_EITHER = (("college", "college_foreign"), ("major", "major_foreign"))

# Which proof, is told by the kind: screens show `PROOFS` beside the question.
_PROOFS = replace(
    papers("proofs", "证明材料", "按所选去向上传相应的证明；可上传图片或 PDF。"),
    when=When("destination_code", tuple(PROOFS)),
)

SUBMIT = Form("destination.submit", "登记毕业去向", (*_FIELDS, _PROOFS), _EITHER)

EDIT_DESTINATION = Form(
    "destination.edit_destination",
    "修改去向",
    (
        *_FIELDS,
        Field(
            name="agreed_with_graduate",
            label="已与毕业生沟通确认一致",
            kind=Kind.BOOLEAN,
            required=True,
            must_hold=True,
            help="修改后系统会通知毕业生本人。",
        ),
    ),
    _EITHER,
)

VOID = Form(
    "destination.void",
    "作废去向登记",
    (
        Field(
            name="confirmed",
            label="我确认作废这条去向登记",
            kind=Kind.BOOLEAN,
            required=True,
            must_hold=True,
            stored=False,
            help="作废后需要重新签约或登记去向。",
        ),
    ),
)

ALL = (SUBMIT, EDIT_DESTINATION, VOID)
