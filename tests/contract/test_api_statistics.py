"""Room: 数据统计 over HTTP: figures open the lists that they count, by the same addresses; a table becomes a file."""

from __future__ import annotations

from typing import Any

from models.parties import ReviewMode
from models.states import Flow
from notifier.workbench import Workbench
from tests.harness.callers import Api
from tests.harness.clerks import Silent
from tests.harness.reaching import reach
from tests.harness.world import World, make_world


async def busy() -> World:
    world = await make_world(ReviewMode.DEPARTMENT_THEN_SCHOOL, graduates=4)
    for state, person in zip(("signed", "review_department", "refused"), world.graduates, strict=False):
        await reach(world, Flow.ONLINE_SIGNING, state, person)
    await reach(world, Flow.DESTINATION, "approved", world.graduates[3])
    return world


async def opened(desk: Api, behind: Any, *more: Any) -> int:
    """The total of the list behind a figure, asked for as a browser would."""
    filters = {name: value for one in (behind["filters"], *more) for name, value in one.items()}
    path = "/v1/graduates" if behind["menu"] == "students" else f"/v1/queues/{behind['menu']}"
    words = {
        n: [str(v).lower() if isinstance(v, bool) else v] if not isinstance(v, list) else v for n, v in filters.items()
    }
    query = "&".join(f"{name}={value}" for name, values in words.items() for value in values)
    answer = await desk.get(f"{path}?{query}&limit=1")
    assert answer.status_code == 200, answer.text
    total: int = answer.json()["total"]
    return total


async def test_figures_open_their_lists_for_school_department_and_province(api: Api) -> None:
    world = await busy()
    mine = world.department_desks[world.graduate.department]
    for account, by in ((world.school_desk, "department"), (mine, "sex"), (world.province_desk, "school")):
        desk = await api.sign_in(account)
        table = (await desk.get(f"/v1/statistics?cohort={world.cohort}&by={by}")).json()
        shown = [row for row in table["rows"] if row["counts"]["signed"]]
        for column in table["columns"]:
            for row in shown[-1:]:
                n = sum([await opened(desk, one, row["filters"]) for one in column["lists"]])
                assert n == row["counts"][column["name"]], column["label"]
        signed = next(c for c in table["columns"] if c["name"] == "signed")
        assert signed["counts"] == "records"
        assert [(s["flow_label"], s["label"]) for s in signed["states"]] == [
            ("线上签约", "签约完成"),
            ("线下签约", "签约完成"),
        ]


async def test_destinations_tell_numerator_and_denominator_and_open_the_roster(api: Api) -> None:
    world = await busy()
    desk = await api.sign_in(world.school_desk)
    for of in ("type", "industry", "nature", "region"):
        found = (await desk.get(f"/v1/statistics/destinations?cohort={world.cohort}&by=department&of={of}")).json()
        total = found["total"]
        assert (total["settled"], total["graduates"], total["rate"]) == (2, 4, 0.5)
        assert await opened(desk, found["behind"], found["settled"]) == 2
        for part in found["parts"]:
            assert await opened(desk, found["behind"], part["filters"]) == part["count"]


async def test_a_trend_has_every_day_of_its_period_and_says_what_it_cannot_show(api: Api) -> None:
    world = await busy()
    desk = await api.sign_in(world.school_desk)
    found = (await desk.get(f"/v1/statistics/trend?cohort={world.cohort}")).json()
    assert found["days"][-1]["counts"] == {"begun": 4, "signing": 1, "supplementary": 0, "destination": 1, "ended": 0}
    today = found["days"][-1]["day"]
    for series in found["series"]:
        n = sum([await opened(desk, one, {"step_day": today}) for one in series["lists"]])
        assert n == found["days"][-1]["counts"][series["name"]], series["label"]
    mine = f"/v1/statistics/trend?cohort={world.cohort}&department={world.graduate.department}"
    counted = (await desk.get(mine)).json()["days"][-1]["counts"]
    own = [p for p in world.graduates if p.department == world.graduate.department]
    assert counted["begun"] == len(own) < 4
    alone = await desk.get("/v1/queues/signing?step=begun")
    assert (alone.status_code, alone.json()["faults"][0]["path"]) == (400, "step_day")
    backwards = f"/v1/statistics/trend?cohort={world.cohort}&from=2027-03-01&to=2027-02-01"
    answer = await desk.get(backwards)
    assert (answer.status_code, answer.json()["faults"][0]["code"]) == (400, "bad_period")
    for wrong in ("/v1/statistics", f"/v1/statistics?cohort={world.cohort}&by=name", "/v1/statistics/trend?cohort=1"):
        assert (await desk.get(wrong)).status_code == 400


async def test_the_table_is_exported_by_a_job(api: Api) -> None:
    world = await busy()
    desk = await api.sign_in(world.school_desk)
    assert (await desk.post("/v1/exports", {"kind": "statistics"})).status_code == 422
    wish = {"kind": "statistics", "by": "major", "filters": {"cohort": world.cohort}}
    job = (await desk.post("/v1/exports", wish)).json()["job"]
    while (state := (await desk.get(f"/v1/jobs/{job}")).json())["status"] in ("waiting", "running"):
        assert await Workbench(Silent()).once()
    assert (state["status"], state["summary"]["complete"]) == ("done", True)
    assert state["file"].startswith("数据统计-")
    assert (await desk.get(f"/v1/jobs/{job}/file")).content.startswith(b"PK")
