"""Room: 人工: whom to call, and a question that is passed on to the desk with the record that it is likely about."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from bot import cards
from bot.buttons import Question
from bot.replies import plain
from bot.router import Replied, Router, Say, Turn, said
from models.kit import chat_time, now
from workflows.commands.desk_questions import ask_desk
from workflows.errors import InvalidForm
from workflows.limits import DESK_NOTE_LENGTH
from workflows.queries.chat import Case, Person
from workflows.queries.desk_notes import Asked, last_question

router = Router()

NO_RECORD = UUID(int=0)
REMEMBERED = timedelta(days=30)  # how long a question is shown with its answer
_SHORT = 100  # characters of a text that leaves room for everything else


@router.on(said("desk"), strangers=True)
async def show_desk(turn: Turn) -> Say:
    """A person to talk to within one step; the next text goes to the desk."""
    person = turn.person
    if person is None:
        text = "请联系您所在学院或学校的就业部门；电话见学校就业网。绑定后这里会显示您学校的电话和工作时间。"
        return Say((text, cards.bind_link()))
    asked = await last_question(person.actor, now() - REMEMBERED)
    blocks = (*_earlier(asked), cards.desk_line(person.desk), *([] if _long(asked) else _whom(person)))
    about = _about(person)
    attached = f"，并附上您{_named(about)}" if about else ""
    closing = f"也可以直接回复问题（不超过{DESK_NOTE_LENGTH[1]}字），会转给老师{attached}。请勿发送身份证号、银行卡号。"
    record = about.record.id if about else NO_RECORD
    return Say(blocks, cards.topics("progress", "help"), ask=Question(record), closing=closing)


@router.on(Replied(Question))
async def pass_on(turn: Turn, record: UUID, text: str) -> Say:
    """The question is in the desk's inbox; a text that cannot be one is asked for again."""
    person = turn.known
    case = person.case(record)
    try:
        await ask_desk(turn.actor, text, case.record.id if case else None)
    except InvalidForm as refusal:
        return Say((refusal.faults[0].message, "请重新回复您的问题。"), ask=Question(record))
    blocks = [
        "您的问题已转给老师：",
        f"“{cards.short(text, _SHORT)}”",
        f"附上了您{_named(case)}。" if case else "",
        "老师答复后会发到这里；隔得较久的，会发通知请您回来查看。",
    ]
    closing = f"急事请打电话：{cards.desk_line(person.desk)}"
    return Say(tuple(line for line in blocks if line), cards.topics("progress", "help"), closing=closing)


def _whom(person: Person) -> list[str]:
    """Who handles agreements, and what to say on the telephone."""
    desk = person.desk
    handler = f"协议经办人{cards.short(desk.handler)}：{cards.short(desk.handler_phone)}"
    known = [handler] if desk.phone and desk.handler_phone else []
    return [*known, f"打电话时请说明：{cards.who(person)}，{cards.short(person.graduate.department)}。"]


def _earlier(asked: Asked | None) -> tuple[str, ...]:
    """The last question with what became of it; in front, as that is what somebody comes back for."""
    if asked is None:
        return ()
    head = f"您{chat_time(asked.asked_at)}的问题：“{cards.short(asked.text)}”"
    answer = f"学校的答复：{plain(asked.answer)}" if asked.answer else "老师还没有答复，请稍候。"
    return f"{head}\n{answer}", ""


def _long(asked: Asked | None) -> bool:
    """The answer needs the room."""
    return asked is not None and len(asked.answer) > _SHORT


def _about(person: Person) -> Case | None:
    """What a question is likely about: the record that holds the slot, else the newest that is alive."""
    return person.held or next((case for case in person.cases if case.alive), None)


def _named(case: Case) -> str:
    return f"与{cards.short(case.employer)}的{case.flow.label}记录" if case.employer else f"的{case.flow.label}记录"
