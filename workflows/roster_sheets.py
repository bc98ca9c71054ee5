"""Room: workbooks that we write for the roster: the template, and the list of what is wrong in a file.

Nothing that stands in a cell can become a formula (Q1): texts are written as texts.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

import xlsxwriter

from workflows.roster_rows import COLUMNS, RowFault

_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MEDIA: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEEDED: Final = frozenset({"xm", "sfzh", "szyx", "xldm", "pyfsdm"})
MOST_FAULTS: Final = 50_000
TEMPLATE_NAME: Final = "学生名单导入模板.xlsx"

_NOTES = (
    "第一行为列代码，第二行为列名，从第三行起每行填写一名学生；列可以增减、调换顺序，多余的列会被忽略。",
    "标红的列必须填写；有“代码”和“名称”两列的，填其中一列即可。",
    "证件号码、学号、考生号、手机号请保持文本格式，以免末几位丢失。",
    "培养方式须写明细分代码：21 定向（不可网签）、22 定向（可签约）、41 委培（不可网签）、42 委培（可签约）。",
    "年月写作 202707、2027-07、2027/7/1 或 2027年7月 均可。",
    "名单中没有出现的学生不会被删除；手机号在学生本人确认之后不再由名单修改。",
)


def template() -> bytes:
    """The empty roster in the national layout, as .xlsx."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        sheet = book.add_worksheet("学生名单")
        plain, needed = book.add_format({"bold": True}), book.add_format({"bold": True, "font_color": "#C00000"})
        text = book.add_format({"num_format": "@"})
        for place, (name, label) in enumerate(COLUMNS.items()):
            style = needed if name in NEEDED else plain
            sheet.set_column(place, place, max(10, len(label) * 2 + 2), text)
            sheet.write_string(0, place, name, style)
            sheet.write_string(1, place, label, style)
        sheet.freeze_panes(2, 0)
        notes = book.add_worksheet("填写说明")
        notes.set_column(0, 0, 100)
        for line, note in enumerate(_NOTES):
            notes.write_string(line, 0, note)
    return target.getvalue()


def fault_list(faults: Sequence[RowFault], sheet_name: str) -> bytes:
    """What is wrong, line by line, as .xlsx: sheet, line, column, sentence. No value of the file is repeated."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {**_OPTIONS, "constant_memory": True}) as book:
        sheet = book.add_worksheet("错误清单")
        sheet.set_column(0, 1, 10)
        sheet.set_column(2, 2, 18)
        sheet.set_column(3, 3, 80)
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for place, title in enumerate(("工作表", "行号", "列", "问题")):
            sheet.write_string(0, place, title, bold)
        for place, fault in enumerate(faults[:MOST_FAULTS], 1):
            sheet.write_string(place, 0, sheet_name)
            sheet.write_number(place, 1, fault.line)
            sheet.write_string(place, 2, COLUMNS.get(fault.column, fault.column))
            sheet.write_string(place, 3, fault.message)
        if len(faults) > MOST_FAULTS:
            left = len(faults) - MOST_FAULTS
            sheet.write_string(MOST_FAULTS + 1, 3, f"此后还有 {left} 处，改正以上各处后请重新导入。")
    return target.getvalue()


def counted(summary: Mapping[str, int]) -> list[str]:
    """An import's figures as sentences, what did not happen left out."""
    words = (
        ("added", "新增 {n} 名学生"),
        ("changed", "更新 {n} 名学生的信息"),
        ("unchanged", "{n} 名学生没有变化"),
        ("restored", "{n} 名失效学生恢复到名单"),
        ("moved", "{n} 名学生由其他届次或学校转入，其原名单已失效"),
        ("blocked", "{n} 名学生目前在其他届次或学校的名单中，本届名单中保持失效；如确已转回，请逐名恢复"),
        ("flagged", "{n} 条在办记录的学生姓名或证件号码有变化，已在记录中标出"),
        ("faulty", "{n} 行有误，未导入"),
    )
    return [text.format(n=summary[name]) for name, text in words if summary.get(name)]
