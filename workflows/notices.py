"""Room: the notice table: what is told to whom, in which sentence, by which channels, and when (messages-and-sync.md).

Texts for WeChat's and the SMS provider's templates are data in `notifier/templates`; they name these notices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from models.config import settings
from models.kit import SHANGHAI
from models.parties import Party


class Sms(StrEnum):
    NEVER = "never"
    FALLBACK = "fallback"  # once, where WeChat cannot reach the person and the school allows it
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Notice:
    """`sentence` may hold {employer}, {matter}, {deadline}, {reason}, {agent}; of an employer's notice also {graduate}.

    `phrase` is at most 5 characters.
    """

    name: str
    to: Party
    title: str
    phrase: str
    sentence: str
    sms: Sms = Sms.NEVER
    urgent: bool = False  # not held back by the quiet hours
    fades: bool = False  # pointless once the record stands elsewhere: what has not left by then is superseded
    others_only: bool = False  # told only where the other side did it


_G, _E = Party.GRADUATE, Party.EMPLOYER

_TABLE = (
    Notice(
        "invitation_received",
        _G,
        "收到签约邀请",
        "待应约",
        "{employer}邀请您签约，请在{deadline}前答复。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "invitation_reminder",
        _G,
        "签约邀请即将到期",
        "即将到期",
        "{employer}的签约邀请将于{deadline}到期，请尽快答复。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice("invitation_withdrawn", _G, "签约邀请已撤回", "已撤回", "{employer}撤回了对您的签约邀请。"),
    Notice("invitation_expired", _G, "签约邀请已过期", "已过期", "{employer}的签约邀请已过应约期限。"),
    Notice(
        "invitation_superseded",
        _G,
        "签约邀请已关闭",
        "已关闭",
        "您已与其他单位完成签约，{employer}的邀请自动关闭。",
    ),
    Notice(
        "department_approved",
        _G,
        "院系审核通过",
        "学院通过",
        "您{matter}已由院系审核通过，等待学校审核。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "signing_approved",
        _G,
        "签约完成",
        "审核通过",
        "您与{employer}的签约已审核通过，就业协议已生效。",
        Sms.FALLBACK,
    ),
    Notice(
        "signing_rejected",
        _G,
        "签约审核不通过",
        "不通过",
        "您与{employer}的签约审核不通过：{reason}。如仍要签约，请单位重新发起邀请。",
        Sms.FALLBACK,
    ),
    Notice(
        "record_edited",
        _G,
        "签约信息被修改",
        "信息修改",
        "学校修改了您{matter}的信息，请查看；如与事实不符，请提出异议。",
        Sms.ALWAYS,
    ),
    Notice("review_approved", _G, "审核通过", "审核通过", "您{matter}已审核通过，登记完成。", Sms.FALLBACK),
    Notice(
        "review_returned",
        _G,
        "退回修改",
        "退回修改",
        "您{matter}被退回修改：{reason}。请修改后重新提交。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "review_rejected",
        _G,
        "审核不通过",
        "不通过",
        "您{matter}审核不通过：{reason}。如仍要办理，请重新填写提交。",
        Sms.FALLBACK,
    ),
    Notice(
        "agreement_issued",
        _G,
        "就业协议已生成",
        "待回传",
        "您{matter}的就业协议已生成，请下载打印，双方签章后回传图像。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "agreement_uploaded",
        _G,
        "盖章协议已上传",
        "已上传",
        "您{matter}的盖章协议已上传，等待审核。",
        fades=True,
        others_only=True,
    ),
    Notice(
        "upload_returned",
        _G,
        "盖章协议退回",
        "退回修改",
        "您{matter}的盖章协议被退回：{reason}。请重新上传。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "upload_reminder",
        _G,
        "盖章协议待回传",
        "待回传",
        "您{matter}的就业协议已生成，请尽快回传双方签章的图像。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "return_reminder",
        _G,
        "有内容待修改",
        "待修改",
        "您{matter}被退回后还没有重新提交，请尽快修改。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "answer_reminder",
        _G,
        "解约申请待答复",
        "待答复",
        "{employer}提出解约，还在等待您答复，请尽快处理。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice(
        "close_reminder",
        _G,
        "办理即将截止",
        "即将截止",
        "您{matter}尚未办结，本届办理将于{deadline}截止，届时自动关闭。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice("matter_lapsed", _G, "届次截止", "已关闭", "本届办理已截止，您{matter}未办结，已自动关闭。", Sms.FALLBACK),
    Notice(
        "destination_edited",
        _G,
        "去向信息被修改",
        "信息修改",
        "审核老师修改了您{matter}的内容，请查看；如与事实不符，请提出异议。",
        Sms.ALWAYS,
    ),
    Notice("destination_voided", _G, "去向登记已作废", "已作废", "您{matter}已作废，可以重新签约或登记去向。"),
    Notice(
        "termination_asked",
        _G,
        "单位申请解约",
        "待答复",
        "{employer}申请与您解约：{reason}。请尽快答复。",
        Sms.FALLBACK,
        fades=True,
    ),
    Notice("termination_agreed", _G, "单位同意解约", "已同意", "{employer}同意解约，等待学校审核。", Sms.FALLBACK),
    Notice(
        "termination_refused",
        _G,
        "单位拒绝解约",
        "已拒绝",
        "{employer}拒绝解约：{reason}。签约仍然有效。",
        Sms.FALLBACK,
    ),
    Notice("termination_withdrawn", _G, "单位撤回解约", "已撤回", "{employer}撤回了解约申请，签约仍然有效。"),
    Notice(
        "termination_rejected",
        _G,
        "解约审核不通过",
        "不通过",
        "您{matter}审核不通过：{reason}。签约仍然有效。",
        Sms.FALLBACK,
    ),
    Notice(
        "termination_completed",
        _G,
        "解约完成",
        "已解约",
        "您与{employer}的签约已解除，可以重新签约或登记去向。",
        Sms.FALLBACK,
    ),
    Notice(
        "termination_forced",
        _G,
        "强制解约完成",
        "已解约",
        "学校核实后解除了您与{employer}的签约，可以重新签约或登记去向；如有不同意见，请提出异议。",
        Sms.FALLBACK,
    ),
    Notice(
        "note_answered",
        _G,
        "异议已有答复",
        "已答复",
        "您{matter}的异议已有答复，请打开记录查看。",
        Sms.FALLBACK,
    ),
    Notice("invitation_accepted", _E, "毕业生已同意签约", "已应约", "{graduate}已同意签约，等待学校审核。"),
    Notice("invitation_refused", _E, "毕业生已拒绝签约", "已拒绝", "{graduate}拒绝了签约邀请，原因：{reason}。"),
    Notice("invitation_expired_employer", _E, "邀请已过期", "已过期", "发给{graduate}的邀请已过期，可以重新发起。"),
    Notice(
        "invitation_superseded_employer",
        _E,
        "邀请已关闭",
        "已关闭",
        "{graduate}已与其他单位完成签约，邀请自动关闭。",
    ),
    Notice("signing_approved_employer", _E, "签约完成", "审核通过", "与{graduate}的签约已审核通过，协议已生效。"),
    Notice(
        "signing_rejected_employer",
        _E,
        "签约审核不通过",
        "不通过",
        "与{graduate}的签约审核不通过：{reason}。更正后可以重新发起邀请。",
    ),
    Notice("record_edited_employer", _E, "签约信息被修改", "信息修改", "学校修改了与{graduate}的签约信息，请查看。"),
    Notice(
        "agreement_issued_employer",
        _E,
        "就业协议已生成",
        "待回传",
        "与{graduate}的就业协议已生成，可下载盖章后回传图像。",
    ),
    Notice(
        "agreement_uploaded_employer",
        _E,
        "盖章协议已上传",
        "已上传",
        "与{graduate}的盖章协议已上传，等待审核。",
        others_only=True,
    ),
    Notice("upload_returned_employer", _E, "盖章协议退回", "退回修改", "与{graduate}的盖章协议被退回：{reason}。"),
    Notice("agreement_cancelled_employer", _E, "协议申请已取消", "已取消", "{graduate}取消了就业协议申请，编号作废。"),
    Notice("termination_asked_employer", _E, "毕业生申请解约", "待答复", "{graduate}申请解约：{reason}。请尽快处理。"),
    Notice(
        "answer_reminder_employer", _E, "解约申请待答复", "待答复", "{graduate}的解约申请等待贵单位答复，请尽快处理。"
    ),
    Notice(
        "termination_submitted_employer",
        _E,
        "毕业生凭材料申请解约",
        "审核中",
        "{graduate}凭材料申请解除与贵单位的签约：{reason}。由学校审核；有不同意见请联系学校。",
    ),
    Notice(
        "upload_reminder_employer",
        _E,
        "盖章协议待回传",
        "待回传",
        "与{graduate}的就业协议还没有回传盖章图像，请尽快回传。",
    ),
    Notice(
        "close_reminder_employer",
        _E,
        "办理即将截止",
        "即将截止",
        "与{graduate}的事项尚未办结，本届办理将于{deadline}截止，届时自动关闭。",
    ),
    Notice("termination_agreed_employer", _E, "毕业生同意解约", "已同意", "{graduate}同意解约，等待学校审核。"),
    Notice(
        "termination_refused_employer",
        _E,
        "毕业生拒绝解约",
        "已拒绝",
        "{graduate}拒绝解约：{reason}。签约仍然有效。",
    ),
    Notice(
        "termination_withdrawn_employer",
        _E,
        "解约申请已撤回",
        "已撤回",
        "{graduate}撤回了解约申请，签约仍然有效。",
    ),
    Notice(
        "termination_rejected_employer",
        _E,
        "解约审核不通过",
        "不通过",
        "与{graduate}的解约审核不通过：{reason}。签约仍然有效。",
    ),
    Notice("termination_completed_employer", _E, "解约完成", "已解约", "与{graduate}的签约已解除。"),
    Notice(
        "termination_forced_employer",
        _E,
        "强制解约完成",
        "已解约",
        "学校核实后解除了与{graduate}的签约：{reason}。",
    ),
    Notice("matter_lapsed_employer", _E, "届次截止", "已关闭", "本届办理已截止，与{graduate}的未办结事项已自动关闭。"),
    Notice(
        "invitation_suspended",
        _G,
        "签约邀请已关闭",
        "已关闭",
        "{employer}已被平台停用，对您的签约邀请已撤回。",
        Sms.FALLBACK,
    ),
    Notice("invitation_suspended_employer", _E, "邀请已撤回", "已撤回", "单位已停用，发给{graduate}的邀请已撤回。"),
    # The province's decisions, about the employer itself.
    Notice("employer_verified", _E, "单位信息已核验", "已核验", "单位信息已核验通过，可以发起签约邀请。{reason}"),
    Notice("employer_returned", _E, "单位信息退回补充", "退回", "单位信息需要补充或更正：{reason}"),
    Notice("employer_refused", _E, "单位核验未通过", "未通过", "单位核验未通过：{reason}"),
    Notice(
        "employer_suspended",
        _E,
        "单位已停用",
        "已停用",
        "单位已停用，未答复的签约邀请随之撤回，审核中的签约不受影响。原因：{reason}",
    ),
    Notice("employer_resumed", _E, "单位恢复使用", "已恢复", "单位已恢复使用，可以重新发起签约邀请。{reason}"),
    Notice("handover_asked", _E, "经办人变更申请", "待核验", "{agent}申请成为单位新的经办人，等待省级核验。"),
    Notice("handover_approved", _E, "经办人已变更", "已变更", "{agent}已成为单位的经办人。{reason}"),
    Notice("handover_refused", _E, "经办人变更未通过", "未通过", "{agent}的经办人变更申请未通过：{reason}"),
    Notice(
        "invalidated",
        _G,
        "已不在学生名单",
        "已暂停",
        "您已不在学校的学生名单中，在办事项全部暂停；如有疑问请联系学校就业部门。",
        Sms.FALLBACK,
    ),
    Notice(
        "restored",
        _G,
        "已恢复到学生名单",
        "已恢复",
        "您已恢复到学生名单，在办事项继续办理，期限已顺延。",
        Sms.FALLBACK,
    ),
    Notice(
        "phone_changed",
        _G,
        "手机号变更",
        "已变更",
        "学校修改了您登记的手机号，新号码 24 小时后可用于绑定；如非本人要求请尽快联系学校。",
        Sms.ALWAYS,
    ),
    Notice(
        "register_reminder",
        _G,
        "请登记毕业去向",
        "待登记",
        "您还没有签约或登记毕业去向，请尽快办理。",
        Sms.FALLBACK,
    ),
    Notice("bind_reminder", _G, "请绑定公众号", "待绑定", "请关注学校就业公众号并完成绑定。", Sms.ALWAYS),
    Notice(
        "graduate_invalidated",
        _E,
        "毕业生已不在名单",
        "已暂停",
        "{graduate}已不在学校的学生名单中，与其相关的流程暂停。",
    ),
    Notice("graduate_restored", _E, "毕业生已恢复到名单", "已恢复", "{graduate}已恢复到学生名单，相关流程继续。"),
    Notice("one_time_code", _G, "验证码", "验证码", "验证码已发送。", Sms.ALWAYS, urgent=True),
    Notice("binding_changed", _G, "微信绑定变更", "绑定变更", "您的账号已在另一个微信上绑定，本微信的绑定随之解除。"),
    # The answer of the chat that missed the five seconds of the platform: sent as it is, while the window is open.
    Notice("chat_answer", _G, "对话回复", "回复", "{text}", urgent=True),
)

NOTICES: Mapping[str, Notice] = {n.name: n for n in _TABLE}
FADING = frozenset(n.name for n in _TABLE if n.fades)


def due(notice: Notice, now: datetime) -> datetime:
    """When it may leave: at once, or at the end of the quiet hours (setting WQ_QUIET_HOURS, Asia/Shanghai)."""
    if notice.urgent or not settings().quiet_hours:
        return now
    begins, ends = (time.fromisoformat(part) for part in settings().quiet_hours.split("-"))
    local = now.astimezone(SHANGHAI)
    if not _within(local.time(), begins, ends):
        return now
    next_day = local.time() >= begins > ends
    day = local.date() + timedelta(days=1 if next_day else 0)
    return datetime.combine(day, ends, SHANGHAI).astimezone(now.tzinfo)


def _within(moment: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= moment < ends
    return moment >= begins or moment < ends
