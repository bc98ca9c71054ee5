"""Room: pictures made over: what is refused and why, what is gone, what stays (test catalogue F1-F3, F5)."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.harness import files
from workflows.intake import images
from workflows.intake.faults import FAULTS, Unfit
from workflows.intake.sieve import Made, remake


def refusal(data: bytes) -> str:
    with pytest.raises(Unfit) as caught:
        remake(data)
    assert caught.value.sentence == FAULTS[caught.value.code]
    return caught.value.code


def opened(made: Made) -> Image.Image:
    shown = Image.open(io.BytesIO(made.data))
    shown.load()
    return shown


def alike(one: Image.Image, other: Image.Image, most: float = 12.0) -> bool:
    """As far as the eye goes: the mean difference of all pixels, of 255."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB").resize(one.size))
    return sum(ImageStat.Stat(difference).mean) / 3 < most


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (files.jpeg(), "RGB"),
        (files.png(), "RGB"),
        (files.png(mode="L"), "L"),
        (files.png(mode="1"), "L"),
        (files.png(mode="P"), "RGB"),
        (files.png(mode="RGBA"), "RGB"),
        (files.png(mode="LA"), "RGB"),
        (files.written(files.picture(mode="CMYK"), quality=90), "RGB"),
        (files.written(files.picture(mode="L"), quality=90), "L"),
        (files.written(files.picture(), progressive=True, quality=90), "RGB"),
    ],
    ids=["jpeg", "png", "grey", "bits", "palette", "alpha", "grey-alpha", "cmyk", "grey-jpeg", "progressive"],
)
def test_every_ordinary_picture_becomes_a_plain_jpeg_that_looks_the_same(data: bytes, mode: str) -> None:
    made = remake(data)
    shown = opened(made)
    assert (made.media, made.pages, shown.format, shown.mode) == ("image/jpeg", 1, "JPEG", mode)
    assert alike(shown, Image.open(io.BytesIO(data)).convert("RGBA").convert("RGB"), 40 if mode == "L" else 14)


def test_the_same_file_gives_the_same_bytes() -> None:
    assert remake(files.jpeg()) == remake(files.jpeg())
    assert remake(files.jpeg(1)).data != remake(files.jpeg(2)).data


def test_place_device_and_comments_are_gone_and_the_picture_stands_upright() -> None:
    data = files.located_jpeg(orientation=6)
    assert files.PLACE in data
    made = remake(data)
    for secret in (files.PLACE, b"Example Phone", b"Exif", b"taken at home"):
        assert secret not in made.data
    shown = opened(made)
    assert not shown.getexif()
    assert shown.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    before = Image.open(io.BytesIO(data))
    assert shown.size == before.size[::-1]
    assert alike(shown, before.transpose(Image.Transpose.ROTATE_270))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_applied(orientation: int) -> None:
    from PIL import ImageOps

    data = files.located_jpeg(orientation)
    assert alike(opened(remake(data)), ImageOps.exif_transpose(Image.open(io.BytesIO(data))))


def test_what_is_transparent_becomes_paper() -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert opened(remake(files.written(clear, "PNG"))).getpixel((20, 20)) == (255, 255, 255)


def test_greys_of_sixteen_bits_keep_their_shades() -> None:
    made = Image.frombytes("I;16", (64, 64), b"\x00\x80" * 64 * 32 + b"\x00\x20" * 64 * 32)
    shown = opened(remake(files.written(made, "PNG")))
    assert shown.mode == "L"
    assert abs(shown.getpixel((32, 10)) - 0x80) <= 2  # type: ignore[operator]
    assert abs(shown.getpixel((32, 50)) - 0x20) <= 2  # type: ignore[operator]


def test_a_large_photograph_is_kept_at_the_size_of_a_printed_page() -> None:
    made = opened(remake(files.png_of(4000, 4000)))
    assert made.width * made.height <= images.KEPT
    assert made.width > 2900


def test_a_long_screenshot_keeps_its_width() -> None:
    assert opened(remake(files.png_of(720, 12_000))).size == (720, 12_000)


POLYGLOTS = {
    "jpeg with a page behind": files.POLYGLOT,
    "jpeg with a page as comment": files.written(files.picture(), comment=files.SCRIPT),
    "jpeg with a pdf behind": files.jpeg() + files.pdf(),
    "jpeg with a zip behind": files.jpeg() + b"PK\x03\x04" + files.SCRIPT,
    "png with php behind": files.png() + files.SCRIPT,
    "png with php in a text": files.png()[:33] + files._chunk(b"tEXt", b"Comment\0" + files.SCRIPT) + files.png()[33:],
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_hangs_on_a_picture_does_not_come_along(name: str) -> None:
    assert files.SCRIPT in POLYGLOTS[name] or b"%PDF" in POLYGLOTS[name]
    made = remake(POLYGLOTS[name])
    for trace in (b"script", b"php", b"%PDF", b"PK\x03\x04", b"html"):
        assert trace not in made.data
    assert distance(made.dhash, remake(files.jpeg()).dhash) <= 2


OTHERS = {
    "html": b"<!doctype html><html>" + files.SCRIPT,
    "xhtml": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "mhtml": b"MIME-Version: 1.0\nContent-Type: multipart/related\n",
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "gif with script": b"GIF89a/*" + files.SCRIPT,
    "gif": files.written(files.picture(), "GIF"),
    "bmp": files.written(files.picture(), "BMP"),
    "tiff": files.written(files.picture(), "TIFF"),
    "webp": files.written(files.picture(), "WEBP"),
    "zip": b"PK\x03\x04" + bytes(100),
    "program": b"MZ\x90\x00" + bytes(100),
    "postscript": b"%!PS-Adobe-3.0 (%PDF-)",
    "text": "毕业证明".encode(),
    "a page with a pdf inside": b"<html>" + files.pdf(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_kind_of_file_is_refused_whatever_its_name(name: str) -> None:
    assert refusal(OTHERS[name]) == "file_format"


def test_a_telephones_heic_is_told_what_to_do() -> None:
    assert refusal(files.HEIC) == "file_heic"
    assert "兼容性最佳" in FAULTS["file_heic"]
    assert refusal(files.written(files.picture(), "AVIF")) == "file_heic"


@pytest.mark.parametrize(
    "data",
    [
        files.jpeg()[: len(files.jpeg()) // 2],
        files.jpeg()[:20],
        files.png()[:-100],
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(5000),
        files.png()[:33] + files._chunk(b"IDAT", b"no deflate at all") + files._chunk(b"IEND", b""),
    ],
    ids=["half", "head", "cut", "magic", "png-magic", "zeros", "rubbish"],
)
def test_a_file_that_was_cut_is_refused(data: bytes) -> None:
    assert refusal(data) == "file_broken"


def test_no_damage_of_a_picture_raises_anything_else() -> None:
    dice = random.Random(20270305)
    for whole in (files.jpeg(), files.png(), files.located_jpeg()):
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(dice.randrange(1, 30)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            with suppress(Unfit):
                assert opened(remake(bytes(data))).format == "JPEG"


@pytest.mark.parametrize(
    "data",
    [
        files.png_of(50_000, 50_000, rows=0),
        files.png_of(1_000_000, 1, colour=0, bits=8),
        files.png_of(1, 1_000_000, colour=0, bits=8, rows=1),
        files.png_of(2**31 - 1, 2**31 - 1, colour=0, rows=0),
        files.png_of(4200, 4200, colour=6, rows=1),
    ],
    ids=["bomb", "strip", "pole", "absurd", "just too many"],
)
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(data: bytes) -> None:
    assert refusal(data) == "file_dimensions"


def test_a_moving_picture_is_refused() -> None:
    frames = [files.picture(n, (40, 40)) for n in range(3)]
    assert refusal(files.written(frames[0], "PNG", save_all=True, append_images=frames[1:])) == "file_animated"


def test_a_telephones_double_picture_gives_its_first() -> None:
    """JPEG with further pictures behind (MPO), as telephones write them."""
    data = files.written(files.picture(1), "MPO", save_all=True, append_images=[files.picture(2)], quality=90)
    assert data[:3] == b"\xff\xd8\xff"
    assert alike(opened(remake(data)), files.picture(1))


def test_nothing_and_too_much_are_refused() -> None:
    assert refusal(b"") == "file_empty"
    assert refusal(b"\xff\xd8\xff" + bytes(10 * 1024 * 1024)) == "file_too_large"


# --- the perceptual hash -------------------------------------------------------------------------


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_copies_of_one_picture_have_nearly_one_hash() -> None:
    original = remake(files.written(files.picture(7, (900, 700)), quality=95)).dhash
    copies = [
        files.written(files.picture(7, (900, 700)).resize((450, 350)), quality=60),
        files.written(files.picture(7, (900, 700)), "PNG"),
        files.written(files.picture(7, (900, 700)).point(lambda value: min(255, value + 12)), quality=80),
    ]
    for copy in copies:
        assert distance(original, remake(copy).dhash) <= 4


def test_different_pictures_have_different_hashes() -> None:
    hashes = [remake(files.jpeg(seed)).dhash for seed in range(1, 13)]
    pairs = [distance(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(pairs) > 4


def test_an_empty_page_has_no_hash() -> None:
    assert remake(files.written(Image.new("RGB", (600, 800), "white"))).dhash == ""
