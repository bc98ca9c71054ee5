"""Room: what each action asks for: the forms themselves, as data. Names are those of the contracts, labels Chinese.

Fields that several forms share stand once, above the forms.
"""

from __future__ import annotations

from dataclasses import replace

from models.codes import PAPER_RESIDENT_ID, REASON_OTHER
from workflows.fields import Field, Form, Kind, When

# ---- shared fields

NOTE = Field(name="note", label="备注", kind=Kind.LONG_TEXT, max_length=500)

POSITION_CATEGORY = Field(
    name="position_category",
    label="工作职位类别",
    kind=Kind.CODE,
    table="position_category",
    required=True,
    help="按实际从事的工作选择；选“其他人员”的，审核时通常会被要求说明。",
)

POSITION_TITLE = Field(name="position_title", label="岗位名称", kind=Kind.TEXT, max_length=50, required=True)
MONTHLY_PAY = Field(
    name="monthly_pay",
    label="月薪（元，税前）",
    kind=Kind.MONEY,
    required=True,
    min=1,
    max=1_000_000,
    help="填整数，单位为元。",
)
EMPLOYER_NATURE = Field(
    name="employer_nature", label="单位性质", kind=Kind.CODE, table="employer_nature", required=True
)
EMPLOYER_INDUSTRY = Field(
    name="employer_industry", label="单位行业", kind=Kind.CODE, table="employer_industry", required=True
)
EMPLOYER_REGION = Field(name="employer_region", label="单位所在地", kind=Kind.REGION, required=True)

_ARCHIVE = When("archive_accepted", (True,))

# The post and its terms: asked of the employer who invites, of the graduate in the signings on paper.
POSITION = (
    POSITION_CATEGORY,
    POSITION_TITLE,
    Field(
        name="work_place",
        label="工作地点",
        kind=Kind.TEXT,
        max_length=100,
        required=True,
        help="写到市、区（县）。",
    ),
    Field(name="dispatched", label="是否劳务派遣", kind=Kind.BOOLEAN, required=True),
    Field(
        name="dispatched_to",
        label="用工单位",
        kind=Kind.TEXT,
        max_length=100,
        required=True,
        when=When("dispatched", (True,)),
        help="劳务派遣时填写实际用工的单位全称。",
    ),
    Field(name="report_on", label="报到日期", kind=Kind.DATE, required=True, min="cohort-1", max="cohort+3"),
    Field(
        name="report_by",
        label="最迟报到日期",
        kind=Kind.DATE,
        min="report_on",
        max="cohort+3",
        help="约定了期限的填写，不早于报到日期。",
    ),
    Field(name="probation_months", label="试用期（月）", kind=Kind.INTEGER, min=0, max=12, help="没有试用期填 0。"),
    MONTHLY_PAY,
    Field(name="service_months", label="服务期（月）", kind=Kind.INTEGER, min=0, max=600, help="没有约定可以不填。"),
    Field(name="penalty", label="违约金（元）", kind=Kind.MONEY, min=0, max=10_000_000, help="没有约定可以不填。"),
    Field(name="hukou_settled", label="是否解决户口", kind=Kind.BOOLEAN, required=True),
    Field(
        name="hukou_address",
        label="户口迁移地址",
        kind=Kind.TEXT,
        max_length=200,
        required=True,
        when=When("hukou_settled", (True,)),
        help="解决户口时填写落户的详细地址。",
    ),
    Field(name="archive_accepted", label="是否接收档案", kind=Kind.BOOLEAN, required=True),
    Field(
        name="archive_body",
        label="档案接收单位",
        kind=Kind.TEXT,
        max_length=100,
        required=True,
        when=_ARCHIVE,
        help="接收档案时填写单位全称；没有人事档案管理权的，填托管机构。",
    ),
    Field(
        name="archive_address",
        label="档案接收地址",
        kind=Kind.TEXT,
        max_length=200,
        required=True,
        when=_ARCHIVE,
        help="写到门牌号。",
    ),
    Field(name="archive_postcode", label="档案接收邮编", kind=Kind.POSTCODE, required=True, when=_ARCHIVE),
    Field(
        name="archive_contact",
        label="档案接收联系人",
        kind=Kind.TEXT,
        max_length=100,
        required=True,
        when=_ARCHIVE,
        help="接收部门和联系人姓名。",
    ),
    Field(
        name="archive_phone",
        label="档案接收电话",
        kind=Kind.PHONE,
        when=_ARCHIVE,
        sensitive=True,
        help="可不填；写法如 010-62345678。",
    ),
    Field(
        name="extra_terms",
        label="补充条款",
        kind=Kind.LONG_TEXT,
        printed=True,
        max_length=1000,
        help="双方另行约定的内容，将印在协议上。",
    ),
)

CONTACT = (
    Field(name="contact_name", label="联系人", kind=Kind.PERSON_NAME, max_length=50, required=True),
    Field(name="contact_mobile", label="联系人手机", kind=Kind.MOBILE, required=True, sensitive=True),
    Field(name="contact_phone", label="固定电话", kind=Kind.PHONE, help="可不填；写法如 010-62345678。"),
)

# What a graduate says of themselves with every signing and destination.
OWN_CONTACT = (
    Field(
        name="own_mobile",
        label="本人手机号",
        kind=Kind.MOBILE,
        required=True,
        prefilled=True,
        sensitive=True,
        help="将印在协议上，单位凭此与您联系。",
    ),
    Field(name="own_email", label="本人邮箱", kind=Kind.EMAIL, prefilled=True, help="可不填。"),
)
WISHES = (
    Field(
        name="archive_wish",
        private=True,
        label="档案去向意愿",
        kind=Kind.CODE,
        table="archive_transfer",
        help="可不填，以后在档案信息登记中填写。",
    ),
    Field(
        name="household_wish",
        private=True,
        label="户口去向意愿",
        kind=Kind.CODE,
        table="household_target",
        help="可不填，以后在户口信息登记中填写。",
    ),
)

# ---- online signing

INVITE = Form(
    "online_signing.invite",
    "发起签约邀请",
    (
        Field(name="school_code", label="毕业院校", kind=Kind.SCHOOL, required=True, stored=False),
        Field(
            name="graduate_name",
            label="毕业生姓名",
            kind=Kind.PERSON_NAME,
            max_length=50,
            required=True,
            stored=False,
            help="与毕业生学籍中的姓名一致。",
        ),
        Field(
            name="id_kind",
            label="证件类型",
            kind=Kind.CODE,
            table="paper",
            required=True,
            default=PAPER_RESIDENT_ID,
            stored=False,
        ),
        Field(
            name="id_number",
            label="证件号码",
            kind=Kind.ID_NUMBER,
            paper_field="id_kind",
            required=True,
            sensitive=True,
            stored=False,
            help="与毕业生学籍中的证件号码一致。",
        ),
        *POSITION,
        *CONTACT,
        Field(
            name="valid_days",
            label="邀请有效期（天）",
            kind=Kind.INTEGER,
            required=True,
            min=1,
            max=30,
            default=15,
            prefilled=True,
            help="1 至 30 天；到期当天 23:59:59 前毕业生都可以答复。",
        ),
    ),
)

WITHDRAW = Form("online_signing.withdraw", "撤回签约邀请", (NOTE,))

ACCEPT = Form(
    "online_signing.accept",
    "同意签约",
    (
        *OWN_CONTACT,
        *WISHES,
        Field(
            name="agreed",
            label="我已阅读协议全文并同意签约",
            kind=Kind.BOOLEAN,
            required=True,
            must_hold=True,
            stored=False,
        ),
    ),
)

REFUSE = Form(
    "online_signing.refuse",
    "拒绝签约",
    (
        Field(name="reason", label="拒绝原因", kind=Kind.CODE, table="refuse_reason", required=True),
        Field(
            name="reason_text",
            label="补充说明",
            kind=Kind.LONG_TEXT,
            max_length=200,
            required_when=When("reason", (REASON_OTHER,)),
            help="选“其他”时必填，单位会看到。",
        ),
    ),
)

EDIT = Form("online_signing.edit", "修改签约信息", (POSITION_CATEGORY,))

# ---- employers and staff

_AGENT = "与联系人为同一人时可不填。"

EMPLOYER_REGISTRATION = Form(
    "employer_registration",
    "用人单位注册",
    (
        Field(
            name="employer_name",
            label="单位名称",
            kind=Kind.TEXT,
            min_length=2,
            max_length=100,
            required=True,
            help="与营业执照和公章完全一致的全称。",
        ),
        Field(
            name="employer_uscc",
            label="统一社会信用代码",
            kind=Kind.USCC,
            required=True,
            help="营业执照上的 18 位代码。",
        ),
        EMPLOYER_NATURE,
        EMPLOYER_INDUSTRY,
        replace(EMPLOYER_REGION, help="由所在省的主管部门核验注册信息。"),
        Field(name="employer_address", label="详细地址", kind=Kind.TEXT, max_length=200, required=True),
        Field(name="employer_postcode", label="邮编", kind=Kind.POSTCODE, required=True),
        *CONTACT,
        Field(name="contact_email", label="联系邮箱", kind=Kind.EMAIL, help="可不填。"),
        Field(name="agent_name", label="经办人", kind=Kind.PERSON_NAME, max_length=50, help=_AGENT),
        Field(name="agent_mobile", label="经办人手机", kind=Kind.MOBILE, sensitive=True, help=_AGENT),
    ),
)

EMPLOYER_HANDOVER = Form(
    "employer_handover",
    "经办人变更申请",
    (
        Field(
            name="employer_name",
            label="单位名称",
            kind=Kind.TEXT,
            min_length=2,
            max_length=100,
            required=True,
            help="与平台上登记的单位名称一致。",
        ),
        Field(name="employer_uscc", label="统一社会信用代码", kind=Kind.USCC, required=True),
        Field(name="agent_name", label="新经办人姓名", kind=Kind.PERSON_NAME, max_length=50, required=True),
        Field(name="agent_mobile", label="新经办人手机", kind=Kind.MOBILE, required=True, sensitive=True),
        Field(
            name="statement",
            label="变更说明",
            kind=Kind.LONG_TEXT,
            max_length=500,
            help="写明原经办人的情况和变更原因。",
        ),
    ),
)

_LICENCE = Field(
    name="licence",
    label="营业执照图像",
    kind=Kind.FILES,
    max=1,
    required=True,
    help="事业单位、社会团体等用法人登记证书；能看清名称、代码和公章。",
)

# Handed in beside a form, since an applicant has no account by which files could be sent before.
EMPLOYER_LICENCE = Form("employer_licence", "营业执照", (_LICENCE,))
NEW_LICENCE = Form(
    "employer_new_licence",
    "更换营业执照",
    (replace(_LICENCE, required=False, help="没有变化的不用上传；上传新的营业执照后需要重新核验。"),),
)
HANDOVER_PAPERS = Form(
    "employer_handover_papers",
    "经办人变更材料",
    (
        _LICENCE,
        Field(
            name="authorisation",
            label="单位授权书",
            kind=Kind.FILES,
            max=1,
            required=True,
            help="写明授权新经办人办理，加盖单位公章。",
        ),
    ),
)

STAFF_NOTE = Form(
    "staff_note",
    "内部备注",
    (replace(NOTE, required=True, help="只有本校老师能看到，毕业生和单位看不到。"),),
)

ALL = (
    INVITE,
    WITHDRAW,
    ACCEPT,
    REFUSE,
    EDIT,
    EMPLOYER_REGISTRATION,
    EMPLOYER_HANDOVER,
    EMPLOYER_LICENCE,
    NEW_LICENCE,
    HANDOVER_PAPERS,
    STAFF_NOTE,
)
