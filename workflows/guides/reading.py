"""Room: a guide's Markdown as blocks that a page and a PDF can both be made of. Pure; nothing is fetched.

Only what the guides need is understood: headings, paragraphs, lists, tables, notes (`>`), pictures, links, code,
and 「」 around what stands on a screen. Anything else is a `BadGuide`, so that nothing is dropped without a word.

A block is one of `heading` (level, anchor, runs), `paragraph` (runs), `list` (ordered, start, items: blocks each),
`table` (head: runs each, rows), `note` (blocks), `pictures` (name, alt, phone each). A run is `{text}` with `bold`,
`code`, `screen` or `link`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from workflows.guides import PICTURES

Block = dict[str, Any]
Run = dict[str, Any]

_PARSER: Final = MarkdownIt("commonmark", {"html": True}).enable("table")
_SCREEN: Final = re.compile(r"(「[^」]*」)")
_PHONE: Final = "phone-"  # names of pictures of a phone; they are shown as narrow as one


class BadGuide(ValueError):
    """Something in a text that neither page nor PDF could show. Names it."""


def read(text: str) -> list[Block]:
    """The blocks of a guide. Raises BadGuide."""
    return list(_blocks(iter(_PARSER.parse(text)), ""))


def pictures(blocks: Sequence[Block]) -> Iterator[str]:
    """The names of all pictures, in their order."""
    for block in blocks:
        match block["kind"]:
            case "pictures":
                yield from (one["name"] for one in block["pictures"])
            case "list":
                for item in block["items"]:
                    yield from pictures(item)
            case "note":
                yield from pictures(block["blocks"])


def texts(blocks: Sequence[Block]) -> Iterator[str]:
    """Every text that is shown."""
    for block in blocks:
        for runs in _runs_of(block):
            yield from (run["text"] for run in runs)
        for item in (*block.get("items", ()), block.get("blocks", ())):
            yield from texts(item)
        yield from (one["alt"] for one in block.get("pictures", ()))


def on_screen(text: str) -> list[str]:
    """What a text says stands on a screen: every 「label」 in it, each once."""
    return list(dict.fromkeys(found[1:-1] for found in _SCREEN.findall(text)))


def size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    head = picture.read_bytes()[:24]
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        raise BadGuide(f"{picture.name} is no PNG")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _runs_of(block: Block) -> Iterator[list[Run]]:
    yield block.get("runs", [])
    yield from block.get("head", [])
    for row in block.get("rows", ()):
        yield from row


# --- blocks --------------------------------------------------------------------------------------


def _blocks(tokens: Iterator[Token], until: str) -> Iterator[Block]:
    for token in tokens:
        if token.type == until:
            return
        match token.type:
            case "heading_open":
                runs = _inline(next(tokens))
                next(tokens)
                yield {"kind": "heading", "level": int(token.tag[1]), "anchor": _anchor(runs), "runs": runs}
            case "paragraph_open":
                yield _paragraph(next(tokens))
                next(tokens)
            case "bullet_list_open" | "ordered_list_open":
                yield _list(token, tokens)
            case "blockquote_open":
                yield {"kind": "note", "blocks": list(_blocks(tokens, "blockquote_close"))}
            case "table_open":
                yield _table(tokens)
            case "html_block" if token.content.lstrip().startswith("<!--"):
                continue
            case other:
                raise BadGuide(f"{other}: {token.content[:60]}")


def _anchor(runs: Sequence[Run]) -> str:
    """As GitHub makes it, so that links within a guide work there too."""
    text = "".join(run["text"] for run in runs).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def _list(opening: Token, tokens: Iterator[Token]) -> Block:
    closing = opening.type.replace("open", "close")
    first = int(opening.attrs.get("start", 1))
    return {"kind": "list", "ordered": closing.startswith("ordered"), "start": first, "items": _items(tokens, closing)}


def _items(tokens: Iterator[Token], closing: str) -> list[list[Block]]:
    found = []
    for token in tokens:
        if token.type == closing:
            break
        found.append(list(_blocks(tokens, "list_item_close")))
    return found


def _table(tokens: Iterator[Token]) -> Block:
    lines: list[list[list[Run]]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            lines.append([])
        elif token.type == "inline":
            lines[-1].append(_inline(token))
    return {"kind": "table", "head": lines[0], "rows": lines[1:]}


def _paragraph(token: Token) -> Block:
    parts = token.children or []
    if parts and all(part.type in ("image", "softbreak") for part in parts):
        return {"kind": "pictures", "pictures": [_picture(part) for part in parts if part.type == "image"]}
    return {"kind": "paragraph", "runs": _inline(token)}


def _picture(token: Token) -> dict[str, Any]:
    folder, _, name = str(token.attrs.get("src", "")).partition("/")
    if folder != PICTURES or not re.fullmatch(r"[a-z0-9-]+\.png", name):
        raise BadGuide(f"a picture lies in {PICTURES}/, not at {token.attrs.get('src')}")
    return {"name": name, "alt": token.content, "phone": name.startswith(_PHONE)}


# --- runs ----------------------------------------------------------------------------------------


def _inline(token: Token) -> list[Run]:
    runs: list[Run] = []
    bold, link = False, ""
    for part in token.children or []:
        match part.type:
            case "text":
                runs += [_run(text, bold, link) for text in _SCREEN.split(part.content) if text]
            case "code_inline":
                runs.append({"text": part.content, "code": True})
            case "softbreak":
                runs += [] if _joined(runs) else [{"text": " "}]
            case "strong_open" | "strong_close":
                bold = part.type == "strong_open"
            case "link_open":
                link = str(part.attrs.get("href", ""))
            case "link_close":
                link = ""
            case other:
                raise BadGuide(f"{other} in: {token.content[:60]}")
    return runs


def _joined(runs: Sequence[Run]) -> bool:
    """Whether a line break of the source stands between Chinese characters, where it is none of the text."""
    return bool(runs) and ord(runs[-1]["text"][-1]) > 0x2E7F


def _run(text: str, bold: bool, link: str) -> Run:
    run: Run = {"text": text}
    if text.startswith("「"):
        run["screen"] = True
    if bold:
        run["bold"] = True
    if link:
        run["link"] = link
    return run
