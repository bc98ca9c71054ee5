"""Room: what a log line may show."""

from __future__ import annotations

import json
import logging

import pytest

from api.logs import Formatter, log_config, masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("id 110000200501010015 seen", "id 1100**********0015 seen"),
        ("id 11000020050101001X seen", "id 1100**********001X seen"),
        ("to 15400000001.", "to 154****0001."),
        ("to 15400000001, twice", "to 154****0001, twice"),
        ("/cgi-bin/x?access_token=abc&y=1", "/cgi-bin/x?access_token=***&y=1"),
        ("0193f0c2-7d1e-7abc-8d00-154000000011", "0193f0c2-7d1e-7abc-8d00-154000000011"),
        ("status_code=200", "status_code=200"),
        ("took 1.54000000010 s", "took 1.54000000010 s"),
    ],
)
def test_numbers_of_persons_and_secrets_in_addresses_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def record(text: str, exc: BaseException | None = None) -> logging.LogRecord:
    about = (type(exc), exc, exc.__traceback__) if exc else None
    return logging.LogRecord("notifier.lane", logging.WARNING, __file__, 1, "%s", (text,), about)


def test_a_traceback_is_masked_too() -> None:
    try:
        raise ValueError("110000200501010015")
    except ValueError as exc:
        plain, structured = Formatter().format(record("x", exc)), Formatter(as_json=True).format(record("x", exc))
    assert "110000200501010015" not in plain + structured
    assert "ValueError" in plain
    assert "ValueError" in json.loads(structured)["error"]


def test_production_writes_one_object_a_line() -> None:
    line = Formatter(as_json=True).format(record("第一行\n第二行"))
    assert "\n" not in line
    assert json.loads(line)["message"] == "第一行\n第二行"
    assert json.loads(line)["logger"] == "notifier.lane"


def test_libraries_that_quote_addresses_are_quiet() -> None:
    assert log_config()["loggers"]["httpx"]["level"] == "WARNING"
