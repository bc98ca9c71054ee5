"""Room: workbooks of many invitations that we write: the template, rows to be mended, what became of each row.

Nothing that stands in a cell can become a formula: texts are written as texts.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import xlsxwriter

from models import codes
from workflows.export_sheets import FORMULA_LIKE, Sheet
from workflows.fields import Field, Kind
from workflows.invitation_rows import FORM, OWN
from workflows.limits import INVITATION_ROWS

TEMPLATE_NAME: Final = "签约邀请导入模板.xlsx"
RESULTS_NAME: Final = "签约邀请处理结果.xlsx"
MENDING_NAME: Final = "签约邀请需改正的行.xlsx"
TO_MEND: Final = "需改正之处"
OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_HEADS: Final = ("行号", "毕业院校", "毕业生姓名", "证件号码", "结果", "说明", "目前状态")

_NOTES: Final = (
    f"第一行为列名，从第二行起每行邀请一名毕业生，一个文件最多 {INVITATION_ROWS} 行。",
    "列可以调换顺序，多余的列会被忽略。",
    "标红的列必须填写；带下拉框的列请从中选择，也可以填写代码。",
    "“毕业院校”填写学校全称或 5 位代码，“毕业生姓名”和“证件号码”须与毕业生学籍中的一致。",
    "证件号码、手机号、邮编请保持文本格式，以免末几位丢失。",
    "“用工单位”只在劳务派遣时填写；户口迁移地址、档案接收各列只在解决户口、接收档案时填写。",
    "联系人、联系人手机、固定电话不填时，按本单位登记的联系人；邀请有效期不填时，按学校的设置。",
    "上传后先逐行检查，确认后才发出；同一行内容发出过的，不会再发一次。",
    "为保护毕业生的个人信息，每小时查找不到的次数有限制，请先核对再上传。",
)


def template(rows: Sequence[tuple[Mapping[str, str], str]] = ()) -> bytes:
    """The workbook to fill in, as .xlsx; blocking. `rows`: cells by field and what is wrong with them, to be mended."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        sheet = book.add_worksheet("签约邀请")
        lists = book.add_worksheet("可选值")
        plain, needed = book.add_format({"bold": True}), book.add_format({"bold": True, "font_color": "#C00000"})
        text = book.add_format({"num_format": "@"})
        for place, field in enumerate(FORM.fields):
            must = field.required and not field.when and field.default is None and field.name not in OWN
            sheet.set_column(place, place, max(12, len(field.label) * 2 + 2), text)
            sheet.write_string(0, place, field.label, needed if must else plain)
            if field.help:
                sheet.write_comment(0, place, field.help)
            if choices := _choices(field):
                for line, choice in enumerate(choices):
                    lists.write_string(line, place, choice)
                column = xlsxwriter.utility.xl_col_to_name(place)
                source = f"='可选值'!${column}$1:${column}${len(choices)}"
                rule = {"validate": "list", "source": source, "error_type": "warning"}
                sheet.data_validation(1, place, INVITATION_ROWS, place, rule)
        sheet.freeze_panes(1, 0)
        if rows:
            _write_rows(book, sheet, rows)
        notes = book.add_worksheet("填写说明")
        notes.set_column(0, 0, 100)
        for line, note in enumerate(_NOTES):
            notes.write_string(line, 0, note)
    return target.getvalue()


def _write_rows(book: Any, sheet: Any, rows: Sequence[tuple[Mapping[str, str], str]]) -> None:
    """Rows below the head, each with what is wrong in a column of its own, which nobody reads when it comes back."""
    text = book.add_format({"num_format": "@"})
    quoted = book.add_format({"num_format": "@", "quote_prefix": True})
    red, last = book.add_format({"font_color": "#C00000", "text_wrap": True}), len(FORM.fields)
    sheet.set_column(last, last, 60)
    sheet.write_string(0, last, TO_MEND, book.add_format({"bold": True, "font_color": "#C00000"}))
    for line, (cells, said) in enumerate(rows, 1):
        for place, field in enumerate(FORM.fields):
            if value := cells.get(field.name, ""):
                sheet.write_string(line, place, value, quoted if value.startswith(FORMULA_LIKE) else text)
        sheet.write_string(line, last, said, red)


def _choices(field: Field) -> list[str]:
    """What one chooses from in a cell."""
    if field.kind is Kind.BOOLEAN:
        return ["是", "否"]
    if field.kind is Kind.CODE:
        return [entry.label for entry in codes.table(field.table).items()]
    return [label for _, label in field.choices]


def results(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """What became of each row, as .xlsx; blocking. `rows`: those of `queries.invitation_files.read_rows`."""
    sheet = Sheet("处理结果", [_HEADS])
    names = ("line", "school", "name", "id_number", "label", "said", "state_label")
    sheet.add([row[name] for name in names] for row in rows)
    return sheet.close()
