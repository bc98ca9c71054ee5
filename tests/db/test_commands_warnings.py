"""Room: warning marks: whose they are, whom they reach, how they count together."""

from __future__ import annotations

import pytest

from models.kit import name_key, new_id
from models.parties import Grant, Party
from models.store import MemoryStore
from models.tables import JournalRow, WarningMark
from tests.harness import world as w
from tests.harness.files import uploaded
from workflows.commands.warnings import edit_mark, mark_employer, unmark_employer
from workflows.errors import Forbidden, InvalidForm, NotFound, RateLimited, ReadOnly, Refused
from workflows.limits import MARK_LOOK_UP
from workflows.queries.attachments import read_file
from workflows.queries.mark_lookup import look_up
from workflows.queries.marked_cases import open_cases
from workflows.queries.warnings import marks_for, own_marks


def fresh_name() -> str:
    return f"可疑{new_id().hex[-8:]}有限公司"


@pytest.fixture(scope="module")
async def schools(database) -> list[w.World]:
    return [await w.make_world(graduates=0, employers=0, submit=False) for _ in range(6)]


def form(name: str, uscc: str = "", **values):
    return {"employer_name": name, "employer_uscc": uscc, "note": "学生反映收取押金", **values}


async def seen(world: w.World, name: str, uscc: str = ""):
    return await marks_for(world.school_id, uscc, name_key(name))


async def test_a_mark_shows_at_its_own_school_only(schools):
    name, uscc = fresh_name(), w.credit_code()
    await mark_employer(schools[0].school, form(name, uscc), ["fake", "violation"])
    here, there = await seen(schools[0], name, uscc), await seen(schools[1], name, uscc)
    assert here.shown
    assert not here.by_name_only
    assert (set(here.reasons), here.note) == ({"fake", "violation"}, "学生反映收取押金")
    assert not there.shown
    assert (there.reasons, there.note) == ((), "")


async def test_five_schools_make_it_show_everywhere_and_four_no_longer(schools):
    name, uscc = fresh_name(), w.credit_code()
    ids = [await mark_employer(s.school, form(name, uscc), ["fake"]) for s in schools[:5]]
    outside = await seen(schools[5], name, uscc)
    assert outside.shown
    assert outside.everywhere
    assert outside.note == ""  # other schools' notes are theirs
    await unmark_employer(schools[4].school, ids[4])
    assert not (await seen(schools[5], name, uscc)).shown
    assert (await seen(schools[0], name, uscc)).shown


async def test_marks_by_name_count_with_marks_by_code(schools):
    name, uscc = fresh_name(), w.credit_code()
    for n, school in enumerate(schools[:5]):
        await mark_employer(school.school, form(name, uscc if n % 2 else ""), ["fake"])
    assert (await seen(schools[5], name, uscc)).everywhere
    assert (await seen(schools[5], f" {name} ".replace("有限", "（有限）"), "")).by_name_only


async def test_width_spaces_and_brackets_make_no_other_name(schools):
    core = new_id().hex[-8:]
    await mark_employer(schools[0].school, form(f"示例（北京）{core}公司"), ["fake"])
    found = await seen(schools[0], f"示例(北京) {core.upper()}公司", w.credit_code())
    assert found.shown
    assert found.by_name_only


async def test_one_name_with_different_codes_never_merges(schools):
    name = fresh_name()
    codes = [w.credit_code(), w.credit_code()]
    for n, school in enumerate(schools):
        await mark_employer(school.school, form(name, codes[n % 2]), ["fake"])
    for code in (*codes, w.credit_code()):
        assert not (await seen(schools[0], name, code)).everywhere
    assert (await seen(schools[0], name, codes[0])).own
    assert not (await seen(schools[0], name, codes[1])).own
    assert not (await seen(schools[0], name)).everywhere  # an employer without code: three and three, not six


async def test_marks_count_together_through_the_code_whatever_name_each_school_wrote(schools):
    """Codes are equal, so names do not matter; a codeless mark counts with the code whose marks bear its name."""
    old, new, uscc = fresh_name(), fresh_name(), w.credit_code()
    for school in schools[:4]:
        await mark_employer(school.school, form(old, uscc), ["fake"])
    await mark_employer(schools[4].school, form(old), ["violation"])
    renamed = await seen(schools[5], new, uscc)
    assert (renamed.everywhere, renamed.by_name_only) == (True, False)
    assert set(renamed.reasons) == {"fake", "violation"}
    unregistered = await seen(schools[5], old)
    assert (unregistered.everywhere, unregistered.by_name_only) == (True, True)
    assert not (await seen(schools[5], new)).shown  # nobody wrote that name, and there is no code to compare
    assert not (await seen(schools[4], new, uscc)).own  # the own mark bears another name and no code


async def test_a_codeless_mark_stands_for_one_employer_at_a_time(schools):
    """Four by one code, one by another, one without: five for the first, two for the second."""
    name, codes = fresh_name(), [w.credit_code(), w.credit_code()]
    for school in schools[:4]:
        await mark_employer(school.school, form(name, codes[0]), ["fake"])
    await mark_employer(schools[4].school, form(name, codes[1]), ["fake"])
    await mark_employer(schools[5].school, form(name), ["fake"])
    assert (await seen(schools[0], name, codes[0])).schools == 5
    assert (await seen(schools[0], name, codes[1])).schools == 2
    assert (await seen(schools[0], name)).schools == 5


async def test_an_edit_keeps_the_evidence_that_it_names_and_who_did_what(schools):
    paper, name = await uploaded(schools[0].school), fresh_name()
    mark = await mark_employer(schools[0].school, form(name), ["fake"], [paper, paper])
    row = next(r for r in await own_marks(schools[0].school) if r["id"] == str(mark))
    assert row["evidence"] == [str(paper)]
    colleague = await w.make_account(schools[0].province, Party.SCHOOL, "同事", school_id=schools[0].school_id)
    await edit_mark(colleague.actor, mark, form(name), ["fake"], [])
    await unmark_employer(schools[0].school, mark)
    steps = await JournalRow.filter(subject_id=mark).order_by("seq")
    assert [(s.action, s.detail["by"], s.detail["evidence"]) for s in steps] == [
        ("mark_employer", "学校用户", 1),
        ("edit_mark", "同事", 0),
        ("unmark_employer", "学校用户", 0),
    ]


async def test_evidence_is_an_upload_of_ones_own_that_only_the_school_reads(schools):
    paper = await uploaded(schools[0].school)
    for actor, given in ((schools[1].school, paper), (schools[0].school, new_id())):
        with pytest.raises(InvalidForm) as caught:
            await mark_employer(actor, form(fresh_name()), ["fake"], [given])
        assert [f.path for f in caught.value.faults] == ["evidence"]
    mark = await mark_employer(schools[0].school, form(fresh_name()), ["fake"], [paper])
    colleague = await w.make_account(schools[0].province, Party.SCHOOL, "同事", school_id=schools[0].school_id)
    assert (await read_file(colleague.actor, paper)).data
    await edit_mark(colleague.actor, mark, form(fresh_name()), ["other"], [paper])  # what hangs there may stay
    with pytest.raises(NotFound):
        await read_file(schools[1].school, paper)


async def test_a_mark_that_lands_shows_the_schools_open_cases_with_that_employer(database):
    world, other = await w.make_world(graduates=4), await w.make_world()
    firm = world.employer
    invited = await w.invite(world)
    review = await w.accept(world, await w.invite(world, world.graduates[1]), world.graduates[1])
    await w.sign(world, world.graduates[2])
    elsewhere = await w.make_employer(world)
    await w.invite(world, world.graduates[3], elsewhere)
    await w.invite(other, other.graduate, firm)
    by_code = await mark_employer(world.school, form(fresh_name(), firm.uscc), ["fake"])
    found = await open_cases(world.school, by_code)
    assert [row["id"] for row in found.items] == [str(invited.record_id), str(review.record_id)]
    by_name = await mark_employer(world.school, form(f" {firm.name} "), ["fake"])
    assert (await open_cases(world.school, by_name)).total == 2
    namesake = await mark_employer(world.school, form(firm.name, w.credit_code()), ["fake"])
    assert (await open_cases(world.school, namesake)).total == 0  # another code is another employer
    with pytest.raises(NotFound):
        await open_cases(other.school, by_code)


async def test_marks_are_looked_up_while_typing_and_notes_stay_with_staff(database):
    world = await w.make_world()
    name, uscc = fresh_name(), w.credit_code()
    await mark_employer(world.school, form(name, uscc), ["fake"])
    counter = MemoryStore()
    for actor in (world.school, world.departments["文学院"], world.graduate.actor):
        found = await look_up(actor, counter, f" {uscc.lower()} ", "")
        assert (found["shown"], found["by_name_only"]) == (True, False)
        assert found["note"] == ("" if actor is world.graduate.actor else "学生反映收取押金")
        typed = await look_up(actor, counter, "", name)
        assert typed["by_name_only"]
        assert "仅按单位名称匹配" in typed["sentence"]
    nothing = await look_up(world.graduate.actor, counter, "", name[:6])
    assert (nothing["shown"], nothing["reasons"], nothing["sentence"]) == (False, [], None)
    for actor in (world.employer.actor, world.province):
        with pytest.raises(Forbidden):
            await look_up(actor, counter, uscc, name)


async def test_looking_marks_up_has_a_limit(database):
    world = await w.make_world()
    counter = MemoryStore()
    for _ in range(MARK_LOOK_UP.times):
        await look_up(world.graduate.actor, counter, "", "示例")
    with pytest.raises(RateLimited):
        await look_up(world.graduate.actor, counter, "", "示例")


async def test_an_unmarked_employer_has_no_marks(schools):
    found = await seen(schools[0], fresh_name(), w.credit_code())
    assert found.as_dict() == {
        "shown": False,
        "own": False,
        "everywhere": False,
        "schools": None,
        "by_name_only": False,
        "reasons": [],
        "note": "",
    }


async def test_the_same_employer_is_marked_once_and_then_edited(schools):
    name = fresh_name()
    mark = await mark_employer(schools[0].school, form(name), ["fake"])
    with pytest.raises(Refused) as caught:
        await mark_employer(schools[0].school, form(name), ["violation"])
    assert caught.value.guard == "not_marked"
    await edit_mark(schools[0].school, mark, form(name, note="已核实"), ["violation", "violation"])
    row = next(r for r in await own_marks(schools[0].school) if r["id"] == str(mark))
    assert [r["label"] for r in row["reasons"]] == ["违规单位"]
    assert (row["note"], row["marked_by"]) == ("已核实", "学校用户")
    actions = await JournalRow.filter(subject_id=mark).order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["mark_employer", "edit_mark"]


@pytest.mark.parametrize("reasons", [[], ["nonsense"], ["fake", ""]])
async def test_a_mark_needs_known_reasons(schools, reasons):
    with pytest.raises(InvalidForm) as caught:
        await mark_employer(schools[0].school, form(""), reasons)
    assert [f.path for f in caught.value.faults] == ["employer_name", "reasons"], "all at once"


async def test_a_mark_by_a_wrong_code_is_refused_at_its_field(schools):
    with pytest.raises(InvalidForm) as caught:
        await mark_employer(schools[0].school, form(fresh_name(), "91110103000000000X"), ["fake"])
    assert caught.value.faults[0].path == "employer_uscc"


async def test_marks_are_the_schools_own_business(schools):
    mark = await mark_employer(schools[0].school, form(fresh_name()), ["fake"])
    for command in (lambda a: unmark_employer(a, mark), lambda a: edit_mark(a, mark, form(fresh_name()), ["fake"])):
        with pytest.raises(NotFound):
            await command(schools[1].school)
    assert await WarningMark.filter(id=mark).exists()
    reader = await w.make_account(
        schools[0].province, Party.SCHOOL, "只读", school_id=schools[0].school_id, employment=Grant.RO
    )
    with pytest.raises(ReadOnly):
        await unmark_employer(reader.actor, mark)
    with pytest.raises(Forbidden):
        await own_marks(schools[0].province)


async def test_departments_and_employers_never_mark_or_list(database):
    world = await w.make_world()
    for actor in (world.departments["文学院"], world.employer.actor, world.graduate.actor, world.province):
        with pytest.raises(Forbidden):
            await mark_employer(actor, form(fresh_name()), ["fake"])
        with pytest.raises(Forbidden):
            await own_marks(actor)
