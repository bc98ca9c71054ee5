"""Room: one record of an employer: where it stands, what it says, its files and history, what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from quart import Response, request

from api.auth import Caller
from api.downloads import PDF, attachment
from api.pages.employer.papers import size
from api.pages.employer.portal import PREFIX, page, render
from api.pages.employer.records import FLOW, TONES, UPLOADABLE, clocks
from api.pages.filling import Sections
from api.pages.showing import EMPTY, Line, label, lines
from api.pages.spans import screen
from models.parties import PARTY_LABELS, Party
from models.states import Flow, OfflineSigning, OfflineTermination, OnlineSigning, OnlineTermination, Phase
from workflows.commands.agreements import download
from workflows.fields import Form
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.queries.agreements import number_of
from workflows.queries.history import read_history
from workflows.queries.record_page import read_record

TERMS: Final[Sections] = (
    (
        "岗位与待遇",
        (
            "position_category",
            "position_title",
            "work_place",
            "dispatched",
            "dispatched_to",
            "report_on",
            "report_by",
            "probation_months",
            "monthly_pay",
            "service_months",
            "penalty",
        ),
    ),
    (
        "户口与档案",
        (
            "hukou_settled",
            "hukou_address",
            "archive_accepted",
            "archive_body",
            "archive_address",
            "archive_postcode",
            "archive_contact",
            "archive_phone",
        ),
    ),
    ("其他约定", ("extra_terms",)),
    ("单位联系人与有效期", ("contact_name", "contact_mobile", "contact_phone", "valid_days")),
)

FROZEN: Final = "学生已不在名单，流程暂停。期间不能办理，也不会到期；学校恢复后继续。"
UPLOAD_AWAITED: Final = (
    "就业协议已生成。请下载打印，双方签字盖章后上传图像（本单位或毕业生上传一次即可）；"
    "协议内容有误的，改为上传情况说明。"
)
# What comes next, by state where it differs from what its turn says.
_NEXT_IN: Final[Mapping[tuple[Flow, str], str]] = {
    **{(Flow.OFFLINE_SIGNING, str(state)): UPLOAD_AWAITED for state in UPLOADABLE},
    (Flow.ONLINE_TERMINATION, str(OnlineTermination.AWAITING_EMPLOYER)): "毕业生申请解约，请核实后答复。"
    "同意后由院校审核，审核通过后签约解除；拒绝的，签约继续有效。",
    (Flow.ONLINE_TERMINATION, str(OnlineTermination.AWAITING_GRADUATE)): "等待毕业生答复解约申请；答复前可以撤回。",
}
_NEXT: Final = {
    Party.GRADUATE: "等待毕业生办理。",
    Party.DEPARTMENT: "等待学院审核；审核结果会发到站内消息。",
    Party.SCHOOL: "等待学校审核；审核结果会发到站内消息。",
}
_NEXT_OF_INVITATIONS: Final = {
    Party.GRADUATE: "等待毕业生答复。",
    Party.DEPARTMENT: "毕业生已同意，等待学院审核；审核结果会发到站内消息。",
    Party.SCHOOL: "毕业生已同意，等待学校审核；审核结果会发到站内消息。",
}
_SIGNINGS: Final = (Flow.ONLINE_SIGNING, Flow.OFFLINE_SIGNING)
_TERMINATIONS: Final = (Flow.ONLINE_TERMINATION, Flow.OFFLINE_TERMINATION)

# What can still be done where nothing is waited for.
IN_FORCE: Final = "签约已经生效。请下载协议书留存；到岗报到前如有变化，请先与毕业生协商，再申请解约。"
ENDED_IN: Final[Mapping[str, str]] = {
    str(OnlineSigning.REFUSED): "毕业生没有接受，原因见下面的办理历史。协商后可以再次邀请。",
    str(OnlineSigning.WITHDRAWN): "邀请已撤回，毕业生不能再应约。如仍要签约，可以再次邀请。",
    str(OnlineSigning.EXPIRED): "毕业生没有在截止时间前答复。如仍要签约，可以再次邀请，并重新设定有效期。",
    str(OnlineSigning.REJECTED): "审核意见见下面的办理历史。更正后可以再次邀请；单位信息有误的，请先修改单位信息。",
    str(OnlineSigning.SUPERSEDED): "毕业生已与其他单位签约，这份邀请不再有效。",
    str(OnlineSigning.TERMINATED): "签约已经解除，协议书不再有效。",
}
OFFLINE_ENDED: Final = "这份就业协议已经结束。如仍要签约，可以在线发起邀请，或由毕业生重新申请协议。"
DISSOLVED: Final = "解约已经办结，原来的签约已解除。"
STILL_VALID: Final = "这次解约申请已经结束，原来的签约继续有效。"
_DISSOLVING: Final = (OnlineTermination.COMPLETED, OnlineTermination.FORCED, OfflineTermination.COMPLETED)


@page(f"/{FLOW}/<id>")
async def record(who: Caller, flow: str, id: UUID) -> Response:
    found = await read_record(who.actor, Flow(flow), id)
    history = await read_history(who.actor, Flow(flow), id)
    last = history[-1] if history else None
    done = last["label"] if last and request.args.get("done") == last["action"] else ""
    signing = Flow(flow) in _SIGNINGS
    parent = found["parent"]
    return await render(
        "record.html",
        who=who,
        record=found,
        done=done,
        tone=TONES[Phase(found["phase"])],
        created_at=screen(found["created_at"]),
        expires_at=screen(found["expires_at"]),
        **clocks(found),
        next_step=next_step(found),
        level=label("level", found["graduate"]["level_code"]),
        contact=contact(found),
        terms=lines(making_form(Flow(flow)), found["form"], TERMS, rest=False) if signing else [],
        termination=_termination(found),
        rounds=_rounds(found),
        employer_lines=_employer_lines(found["employer"]),
        history=[{**step, "at": screen(step["at"])} for step in history],
        again=found["phase"] == Phase.END and Flow(flow) is Flow.ONLINE_SIGNING,
        has_paper=signing and bool(found["agreement_no"]),
        parent=f"{PREFIX}/{parent['flow']}/{parent['id']}" if parent else "",
        made="（发起时）" if Flow(flow) is Flow.ONLINE_SIGNING else "（记录中）",
        base=f"{PREFIX}/{flow}/{id}",
    )


def next_step(record: Mapping[str, Any]) -> str:
    """What comes next, for whoever reads the page; empty where nothing does."""
    if record["frozen"]:
        return FROZEN
    flow, phase, state = Flow(record["flow"]), Phase(record["phase"]), record["state"]
    if phase is Phase.END:
        if flow in _TERMINATIONS:
            return DISSOLVED if state in _DISSOLVING else STILL_VALID
        if flow is Flow.OFFLINE_SIGNING and state != OfflineSigning.TERMINATED:
            return OFFLINE_ENDED
        return ENDED_IN.get(state, "")
    if phase is Phase.FORCE and flow in _SIGNINGS:
        return IN_FORCE
    turn = _NEXT_OF_INVITATIONS if flow is Flow.ONLINE_SIGNING else _NEXT
    return _NEXT_IN.get((flow, state)) or turn.get(record["waits_on"], "")


def making_form(flow: Flow) -> Form:
    """What is asked when a record of this flow is made."""
    return next(FORMS[t.form] for t in FLOWS[flow].transitions if t.creates)


def contact(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How to reach the graduate: known to the employer once the graduate has said yes (roles.md)."""
    if record["submitted_at"] is None or Flow(record["flow"]) not in _SIGNINGS:
        return []
    return [("手机号", record["form"].get("own_mobile") or EMPTY), ("邮箱", record["form"].get("own_email") or EMPTY)]


def _termination(record: Mapping[str, Any]) -> list[Line]:
    """Who wants the signing ended, why, and how long the other side has been silent; of terminations only."""
    told = record["termination"]
    if not told:
        return []
    found = [
        Line("协议编号", told["agreement_no"] or EMPTY),
        Line("解约申请方", f"{told['party_label']}（{told['applicant']}）"),
        Line("申请时间", screen(told["asked_at"])),
        Line("解约原因", told["reason_label"] or EMPTY),
        Line("解约说明", told["explanation"] or EMPTY, long=True),
    ]
    if told["days_silent"] is not None:
        found.append(Line("等待答复", f"{told['days_silent']} 天" if told["days_silent"] else "不到 1 天"))
    return found


def _rounds(record: Mapping[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The record's files by round, the latest first."""
    labels = {
        field.name: field.label
        for t in FLOWS[Flow(record["flow"])].transitions
        if t.form
        for field in FORMS[t.form].fields
    }
    found: dict[int, list[dict[str, Any]]] = {}
    for one in record["attachments"]:
        found.setdefault(one["round"], []).append(
            {
                "href": f"{PREFIX}/files/{one['id']}",
                "name": one["name"],
                "about": f"{labels.get(one['field'], '')}，{size(one['bytes'])}，"
                f"{PARTY_LABELS[Party(one['added_by'])]}上传于 {screen(one['added_at'])}",
            }
        )
    last = max(found, default=0)
    return [("最近一次上传" if n == last else "以前上传的", found[n]) for n in sorted(found, reverse=True)]


def _employer_lines(employer: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    shown = (("单位性质", "employer_nature", "nature"), ("单位行业", "employer_industry", "industry"))
    return [
        ("单位名称", employer["name"]),
        ("统一社会信用代码", employer["uscc"] or EMPTY),
        *((title, label(table, employer[name]) if employer[name] else EMPTY) for title, table, name in shown),
        ("单位所在地", label("region", employer["region"]) if employer["region"] else EMPTY),
    ]


@page(f"/{FLOW}/<id>/agreement")
async def agreement(who: Caller, flow: str, id: UUID) -> Response:
    """The agreement as a file, once it has a number."""
    paper = await download(who.actor, await number_of(who.actor, id, Flow(flow)))
    return attachment(paper.pdf, PDF, paper.name)
