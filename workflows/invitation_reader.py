"""Room: an invitation file is read in a process of its own: `python -m workflows.invitation_reader`.

A workbook comes from outside and may ask for more memory than there is. Bytes go in by the standard input, out comes
one line of JSON: the rows as texts, or a sentence that says why there are none. The child knows no keys and no address.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from workflows.errors import Unavailable
from workflows.invitation_rows import FORM, SAFE_DIGITS, WHO, as_text, column, lacking
from workflows.limits import INVITATION_ROWS
from workflows.roster_files import BROKEN, HEADER_WITHIN, TOO_BIG_INSIDE, BadFileError, judge

MEMORY: Final = 768 * 1024 * 1024
SECONDS: Final = 12
_WAIT: Final = 20.0
_COMMAND: Final = (sys.executable, "-I", "-m", "workflows.invitation_reader")

NOT_A_WORKBOOK = "只能上传 .xlsx 表格，请用 Excel 或 WPS 另存为“Excel 工作簿（.xlsx）”后重新上传。"
NO_HEADER = f"没有找到表头：前 {HEADER_WITHIN} 行中应有一行写明“毕业院校”“毕业生姓名”“证件号码”，可下载模板对照。"
NO_ROWS = "表格中没有要邀请的毕业生。"
TOO_MANY = f"一个文件最多 {INVITATION_ROWS} 行，请分成几个文件上传。"
TWICE = "列“{label}”出现了两次，请只保留一列。"
LACKING = "缺少必需的列：{labels}。可下载模板对照。"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line as the clerk's program counts it, texts by field, fields whose digits a number has lost."""

    line: int
    cells: Mapping[str, str]
    lost: Sequence[str] = ()


async def read_rows(content: bytes) -> list[Line]:
    """The rows of a workbook. Raises BadFileError with a sentence for the clerk; Unavailable without a child."""
    said = await asyncio.to_thread(_ask_child, content)
    if "sentence" in said:
        raise BadFileError(said["sentence"])
    return [Line(**row) for row in said["rows"]]


def _ask_child(content: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603  our own program, no shell
            _COMMAND, input=content, capture_output=True, timeout=_WAIT, env={"LANG": "C.UTF-8"}, check=False
        )
    except subprocess.TimeoutExpired:
        return {"sentence": TOO_BIG_INSIDE}
    except OSError as exc:
        log.error("no child for a workbook: %s", type(exc).__name__)
        raise Unavailable from exc
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        return {"sentence": TOO_BIG_INSIDE}
    if done.returncode or not done.stdout:
        log.error("the reader of invitations ended with %d", done.returncode)
        raise Unavailable
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- on the side of the child --------------------------------------------------------------------


def read_here(content: bytes) -> list[Line]:
    """The same in this process. Raises BadFileError."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    file = io.BytesIO(content)
    judge(file)
    if not content.startswith(b"PK"):
        raise BadFileError(NOT_A_WORKBOOK)
    try:
        book = CalamineWorkbook.from_filelike(file)
        for meta in book.sheets_metadata:
            if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
                continue
            found = _sheet(enumerate(book.get_sheet_by_name(meta.name).iter_rows(), 1))
            if found is not None:
                return found
    except (CalamineError, OSError, ValueError):
        raise BadFileError(BROKEN) from None
    raise BadFileError(NO_HEADER)


def _sheet(lines: Any) -> list[Line] | None:
    """The rows below the first line that names whom they are about; None without such a line."""
    columns: dict[str, int] = {}
    rows: list[Line] = []
    for line, cells in lines:
        if not columns:
            columns = _header(cells)
            if not columns and line >= HEADER_WITHIN:
                return None
            continue
        texts = {name: text for name, at in columns.items() if at < len(cells) and (text := as_text(cells[at]))}
        if not texts:
            continue
        if len(rows) >= INVITATION_ROWS:
            raise BadFileError(TOO_MANY)
        rows.append(Line(line, texts, _lost(columns, cells)))
    if not columns:
        return None
    if not rows:
        raise BadFileError(NO_ROWS)
    return rows


def _header(cells: Sequence[Any]) -> dict[str, int]:
    named = [column(cell) for cell in cells]
    if not set(WHO) <= set(named):
        return {}
    found: dict[str, int] = {}
    for at, name in enumerate(named):
        if name and found.setdefault(name, at) != at:
            raise BadFileError(TWICE.format(label=next(f.label for f in FORM.fields if f.name == name)))
    if labels := lacking(list(found)):
        raise BadFileError(LACKING.format(labels="、".join(labels)))
    return found


def _lost(columns: Mapping[str, int], cells: Sequence[Any]) -> list[str]:
    at = columns["id_number"]
    value = cells[at] if at < len(cells) else None
    return ["id_number"] if isinstance(value, int | float) and abs(value) >= SAFE_DIGITS else []


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        said: dict[str, Any] = {"rows": [asdict(row) for row in read_here(sys.stdin.buffer.read())]}
    except BadFileError as bad:
        said = {"sentence": bad.sentence}
    except MemoryError:
        said = {"sentence": TOO_BIG_INSIDE}
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
