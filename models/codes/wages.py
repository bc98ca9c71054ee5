"""Room: minimum wages by place: figures with their date, kept by whoever runs the platform (`WQ_MINIMUM_WAGE`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from models.codes.table import BadTable
from models.config import settings

FIGURES = Path(__file__).parent / "figures" / "minimum_wage.json"


@dataclass(frozen=True, slots=True)
class Wage:
    """Whole yuan a month, in force in this region since that day."""

    region: str
    monthly: int
    since: date


def minimum_wage(region: str) -> Wage | None:
    """The figure of a place: its own, else its city's, else its province's; None where nobody has entered one.

    `region`: six digits of GB/T 2260. Raises BadTable, OSError for a file that cannot be used.
    """
    known = _figures(settings().minimum_wage or FIGURES)
    for places in (region, region[:4] + "00", region[:2] + "0000"):
        if places in known:
            return known[places]
    return None


@cache
def _figures(path: Path) -> Mapping[str, Wage]:
    raw = json.loads(path.read_text(encoding="utf-8"))
    try:
        found = [Wage(str(f["region"]), int(f["monthly"]), date.fromisoformat(f["since"])) for f in raw["figures"]]
    except (KeyError, TypeError, ValueError) as exc:
        raise BadTable(f"{path.name}: every figure has a region, whole yuan and a day") from exc
    if len({wage.region for wage in found}) != len(found):
        raise BadTable(f"{path.name}: a region stands twice")
    if any(len(wage.region) != 6 or not wage.region.isdigit() or wage.monthly <= 0 for wage in found):
        raise BadTable(f"{path.name}: a region has six digits, a wage is more than nothing")
    return {wage.region: wage for wage in found}
