"""Room: agreements on paper: frozen data as the engine writes them, and what can be read in a PDF."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from pypdf import PdfReader

from models.vault import seal
from workflows.commands.employers import PROFILE_PLACE
from workflows.effects import FORM_PLACE, SNAPSHOT_PLACE

NUMBER = "99001202700000012"
ID_NUMBER = "330000200501010015"
CHECK = f"https://wangqian.example.com/check/{NUMBER}"

FORM: Mapping[str, Any] = {
    "position_title": "软件工程师",
    "work_place": "云汀市示例区",
    "dispatched": False,
    "report_on": "2027-07-10",
    "report_by": "2027-07-31",
    "probation_months": 6,
    "monthly_pay": 9000,
    "service_months": 24,
    "penalty": 5000,
    "hukou_settled": True,
    "hukou_address": "云汀市示例街道集体户",
    "archive_accepted": True,
    "archive_body": "云汀市人才服务中心",
    "archive_address": "云汀市人才路2号",
    "archive_postcode": "310000",
    "archive_contact": "档案科",
    "contact_name": "赵人事",
    "own_email": "wang@example.com",
    "extra_terms": "乙方考取研究生的，凭录取通知书解除本协议。",
}


def frozen(name: str = "王小明", form: Mapping[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """What `effects.agreement` writes, of an online signing between two parties; `form` and keywords override."""
    return {
        "number": NUMBER,
        "edition": 1,
        "flow": "online_signing",
        "type": "two-party",
        "proof_code": "K7M2QX4D8T",
        "handler": {"name": "李经办", "phone": "010-02345678", "address": "云汀市大学路1号", "postcode": "100000"},
        "school": {"code": "99001", "name": "云汀理工大学"},
        "graduate": {
            "name": name,
            "id_kind": "resident_id",
            "id_number": seal(SNAPSHOT_PLACE, ID_NUMBER),
            "level_code": "31",
            "department": "计算机学院",
            "major": "计算机科学与技术",
            "training_mode": "1",
            "basic": {"xbdm": "1", "mzdm": "01", "zzmmdm": "03", "xz": "4", "bysj": "202707", "xh": "20230001"},
        },
        "employer": {
            "name": "云汀示例科技有限公司",
            "uscc": "91330120MA00000001",
            "nature": "39",
            "industry": "34",
            "region": "330102",
            "profile": {
                "employer_address": "云汀市示例路8号",
                "employer_postcode": "310000",
                "contact_mobile": seal(PROFILE_PLACE, "15400000009"),
            },
        },
        "form": {
            **FORM,
            "archive_phone": seal(FORM_PLACE, "0571-02345678"),
            "contact_mobile": seal(FORM_PLACE, "15400000001"),
            "own_mobile": seal(FORM_PLACE, "15400000002"),
            **(form or {}),
        },
        "position_category": "13",
        "invited_at": "2027-03-01T02:00:00Z",
        "accepted_at": "2027-03-02T03:30:00Z",
        "approved_at": "2027-03-05T16:30:00Z",
        **values,
    }


def pages(pdf: bytes) -> list[str]:
    """The text of each page, without white space: lines are broken where the layout breaks them."""
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    return "".join(pages(pdf))


def fonts(pdf: bytes) -> list[tuple[str, bool]]:
    """Name of each font, and whether it lies in the file."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for entry in page["/Resources"]["/Font"].values():
            inner = entry.get_object()["/DescendantFonts"][0].get_object()
            parts = inner["/FontDescriptor"].get_object()
            found.append((str(inner["/BaseFont"]), any(key.startswith("/FontFile") for key in parts)))
    return found
