"""Room: what is malformed, foreign or strange, at every door of a graduate: each page, word and payload of the chat.

One school for the module. The callback's own refusals (signatures, DOCTYPE, doubled elements) are in
`tests/unit/test_envelope_malformed.py`; here they come on top of a person who is bound and has something to lose.
"""

from __future__ import annotations

import io
from dataclasses import replace
from uuid import UUID

import httpx
import pikepdf
import pytest
from quart import Quart

from bot.app import BotApp, callback_app
from bot.asgi import PATH
from bot.buttons import Do, Question, Show, Unbind, Why
from models.parties import Party
from models.states import Flow
from models.store import MemoryStore
from models.tables import Binding, DeskNote, Draft, JournalRow, Record
from notifier.simulators.server import Sandbox
from tests.harness import paper
from tests.harness.chat import Chat, bound, choice, confirmation, new_openid
from tests.harness.files import jpeg
from tests.harness.pages import sheet_of
from tests.harness.phone import (  # noqa: F401  fixtures are found by their names
    Phone,
    pages_fixture,
    phone_fixture,
    phone_of,
)
from tests.harness.reaching import Case, reach
from tests.harness.world import Person, World, add_graduates, approve, invite, make_employer, make_world
from workflows.flows import FLOWS

RARE, EMOJI = "㛃𠮷䶮", "👩‍🎓"
EVIL = f"]]>&amp;<b>{RARE}</b>"


@pytest.fixture(scope="module")
async def world(database: str) -> World:
    return await make_world(graduates=1)


@pytest.fixture(scope="module")
async def theirs(world: World) -> list[Case]:
    """Somebody else's records, one of each flow, each in a state in which its owner could act."""
    states = {
        Flow.ONLINE_SIGNING: "invited",
        Flow.OFFLINE_SIGNING: "agreement_issued",
        Flow.SUPPLEMENTARY: "returned",
        Flow.DESTINATION: "approved",
        Flow.ONLINE_TERMINATION: "awaiting_employer",
        Flow.OFFLINE_TERMINATION: "returned",
    }
    found = []
    for flow, state in states.items():
        (person,) = await add_graduates(world, 1)
        found.append(await reach(world, flow, state, person, await make_employer(world)))
    return found


@pytest.fixture
async def me(world: World) -> Person:
    return (await add_graduates(world, 1))[0]


@pytest.fixture
def app(database: str) -> BotApp:
    return callback_app(kept=MemoryStore())


def actions(flow: Flow) -> set[str]:
    return {t.action for t in FLOWS[flow].transitions if Party.GRADUATE in t.by}


async def untouched(case: Case) -> None:
    record = await Record.get(id=case.id)
    assert (record.state, record.version) == (case.state, case.version)


# --- records and files of others -----------------------------------------------------------------


async def test_no_page_shows_or_touches_a_record_of_somebody_else(
    phone: Phone, pages: Quart, me: Person, world: World, theirs: list[Case]
) -> None:
    await bound(world, me, phone.openid)
    rules = [r for r in pages.url_map.iter_rules() if r.rule.startswith("/m/") and "record_id" in r.arguments]
    assert len(rules) >= 5
    tried = 0
    for case in theirs:
        page = await phone.arrive("/m/begin/offline_signing/submit")
        form = {**sheet_of(page.text).values, "version": str(case.version), "confirmed": "true", "text": "异议"}
        # Looking comes last: it leads through the sign-in once more, since a phone may have changed hands.
        for rule in sorted(rules, key=lambda one: "GET" in (one.methods or ())):
            method = "GET" if "GET" in (rule.methods or ()) else "POST"
            for action in sorted(actions(case.flow)) if "action" in rule.arguments else [""]:
                path = rule.rule.replace("<record_id>", str(case.id)).replace("<action>", action)
                answer = await phone.browser.request(method, path, data=form if method == "POST" else None)
                while answer.status_code == 303:
                    answer = await phone.follow(answer)
                assert answer.status_code == 404, f"{method} {path}: {answer.status_code}"
                assert case.firm.name not in answer.text
                tried += 1
        await untouched(case)
    assert tried > 40
    assert await Draft.filter(party_id=me.id).count() == 0
    assert await DeskNote.filter(record_id__in=[case.id for case in theirs]).count() == 0


async def test_no_word_and_no_payload_of_the_chat_reaches_a_record_of_somebody_else(
    app: BotApp, me: Person, world: World, theirs: list[Case]
) -> None:
    chat = Chat(app, await bound(world, me))
    other = await Binding.create(
        id=UUID(int=me.id.int ^ 1), school_id=world.school_id, graduate_id=theirs[0].person.id, cohort=world.cohort,
        openid=new_openid(), bound_at=(await Binding.get(openid=chat.openid)).bound_at,
        chosen_at=(await Binding.get(openid=chat.openid)).chosen_at,
    )  # fmt: skip
    for case in theirs:
        chat = Chat(callback_app(kept=MemoryStore()), chat.openid)  # each with twenty messages a minute of its own
        payloads = [Show(case.record_id), Why(case.record_id, "refuse", "other"), Question(case.record_id)]
        payloads += [Do(case.record_id, action) for action in sorted(actions(case.flow))]
        for payload in payloads:
            said = await chat.tap(payload.pack())
            assert case.firm.name not in said, payload
            assert "请回复 " not in said, "no number was given out"
        for word in ("进度", "同意", "作废", "撤回", "解约"):
            assert case.firm.name not in await chat.say(word)
        await untouched(case)
    assert "没有解除" in await chat.tap(Unbind(other.id).pack())
    assert (await Binding.get(id=other.id)).ended_at is None


async def test_a_forwarded_link_asks_the_other_person_who_it_is(
    pages: Quart, sandbox: Sandbox, http: httpx.AsyncClient, phone: Phone, me: Person, world: World
) -> None:
    """Whoever gets my link, with my page open beside it, reads and does nothing with it."""
    await bound(world, me, phone.openid)
    case = await reach(world, Flow.DESTINATION, "approved", me)
    link = f"/m/records/{case.id}/actions/void"
    mine = await phone.arrive(link)
    (friend,) = await add_graduates(world, 1)
    other = await phone_of(pages, sandbox, http)
    await bound(world, friend, other.openid)
    assert (await other.arrive(link)).status_code == 404
    sent = await other.send(mine, confirmed=True)
    assert sent.status_code in (403, 404), "my page's mark is worth nothing in another browser"
    stranger = await phone_of(pages, sandbox, http)
    assert "绑定账号" in (await stranger.arrive(link)).text
    await untouched(case)
    for one in (other, stranger):
        await one.browser.aclose()


# --- strange words -------------------------------------------------------------------------------


async def test_rare_characters_and_markup_travel_from_the_invitation_to_the_paper(
    app: BotApp, phone: Phone, me: Person, world: World
) -> None:
    await bound(world, me, phone.openid)
    chat = Chat(app, phone.openid)
    firm = await make_employer(world, employer_name=f"示例{RARE}有限公司")
    outcome = await invite(world, me, firm=firm, position_title=EVIL, extra_terms=EVIL * 3)
    offer = await chat.say("邀请")
    assert firm.name in offer
    assert "㛃𠮷䶮" in offer
    assert "<b>" not in offer
    page = await phone.arrive(f"/m/records/{outcome.record_id}")
    assert "]]&gt;&amp;amp;&lt;b&gt;㛃𠮷䶮" in page.text
    assert "<b>" not in page.text
    done = await chat.say(confirmation(await chat.say(choice(offer, "同意签约"))))
    assert "您已同意" in done
    record = await Record.get(id=outcome.record_id)
    await approve(world, replace(outcome, state=record.state, version=record.version))
    pdf = await phone.open(f"/m/records/{outcome.record_id}/agreement")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "㛃𠮷䶮" in paper.text(pdf.content)
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        assert len(opened.pages) >= 1


@pytest.mark.parametrize(
    "typed", [RARE * 200, EMOJI * 100, "]]>" * 300, "\u202e\u200b\ufeff" * 50, "1" * 600, "同意" * 300, "\U0001f600"]
)
async def test_whatever_is_typed_is_answered_within_the_limit_and_acts_on_nothing(
    app: BotApp, me: Person, world: World, typed: str
) -> None:
    """`Chat` checks that the answer is well-formed and of 2047 bytes at most."""
    await invite(world, me, position_title=EVIL, work_place=RARE * 10)
    chat = Chat(app, await bound(world, me))
    before = await JournalRow.filter(subject_kind="record").count()
    assert await chat.say(typed)
    assert await chat.say("进度")
    assert await JournalRow.filter(subject_kind="record").count() == before


async def test_a_question_of_two_thousand_bytes_is_shown_cut_and_kept_whole(
    app: BotApp, me: Person, world: World
) -> None:
    chat = Chat(app, await bound(world, me))
    await chat.say("人工")
    text = (RARE + "请问协议什么时候能好") * 30
    said = await chat.say(text[:480])
    assert "已转给老师" in said
    assert "…" in said


# --- malformed callbacks of a real account ---------------------------------------------------------


async def test_malformed_callbacks_are_refused_alike_and_change_nothing(app: BotApp, me: Person, world: World) -> None:
    outcome = await invite(world, me)
    chat = Chat(app, await bound(world, me))
    number = confirmation(await chat.say("同意"))
    good = chat.text(number)
    wrong = {
        "DOCTYPE": good.replace("<xml>", '<!DOCTYPE xml [<!ENTITY a "1">]><xml>', 1),
        "doubled sender": good.replace("</xml>", f"<FromUserName>{new_openid()}</FromUserName></xml>"),
        "doubled text": good.replace("</xml>", "<Content>1</Content></xml>"),
        "another account": good.replace(chat.account, "gh_000000000000"),
        "another root": good.replace("xml>", "html>"),
        "no end": good.removesuffix("</xml>"),
        "64 KiB": good.replace("</xml>", f"<Pad>{'x' * 65_536}</Pad></xml>"),
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        for name, xml in wrong.items():
            query, body = chat.sealed(xml)
            answer = await client.post(PATH, params=query, content=body.encode())
            assert (answer.status_code, answer.content) == (403, b""), name
    assert (await Record.get(id=outcome.record_id)).state == "invited"
    assert "您已同意" in await chat.say(number), "the number was not spent by any of them"


async def test_a_file_that_is_named_strangely_keeps_its_name_and_nothing_else(
    phone: Phone, me: Person, world: World
) -> None:
    await bound(world, me, phone.openid)
    page = await phone.arrive("/m/begin/supplementary/submit")
    name = f"../..\\{RARE}{EMOJI}<img src=x onerror=alert(1)>.jpg"
    page = await phone.send(page, press=("upload", "scans"), files=[("add_scans", name, jpeg(3))])
    assert page.status_code == 200
    assert "㛃𠮷䶮" in page.text
    assert "<img src=x" not in page.text
