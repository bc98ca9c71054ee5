"""Room: the employer's portal: pages under `/employer` for HR clerks, rendered here, without need of a script."""

from __future__ import annotations

from api.pages.employer import (
    account,
    acting,
    batch,
    entering,
    handing_over,
    home,
    inbox,
    inviting,
    papers,
    profile,
    record,
    records,
    refusals,
    taking,
)
from api.pages.employer.portal import blueprint

__all__ = [
    "account",
    "acting",
    "batch",
    "blueprint",
    "entering",
    "handing_over",
    "home",
    "inbox",
    "inviting",
    "papers",
    "profile",
    "record",
    "records",
    "refusals",
    "taking",
]
