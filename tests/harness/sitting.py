"""Room: a user at the dashboard without a browser: Streamlit's AppTest on the real script and the real service.

desk = sitting(token)
desk.press("去处理", "go-online_signing-review_school")
assert "等待学校审核" in desk.words
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import client

# AppTest reads every installed package, looking for components, whenever somebody sits down: once is enough.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)

SHOWN = (
    "html",
    "error",
    "warning",
    "info",
    "success",
    "caption",
    "text",
    "title",
    "subheader",
    "toast",
    "metric",
    "markdown",
)


def use_service(url: str) -> None:
    """Let this process's dashboard speak to the service at this address."""
    if os.environ.get("WQ_API_URL") != url:
        os.environ["WQ_API_URL"] = url
        client._http.cache_clear()


def _script(token: str) -> None:
    from dashboard import desktop

    desktop.run(token)


class Sitting:
    """One browser tab of a signed-in user."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.at = AppTest.from_function(_script, kwargs={"token": token}, default_timeout=60)

    def run(self) -> Sitting:
        self.at.run()
        assert not self.at.exception, [(e.message, e.stack_trace) for e in self.at.exception]
        return self

    def go(self, path: str, **query: str) -> Sitting:
        """To a page by its address; AppTest itself only knows pages that are files."""
        self.at._page_hash = calc_hash(path)
        self.at.query_params.clear()
        for name, value in query.items():
            self.at.query_params[name] = value
        return self.run()

    def press(self, label: str, key: str = "") -> Sitting:
        """Press the button with this label, or the one named; of several the last that is open: an open question's."""
        found = [button for button in self.at.button if button.label == label and key in ("", button.key)]
        assert found, f"no button {label}: {self.buttons}"
        found = [button for button in found if not button.disabled]
        assert found, f"{label} is grey"
        found[-1].click()
        return self.run()

    def type(self, label: str, value: Any) -> Sitting:
        """Fill in the field whose label begins so; a list is chosen from by a label, or by a value."""
        for field in (*self.at.text_input, *self.at.text_area, *self.at.checkbox):
            if field.label.startswith(label):
                field.set_value(value)
                return self
        for field in self.at.selectbox:
            if field.label.startswith(label):
                if value in field.options:
                    field.select_index(field.options.index(value))
                else:
                    field.set_value(value)
                return self
        raise AssertionError(f"no field {label}")

    def value(self, label: str) -> Any:
        for field in (*self.at.text_input, *self.at.text_area, *self.at.checkbox, *self.at.selectbox):
            if field.label.startswith(label):
                return field.value
        raise AssertionError(f"no field {label}")

    @property
    def buttons(self) -> dict[str, bool]:
        """Labels of the buttons, and whether they can be pressed."""
        return {button.label: not button.disabled for button in self.at.button}

    def has(self, label: str) -> bool:
        """Whether a field is asked for."""
        fields = (*self.at.text_input, *self.at.text_area, *self.at.checkbox, *self.at.selectbox)
        return any(field.label.startswith(label) for field in fields)

    def options(self, label: str) -> list[str]:
        """What a list offers, as it is read."""
        return next(list(field.options) for field in self.at.selectbox if field.label.startswith(label))

    @property
    def components(self) -> list[dict[str, Any]]:
        """What was handed to the components of our own: tables, pictures, uploads."""
        return [json.loads(block.proto.json) for block in self.at.get("bidi_component") if block.proto.json]

    @property
    def tables(self) -> list[dict[str, Any]]:
        """The lists of rows on the page."""
        return [data for data in self.components if "rows" in data]

    @property
    def title(self) -> str:
        return str(self.at.title[0].value) if self.at.title else ""

    @property
    def markup(self) -> str:
        """What was handed over as HTML."""
        return "\n".join(str(element.value) for element in self.at.get("html"))

    @property
    def words(self) -> str:
        """Everything that can be read on the page, one element a line."""
        return "\n".join(_texts(self.at))

    @property
    def errors(self) -> list[str]:
        return [str(e.value) for e in self.at.error]


def _texts(at: AppTest) -> Iterable[str]:
    for kind in SHOWN:
        for element in at.get(kind):
            text = f"{element.label} {element.value}" if kind == "metric" else str(element.value)
            if kind == "html":
                text = html.unescape(re.sub(r"<br>|</(?:p|tr|div|li|h3)>", "\n", text))
                text = re.sub(r"</(?:td|th|dt|dd|span)>", " ", text)
                text = re.sub(r"<[^>]+>", "", text)
            yield text
