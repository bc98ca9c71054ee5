"""Room: what reviewers are asked, the same in every flow: approvals, returns, rejections. As data."""

from __future__ import annotations

from dataclasses import replace

from workflows.fields import Field, Form, Kind, When
from workflows.questions import NOTE

ACKNOWLEDGED = Field(name="warning_acknowledged", label="已知悉该单位的预警或经营状态提示", kind=Kind.BOOLEAN)
_HISTORY_NOTE = replace(NOTE, help="记入办理历史。")

# The digest of what the reviewer saw: what changed since must be looked at again (roles.md, Roster).
LATEST = (
    Field(
        name="take_latest",
        label="按名单更新学生信息",
        kind=Kind.BOOLEAN,
        help="性别、民族、政治面貌、院系、学制、学号、毕业时间改为学生名单中的现值；姓名、学历、证件号码、院校、专业不会改动。",
    ),
    Field(
        name="latest_seen",
        label="所见学生信息的校验值",
        kind=Kind.TEXT,
        max_length=64,
        pattern="[0-9a-f]{64}",
        required_when=When("take_latest", (True,)),
        stored=False,
        help="由页面自动填写。",
    ),
)

REASON = (
    Field(name="reason", label="原因", kind=Kind.CODE, table="return_reason", required=True),
    Field(
        name="reason_text",
        label="具体问题",
        kind=Kind.LONG_TEXT,
        min_length=5,
        max_length=500,
        required=True,
        help="写明哪里不对、应当怎么改，毕业生会看到。",
    ),
)

APPROVE = Form("review.approve", "院系审核通过", (ACKNOWLEDGED, _HISTORY_NOTE))
APPROVE_FINAL = Form("review.approve_final", "审核通过", (ACKNOWLEDGED, *LATEST, _HISTORY_NOTE))
RETURN = Form("review.return", "退回修改", REASON)
REJECT = Form("review.reject", "审核不通过", REASON)

APPROVE_SIGNING = Form(
    "offline_signing.approve_final",
    "签约审核通过",
    (
        ACKNOWLEDGED,
        Field(
            name="stamped",
            label="学校已在纸质协议上盖章",
            kind=Kind.BOOLEAN,
            help="盖章前请核对纸质协议与上传图像一致；需要学校盖章的勾选，会记下由谁在何时确认。",
        ),
        _HISTORY_NOTE,
    ),
)

APPROVE_DESTINATION = Form(
    "destination.approve_final",
    "去向登记审核通过",
    (
        ACKNOWLEDGED,
        *LATEST,
        Field(
            name="department_head",
            label="院系负责人姓名",
            kind=Kind.PERSON_NAME,
            max_length=50,
            help="自由职业仅由学校审核时必填：写明院系哪位负责人已核实。",
        ),
        _HISTORY_NOTE,
    ),
)

SECOND_CONFIRMATION = Field(
    name="confirmed",
    label="我已核实情况，确认办理",
    kind=Kind.BOOLEAN,
    required=True,
    must_hold=True,
    stored=False,
)
STATEMENT = Field(
    name="statement",
    label="情况说明",
    kind=Kind.LONG_TEXT,
    min_length=10,
    max_length=1000,
    required=True,
    help="写明与单位和毕业生核实的经过，双方都会收到通知。",
)

FORCE = Form("online_termination.force", "强制解约", (STATEMENT, SECOND_CONFIRMATION))

MUTUAL, UNILATERAL = "mutual", "unilateral"
APPROVE_TERMINATION = Form(
    "offline_termination.approve_final",
    "解约审核通过",
    (
        Field(
            name="termination_kind",
            label="解约方式",
            kind=Kind.CHOICE,
            choices=((MUTUAL, "双方同意解约"), (UNILATERAL, "学生单方面解约")),
            required=True,
        ),
        replace(
            STATEMENT,
            required=False,
            required_when=When("termination_kind", (UNILATERAL,)),
            help="选“学生单方面解约”时必填：写明核实经过。",
        ),
        SECOND_CONFIRMATION,
        _HISTORY_NOTE,
    ),
)

ALL = (
    APPROVE,
    APPROVE_FINAL,
    RETURN,
    REJECT,
    APPROVE_SIGNING,
    APPROVE_DESTINATION,
    FORCE,
    APPROVE_TERMINATION,
)
