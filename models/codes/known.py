"""Room: the few codes that rules must name. Each stands in its table's data file; a test holds them together."""

from __future__ import annotations

from typing import Final

DEST_AGREEMENT: Final = "10"
DEST_FREELANCE: Final = "76"
DEST_COMMISSIONED: Final = "21-41"
DEST_UNSETTLED: Final = "70"
DEST_STUDY_PLANNED: Final = "71"
DEST_UNSETTLED_OTHER: Final = "72"

NATURE_MILITARY: Final = "40"
INDUSTRY_MILITARY: Final = "80"
POSITION_MILITARY: Final = "80"
POSITION_OTHER: Final = "90"

PAPER_RESIDENT_ID: Final = "resident_id"
PAPER_RESIDENCE_PERMIT: Final = "residence_permit"
PAPER_HK_MACAU_PERMIT: Final = "hk_macau_permit"
PAPER_TAIWAN_PERMIT: Final = "taiwan_permit"
PAPER_PASSPORT: Final = "passport"

REASON_OTHER: Final = "other"  # the last line of every list of reasons: then a text of one's own is asked for

# Where each constant belongs; read by the test.
HOMES: Final = {
    "destination": (
        DEST_AGREEMENT,
        DEST_FREELANCE,
        DEST_COMMISSIONED,
        DEST_UNSETTLED,
        DEST_STUDY_PLANNED,
        DEST_UNSETTLED_OTHER,
    ),
    "employer_nature": (NATURE_MILITARY,),
    "employer_industry": (INDUSTRY_MILITARY,),
    "position_category": (POSITION_MILITARY, POSITION_OTHER),
    "paper": (
        PAPER_RESIDENT_ID,
        PAPER_RESIDENCE_PERMIT,
        PAPER_HK_MACAU_PERMIT,
        PAPER_TAIWAN_PERMIT,
        PAPER_PASSPORT,
    ),
    "refuse_reason": (REASON_OTHER,),
    "return_reason": (REASON_OTHER,),
    "termination_reason": (REASON_OTHER,),
    "warning_reason": (REASON_OTHER,),
}
