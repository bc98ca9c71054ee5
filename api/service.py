"""Room: the Quart application: every JSON route and page, with what each request gets. `api/app.py` puts it to work.

It opens nothing by itself; databases, clients and ports come from whoever starts it (`app.py`, tests).
"""

from __future__ import annotations

from collections.abc import Callable

from quart import Blueprint, Quart

from api import edge, errors
from api.routes import (
    accounts,
    agreements,
    deliveries,
    departed,
    desks,
    employers,
    exports,
    files,
    graduates,
    handovers,
    histories,
    home,
    jobs,
    notes,
    provinces,
    queues,
    receipts,
    records,
    registry,
    roster,
    saved_filters,
    scenes,
    second_factor,
    sessions,
    settings,
    statistics,
    system,
    warnings,
)
from workflows.limits import ROSTER_BYTES

BODY_SECONDS = 10

BLUEPRINTS: tuple[Blueprint, ...] = (
    system.blueprint,
    sessions.blueprint,
    home.blueprint,
    statistics.blueprint,
    records.blueprint,
    agreements.blueprint,
    files.blueprint,
    queues.blueprint,
    exports.blueprint,
    saved_filters.blueprint,
    scenes.blueprint,
    departed.blueprint,
    histories.blueprint,
    graduates.blueprint,
    roster.blueprint,
    jobs.blueprint,
    settings.blueprint,
    accounts.blueprint,
    provinces.blueprint,
    employers.blueprint,
    warnings.blueprint,
    deliveries.blueprint,
    desks.blueprint,
    handovers.blueprint,
    second_factor.blueprint,
    notes.blueprint,
    registry.blueprint,
    receipts.blueprint,
)


def create(unavailable: Callable[[BaseException], bool], pages: tuple[Blueprint, ...] = ()) -> Quart:
    """A new application. `unavailable`: is this the database being away? `pages`: beside the JSON, what people open."""
    app = Quart("api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = ROSTER_BYTES  # the largest of all; `body.guard_body` knows what each view takes
    app.config["BODY_TIMEOUT"] = BODY_SECONDS
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    edge.install(app)
    errors.install(app, unavailable)
    for blueprint in (*BLUEPRINTS, *pages):
        app.register_blueprint(blueprint)
    return app
