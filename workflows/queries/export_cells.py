"""Room: the cells of an exported list: what each column is called and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from models import codes
from models.kit import mask_id_number, mask_mobile, screen_time
from models.parties import PARTY_LABELS, Party
from models.states import Flow
from models.vault import unseal
from workflows.export_sheets import Cell
from workflows.flows import FLOWS


@dataclass(frozen=True, slots=True)
class Told:
    """How numbers of persons are told: whole, or masked as on every screen."""

    whole: bool

    def id_number(self, sealed: str) -> str:
        number = unseal("graduates.id_enc", sealed)
        return number if self.whole else mask_id_number(number)

    def mobile(self, sealed: str) -> str:
        number = unseal("graduates.phone_enc", sealed)
        return number if self.whole else mask_mobile(number)


@dataclass(frozen=True, slots=True)
class Column:
    """`cell` receives how numbers are told, the record's row, and what stands beside it for reviewers."""

    label: str
    cell: Callable[[Told, Mapping[str, Any], Mapping[str, Any]], Cell]


def label_of(table: str, code: str) -> str:
    """The name of a code; the code itself where no table knows it."""
    found = codes.table(table)
    return found.label(code) if code in found else code


def when(moment: datetime | None) -> str:
    return screen_time(moment) if moment is not None else ""


def yes(value: bool) -> str:
    return "是" if value else "否"


def _coded(label: str, table: str, column: str) -> Column:
    return Column(label, lambda _told, row, _beside: label_of(table, row[column]) if row[column] else "")


def _plain(label: str, column: str) -> Column:
    return Column(label, lambda _told, row, _beside: row[column])


def _moment(label: str, column: str) -> Column:
    return Column(label, lambda _told, row, _beside: when(row[column]))


def _party(label: str, column: str) -> Column:
    return Column(label, lambda _told, row, _beside: PARTY_LABELS[Party(row[column])] if row[column] else "")


def _beside(label: str, name: str) -> Column:
    return Column(label, lambda _told, _row, beside: yes(beside[name]))


def state_label(row: Mapping[str, Any]) -> str:
    return FLOWS[Flow(row["flow"])].state(row["state"]).label


SELECTION: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "cohort": _plain("届次", "cohort"),
        "flow": Column("业务类型", lambda _told, row, _beside: FLOWS[Flow(row["flow"])].label),
        "initiator": _party("发起方", "initiator"),
        "state": Column("状态", lambda _told, row, _beside: state_label(row)),
        "waits_on": _party("等待办理方", "waits_on"),
        "since": _moment("等待开始时间", "waiting_since"),
        "school": _plain("院校", "school_name"),
        "department": _plain("所在院系", "department"),
        "level": _coded("学历层次", "level", "level_code"),
        "major": _plain("专业", "major"),
        "name": _plain("姓名", "graduate_name"),
        "id_number": Column("身份证号码", lambda told, row, _beside: told.id_number(row["id_enc"])),
        "proof_code": _plain("签约证明码", "proof_code"),
        "agreement_no": _plain("当前协议编号", "agreement_no"),
        "destination": _coded("毕业去向", "destination", "destination_code"),
        "employer": _plain("签约单位", "employer_name"),
        "uscc": _plain("统一社会信用代码", "employer_uscc"),
        "nature": _coded("单位性质", "employer_nature", "employer_nature"),
        "industry": _coded("单位行业", "employer_industry", "employer_industry"),
        "region": _coded("单位所在地", codes.REGION, "employer_region"),
        "position_category": _coded("工作职位类别", "position_category", "position_category"),
        "created_at": _moment("发起时间", "created_at"),
        "submitted_at": _moment("最近提交时间", "submitted_at"),
        "expires_at": _moment("邀请截止时间", "expires_at"),
        "frozen": Column("已失效", lambda _told, row, _beside: yes(row["frozen"])),
        "warned": _beside("预警单位", "warned"),
        "not_operating": _beside("单位非存续", "not_operating"),
        "department_changed": _beside("院系已变更", "department_changed"),
        "returns": Column("退回次数", lambda _told, _row, beside: beside["returns"]),
        "resubmitted": _beside("退回后已重新提交", "resubmitted"),
        "hints": Column("提示", lambda _told, _row, beside: "；".join(h["sentence"] for h in beside["hints"])),
    }
)
"""The columns of a queue's selection by name, in their order."""
