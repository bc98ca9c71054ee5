"""Room: the vocabulary in which a flow is written: State, Transition, Branch, Guard, Cascade, Workflow.

A `Workflow` is a frozen table that checks itself when it is built (`SpecError` names the fault). Unspecified
means denied: what no transition allows is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from models.parties import Module, Party, ReviewMode
from models.states import STATES, Flow, Phase

if TYPE_CHECKING:
    from workflows.actors import Actor
    from workflows.facts import Facts


class SpecError(Exception):
    """A flow table that contradicts itself; raised at import, so the process does not start."""


@dataclass(frozen=True, slots=True)
class State:
    """`waits_on`: whose turn it is (None: nobody's). `column`: where statistics count it."""

    name: str
    label: str
    phase: Phase
    column: str
    waits_on: Party | None = None

    @property
    def final(self) -> bool:
        return self.phase is Phase.END


@dataclass(frozen=True, slots=True)
class Branch:
    """A target that depends on the school's review mode (workflows.md, Conventions 1)."""

    by_mode: Mapping[ReviewMode, str]

    def resolve(self, mode: ReviewMode) -> str:
        return self.by_mode[mode]

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(self.by_mode.values())


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition with the sentence that is shown while it does not hold; the sentence names the way out.

    `needs_form`: the condition looks at what was filled in, so it is judged in the act only, not for buttons.
    """

    name: str
    sentence: str
    holds: Callable[[Facts, Actor, Mapping[str, Any]], bool]
    needs_form: bool = False


@dataclass(frozen=True, slots=True)
class Cascade:
    """What an act does to other records of the person in the same transaction.

    Records of `flow` to which `select` says yes take `action`; one that has moved on is skipped (Conventions 5).
    """

    flow: Flow
    action: str
    select: Callable[[Facts, Any], bool]


class Push(StrEnum):
    """What the EMS is told of the graduate's destination."""

    PRESENT = "present"  # the destination of this record
    UNSETTLED = "unsettled"  # 待就业: nothing is in force any more


@dataclass(frozen=True, slots=True)
class Transition:
    """One action from some states to one (or to the branch on the review mode).

    `by` empty: only a cascade takes it. `source` empty: it makes the record. `label` may hold `{verb}`, the word for
    reviewing (鉴证 or 审核). `form` names an entry of `workflows.forms.FORMS`.

    What else it does: `submits` begins a round for the reviewers; `decides` is a reviewer's decision (no withdrawal
    after it); `edits` changes fields and leaves the state; `issues_agreement` numbers the agreement and freezes its
    data; `revokes_agreement` takes the number back; `meets_employer` gives the record to the registered employer of
    that code and name; `counts` is one of the graduate's termination applications; `danger` asks a second time;
    `one_by_one` is never done in bulk.
    """

    action: str
    label: str
    source: tuple[str, ...]
    target: str | Branch
    by: frozenset[Party]
    guards: tuple[Guard, ...] = ()
    form: str = ""
    tell: tuple[str, ...] = ()
    push: Push | None = None
    cascades: tuple[Cascade, ...] = ()
    submits: bool = False
    decides: bool = False
    edits: bool = False
    issues_agreement: bool = False
    revokes_agreement: bool = False
    meets_employer: bool = False
    counts: bool = False
    danger: bool = False
    one_by_one: bool = False

    @property
    def creates(self) -> bool:
        return not self.source

    @property
    def targets(self) -> tuple[str, ...]:
        return self.target.targets if isinstance(self.target, Branch) else (self.target,)


@dataclass(frozen=True)
class Workflow:
    """One flow: its states and every way between them.

    `matter` is what notices call a record of it, behind 您; it may hold {employer} and {destination}. `parents`: the
    flows whose records in force a record of this one ends.
    """

    flow: Flow
    label: str
    matter: str
    module: Module
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    parents: tuple[Flow, ...] = ()
    holds_slot: bool = True
    two_party_verb: str = "审核"  # 鉴证 where the agreement type is two-party (Conventions 13)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str], list[Transition]] = {}
        for transition in self.transitions:
            for source in transition.source or ("",):
                there = index.setdefault((transition.action, source), [])
                if any(not t.by or not transition.by or t.by & transition.by for t in there):
                    raise SpecError(f"{self.flow}: {transition.action} from {source or 'nothing'} stands twice")
                there.append(transition)
        object.__setattr__(self, "_states", {s.name: s for s in self.states})
        object.__setattr__(self, "_index", index)
        for fault in _faults(self):
            raise SpecError(f"{self.flow}: {fault}")

    def state(self, name: str) -> State:
        return self._states[name]  # type: ignore[attr-defined,no-any-return]

    def find(self, action: str, source: str, party: Party | None = None) -> Transition | None:
        """The transition of that name from that state ("": the one that makes a record).

        Where two parties take different ways by the same name, the party's own.
        """
        there: list[Transition] = self._index.get((action, source), [])  # type: ignore[attr-defined]
        return next((t for t in there if party in t.by), there[0] if there else None)

    def leaving(self, source: str) -> Iterator[Transition]:
        """Every transition from this state ("": those that make a record), in the table's order."""
        return (t for t in self.transitions if source in (t.source or ("",)))

    def parties(self, action: str) -> frozenset[Party]:
        """Everybody who may ever take this action."""
        return frozenset(p for t in self.transitions if t.action == action for p in t.by)

    def takes_slot(self, state: str) -> bool:
        return self.holds_slot and self.state(state).phase in (Phase.FLOW, Phase.FORCE)

    @property
    def made_by(self) -> frozenset[Party]:
        """Who can begin one."""
        return frozenset(p for t in self.transitions if t.creates for p in t.by)

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t.action for t in self.transitions))


def _faults(flow: Workflow) -> Iterator[str]:
    names = {s.name for s in flow.states}
    if names != {str(s) for s in STATES[flow.flow]}:
        yield f"states of the table and of models.states differ: {names ^ {str(s) for s in STATES[flow.flow]}}"
        return
    for transition in flow.transitions:
        unknown = (set(transition.source) | set(transition.targets)) - names
        if unknown:
            yield f"{transition.action} names unknown states {sorted(unknown)}"
            return
        if isinstance(transition.target, Branch) and set(transition.target.by_mode) != set(ReviewMode):
            yield f"{transition.action} does not say where it leads in every review mode"
    unreached = names - _reached(flow.transitions)
    if unreached:
        yield f"never reached: {sorted(unreached)}"
    for state in flow.states:
        yield from _state_faults(flow, state)


def _state_faults(flow: Workflow, state: State) -> Iterator[str]:
    leaving = list(flow.leaving(state.name))
    if state.final and (leaving or state.waits_on):
        yield f"{state.name} is final and yet goes on or waits"
    if not state.final and not leaving:
        yield f"{state.name} is a dead corner"
    if state.waits_on and not any(state.waits_on in t.by for t in leaving):
        yield f"{state.name} waits on {state.waits_on}, who can do nothing there"


def _reached(transitions: Iterable[Transition]) -> set[str]:
    transitions = list(transitions)
    reached: set[str] = set()
    grew = True
    while grew:
        size = len(reached)
        for t in transitions:
            if t.creates or reached & set(t.source):
                reached |= set(t.targets)
        grew = len(reached) > size
    return reached
