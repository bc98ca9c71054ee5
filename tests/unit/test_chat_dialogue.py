"""Room: what a message means in its conversation, and how an answer is laid out."""

from __future__ import annotations

import pytest

from bot.buttons import Do, Listing, Show, Topic, Why
from bot.dialogue import EMPTY, Conversations, hear, lay_out
from bot.menus import MenuError, _checked, bound_menu, menu
from bot.messages import Inbound
from bot.router import Heard, Option, Say
from models.kit import new_id
from models.store import MemoryStore

ONE, TWO = new_id(), new_id()
OPENID = "oTest1"


def text(content: str, kind: str = "text", **fields: str) -> Inbound:
    return Inbound("gh", OPENID, 0, kind, "", "", content, "1", fields, "once")


def event(name: str, key: str = "") -> Inbound:
    return Inbound("gh", OPENID, 0, "event", name, key, "", "", {}, "once")


async def after(say: Say) -> Conversations:
    conversations = Conversations(MemoryStore())
    await conversations.keep(OPENID, say)
    return conversations


LIST = Say((), (Option("", Show(ONE)), Option("", Show(TWO))), more=Listing("offers", 2))


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("1", Heard(pressed=Show(ONE))),
        ("２。", Heard(pressed=Show(TWO))),
        ("第二个", Heard(pressed=Show(TWO))),
        ("3", Heard(number="3")),
        ("00", Heard(number="00")),
        ("0", Heard(pressed=Topic("menu"))),
        ("3821", Heard(number="3821")),
        ("0001", Heard(number="0001")),
        ("n", Heard(pressed=Listing("offers", 2))),
        ("下一页", Heard(pressed=Listing("offers", 2))),
        ("同意 2", Heard(pressed=Do(TWO, "accept"))),
        ("拒绝1", Heard(pressed=Do(ONE, "refuse"))),
        ("同意 9", Heard(pressed=Topic("accept"))),
        ("进度 1", Heard(pressed=Topic("progress"))),
        ("进度", Heard(pressed=Topic("progress"))),
        ("嗯嗯", Heard(pressed=Topic("courtesy"))),
        ("哼哼", Heard(text="哼哼")),
    ],
)
async def test_a_text_in_the_context_of_a_list(typed: str, heard: Heard) -> None:
    assert await hear(text(typed), await after(LIST)) == heard


@pytest.mark.parametrize("typed", ["1", "第一个", "9"])
async def test_numbers_without_a_context_stay_numbers(typed: str) -> None:
    heard = await hear(text(typed), Conversations(MemoryStore()))
    assert heard.number
    assert heard.pressed is None


async def test_n_without_a_list_leads_to_the_menu() -> None:
    assert await hear(text("n"), Conversations(MemoryStore())) == Heard(pressed=Topic("menu"))


async def test_a_question_takes_the_next_text_but_no_word_and_no_number() -> None:
    question = Why(ONE, "refuse", "other")
    conversations = await after(Say((), ask=question))
    assert await hear(text("  离家太远。 "), conversations) == Heard(asked=question, text="离家太远。")
    assert await hear(text("帮助"), conversations) == Heard(pressed=Topic("help"))
    assert await hear(text("7"), conversations) == Heard(number="7")


async def test_an_answer_without_choices_ends_the_context() -> None:
    conversations = await after(LIST)
    await conversations.keep(OPENID, Say(("done",)))
    assert await conversations.read(OPENID) == EMPTY


async def test_what_another_release_stored_is_no_choice() -> None:
    store = MemoryStore()
    conversations = await_less = Conversations(store)
    await conversations.keep(OPENID, LIST)
    (key,) = store._values
    for planted in (
        {"options": ["show:x", "gone:1"], "more": "", "ask": ""},
        {"options": [7, None]},
        {"options": []},
        ["list"],
        "text",
    ):
        await store.set(key, planted, 60)
        assert (await await_less.read(OPENID)).options == ()


async def test_the_store_does_not_learn_the_openid() -> None:
    store = MemoryStore()
    await Conversations(store).keep(OPENID, LIST)
    assert OPENID not in str(store._values)


async def test_taps_and_events() -> None:
    conversations = Conversations(MemoryStore())
    assert await hear(event("click", "t:progress"), conversations) == Heard(pressed=Topic("progress"))
    assert await hear(event("click", "unknown"), conversations) == Heard(pressed=Topic("menu"))
    assert await hear(event("subscribe", "qrscene_x"), conversations) == Heard(event="subscribe")
    assert await hear(text("", "image"), conversations) == Heard()
    assert await hear(text("", "voice", Recognition="办理进度。"), conversations) == Heard(pressed=Topic("progress"))


# --- layout --------------------------------------------------------------------------------------


def test_choices_and_closing_always_fit() -> None:
    options = tuple(Option("查看" + "示" * 16, Show(ONE)) for _ in range(5))
    say = Say(tuple("长" * 300 for _ in range(10)), options, more=Listing("offers", 2), closing="结" * 40)
    laid = lay_out(say)
    assert len(laid.encode()) <= 2047
    assert laid.endswith("结" * 40)
    assert "5 查看" in laid
    assert "n 下一页" in laid
    assert "未完全显示" in laid


def test_a_short_answer_is_laid_out_as_it_is() -> None:
    assert lay_out(Say(("一行",))) == "一行"
    assert lay_out(Say(("问",), (Option("是", Topic("menu")),))) == "问\n\n请回复数字：\n1 是"
    assert lay_out(Say(("1 甲", "2 乙"), (Option("", Show(ONE)), Option("", Show(TWO))))) == "1 甲\n2 乙"


# --- the menu ------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [menu("https://wq.example.com/"), bound_menu("https://wq.example.com")])
def test_the_menu_is_what_the_platform_takes(made: list[dict[str, object]]) -> None:
    assert [group["name"] for group in made] == ["签约", "去向", "我的"]
    urls = [e["url"] for g in made for e in g["sub_button"] if e["type"] == "view"]  # type: ignore[attr-defined]
    assert all(str(url).startswith("https://wq.example.com/m/") for url in urls)


def test_a_menu_beyond_the_limits_is_refused() -> None:
    tap = {"type": "click", "name": "帮助", "key": "t:help"}
    for wrong in (
        [{"name": "组", "sub_button": [tap]}] * 4,
        [{"name": "组", "sub_button": [tap] * 6}],
        [{"name": "名字太长了吧", "sub_button": [tap]}],
        [{"name": "组", "sub_button": [{**tap, "name": "名" * 21}]}],
        [{"name": "组", "sub_button": [{**tap, "key": "k" * 129}]}],
    ):
        with pytest.raises(MenuError):
            _checked(wrong)
