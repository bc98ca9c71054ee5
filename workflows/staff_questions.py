"""Room: what the desks ask for: settings, handlers, telephones, accounts, warning marks. As data.

Forms of people who sign stand in `questions.py`; `forms.FORMS` holds both.
"""

from __future__ import annotations

from models.codes import table
from models.parties import Grant, Level, ReviewMode
from workflows.fields import Field, Form, Kind
from workflows.limits import INVITATION_DAYS

_LEVELS = table("level").groups
LEVEL_CHOICES = tuple((str(level), _LEVELS[level]) for level in (Level.UNDERGRADUATE, Level.POSTGRADUATE))
SCOPE_CHOICES = ((str(Level.ALL), "全部"), *LEVEL_CHOICES)
MODE_CHOICES = (
    (str(ReviewMode.SCHOOL), "仅校级审核"),
    (str(ReviewMode.DEPARTMENT_THEN_SCHOOL), "先院系再校级审核"),
)
GRANT_CHOICES = ((str(Grant.RW), "读写"), (str(Grant.RO), "只读"), (str(Grant.NONE), "无权限"))

SIGNING_SETTINGS = Form(
    "signing_settings",
    "签约设置",
    (
        Field(
            name="open",
            label="开通在线签约",
            kind=Kind.BOOLEAN,
            required=True,
            help="开通后补登和去向登记同时开通；一旦有毕业生或单位办理过，就不能再关闭。",
        ),
        Field(
            name="review_mode",
            label="审核方式",
            kind=Kind.CHOICE,
            choices=MODE_CHOICES,
            required=True,
            help="还有未办结的数据时不能修改。",
        ),
        Field(
            name="archive_mode",
            label="档案信息登记的审核方式",
            kind=Kind.CHOICE,
            choices=MODE_CHOICES,
            default=str(ReviewMode.SCHOOL),
        ),
        Field(
            name="household_mode",
            label="户口信息登记的审核方式",
            kind=Kind.CHOICE,
            choices=MODE_CHOICES,
            default=str(ReviewMode.SCHOOL),
        ),
        Field(
            name="termination_limit",
            label="毕业生可申请解约次数",
            kind=Kind.INTEGER,
            required=True,
            min=0,
            max=99,
            help="填 0 表示毕业生不能申请解约。",
        ),
        Field(
            name="invitation_days",
            label="签约邀请默认有效天数",
            kind=Kind.INTEGER,
            min=INVITATION_DAYS[0],
            max=INVITATION_DAYS[1],
            default=15,
        ),
        Field(
            name="sms_fallback",
            label="微信无法送达时改发短信",
            kind=Kind.BOOLEAN,
            default=True,
        ),
        Field(
            name="leaving_open",
            label="开通离校确认",
            kind=Kind.BOOLEAN,
            default=False,
            help="开通后毕业生可以在离校前确认去向、档案和户口信息。",
        ),
        Field(name="desk_phone", label="就业部门电话", kind=Kind.PHONE, help="毕业生遇到问题时看到的咨询电话。"),
        Field(name="desk_hours", label="就业部门办公时间", kind=Kind.TEXT, max_length=80),
    ),
)

HANDLER = Form(
    "handler",
    "协议经办人",
    (
        Field(
            name="level",
            label="适用学历层次",
            kind=Kind.CHOICE,
            choices=SCOPE_CHOICES,
            required=True,
            help="选“全部”时，尚未设置的各层次使用同一经办人。确认后不能修改。",
        ),
        Field(name="name", label="经办人姓名", kind=Kind.PERSON_NAME, max_length=40, required=True),
        Field(name="phone", label="联系电话", kind=Kind.PHONE, required=True),
        Field(name="address", label="通讯地址", kind=Kind.TEXT, max_length=200, required=True),
        Field(name="postcode", label="邮编", kind=Kind.POSTCODE, required=True),
        Field(
            name="confirmed",
            label="已核对无误，知道确认后不能修改",
            kind=Kind.BOOLEAN,
            required=True,
            must_hold=True,
            stored=False,
        ),
    ),
)

DESK = Form(
    "desk",
    "院系咨询电话",
    (
        Field(
            name="department",
            label="所在院系",
            kind=Kind.TEXT,
            max_length=120,
            required=True,
            help="与学生名单中的所在院系逐字一致。",
        ),
        Field(name="phone", label="咨询电话", kind=Kind.PHONE, help="不填时毕业生看到学校就业部门的电话。"),
        Field(
            name="hours",
            label="办公时间",
            kind=Kind.TEXT,
            max_length=80,
            help="不填时毕业生看到学校就业部门的办公时间。",
        ),
    ),
)

EMPLOYER_DESK = Form(
    "employer_desk",
    "企业客服",
    (
        Field(name="phone", label="客服电话", kind=Kind.PHONE, help="用人单位在签约平台上看到；写法如 010-62345678。"),
        Field(name="hours", label="服务时间", kind=Kind.TEXT, max_length=80, help="例如：工作日 9:00—17:00。"),
    ),
)

_RIGHTS = (
    Field(name="grant_employment", label="毕业去向登记与网签", kind=Kind.CHOICE, choices=GRANT_CHOICES, required=True),
    Field(name="grant_archive", label="档案信息登记", kind=Kind.CHOICE, choices=GRANT_CHOICES, required=True),
    Field(name="grant_household", label="户口信息登记", kind=Kind.CHOICE, choices=GRANT_CHOICES, required=True),
    Field(name="level", label="学历层次范围", kind=Kind.CHOICE, choices=SCOPE_CHOICES, required=True),
)

ACCOUNT = Form(
    "account",
    "新建账号",
    (
        Field(
            name="username",
            label="用户名",
            kind=Kind.TEXT,
            min_length=3,
            max_length=40,
            pattern="[A-Za-z0-9][A-Za-z0-9_.@-]*",
            required=True,
            help="3 至 40 位字母、数字或 _ . @ -，以字母或数字开头。",
        ),
        Field(name="display_name", label="姓名或名称", kind=Kind.TEXT, max_length=40, required=True),
        Field(
            name="department",
            label="所在院系",
            kind=Kind.TEXT,
            max_length=120,
            help="院系账号必填，与学生名单中的所在院系逐字一致。",
        ),
        *_RIGHTS,
    ),
)

ACCOUNT_RIGHTS = Form("account_rights", "修改账号权限", _RIGHTS)

WARNING_MARK = Form(
    "warning_mark",
    "预警单位",
    (
        Field(name="employer_name", label="单位名称", kind=Kind.TEXT, min_length=2, max_length=100, required=True),
        Field(
            name="employer_uscc",
            label="统一社会信用代码",
            kind=Kind.USCC,
            help="知道的请填写；不填时按单位名称比对。",
        ),
        Field(name="note", label="情况说明", kind=Kind.LONG_TEXT, max_length=500),
    ),
)

ALL = (SIGNING_SETTINGS, HANDLER, DESK, EMPLOYER_DESK, ACCOUNT, ACCOUNT_RIGHTS, WARNING_MARK)
