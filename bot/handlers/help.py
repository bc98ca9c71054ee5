"""Room: 帮助, and questions in plain words: answered from the help texts, else the nearest ones as numbers.

An answer leads on: the word or page that does it, what else may have been meant, a person to talk to. Strangers read
the same answers, with the way to the binding under them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot import cards, words
from bot.buttons import Help
from bot.router import Option, Pressed, Router, Say, Turn, said
from workflows.help.entries import Entry, entries
from workflows.help.ranking import find

router = Router()

COMMANDS = (
    "可以这样使用：",
    "直接输入问题，例如“怎么解约”“邀请过期了怎么办”",
    "回复“邀请”：查看单位发来的签约邀请",
    "回复“同意”或“拒绝”：答复邀请，分两步确认，不会误操作",
    "回复“进度”：看每件事办到哪一步、等谁处理",
    "回复“协议”或“申请协议”：查看已签的就业协议，申请或登记纸质协议",
    "回复“去向”或“作废”：登记毕业去向，作废已登记的去向",
    "回复“撤回”或“解约”：撤回还没审核的申请，办理解约",
    "回复“人工”：学校就业部门的联系电话",
    "回复“绑定”或“解绑”：微信与学籍的绑定",
    "也可以点下方菜单，或按提示回复数字；回复 0 随时返回主菜单。",
)

_WORDS = 4  # characters up to which a text that asks nothing is rather a mistyped word
_ASKS = re.compile("[怎咋吗么啥何能谁几多哪?？]")
_DESK = "desk"


@router.on(said("help"), strangers=True)
async def show_help(turn: Turn) -> Say:
    """What can be typed here."""
    if turn.person is None:
        return Say((*COMMANDS, "", f"使用前请先{cards.bind_link()}。"))
    return Say(COMMANDS, cards.topics("invitations", "progress", "agreement", _DESK))


@router.on(Pressed(Help), strangers=True)
async def show_entry(turn: Turn, entry: str) -> Say:
    """An entry that was chosen by its number; one that is no longer there shows what can be typed."""
    found = entries().get(entry)
    return await show_help(turn) if found is None else _answer(turn, found, ())


def answer(turn: Turn, text: str) -> Say | None:
    """The answer to a question in plain words, or up to three that it may have meant; None: not a question of ours."""
    found = find(words.simplified(text))
    if found.answer is not None:
        return _answer(turn, found.answer, [entry for entry in found.near if entry is not found.answer])
    if not found.near:
        return None
    opening = ("没有完全明白您的问题。您想问的是：",)
    choices = tuple(map(_choice, found.near))
    if turn.person is None:
        return Say(opening, choices, closing=f"也可以先{cards.bind_link()}。")
    meant = [name for name in words.nearest(words.tidy(text)) if name != _DESK][:1]
    closing = f"都不是的，请换个说法再问，或联系学校：{cards.desk_line(turn.person.desk)}"
    return Say(opening, (*choices, *cards.topics(*meant, _DESK)), closing=closing)


def mistyped(text: str) -> tuple[str, ...]:
    """The topics that a short text may have meant; none for what may be a question."""
    tidy = words.tidy(text)
    return words.nearest(tidy) if len(tidy) <= _WORDS and not _ASKS.search(text) else ()


def _answer(turn: Turn, entry: Entry, others: Sequence[Entry]) -> Say:
    blocks = [f"【{entry.title}】", entry.answer]
    if turn.person is None:
        blocks.extend(("", f"绑定后可以在这里查询和办理：{cards.bind_link()}"))
        return Say(tuple(blocks), tuple(map(_choice, others)))
    if entry.page:
        blocks.append(cards.link("打开页面办理", entry.page))
    lead = () if entry.next in ("", _DESK) else cards.topics(entry.next)
    rest = tuple(map(_choice, others))
    closing = f"仍有疑问：{cards.desk_line(turn.person.desk)}"
    return Say(tuple(blocks), (*lead, *rest, cards.topic(_DESK)), closing=closing)


def _choice(entry: Entry) -> Option:
    return Option(entry.title, Help(entry.id))
