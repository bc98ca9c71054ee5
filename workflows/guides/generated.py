"""Room: the parts of the guides that stand in the rules: `python -m workflows.guides.generated` writes them anew.

Between `<!-- 生成：name -->` and `<!-- 生成结束 -->` a guide holds what this module would write there; a test compares,
so what a guide says of states, actions, codes, forms and messages cannot drift from the tables.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from models.codes import table
from models.parties import PARTY_LABELS, Party
from models.states import Flow, Phase
from workflows.fields import Field
from workflows.flows import FLOWS
from workflows.forms import FORMS
from workflows.guides import GUIDES
from workflows.limits import INVITATION_BYTES, INVITATION_ROWS
from workflows.notices import NOTICES, Sms
from workflows.queries.statistics_columns import Column, columns
from workflows.roster_rows import COLUMNS
from workflows.roster_sheets import NEEDED
from workflows.spec import Guard, State, Transition, Workflow
from workflows.standing import next_step

Lines = Iterator[str]

_PART: Final = re.compile(r"(<!-- 生成：([a-z_. ]+) -->\n).*?(<!-- 生成结束 -->)", re.DOTALL)
_NONE: Final = "—"
_STAFF: Final = (Party.DEPARTMENT, Party.SCHOOL)
_SMS: Final = {Sms.NEVER: _NONE, Sms.FALLBACK: "微信发不到时", Sms.ALWAYS: "同时发送"}
_KNOWN_AS: Final = {
    "employer": "单位",
    "graduate": "毕业生",
    "matter": "事项",
    "reason": "原因",
    "deadline": "截止时间",
}


class UnknownPart(KeyError):
    """A guide asks for a part that nothing here writes."""


def renewed(text: str) -> str:
    """A guide's text with its generated parts as they should be. Raises UnknownPart."""
    return _PART.sub(lambda found: f"{found[1]}\n{part(found[2])}\n\n{found[3]}", text)


def part(asked: str) -> str:
    """One part, by its name and, where it has one, what it is of: `states online_signing`. Raises UnknownPart."""
    name, _, of = asked.partition(" ")
    if name not in _PARTS:
        raise UnknownPart(asked)
    return "\n".join(_PARTS[name](of) if of else _PARTS[name]())


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '／') for cell in row)} |"


# --- states and what can be done in them ---------------------------------------------------------


def _states_for_staff(flow_name: str) -> Lines:
    flow = FLOWS[Flow(flow_name)]
    yield from _rows(
        ("状态", "等谁办理", "学院、学校可以", "毕业生、单位可以"),
        ((s.label, _waits(s), _steps(flow, s, _STAFF), _steps(flow, s, _OUTSIDE)) for s in flow.states),
    )


def _states_for_graduates(flow_name: str) -> Lines:
    """What comes next, as the chat and the record's page say it, and what the graduate can do."""
    flow = FLOWS[Flow(flow_name)]
    yield from _rows(
        ("状态", "下一步", "您可以"),
        ((s.label, next_step(flow.flow, s.name), _steps(flow, s, (Party.GRADUATE,))) for s in flow.states),
    )


def _states_for_employers(flow_name: str) -> Lines:
    """Whose turn it is, and what the employer can do."""
    flow, own = FLOWS[Flow(flow_name)], Party.EMPLOYER
    yield from _rows(
        ("状态", "等谁办理", "贵单位可以"),
        ((s.label, "贵单位" if s.waits_on is own else _waits(s), _steps(flow, s, (own,))) for s in flow.states),
    )


_OUTSIDE: Final = (Party.GRADUATE, Party.EMPLOYER)


def _waits(state: State) -> str:
    if state.waits_on:
        return PARTY_LABELS[state.waits_on].removesuffix("用户")
    return {Phase.FORCE: "已生效", Phase.END: "已结束"}.get(state.phase, _NONE)


def _steps(flow: Workflow, state: State, parties: Sequence[Party]) -> str:
    """The actions by which these parties can move a record on from here, each once, and who where it is not clear."""
    found: dict[str, set[Party]] = {}
    for step in flow.leaving(state.name):
        for party in set(parties) & step.by:
            found.setdefault(_label(step), set()).add(party)
    for child in FLOWS.values():
        if flow.flow in child.parents and state.phase is Phase.FORCE:
            for step in (t for t in child.transitions if t.creates):
                for party in set(parties) & step.by:
                    found.setdefault(_label(step), set()).add(party)
    several = len(parties) > 1
    return "、".join(f"{label}{_by(who, state) if several else ''}" for label, who in found.items()) or _NONE


def _label(step: Transition) -> str:
    return step.label.format(verb="审核")


def _by(who: set[Party], state: State) -> str:
    """Nobody is named where it is whose turn it is; beside a department the school stands for records that no
    department account covers.
    """
    if who == {state.waits_on} or (state.waits_on is Party.DEPARTMENT and who == set(_STAFF)):
        return ""
    names = [PARTY_LABELS[p].removesuffix("用户").removeprefix("用人") for p in sorted(who)]
    return f"（{'、'.join(names)}）"


# --- why something is refused --------------------------------------------------------------------


def _refusals(party: str) -> Lines:
    """What somebody of that party may be told instead of getting on, each sentence once."""
    asking, found = Party(party), dict[str, Guard]()
    for flow in FLOWS.values():
        for step in (t for t in flow.transitions if asking in t.by):
            found |= {guard.sentence: guard for guard in step.guards}
    yield from (f"- {sentence}" for sentence in found)


# --- codes, forms, columns -----------------------------------------------------------------------


def _codes(name: str) -> Lines:
    yield "、".join(f"「{code.label}」" for code in table(name).items()) + "。"


def _kinds() -> Lines:
    """Every kind of destination with the proof that it asks for, group by group."""
    kinds = table("destination")
    groups = list(kinds.groups)
    offered = [code for code in kinds.items() if "destination" in code.traits["offered_in"]]
    yield from _rows(
        ("分类", "去向", "要上传的证明"),
        (
            (kinds.groups[code.group], code.label, str(code.traits.get("proof") or "不需要"))
            for code in sorted(offered, key=lambda code: groups.index(code.group))
        ),
    )


def _form(name: str) -> Lines:
    yield from _rows(("项目", "必填", "说明"), ((f.label, _needed(f), _help(f)) for f in FORMS[name].fields))


def _needed(field: Field) -> str:
    if field.when or field.required_when:
        return "视情况"
    return "是" if field.required or field.must_hold else "否"


def _help(field: Field) -> str:
    return field.help or (f"默认 {field.default}。" if isinstance(field.default, int) and field.default else _NONE)


def _roster() -> Lines:
    yield "必须有的列：" + "、".join(f"「{COLUMNS[name]}」" for name in COLUMNS if name in NEEDED) + "。"


def _invitation_file() -> Lines:
    megabytes = INVITATION_BYTES // 1024 // 1024
    yield f"一个文件最多 {INVITATION_ROWS} 行，不超过 {megabytes} MB；人数更多的，分成几个文件上传。"


def _statistics() -> Lines:
    yield from _rows(("列", "统计的是", "包含的状态"), ((c.label, _unit(c), _counted(c)) for c in columns()))


def _unit(column: Column) -> str:
    return "记录数" if column.counts == "records" else "人数"


def _counted(column: Column) -> str:
    if not column.states:
        return "没有任何在办或已生效业务的毕业生" if column.work_list else "名单中的毕业生，不含已失效的"
    if column.name.endswith("total"):
        return "本表其余各列之和"
    by_flow: dict[Flow, list[str]] = {}
    for flow, state in column.states:
        by_flow.setdefault(flow, []).append(FLOWS[flow].state(state).label)
    return "；".join(
        f"{FLOWS[flow].label}{''.join(f'「{label}」' for label in labels)}" for flow, labels in by_flow.items()
    )


# --- messages ------------------------------------------------------------------------------------


def _messages(party: str) -> Lines:
    """What that party is told; one that is nothing but somebody's own words is no message of this table."""
    told = [n for n in NOTICES.values() if n.to is Party(party) and n.sentence != "{text}"]
    if Party(party) is Party.GRADUATE:
        yield from _rows(("消息", "内容", "短信"), ((n.title, _sentence(n.sentence), _SMS[n.sms]) for n in told))
    else:
        yield from _rows(("消息", "内容"), ((n.title, _sentence(n.sentence)) for n in told))


def _sentence(text: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: f"〔{_KNOWN_AS.get(found[1], '经办人')}〕", text)


_PARTS: Final[Mapping[str, Callable[..., Lines]]] = {
    "states": _states_for_staff,
    "graduate_states": _states_for_graduates,
    "employer_states": _states_for_employers,
    "refusals": _refusals,
    "codes": _codes,
    "kinds": _kinds,
    "form": _form,
    "roster": _roster,
    "invitation_file": _invitation_file,
    "statistics": _statistics,
    "messages": _messages,
}


def main() -> int:
    for guide in GUIDES.values():
        guide.path.write_text(renewed(guide.path.read_text(encoding="utf-8")), encoding="utf-8")
        sys.stdout.write(f"wrote {guide.file}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
