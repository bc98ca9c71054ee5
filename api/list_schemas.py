"""Room: what requests about lists may say: queues with filters on all columns, saved filters, hints, exports."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StringConstraints

from api.schemas import PLAIN, Cohort, Day, FormData, LevelName, Note, Number, Paged, RecordQuery, Strict, Word
from models.states import Flow
from workflows.limits import PAGE_MAX, PAGE_SIZE

MenuName = Literal["signing", "supplementary", "termination", "destination"]
AxisName = Literal["department", "major", "level", "sex", "school"]
FeatureName = Literal["type", "industry", "nature", "region"]
StepName = Literal["begun", "signing", "supplementary", "destination", "ended"]
Code = Annotated[str, StringConstraints(max_length=8, pattern=r"^[0-9-]*$")]


class QueueFilters(RecordQuery):
    """A queue's filters: those of every list and what only reviewers may ask."""

    flow: Annotated[Flow | None, Field(description="one of the menu's flows")] = None
    initiator: Literal["graduate", "employer"] | None = None
    level_code: Code = ""
    proof_code: Annotated[Number, Field(description="签约证明码")] = ""
    destination: list[Code] = Field([], max_length=40, description="毕业去向 codes")
    nature: Code = ""
    industry: Code = ""
    region: Annotated[Code, Field(description="GB/T 2260; a province or city with all that lies in it")] = ""
    position_category: Code = ""
    school: Annotated[Number, Field(description="code of a school, for provinces")] = ""
    sex: Code = ""
    empty: list[Literal["department", "major", "sex"]] = Field([], max_length=3, description="columns not filled in")
    waited: Annotated[int | None, Field(ge=0, le=3650, description="has waited for as many days at least")] = None
    risk: Literal["any", "warned", "not_operating", "none"] | None = None
    department_changed: bool | None = None
    returned: Annotated[bool | None, Field(description="was ever sent back")] = None
    resubmitted: Annotated[bool | None, Field(description="was sent back and came again since")] = None
    frozen: bool | None = None
    step: Annotated[StepName | None, Field(description="took a step that 每日进度 counts, on `step_day`")] = None
    step_day: Annotated[Day | None, Field(description="day of that step, Asia/Shanghai")] = None


class QueueSearch(QueueFilters):
    """The queue's filters and a number that must not stand in an address (I9)."""

    id_number: Annotated[Number, Field(description="whole ID number")] = ""


class FilterWish(Strict):
    """`filters`: without a place in the list; a whole ID number is no member of them, so it is never kept."""

    menu: MenuName
    name: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=PLAIN)]
    filters: QueueFilters


class FilterQuery(Strict):
    menu: MenuName | None = None


class FilterChange(Strict):
    name: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=PLAIN)]
    filters: QueueFilters


class HistoryQuery(Strict):
    before: Annotated[str | None, Field(pattern=r"^[1-9][0-9]{0,17}$", description="`next` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = PAGE_SIZE


class HintsWish(Strict):
    """`form`: as far as it is filled in; nothing is judged but what there is."""

    flow: Flow
    form: FormData = Field({})


class NewNote(Strict):
    text: Note


class PersonQuery(Paged):
    """Graduates by what they are; enough for the lists of those who left the roster or voided their destination."""

    cohort: Cohort | None = None
    department: Word = ""
    level: LevelName | None = None
    major: Word = ""
    name: Annotated[Word, Field(description="prefix of the name")] = ""
    proof_code: Annotated[Number, Field(description="签约证明码")] = ""


class GraduateQuery(PersonQuery):
    """Graduates of the roster, by how they stand besides."""

    bound: bool | None = None
    invalid: bool | None = None
    registered: Annotated[bool | None, Field(description="holds a destination in flow or in force")] = None
    work_list: Annotated[
        Literal["unregistered", "unbound", "returned"] | None,
        Field(
            alias="list",
            description="work list: 未登记 (nothing held or under way) or 未绑定; without the invalidated",
        ),
    ] = None
    school: Annotated[Number, Field(description="code of a school, for provinces")] = ""
    sex: Number = ""
    destination: list[Number] = Field([], max_length=40, description="毕业去向 in force, codes")
    nature: Annotated[Number, Field(description="单位性质 of the destination in force")] = ""
    industry: Annotated[Number, Field(description="单位行业 of the destination in force")] = ""
    region: Annotated[Number, Field(description="GB/T 2260; where the destination in force lies")] = ""
    empty: list[Literal["department", "major", "sex", "destination", "nature", "industry", "region"]] = Field(
        [], max_length=7, description="columns that are not filled in"
    )


class GraduateSearch(GraduateQuery):
    """The roster's filters and a number that must not stand in an address (I9)."""

    id_number: Annotated[Number, Field(description="whole ID number")] = ""


class PersonSearch(PersonQuery):
    id_number: Annotated[Number, Field(description="whole ID number")] = ""


class ExportWish(Strict):
    """`selection`: a queue as it is filtered; `returned`: every return of the days `from` to `to`; `results`: the
    national exchange columns of the graduates in `people`; `statistics`: the table of the cohort in `filters`, divided
    `by`; with `of` that of its destinations; `trend`: a line for each of the days `from` to `to`. `whole`: numbers
    unmasked, with a reason that is kept.
    """

    kind: Literal["selection", "returned", "results", "statistics", "trend"]
    by: AxisName = "department"
    of: FeatureName | None = None
    menu: MenuName | None = None
    filters: QueueFilters = QueueFilters()
    people: PersonQuery = PersonQuery()
    columns: list[Word] = Field([], max_length=60)
    whole: StrictBool = False
    reason: Note = ""


class StatisticsQuery(Strict):
    cohort: Cohort
    by: Annotated[AxisName, Field(description="what the lines are")] = "department"


class DestinationsQuery(StatisticsQuery):
    of: Annotated[FeatureName, Field(description="what the destinations are told apart by")] = "type"


class TrendQuery(Strict):
    cohort: Cohort
    since: Annotated[Day | None, Field(alias="from", description="day, Asia/Shanghai")] = None
    until: Annotated[Day | None, Field(alias="to", description="day, Asia/Shanghai, included")] = None
    department: Word = ""
    major: Word = ""
    level: LevelName | None = None
    sex: Code = ""
    school: Annotated[Number, Field(description="code of a school, for provinces")] = ""
    empty: list[Literal["department", "major", "sex"]] = Field([], max_length=3, description="columns not filled in")


class PosterQuery(Strict):
    department: Annotated[str, StringConstraints(max_length=120, pattern=PLAIN)] = ""
