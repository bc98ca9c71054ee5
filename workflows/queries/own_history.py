"""Room: what the signed-in account itself has done, newest first (`GET /v1/me/history`).

The journal tells it by the actor's key; whatever it was about, the own acts are the own to read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from models.db import fetch
from models.kit import json_time
from models.parties import Party
from models.states import Flow
from workflows.actors import Actor
from workflows.decide import verb
from workflows.flows import FLOWS
from workflows.limits import PAGE_SIZE

OTHER: Final = "其他操作"
COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "add_note": "添加内部备注",
        "add_user": "添加单位用户",
        "answer_note": "答复咨询或异议",
        "ask_desk": "向学校提问",
        "ask_handover": "申请变更经办人",
        "begin_totp": "开始设置动态验证码",
        "bind": "绑定微信",
        "bind_again": "更换绑定的微信",
        "change_own_phone": "修改本人手机号",
        "change_password": "修改密码",
        "change_phone": "修改学生手机号",
        "change_rights": "修改账号权限",
        "choose_agreement_type": "选择协议类型",
        "close_module": "关闭模块",
        "confirm_totp": "开启动态验证码",
        "create_account": "新建账号",
        "create_province": "新建省份",
        "create_school": "新建学校",
        "decide_employer": "核验用人单位",
        "decide_handover": "核验经办人变更",
        "disable_account": "停用账号",
        "disable_user": "停用单位用户",
        "dispute": "提出异议",
        "download_agreement": "下载就业协议书",
        "edit_mark": "修改预警单位",
        "enable_account": "启用账号",
        "enable_user": "恢复单位用户",
        "export": "导出名单",
        "grant_termination": "增加解约申请次数",
        "import_accounts": "导入账号",
        "import_roster": "导入学生名单",
        "invalidate": "从名单移除学生",
        "make_poster": "制作绑定海报",
        "mark_employer": "新增预警单位",
        "open_module": "开通模块",
        "push_again": "重新上报就业信息",
        "register": "注册用人单位",
        "remind": "发送提醒",
        "remove_totp": "关闭动态验证码",
        "reset_password": "重置密码",
        "reset_user_password": "重设单位用户的密码",
        "restore": "恢复学生",
        "retire_messages": "停发历史消息",
        "rotate_keys": "更换数据密钥",
        "send_again": "重新发送消息",
        "set_desk": "修改院系咨询电话",
        "set_employer_desk": "修改企业客服",
        "set_handler": "设置协议经办人",
        "show_binding_code": "出示绑定二维码",
        "submit_settings": "提交签约设置",
        "unbind": "解除微信绑定",
        "unfollow": "取消关注",
        "unmark_employer": "删除预警单位",
        "unmask": "查看完整证件号码",
        "unmask_alert": "查看完整证件号码过于频繁",
        "update_profile": "修改单位信息",
    }
)
"""What commands are called in histories; acts are called what their flow's table says."""

_READ = """
SELECT j.id, j.at, j.party, j.subject_kind, j.subject_id, j.flow, j.action, j.from_state, j.to_state, j.detail,
  r.graduate_name, r.employer_name, COALESCE(g.name, e.name, a.display_name, s.name) AS named
FROM journal j LEFT JOIN records r ON j.subject_kind IN ('record', 'note') AND r.id = j.subject_id
LEFT JOIN graduates g ON j.subject_kind = 'graduate' AND g.id = j.subject_id
LEFT JOIN employers e ON j.subject_kind = 'employer' AND e.id = j.subject_id
LEFT JOIN accounts a ON j.subject_kind = 'account' AND a.id = j.subject_id
LEFT JOIN schools s ON j.subject_kind = 'school' AND s.id = j.subject_id
WHERE j.actor = $1 AND j.id < $2 ORDER BY j.id DESC LIMIT $3"""

NEWEST: Final = 2**63 - 1


async def own_history(actor: Actor, before: int | None = None, limit: int | None = None) -> dict[str, Any]:
    """`{items, next}`; `before`: the `next` of the page that was read last."""
    most = limit or PAGE_SIZE
    rows = await fetch(_READ, actor.key, before or NEWEST, most + 1)
    following = rows[most - 1]["id"] if len(rows) > most else None
    return {"items": [_line(actor, row) for row in rows[:most]], "next": str(following) if following else None}


def _line(actor: Actor, row: Any) -> dict[str, Any]:
    about = row["flow"] != ""
    return {
        "at": json_time(row["at"]),
        "action": row["action"],
        "label": _act(row) if about else COMMANDS.get(row["action"], OTHER),
        "flow": row["flow"] or None,
        "flow_label": FLOWS[Flow(row["flow"])].label if about else None,
        "state_label": FLOWS[Flow(row["flow"])].state(row["to_state"]).label if about and row["to_state"] else None,
        "kind": row["subject_kind"],
        "subject": str(row["subject_id"]),
        "title": _title(actor, row),
    }


def _act(row: Any) -> str:
    """The act as its flow calls it. How reviewing is called depends on the agreement; 审核 is understood everywhere."""
    table = FLOWS[Flow(row["flow"])]
    transition = table.find(row["action"], row["from_state"], Party(row["party"]))
    return transition.label.format(verb=verb(table, None)) if transition else OTHER


def _title(actor: Actor, row: Any) -> str | None:
    """Whom it was about: the other side, for the two sides of a record; the graduate and where to, for staff."""
    if row["graduate_name"] is None:
        detail = json.loads(row["detail"]) if row["detail"] else {}
        return str(detail.get("name") or row["named"] or detail.get("department") or "") or None
    if actor.party is Party.GRADUATE:
        return row["employer_name"] or None
    if actor.party is Party.EMPLOYER:
        return str(row["graduate_name"])
    return "，".join(part for part in (row["graduate_name"], row["employer_name"]) if part)
