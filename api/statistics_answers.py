"""Room: what statistics look like (see `answers.py`)."""

from typing import Annotated, Literal

from pydantic import Field

from api.shapes import Codes, Moment, Shape


class Counted(Shape):
    flow: str
    flow_label: str
    state: str
    label: str


class Behind(Shape):
    """A list and the filters that show just the rows that were counted; a line's filters come to these. A later filter
    takes an earlier one's place, but for `empty`, of which all count.

    `menu`: of the queues, or `students` for the list of graduates.
    """

    menu: str
    filters: Codes


class StatisticsColumn(Shape):
    """`states`: what it sums; none: it counts graduates."""

    name: str
    label: str
    section: str
    counts: Literal["records", "persons"]
    states: list[Counted]
    lists: list[Behind]


class StatisticsRow(Shape):
    key: str
    label: str
    filters: Codes
    counts: dict[str, int]


class Statistics(Shape):
    """`counts` and `total`: by the columns' names."""

    at: Moment
    cohort: int
    by: str
    by_label: str
    columns: list[StatisticsColumn]
    rows: list[StatisticsRow]
    total: dict[str, int]


class Settled(Shape):
    """毕业去向落实率: `settled` of `graduates`; `rate` is None without graduates. `flexible` is part of `employed`."""

    graduates: int
    settled: int
    employed: int
    study: int
    flexible: int
    unsettled: int
    rate: Annotated[float | None, Field(ge=0, le=1)]


class SettledRow(Settled):
    key: str
    label: str
    filters: Codes


class Part(Shape):
    key: str
    label: str
    count: int
    filters: Codes


class DestinationCell(Shape):
    """How many of a line (`key`) went by a group to a part."""

    key: str
    group: str
    part: str
    count: int


class SettledColumn(Shape):
    name: str
    label: str


class Destinations(Shape):
    """`behind`: the graduates counted; a line's, a group's and a part's filters come to these. `settled`: those of
    the numerator.
    """

    at: Moment
    cohort: int
    by: str
    by_label: str
    of: str
    of_label: str
    columns: list[SettledColumn]
    rate_label: str
    behind: Behind
    settled: Codes
    total: Settled
    rows: list[SettledRow]
    groups: list[Part]
    parts: list[Part]
    cells: list[DestinationCell]


class Series(Shape):
    """`lists`: with `step_day` of a day, the records behind its count."""

    name: str
    label: str
    lists: list[Behind]


class TrendDay(Shape):
    day: str
    counts: dict[str, int]


class Trend(Shape):
    at: Moment
    cohort: int
    series: list[Series]
    days: list[TrendDay]
