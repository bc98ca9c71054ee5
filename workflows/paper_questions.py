"""Room: what graduates and employers are asked in the signings on paper and in terminations. As data.

Here the graduate writes down the employer, who need not be registered.
"""

from __future__ import annotations

from dataclasses import replace

from models import codes
from workflows.fields import Field, Form, Kind, When
from workflows.questions import (
    CONTACT,
    EMPLOYER_INDUSTRY,
    EMPLOYER_NATURE,
    EMPLOYER_REGION,
    NOTE,
    OWN_CONTACT,
    POSITION,
    POSITION_CATEGORY,
    WISHES,
)


def _codeless(field: str) -> When:
    """While the answer is a code whose employers need no credit code."""
    return When(field, tuple(sorted(codes.table(field).having("codeless"))))


# Military and foreign bodies have none (codes.md, People); which those are, the tables say.
NO_CODE = Field(
    name="no_code",
    label="该单位没有统一社会信用代码",
    kind=Kind.BOOLEAN,
    default=False,
    only=(_codeless("employer_nature"), _codeless("employer_industry")),
    help="仅限部队（单位性质选“部队”）和境外机构、国际组织（单位行业选“国际组织”）；其他单位请填写代码。",
)
NO_CODE_REASON = Field(
    name="no_code_reason",
    label="没有信用代码的原因",
    kind=Kind.TEXT,
    max_length=100,
    required=True,
    when=When("no_code", (True,)),
    help="例如部队、境外机构。",
)

# An employer that somebody else writes down: for agreements and destinations alike.
EMPLOYER_NAME = Field(
    name="employer_name",
    label="单位名称",
    kind=Kind.TEXT,
    min_length=2,
    max_length=100,
    required=True,
    help="写全称，与公章一致。",
)
EMPLOYER_USCC = Field(
    name="employer_uscc",
    label="统一社会信用代码",
    kind=Kind.USCC,
    required_when=When("no_code", (False,)),
    help="18 位，可向单位索取，或看营业执照。",
)
EMPLOYER_ADDRESS = Field(
    name="employer_address", label="单位详细地址", kind=Kind.TEXT, max_length=200, required=True, help="写到门牌号。"
)
EMPLOYER_POSTCODE = Field(name="employer_postcode", label="单位邮编", kind=Kind.POSTCODE)

_EMPLOYER = (
    EMPLOYER_NAME,
    NO_CODE,
    EMPLOYER_USCC,
    NO_CODE_REASON,
    EMPLOYER_NATURE,
    EMPLOYER_INDUSTRY,
    EMPLOYER_REGION,
    EMPLOYER_ADDRESS,
    EMPLOYER_POSTCODE,
    *CONTACT,
)
_SIGNED_ON = Field(
    name="signed_on",
    label="签约日期",
    kind=Kind.DATE,
    min="cohort-2",
    max="today",
    required=True,
    help="协议上双方签章的日期，以较晚的一方为准。",
)
_TRUE_COPY = Field(
    name="truthful",
    label="我确认以上内容属实",
    kind=Kind.BOOLEAN,
    required=True,
    must_hold=True,
    stored=False,
)


def papers(name: str, label: str, help: str) -> Field:
    """Files that must be handed in."""
    return Field(name=name, label=label, kind=Kind.FILES, required=True, help=help)


_SCANS = papers("scans", "协议图像", "每一页都要清晰完整，能看清公章和签名；可上传图片或 PDF。")

# ---- offline signing

AGREEMENT, STATEMENT = "agreement", "statement"

OFFLINE_SUBMIT = Form(
    "offline_signing.submit",
    "申请就业协议",
    (*_EMPLOYER, *POSITION, *OWN_CONTACT, *WISHES, _TRUE_COPY),
)

OFFLINE_UPLOAD = Form(
    "offline_signing.upload",
    "回传盖章协议",
    (
        Field(
            name="upload_kind",
            label="上传内容",
            kind=Kind.CHOICE,
            choices=((AGREEMENT, "盖章后的就业协议"), (STATEMENT, "情况说明（协议内容有误，需要重新填写）")),
            required=True,
            default=AGREEMENT,
        ),
        replace(_SIGNED_ON, when=When("upload_kind", (AGREEMENT,))),
        replace(_SCANS, label="图像"),
        Field(
            name="upload_note",
            label="说明",
            kind=Kind.LONG_TEXT,
            max_length=500,
            required_when=When("upload_kind", (STATEMENT,)),
            help="上传情况说明时，写明协议哪里有误。",
        ),
    ),
)

EDIT_EMPLOYER = Form(
    "edit_employer",
    "修改单位和签约信息",
    (EMPLOYER_NATURE, EMPLOYER_INDUSTRY, POSITION_CATEGORY),
)

# ---- supplementary registration

SUPPLEMENTARY_SUBMIT = Form(
    "supplementary.submit",
    "登记已签就业协议",
    (
        Field(
            name="agreement_no",
            label="协议书编号",
            kind=Kind.TEXT,
            max_length=20,
            required=True,
            help="印在纸质协议上的编号。",
        ),
        _SIGNED_ON,
        _SCANS,
        *_EMPLOYER,
        *POSITION,
        *OWN_CONTACT,
        *WISHES,
        _TRUE_COPY,
    ),
)

TAKE_BACK = Form("take_back", "撤回本次提交", (NOTE,))
CANCEL = Form("cancel", "取消办理", (NOTE,))

# ---- terminations

_WHY = (
    Field(name="reason", label="解约原因", kind=Kind.CODE, table="termination_reason", required=True),
    Field(
        name="reason_text",
        label="解约说明",
        kind=Kind.LONG_TEXT,
        min_length=5,
        max_length=500,
        required=True,
        help="写明为什么解约、与对方协商的情况，对方和学校会看到。",
    ),
)

TERMINATION_REQUEST = Form("online_termination.request", "向对方申请解约", _WHY)
TERMINATION_AGREE = Form("online_termination.agree", "同意解约", (NOTE,))
TERMINATION_REFUSE = Form(
    "online_termination.refuse",
    "拒绝解约",
    (
        Field(
            name="reason_text",
            label="拒绝理由",
            kind=Kind.LONG_TEXT,
            min_length=5,
            max_length=500,
            required=True,
            help="对方会看到。",
        ),
    ),
)
PAPER_TERMINATION_SUBMIT = Form(
    "offline_termination.submit",
    "凭材料申请解约",
    (
        *_WHY,
        Field(
            name="papers_kind",
            label="解约材料",
            kind=Kind.CHOICE,
            choices=(("letter", "单位出具的解约函"), ("statement", "本人的情况说明（单位不能提供解约函）")),
            required=True,
        ),
        papers("papers", "材料图像", "解约函须有单位公章；情况说明须有本人签名。"),
    ),
)

ALL = (
    OFFLINE_SUBMIT,
    OFFLINE_UPLOAD,
    EDIT_EMPLOYER,
    SUPPLEMENTARY_SUBMIT,
    TAKE_BACK,
    CANCEL,
    TERMINATION_REQUEST,
    TERMINATION_AGREE,
    TERMINATION_REFUSE,
    PAPER_TERMINATION_SUBMIT,
)
