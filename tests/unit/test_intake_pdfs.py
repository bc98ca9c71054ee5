"""Room: PDFs made over: nothing that acts, tells or hides comes along; the pages do (test catalogue F1, F5)."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pikepdf
import pytest

from tests.harness import files
from tests.unit.test_intake_images import refusal
from workflows.intake.faults import Unfit
from workflows.intake.pdfs import FORBIDDEN
from workflows.intake.sieve import Made, remake


def opened(made: Made) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(made.data))


def everything(made: Made) -> bytes:
    """All that stands in the document, unpacked."""
    with opened(made) as document:
        streams = [_unpacked(one) for one in document.objects if isinstance(one, pikepdf.Stream)]
        plain = [one.unparse(resolved=True) for one in document.objects]
    return b"\n".join([made.data, *streams, *plain])


def _unpacked(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:  # a picture's own packing, or one that is damaged
        return stream.read_raw_bytes()


def test_nothing_that_acts_tells_or_hides_comes_along() -> None:
    data = files.wicked_pdf()
    assert len(remake(data).data) < len(data)
    made = remake(data)
    content = everything(made)
    assert b"marker" not in content
    for key in FORBIDDEN:
        assert key.encode() + b" " not in content
    with opened(made) as document:
        assert set(document.Root.keys()) == {"/Type", "/Pages"}
        assert set(document.trailer.keys()) <= {"/Size", "/ID", "/Root"}
        assert not document.attachments


def test_what_was_filled_in_stays_to_be_seen() -> None:
    content = everything(remake(files.wicked_pdf()))
    assert b"(Visible 1)" in content
    assert b"filled-in-by-hand" in content


def test_pages_keep_their_order_size_and_turn() -> None:
    source = pikepdf.open(io.BytesIO(files.pdf(3)))
    source.Root.Pages.MediaBox = [0, 0, 300, 400]  # what a page does not say itself it has from above
    del source.pages[1].obj["/MediaBox"]
    source.pages[1].obj.Rotate = 90
    made = remake(files.saved(source))
    assert made.pages == 3
    with opened(made) as document:
        contents = [page.Contents.read_bytes() for page in document.pages]
        assert [b"Agreement %d" % n in text for n, text in enumerate(contents, 1)] == [True] * 3
        assert [int(n) for n in document.pages[1].mediabox] == [0, 0, 300, 400]
        assert document.pages[1].obj.Rotate == 90


def test_a_font_may_be_called_like_something_forbidden() -> None:
    source = pikepdf.open(io.BytesIO(files.pdf()))
    page = source.pages[0].obj
    font = page.Resources.Font.F1
    page.Resources.Font = source.make_indirect(pikepdf.Dictionary(AF=font, Metadata=source.make_indirect(font)))
    scan = files._scan(source, 3)
    scan.Metadata = source.make_stream(b"marker")
    page.Resources.XObject = pikepdf.Dictionary(Ref=scan)
    made = remake(files.saved(source))
    assert b"marker" not in everything(made)
    with opened(made) as document:
        assert set(document.pages[0].obj.Resources.Font.keys()) == {"/AF", "/Metadata"}
        assert "/Metadata" not in document.pages[0].obj.Resources.XObject["/Ref"]


def test_the_same_file_gives_the_same_bytes() -> None:
    assert remake(files.wicked_pdf()).data == remake(files.wicked_pdf()).data


@pytest.mark.parametrize(
    "tail", [b"PK\x05\x06" + files.SCRIPT, b"<html>" + files.SCRIPT, files.jpeg()], ids=["zip", "page", "picture"]
)
def test_what_hangs_on_a_pdf_does_not_come_along(tail: bytes) -> None:
    made = remake(files.pdf() + tail)
    assert tail not in made.data
    assert made.data == remake(files.pdf()).data


def test_a_scanners_blank_before_the_head_is_forgiven() -> None:
    assert remake(b"\xef\xbb\xbf\r\n" + files.pdf()).pages == 1


def test_a_locked_pdf_is_told_to_be_unlocked() -> None:
    assert refusal(files.locked_pdf()) == "file_encrypted"
    assert refusal(files.locked_pdf(user="")) == "file_encrypted"


def test_pages_are_limited() -> None:
    assert remake(files.pdf(50)).pages == 50
    assert refusal(files.pdf(51)) == "file_pages"


def test_a_document_without_pages_is_broken() -> None:
    assert refusal(files.saved(pikepdf.new())) == "file_broken"


@pytest.mark.parametrize(
    "data", [files.pdf(3)[:300], b"%PDF-1.7\n" + b"a" * 1000, b"%PDF-", b"%PDF-2.0\n1 0 obj<</Type/Catalog>>endobj"]
)
def test_rubbish_that_begins_like_a_pdf_is_broken(data: bytes) -> None:
    assert refusal(data) == "file_broken"


def test_a_stream_that_stands_in_another_file_is_refused_or_emptied() -> None:
    source = pikepdf.open(io.BytesIO(files.pdf()))
    scan = files._scan(source, 3)
    scan.F = pikepdf.String("/etc/passwd")
    source.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Im0=scan)
    assert refusal(files.saved(source)) == "file_format"


def test_a_program_for_printers_is_refused() -> None:
    source = pikepdf.open(io.BytesIO(files.pdf()))
    program = source.make_stream(b"(hello) print")
    program.Type, program.Subtype = pikepdf.Name.XObject, pikepdf.Name.PS
    source.pages[0].obj.Resources.XObject = pikepdf.Dictionary(P=program)
    assert refusal(files.saved(source)) == "file_format"


def test_no_damage_of_a_pdf_raises_anything_else() -> None:
    dice = random.Random(20270306)
    for whole in (files.pdf(2), files.wicked_pdf(), files.pdf(1, scan=2)):
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(dice.randrange(1, 20)):
                data[dice.randrange(8, len(data))] = dice.randrange(256)
            with suppress(Unfit):
                assert b"/JavaScript" not in everything(remake(bytes(data)))


def test_a_scan_and_the_picture_itself_have_nearly_one_hash() -> None:
    scanned, shown = remake(files.pdf(1, scan=5)).dhash, remake(files.written(files.picture(5, (300, 420)))).dhash
    assert (int(scanned, 16) ^ int(shown, 16)).bit_count() <= 4
    assert remake(files.pdf()).dhash == ""
