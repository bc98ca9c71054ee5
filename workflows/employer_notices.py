"""Room: what employers are told in their portal's inbox: the rows of the notice table that are theirs."""

from __future__ import annotations

from models.parties import Party
from workflows.notice_spec import Notice, Sms

_E = Party.EMPLOYER

TO_EMPLOYERS = (
    Notice("invitation_accepted", _E, "毕业生已同意签约", "已应约", "{graduate}已同意签约，等待院校审核。"),
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
    Notice("termination_agreed_employer", _E, "毕业生同意解约", "已同意", "{graduate}同意解约，等待院校审核。"),
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
    # To the applicant, who has no inbox: by SMS alone, with the desk to ask and no reason in it.
    Notice("handover_answered", _E, "经办人变更申请结果", "已处理", "您提交的经办人变更申请已处理。", Sms.ALWAYS),
    # Every colleague reads it, so that nobody takes an account over unseen.
    Notice(
        "user_password_reset",
        _E,
        "用户密码已重设",
        "已重设",
        "{agent}重设了用户“{user}”的登录密码。如非其本人要求，请尽快核实并再次重设。",
    ),
    Notice(
        "graduate_invalidated",
        _E,
        "毕业生已不在名单",
        "已暂停",
        "{graduate}已不在学校的学生名单中，与其相关的流程暂停。",
    ),
    Notice("graduate_restored", _E, "毕业生已恢复到名单", "已恢复", "{graduate}已恢复到学生名单，相关流程继续。"),
)
