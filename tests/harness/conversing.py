"""Room: conversations as they are written down, played on the real callback.

    await converse(chat, '''
        我：邀请
        答：软件工程师 …… 同意签约 …… 拒绝签约
        我：[同意签约]
        答：请核对 …… 请回复
        我：[确认数字]
        答：您已同意
    ''')

`我：` is typed, `答：` names parts of the answer in their order, `不答：` what it must not say. `[…]` is the number
under which the last answer offered that; `[确认数字]` its four digits, `[全角确认数字]` the same in full width,
`[错误数字]` four other digits, `[上次数字]` those given before. `（平台重发）` delivers the last message again, which
must be answered alike; `（… 分钟后）` moves the clock.
"""

from __future__ import annotations

import re

from tests.conftest import Clock
from tests.harness.chat import Chat, choice, confirmation

GAP, ASKS = "……", "请回复 "
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


async def converse(chat: Chat, script: str, clock: Clock | None = None) -> str:
    """Play it; the last answer. A part that is missing fails with the whole conversation so far."""
    told: list[str] = []
    answer, message = "", ""
    given: list[str] = []
    for line in filter(None, (text.strip() for text in script.splitlines())):
        head, _, rest = line.partition("：")
        if head == "我":
            message = chat.text(_typed(rest, answer, given))
            answer = await chat.shown(message) or ""
            given.extend([confirmation(answer)] if ASKS in answer else [])
            told.extend((f"我：{rest}", f"答：{answer}"))
        elif head == "答":
            at = 0
            for part in (part.strip() for part in rest.split(GAP)):
                found = answer.find(part, at)
                assert found >= 0, f"“{part}” is not where it should be in\n" + "\n".join(told)
                at = found + len(part)
        elif head == "不答":
            assert rest not in answer, "\n".join(told)
        elif line == "（平台重发）":
            assert await chat.shown(message) == answer, "\n".join(told)
        elif minutes := re.fullmatch(r"（(\d+) 分钟后）", line):
            assert clock is not None
            clock.advance(minutes=int(minutes[1]))
        else:
            raise ValueError(f"no line of a conversation: {line}")
    return answer


def _typed(text: str, answer: str, given: list[str]) -> str:
    """What is typed, numbers taken from the answers."""
    named = re.fullmatch(r"\[(.+)\]", text)
    if named is None:
        return text
    match named[1]:
        case "确认数字":
            return confirmation(answer)
        case "全角确认数字":
            return confirmation(answer).translate(_WIDE)
        case "错误数字":
            return str(1000 + (int(confirmation(answer)) - 1000 + 7) % 9000)
        case "上次数字":
            return given[-2 if ASKS in answer else -1]
        case label:
            return choice(answer, label)
