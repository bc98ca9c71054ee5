"""Room: what the employment management system is told: the national exchange columns of one destination (codes.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models import codes
from workflows.spec import Push


def destination(push: Push, row: Mapping[str, Any]) -> dict[str, str]:
    """Columns by pinyin code, codes beside their labels. `row`: the record as the act leaves it."""
    if push is Push.UNSETTLED:
        return _coded("byqx", "destination", codes.DEST_UNSETTLED)
    form = row["form"]
    columns = {
        **_coded("byqx", "destination", row["destination_code"]),
        "dwzzjgdm": row["employer_uscc"],
        "dwmc": row["employer_name"],
        **_coded("dwxz", "employer_nature", row["employer_nature"]),
        **_coded("dwhy", "employer_industry", row["employer_industry"]),
        **_coded("dwszd", codes.REGION, row["employer_region"]),
        **_coded("gzzwlb", "position_category", row["position_category"]),
        "gwmc": form.get("position_title", ""),
        "dwlxr": form.get("contact_name", ""),
    }
    return {name: value for name, value in columns.items() if value}


def _coded(stem: str, table: str, code: str) -> dict[str, str]:
    if not code:
        return {}
    sent = codes.ems_code(code) if table == "destination" else code
    return {f"{stem}dm": sent, stem: codes.table(table).label(code)}
