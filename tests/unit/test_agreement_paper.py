"""Room: the agreement on paper: what stands on it, in which font, always the same bytes."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from tests.harness import paper
from tests.harness.paper import CHECK, ID_NUMBER, NUMBER, frozen
from workflows.documents import fonts, terms
from workflows.documents.fonts import Font, Unprintable
from workflows.documents.sheet import sheet, texts
from workflows.documents.typesetting import printed, qr, template, typeset

ROOT = Path(__file__).resolve().parents[2]
RARE = "㛃𠮷䶮𬱖"
CASES = [(kind, flow) for kind in ("two-party", "three-party") for flow in ("online_signing", "offline_signing")]


@pytest.fixture(scope="module")
def packaged() -> Font:
    """The font that pip alone brings; it is there on every machine."""
    found = fonts.packaged_font()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def online() -> bytes:
    return typeset(frozen(), CHECK).pdf


def test_the_text_can_be_read_and_its_fonts_lie_in_the_file(online: bytes) -> None:
    found = paper.text(online)
    for part in ("高校毕业生就业协议书", "王小明", "云汀示例科技有限公司", "软件工程师", "人民币9,000元", "6个月"):
        assert part in found, part
    assert paper.fonts(online)
    assert all(embedded for _, embedded in paper.fonts(online))
    assert all("Noto" in name for name, _ in paper.fonts(online))


def test_every_page_has_the_number_and_its_place(online: bytes) -> None:
    found = paper.pages(online)
    assert len(found) == 2
    for n, page in enumerate(found, 1):
        assert f"协议编号：{NUMBER}" in page
        assert f"第{n}页，共2页" in page
        assert CHECK in page


def test_numbers_that_are_sealed_elsewhere_stand_whole_on_the_contract(online: bytes) -> None:
    found = paper.text(online)
    for number in (ID_NUMBER, "15400000001", "15400000002", "0571-02345678", "K7M2QX4D8T"):
        assert number in found, number
    assert "15400000009" not in found, "the contact of this signing goes before the one of the registration"
    assert "v1:" not in found


def test_the_handler_is_printed(online: bytes) -> None:
    for part in ("李经办", "010-02345678", "云汀市大学路1号", "100000"):
        assert part in paper.text(online), part


def test_two_parties_have_the_school_certify_and_three_have_it_sign() -> None:
    two, three = (paper.text(typeset(frozen(type=kind), CHECK).pdf) for kind in ("two-party", "three-party"))
    assert "鉴证方（学校）" in two
    assert "由学校鉴证" in two
    assert "丙方" not in two
    assert "丙方（学校）" in three
    assert "三方共同订立" in three
    assert "鉴证" not in three


def test_signed_online_it_shows_when_each_side_agreed(online: bytes) -> None:
    found = paper.pages(online)[1]
    for part in ("线上签约", "发出签约邀请2027年3月1日10:00", "同意签约2027年3月2日11:30", "鉴证通过2027年3月6日00:30"):
        assert part in found, part
    assert "盖章）" not in found


def test_for_signing_on_paper_it_has_places_for_signatures_and_seals() -> None:
    found = paper.pages(typeset(frozen(flow="offline_signing"), CHECK).pdf)[-1]
    for part in ("甲方（用人单位）", "（单位盖章）", "本人签字：", "（院系盖章）", "学校鉴证意见", "（学校盖章）"):
        assert part in found, part
    assert "年月日" in found
    assert "线上签约" not in found


def test_what_was_not_agreed_is_said_so() -> None:
    bare = {"probation_months": 0, "service_months": None, "penalty": None, "report_by": "", "extra_terms": ""}
    bare |= {"hukou_settled": False, "archive_accepted": False}
    found = paper.text(typeset(frozen(form=bare), CHECK).pdf)
    for part in (
        "试用期未约定",
        "服务期未约定",
        "违约金未约定",
        "最迟报到未约定",
        "甲方不负责落户",
        "甲方不接收档案",
        "补充条款无。",
    ):
        assert part in found, part


def test_the_same_data_give_the_same_bytes_twice_and_in_another_process(run_folder: Path) -> None:
    data = frozen()
    first = typeset(data, CHECK).pdf
    assert typeset(data, CHECK).pdf == first
    given = run_folder / "frozen.json"
    given.write_text(json.dumps(data))
    code = (
        "import hashlib, json, pathlib, sys; from workflows.documents.typesetting import typeset\n"
        "pdf = typeset(json.loads(pathlib.Path(sys.argv[1]).read_text()), sys.argv[2]).pdf\n"
        "print(hashlib.sha256(pdf).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(given), CHECK], cwd=ROOT, env={**os.environ, "TZ": "America/New_York"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == hashlib.sha256(first).hexdigest()


async def test_several_are_set_at_once_and_none_is_mixed_up() -> None:
    names = [f"王{c}" for c in "一二三四五六七八"]
    made = await asyncio.gather(*(printed(frozen(name), CHECK) for name in names))
    for name, one in zip(names, made, strict=True):
        assert name in paper.text(one.pdf)
        assert one.pdf == typeset(frozen(name), CHECK).pdf


async def test_the_event_loop_goes_on_while_pages_are_set() -> None:
    work = asyncio.gather(*(printed(frozen(number=f"9900120270000{n:04d}"), CHECK) for n in range(20)))
    ticks = 0
    while not work.done():
        await asyncio.sleep(0.002)
        ticks += 1
    await work
    assert ticks > 10


# --- characters ----------------------------------------------------------------------------------


def test_rare_characters_of_names_are_printed_or_refused_by_name() -> None:
    for character in RARE:
        if character in fonts.font().characters:
            assert f"王{character}" in paper.text(typeset(frozen(f"王{character}"), CHECK).pdf)
        else:
            with pytest.raises(Unprintable) as lack:
                typeset(frozen(f"王{character}"), CHECK)
            assert f"“{character}”" in lack.value.sentence


def test_the_packaged_font_prints_all_but_what_it_lacks(packaged: Font) -> None:
    found = paper.text(typeset(frozen("王㛃䶮𬱖"), CHECK, packaged).pdf)
    assert "王㛃䶮𬱖" in found
    with pytest.raises(Unprintable) as lack:
        typeset(frozen("王𠮷𠮷"), CHECK, packaged)
    assert lack.value.sentence.startswith("协议中的“𠮷”（U+20BB7）在服务器现有的字体中没有字形")
    assert lack.value.characters == "𠮷"
    assert lack.value.font_sha256 == packaged.sha256


def test_debians_font_has_the_rare_characters_of_names() -> None:
    """Where it is installed, which is what the README asks a production machine for."""
    found = fonts.machine_font()
    assert found is None or set(RARE) <= found.characters


@pytest.mark.parametrize(("kind", "flow"), CASES)
def test_no_fixed_text_has_a_character_that_the_packaged_font_lacks(packaged: Font, kind: str, flow: str) -> None:
    packaged.check(texts(sheet(frozen(type=kind, flow=flow))))
    packaged.check([template(terms.EDITION).decode()])


def test_what_somebody_typed_is_printed_and_never_run() -> None:
    typed = '#read("/etc/passwd") #panic() $x$ *粗* [框] // 注 \\ <a> 　末'
    found = paper.text(typeset(frozen(form={"position_title": typed, "extra_terms": typed}), CHECK).pdf)
    assert found.count("".join(typed.split())) == 2


def test_the_longest_terms_take_another_page_and_the_signatures_stay_together() -> None:
    long = {
        "extra_terms": "\n".join(["双方另行约定的内容较长，逐条写明。" * 5] * 11)[:1000],
        "archive_address": "示例路" * 60,
        "hukou_address": "示例街道" * 50,
        "dispatched": True,
        "dispatched_to": "示例用工单位" * 16,
        "own_email": f"{'wang' * 16}@example.com",
    }
    found = paper.pages(typeset(frozen(form=long, flow="offline_signing"), CHECK).pdf)
    assert len(found) <= 4
    assert all(NUMBER in page for page in found)
    assert all(part in found[-1] for part in ("签字盖章", "（单位盖章）", "（学校盖章）"))


def test_nothing_runs_over_the_edge_of_the_page() -> None:
    """Measured by the least that the characters can take: 4 points each, 9 for wide ones."""
    long = {"own_email": f"{'wang' * 40}@example.com", "position_title": "W" * 50, "archive_contact": "m" * 100}
    for page in PdfReader(io.BytesIO(typeset(frozen(form=long), CHECK).pdf)).pages:
        found: list[tuple[float, str]] = []

        def seen(text: str, _: Any, place: list[float], *__: Any, found: list[tuple[float, str]] = found) -> None:
            found.extend((place[4], line) for line in text.split("\n"))

        page.extract_text(visitor_text=seen)
        ends = {at + sum(4 if ord(c) < 0x2E80 else 9 for c in line): line for at, line in found}
        assert len(ends) > 20
        assert max(ends) < float(page.mediabox.width), ends[max(ends)]


def test_the_qr_is_drawn_anew_for_each_address() -> None:
    one, other = qr(CHECK), qr(CHECK.replace("12", "13"))
    assert one != other
    drawing = ET.fromstring(one)  # noqa: S314  a picture of our own making
    assert drawing.tag.endswith("svg")
    assert re.search(r"stroke", one)
