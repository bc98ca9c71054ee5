"""Room: what all pages of the employer's portal share: the blueprint under `/employer`, who is signed in, rendering.

A page knows its visitor by the cookie `wq_emp` alone. All pages are rendered here and work without script; nobody on
the way keeps them. Warning marks are for graduates and reviewers: nothing here reads them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from quart import Blueprint, Response, render_template, request

from api.auth import ATTRIBUTE, EMPLOYER, Caller, Rule
from api.body import MOST, path_value
from api.pages import assets, csrf, filling, sessions
from api.pages.answering import html
from api.pages.enclosed import FORM_SECONDS
from workflows.queries.employers import own_employer
from workflows.queries.home import read_home

PREFIX: Final = sessions.EMPLOYER.path
SIGN_IN: Final = f"{PREFIX}/login"
STATIC: Final = f"{PREFIX}/static"

_LONGEST: Final = 200  # characters of a search word, a user name or another line that is no field of a form

blueprint = Blueprint(
    "portal", __name__, url_prefix=PREFIX, template_folder=str(Path(__file__).resolve().parents[1] / "templates")
)

View = Callable[..., Awaitable[Response]]

Resumed = Callable[..., Awaitable[Response]]

RESUMED: dict[str, Resumed] = {}
"""Forms that somebody may have been filling in while the session ended: path → the page with what was typed.

A path is a pattern; its named groups go to the page besides the caller and the values.
"""


def resumed(path: str) -> Callable[[Caller, Mapping[str, str]], Awaitable[Response]] | None:
    """The page of `RESUMED` that this path is of."""
    for pattern, view in RESUMED.items():
        if found := re.fullmatch(pattern, path):
            return functools.partial(view, **found.groupdict())
    return None


# --- routes --------------------------------------------------------------------------------------


def route(path: str, rule: Rule, *methods: str, most: int = 0) -> Callable[[View], View]:
    """Declare a page. For anything but everybody the view takes a `Caller`, then the path's parameters.

    `most`: how many bytes its form may have where files come with it; they get the time that a slow line needs.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        async def run(**values: str) -> Response:
            found = {name: path_value(name, value) for name, value in values.items()}
            if most:
                request.body_timeout = FORM_SECONDS
            if rule.public:
                return await view(**found)
            who = await sessions.EMPLOYER.caller()
            rule.admit(who.actor)
            return await view(who, **found)

        setattr(run, ATTRIBUTE, rule)
        if most:
            setattr(run, MOST, most)
        blueprint.add_url_rule(path, view.__name__, run, methods=list(methods), provide_automatic_options=False)
        return view

    return wrap


def page(path: str, *methods: str, most: int = 0) -> Callable[[View], View]:
    """A page of a signed-in person of an employer."""
    return route(path, EMPLOYER, *(methods or ("GET",)), most=most)


# --- what came in --------------------------------------------------------------------------------


async def sent(who: Caller | None = None) -> Mapping[str, str]:
    """The form of this request, which we gave to this browser and session. Raises ForgedForm."""
    await csrf.check_form(who.token if who else "")
    return await received()


async def received() -> Mapping[str, str]:
    """The form of this request as it came, the first value of each name; not to be acted on."""
    return (await request.form).to_dict()


def line(values: Mapping[str, str], name: str, longest: int = _LONGEST) -> str:
    """One line that is no field of a form (a search word, a user name), without control characters."""
    return " ".join(filling.clean_text(values.get(name, "")).split("\n")).strip()[:longest]


def within(path: str) -> str:
    """An address to go on to after signing in, if it is a page of ours; else the first page."""
    inside = path == PREFIX or path.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    plain = path.isascii() and path.isprintable() and "\\" not in path and "//" not in path
    return path if inside and plain and not path.startswith(SIGN_IN) and len(path) <= 1000 else PREFIX


# --- what goes out -------------------------------------------------------------------------------


async def render(
    template: str, status: int = 200, *, who: Caller | None = None, session: str = "", **values: Any
) -> Response:
    """One page. With `who`: the frame of the signed-in, which names the employer and counts unread messages.

    `session`: the token that the page's forms are for, where nobody could be looked up.
    """
    if who is not None:
        values.setdefault("employer", await own_employer(who.actor))
        values.setdefault("unread", (await read_home(who.actor)).get("unread", 0))
    body = await render_template(
        f"employer/{template}",
        who=who.actor if who else None,
        csrf=csrf.token(who.token if who else session),
        csrf_field=csrf.FIELD,
        asset=functools.partial(assets.address, STATIC),
        prefix=PREFIX,
        **values,
    )
    return html(body, status)


blueprint.after_request(csrf.remember)
