"""Room: what a person opens outside the dashboard: phone pages, portal, public check, guides. Rendered here.

`BLUEPRINTS` is what `api/app.py` puts beside the JSON routes.
"""

from __future__ import annotations

from quart import Blueprint

from api.pages.check import blueprint as check
from api.pages.employer import blueprint as portal
from api.pages.guides import blueprint as guides
from api.pages.my_records import blueprint as phone

BLUEPRINTS: tuple[Blueprint, ...] = (portal, phone, check, guides)
