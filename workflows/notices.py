"""Room: the notice table: what is told to whom, in which sentence, by which channels, and when (messages-and-sync.md).

Here stand the rows of graduates; those of employers are in `employer_notices.py`. Texts for WeChat's and the SMS
provider's templates are data in `notifier/templates`; they name these notices.
"""

from __future__ import annotations

from collections.abc import Mapping

from models.parties import Party
from workflows.employer_notices import TO_EMPLOYERS
from workflows.notice_spec import Notice, Sms, due

__all__ = ["FADING", "LASTING", "NOTICES", "QUESTION_ANSWERED", "Notice", "Sms", "due"]

_G = Party.GRADUATE

QUESTION_ANSWERED = "question_answered"

_TO_GRADUATES = (
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
    Notice("termination_agreed", _G, "单位同意解约", "已同意", "{employer}同意解约，等待院校审核。", Sms.FALLBACK),
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
    # In WeChat the answer itself goes first, while the person's window is open.
    Notice(
        QUESTION_ANSWERED,
        _G,
        "咨询已有答复",
        "已答复",
        "学校答复了您的咨询，请在服务号里回复“人工”查看。",
        Sms.FALLBACK,
    ),
    Notice(
        "invitation_suspended",
        _G,
        "签约邀请已关闭",
        "已关闭",
        "{employer}已被平台停用，对您的签约邀请已撤回。",
        Sms.FALLBACK,
    ),
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
        "own_phone_changed",
        _G,
        "手机号变更",
        "已变更",
        "您登记的手机号已由本人修改；如非本人操作，请尽快联系学校。",
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
    Notice(
        "correct_reminder",
        _G,
        "请修改退回的内容",
        "待修改",
        "您有退回后尚未重新提交的事项，请尽快修改。",
        Sms.FALLBACK,
    ),
    Notice("bind_reminder", _G, "请绑定公众号", "待绑定", "请关注学校就业公众号并完成绑定。", Sms.ALWAYS),
    Notice("one_time_code", _G, "验证码", "验证码", "验证码已发送。", Sms.ALWAYS, urgent=True),
    Notice("binding_changed", _G, "微信绑定变更", "绑定变更", "您的账号已在另一个微信上绑定，本微信的绑定随之解除。"),
    Notice(
        "binding_lost",
        _G,
        "微信绑定变更",
        "绑定解除",
        "学校核对证件后更换了您登记的手机号，本微信的绑定随之解除；如非本人要求请立即联系学校。",
    ),
    # The answer of the chat that missed the five seconds of the platform: sent as it is, while the window is open.
    Notice("chat_answer", _G, "对话回复", "回复", "{text}", urgent=True),
)

_ALL = (*_TO_GRADUATES, *TO_EMPLOYERS)
NOTICES: Mapping[str, Notice] = {n.name: n for n in _ALL}
FADING = frozenset(n.name for n in _ALL if n.fades)
LASTING = frozenset(
    {"one_time_code", "phone_changed", "own_phone_changed", "binding_changed", "binding_lost", "chat_answer"}
)
"""About the person and not about a matter: they leave although the graduate has left the roster meanwhile."""
