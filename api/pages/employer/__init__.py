"""Room: the employer's portal: pages under `/employer` for HR clerks, rendered here, without need of a script."""

from __future__ import annotations

from api.pages.employer import account, entering, home, inbox, inviting, profile, records, refusals
from api.pages.employer.portal import blueprint

__all__ = ["account", "blueprint", "entering", "home", "inbox", "inviting", "profile", "records", "refusals"]
