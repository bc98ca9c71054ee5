"""Room: the guides as everybody gets them, signed in or not: a page to read, a PDF to print."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.harness.callers import Api
from workflows import guides
from workflows.guides import GUIDES

named = pytest.mark.parametrize("name", GUIDES)


@named
async def test_a_guide_is_read_without_signing_in(api: Api, name: str) -> None:
    page = await api.client.get(f"/guides/{name}")
    assert page.status_code == 200
    assert GUIDES[name].title in page.text
    assert f'href="/guides/{name}.pdf"' in page.text
    anchors = re.findall(r'<a href="#([^"]+)"', page.text)
    assert len(anchors) > 8
    assert all(f'id="{anchor}"' in page.text for anchor in anchors)
    assert "<!--" not in page.text
    shown = re.findall(r'<img src="([^"]+)"', page.text)
    answers = [await api.client.get(address) for address in shown]
    assert {(one.status_code, one.headers["content-type"]) for one in answers} == {(200, "image/png")}


@named
async def test_a_guide_is_downloaded_as_a_pdf_without_signing_in(api: Api, name: str) -> None:
    answer = await api.client.get(f"/guides/{name}.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith("attachment;")
    pdf = await asyncio.to_thread(PdfReader, io.BytesIO(answer.content))
    assert pdf.metadata is not None
    assert pdf.metadata.title == GUIDES[name].title
    assert len(pdf.pages) > 8
    assert "常见问题" in pdf.pages[0].extract_text(), "the first page begins with the contents"
    again = await api.client.get(f"/guides/{name}.pdf", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["nobody", "nobody.pdf", "pictures/none.png", "pictures/..%2fstaff.zh.md", "static/m.py", "staff.zh.md"]
)
async def test_what_there_is_not_is_said_on_a_page(api: Api, path: str) -> None:
    answer = await api.client.get(f"/guides/{path}")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.fixture
def no_texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An installation that was put together without the texts."""
    monkeypatch.setattr(guides, "_FOLDER", tmp_path)
    guides.folder.cache_clear()
    yield
    guides.folder.cache_clear()


@pytest.mark.usefixtures("no_texts")
async def test_an_installation_without_the_texts_says_so(api: Api) -> None:
    answer = await api.client.get("/guides/staff")
    assert answer.status_code == 503
    assert "本服务没有附带使用指南的文件" in answer.text


async def test_who_cannot_sign_in_yet_is_led_to_the_guide(api: Api) -> None:
    page = await api.client.get("/employer/login")
    assert 'href="/guides/employer"' in page.text
