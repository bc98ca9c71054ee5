"""Room: files made for tests, good ones and wicked ones, and the ways in which they are sent and handed in."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import pikepdf
from PIL import Image, ImageDraw

from models import kit
from models.db import execute, fetch_value, transaction
from tests.harness.pure import SCAN
from tests.harness.world import World
from workflows.actors import Actor
from workflows.attaching import attach
from workflows.commands.uploads import store_upload

SCRIPT = b"<script>alert(1)</script><?php system('id'); ?>"
PLACE = b"39 deg 54 min N"
"""What a telephone writes into a photograph; none of it may come out again."""


def picture(seed: int = 1, size: tuple[int, int] = (320, 240), mode: str = "RGB") -> Image.Image:
    """A picture with structure; another seed is another picture."""
    made = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(made)
    for n in range(12):
        x, y = (seed * 7919 + n * 104729) % size[0], (seed * 15485863 + n * 32452843) % size[1]
        shade = (seed * 31 + n * 57) % 200
        draw.rectangle((x, y, x + size[0] // 3, y + size[1] // 4), fill=(shade, 255 - shade, (shade * 3) % 255))
    return made.convert(mode)


def written(made: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **how)
    return out.getvalue()


@cache
def jpeg(seed: int = 1) -> bytes:
    return written(picture(seed), quality=90)


@cache
def noisy_jpeg() -> bytes:
    """One that needs two parts on its way: between half a megabyte and a whole one, since noise cannot be packed."""
    return written(Image.effect_noise((1000, 800), 90), quality=93)


def located_jpeg(orientation: int = 6) -> bytes:
    """As a telephone takes it: lying on its side, with the place, a comment and an ICC profile's worth of rubbish."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Example Phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    exif.get_ifd(0x8825)[29] = PLACE.decode()
    return written(picture(), exif=exif, comment=b"taken at home by " + PLACE, quality=90)


POLYGLOT = jpeg() + b"<html><body>" + SCRIPT + b"</body></html>"


def png(seed: int = 1, mode: str = "RGB") -> bytes:
    return written(picture(seed, mode=mode), "PNG")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, *, colour: int = 2, bits: int = 8, rows: int | None = None) -> bytes:
    """A PNG of this size whose rows are alike, so that a large one is small on the wire.

    `colour`: 0 grey, 2 red-green-blue, 6 with transparency. `rows`: how many are really there.
    """
    channels = {0: 1, 2: 3, 6: 4}[colour]
    many = height if rows is None else rows
    row = b"\0" + bytes(n * 7 % 256 for n in range(width * channels * bits // 8 if many else 0))
    packed = zlib.compressobj(6)
    body = b"".join(packed.compress(row) for _ in range(many)) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


@cache
def pdf(pages: int = 1, text: str = "Agreement", *, scan: int | None = None) -> bytes:
    """A plain PDF, or a scanned one whose pages are pictures."""
    made = pikepdf.new()
    for number in range(pages):
        page = made.add_blank_page(page_size=(595, 842))
        if scan is not None:
            page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=_scan(made, scan)))
            page.obj.Contents = made.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q")
            continue
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.obj.Contents = made.make_stream(f"BT /F1 24 Tf 72 720 Td ({text} {number + 1}) Tj ET".encode())
    return saved(made)


def _scan(made: pikepdf.Pdf, seed: int) -> pikepdf.Stream:
    shown = picture(seed, (300, 420))
    stream = pikepdf.Stream(made, written(shown, quality=80))
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height = shown.size
    stream.ColorSpace, stream.BitsPerComponent, stream.Filter = pikepdf.Name.DeviceRGB, 8, pikepdf.Name.DCTDecode
    return stream


def saved(made: pikepdf.Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, **how)
    return out.getvalue()


def wicked_pdf() -> bytes:
    """Everything that a PDF can do beside being read, in one document."""
    made = pikepdf.open(io.BytesIO(pdf(text="Visible")))
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('marker-script')"))
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("marker-launch.exe"))
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("http://marker-link.example.com/"))
    made.Root.OpenAction = script
    made.Root.AA = pikepdf.Dictionary(WC=script)
    made.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["a", script]))
    made.attachments["marker-attached.exe"] = pikepdf.AttachedFileSpec(made, b"MZ marker-attached")
    page = made.pages[0].obj
    page.AA = pikepdf.Dictionary(O=launch)
    page.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=pikepdf.String("marker-private")))
    page.Metadata = made.make_stream(b"<x>marker-metadata</x>")
    box = [100, 100, 300, 140]
    form = made.make_stream(b"BT /F1 12 Tf 2 2 Td (filled-in-by-hand) Tj ET")
    form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 200, 40]
    form.Resources = page.Resources
    widget = made.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=pikepdf.String("field"),
            V=pikepdf.String("filled-in-by-hand"), Rect=box, F=4, AP=pikepdf.Dictionary(N=form),
            AA=pikepdf.Dictionary(K=script),
        )
    )  # fmt: skip
    clickable = made.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=box, A=link)
    )
    page.Annots = made.make_indirect(pikepdf.Array([widget, clickable]))
    made.Root.AcroForm = pikepdf.Dictionary(Fields=[widget])
    made.docinfo["/Author"] = "marker-author"
    with made.open_metadata() as metadata:
        metadata["dc:creator"] = ["marker-creator"]
    return saved(made)


def locked_pdf(*, user: str = "secret") -> bytes:
    made = pikepdf.open(io.BytesIO(pdf()))
    return saved(made, encryption=pikepdf.Encryption(owner="owner", user=user))


HEIC = b"\x00\x00\x00\x20ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


# --- sending -------------------------------------------------------------------------------------


async def uploaded(actor: Actor, seed: int = 1, name: str = "证明.jpg", data: bytes | None = None) -> UUID:
    """A finished upload of this actor."""
    return await store_upload(actor, name, jpeg(seed) if data is None else data)


async def hand_in(
    world: World,
    record_id: UUID,
    actor: Actor,
    uploads: Sequence[UUID],
    field: str = "proof",
    round: int = 1,
    **how: Any,
) -> None:
    """As an act does it, in a transaction of its own."""
    async with transaction():
        await attach(actor, world.school_id, record_id, round, field, uploads, kit.now(), **how)


async def by_halves(send: Callable[[int, bytes], Any], data: bytes) -> list[Any]:
    """Sent in two parts; the answers of both."""
    half = len(data) // 2
    return [await send(0, data[:half]), await send(half, data[half:])]


async def handed_in(actor: Actor, form: Mapping[str, Any]) -> dict[str, Any]:
    """The form with an upload of this actor's in the place of each `pure.SCAN`; always the same one of theirs."""
    return {name: [str(await own_scan(actor))] if value == SCAN else value for name, value in form.items()}


_COPIED = """
INSERT INTO uploads (id, owner, school_id, name, total, received, media, sha256, bytes, pages, dhash, fault, created_at,
  completed_at, expires_at)
SELECT $1, $2, school_id, name, total, received, media, sha256, bytes, pages, dhash, fault, created_at, completed_at,
  NULL
FROM uploads WHERE name = $3 LIMIT 1"""
_SCAN_NAME = "扫描件.jpg"


async def own_scan(actor: Actor) -> UUID:
    """One picture for everybody: read and made over once, then a row for each who has it."""
    there = await fetch_value("SELECT id FROM uploads WHERE owner = $1 AND name = $2", actor.key, _SCAN_NAME)
    if there is not None:
        return UUID(str(there))
    made = kit.new_id()
    if await execute(_COPIED, made, actor.key, _SCAN_NAME):
        return made
    first = await uploaded(actor, 1, _SCAN_NAME)
    await execute("UPDATE uploads SET expires_at = NULL WHERE id = $1", first)  # whatever the clock of a test says
    return first


def inline(*fields: str) -> dict[str, Any]:
    """Papers inside a JSON body, one for each of these fields."""
    return {
        name: {"name": f"{name}.jpg", "content": base64.b64encode(jpeg(seed)).decode()}
        for seed, name in enumerate(fields, 70)
    }
