"""The patient's own plan: ticked off by himself alone."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from openward.care import calendar, coaching, identity, observations, patients
from openward.care.audit import Query, search
from openward.care.calendar import Details, EventType, Moment, Participant, Response, Wanted
from openward.care.coaching import ActionContent, Metric, PartOfDay, PlanContent, Window
from openward.care.identity import System
from openward.care.patients import Joining, Permission
from openward.care.work import Work
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio


EVERY = tuple(range(7))
DAY = timedelta(days=1)
EVENING = Window("e" * 24, PartOfDay.EVENING)


async def enrolled(work: Work, clinic: Clinic, person: Any, name: str) -> coaching.Plan:
    """The plan of somebody with an account of his own."""
    await patients.enrol(work, clinic.key, person, Joining(frozenset({Permission.VIEW}), full_name=name))
    return await coaching.of_patient(work, clinic.key, person)


async def test_a_patient_ticks_off_what_is_due(house: House) -> None:
    clinic = await house.clinic()
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, account.key, Joining(frozenset({Permission.VIEW}), full_name="Ana Ruiz"))
        plan = await coaching.of_patient(work, clinic.key, account.key)
        content = ActionContent(
            "other_lifestyle",
            "Walk <far>",
            work.now - timedelta(days=3),
            days=tuple(range(7)),
            windows=(Window("a" * 24, PartOfDay.NIGHT), Window("b" * 24, PartOfDay.MORNING, "At breakfast")),
        )
        action = await coaching.create_action(work, plan.key, content)
        name = await identity.name(work, action.key, System.TWINE)
    ana = await house.signed_in(account)
    page = (await ana.get("/me/plan")).text
    assert "0 of 2 done today" in page
    assert "Walk &lt;far&gt;" in page
    assert page.index("At breakfast") < page.index("Night")
    said = {"action": name, "window": "b" * 24, "done": "yes"}
    for _ in range(2):
        assert (await ana.post("/me/plan", said)).status_code == 303
    assert "1 of 2 done today" in (await ana.get("/me/plan")).text
    assert (await ana.post("/me/plan", said | {"window": "c" * 24})).status_code == 400
    assert "1 of 2 done today" in (await ana.get("/me/plan")).text
    assert (await ana.post("/me/plan", said | {"done": "no"})).status_code == 303
    assert "0 of 2 done today" in (await ana.get("/me/plan")).text
    stranger = await house.person("Bob Lee")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, stranger.key, Joining(frozenset({Permission.VIEW}), full_name="Bob Lee"))
    bob = await house.signed_in(stranger)
    assert "nothing in your plan" in (await bob.get("/me/plan")).text
    assert (await bob.post("/me/plan", said)).status_code == 404
    assert (await bob.get("/me/plan?clinic=" + "0" * 24)).status_code == 404


async def test_a_number_is_entered_shown_and_taken_back(house: House) -> None:
    clinic = await house.clinic()
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        plan = await enrolled(work, clinic, account.key, "Ana Ruiz")
        limits = {"maximum": {"value": 200, "unit": "kg"}}
        weight = Metric("w" * 24, "weight", "kg", {"data": {"value": 80, "unit": "kg"}}, limits)
        begun = work.now - 3 * DAY
        content = ActionContent("weight", "Weigh", begun, days=EVERY, metrics=(weight,), windows=(EVENING,))
        action = await coaching.create_action(work, plan.key, content)
        pressure = ActionContent("blood_pressure", "Press", begun, metrics=(Metric("p" * 24, "blood_pressure"),))
        other = await coaching.create_action(work, plan.key, pressure)
        names = await identity.names(work, [action.key, other.key], System.TWINE)
    ana = await house.signed_in(account)
    page = (await ana.get("/me/plan")).text
    assert re.search(r"Evening.*Weigh.*goal 80 kg.*Whenever it suits.*Press.*Upper.*Lower.*mmHg", page, re.DOTALL)
    said = {"action": names[action.key], "window": EVENING.id, "done": "measured", "metric": "weight", "unit": "kg"}
    for value, words in (
        ("heavy", "This must be a number"),
        ("", "This is missing"),
        ("201", "This is above the maximum"),
    ):
        answer = await ana.post("/me/plan", said | {"value": value})
        assert (answer.status_code, words in answer.text) == (400, True), answer.text
        assert f'value="{value}"' in answer.text
    for more in ({"time": "late"}, {"metric": "luck"}, {"unit": "stone"}):
        assert (await ana.post("/me/plan", said | {"value": "82,4"} | more)).status_code == 400
    assert (await ana.post("/me/plan", said | {"value": "82,4"})).status_code == 303
    page = (await ana.get("/me/plan")).text
    assert "82.4 kg" in page
    assert "1 of 1 done today" in page
    result = re.search(r'name="result" value="(\w{24})"', page)
    assert result
    async with house.work() as work:
        (kept,) = await observations.latest(work, account.key, clinic.key, ["weight"])
        entries = await search(work, Query(patient=account.key, action="write"))
    assert (kept.measured.value, kept.measured.unit) == (82.4, "kg")
    assert {"result", "observations"} <= {one.what for one in entries}
    both = {"action": names[other.key], "window": "", "done": "measured", "metric": "blood_pressure", "unit": "mmHg"}
    assert (await ana.post("/me/plan", both | {"systolic": "128", "diastolic": "x"})).status_code == 400
    assert (await ana.post("/me/plan", both | {"systolic": "128", "diastolic": "82"})).status_code == 303
    charts = (await ana.get("/me/measurements")).text
    assert charts.count("data-trend=") == 2
    assert "128/82" in charts
    bob_account = await house.person("Bob Lee")
    async with house.work() as work:
        await enrolled(work, clinic, bob_account.key, "Bob Lee")
    bob = await house.signed_in(bob_account)
    back = said | {"done": "no", "result": result[1]}
    assert (await bob.post("/me/plan", back)).status_code == 404
    assert (await ana.post("/me/plan", back)).status_code == 303
    assert "82.4" not in (await ana.get("/me/plan")).text
    async with house.work() as work:
        assert await observations.latest(work, account.key, clinic.key, ["weight"]) == []
    assert "Nothing was measured" in (await bob.get("/me/measurements")).text
    assert (await ana.get("/me/measurements?days=1")).status_code == 400


async def test_a_day_of_the_past_week_and_what_is_left_out(house: House) -> None:
    clinic = await house.clinic()
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        plan = await enrolled(work, clinic, account.key, "Ana Ruiz")
        await coaching.update(work, plan.key, lambda _: PlanContent("Pacific/Auckland"))
        walk = ActionContent("other_lifestyle", "Walk", work.now - 20 * DAY, days=EVERY, windows=(EVENING,))
        action = await coaching.create_action(work, plan.key, walk)
        name = await identity.name(work, action.key, System.TWINE)
        zone = PlanContent("Pacific/Auckland").zone
        day = work.now.astimezone(zone).date() - 2 * DAY
    ana = await house.signed_in(account)
    path = f"/me/plan?clinic={clinic.public}&day={day.isoformat()}"
    said = {"action": name, "window": EVENING.id}
    assert (await ana.post(path, said | {"done": "yes"}, form_at=path)).status_code == 303
    assert "1 of 1 done" in (await ana.get(path)).text
    assert "0 of 1 done today" in (await ana.get("/me/plan")).text
    async with house.work() as work:
        (result,) = await coaching.results_since(work, [action.key], day - 9 * DAY)
    assert result.outcome.occurred_at == datetime.combine(day, time(18), zone).astimezone(UTC)
    assert (await ana.post("/me/plan", said | {"done": "skip", "note": " Knee  hurts "})).status_code == 303
    page = (await ana.get("/me/plan")).text
    assert "Left out: Knee hurts" in page
    assert (await ana.post("/me/plan", said | {"done": "no"})).status_code == 303
    assert "Left out:" not in (await ana.get("/me/plan")).text
    assert (await ana.post(path, said | {"done": "no"}, form_at=path)).status_code == 303
    assert "0 of 1 done" in (await ana.get(path)).text
    long_ago = f"/me/plan?day={(day - 30 * DAY).isoformat()}"
    assert "0 of 1 done today" in (await ana.get(long_ago)).text  # only the last week is open


async def test_the_calendar_of_a_patient(house: House) -> None:
    clinic = await house.clinic()
    account, stranger = await house.person("Ana Ruiz"), await house.person("Bob Lee")
    start, end = (Moment(datetime(2031, 5, 7, hour, tzinfo=UTC), "x") for hour in (9, 10))
    async with house.work() as work:
        plan = await enrolled(work, clinic, account.key, "Ana Ruiz")
        await enrolled(work, clinic, stranger.key, "Bob Lee")
        walk = ActionContent("other_lifestyle", "Walk", work.now, days=(3,))
        await coaching.create_action(work, plan.key, walk)
        said = Details(EventType.VIDEO_CALL, "Talk <it> over", start, end, "UTC", is_all_day=False)
        event = await calendar.create(work, clinic.key, account.key, said, [Participant(account.key, is_coach=False)])
        name = await identity.name(work, event.key, System.TWINE)
    ana, bob = await house.signed_in(account), await house.signed_in(stranger)
    assert (await ana.get("/calendar")).headers["location"] == "/me/calendar"
    week = f"/me/calendar?clinic={clinic.public}&week=2031-05-08"
    page = (await ana.get(week)).text
    assert re.search(r"Wednesday.*Talk &lt;it&gt; over.*09:00.*10:00.*Video call.*Walk", page, re.DOTALL)
    assert "Talk" not in (await bob.get(week)).text
    answer = await ana.post(f"/me/calendar/{name}?clinic={clinic.public}", {"answer": "yes"}, form_at=week)
    assert "Your answer is noted." in (await ana.get(answer.headers["location"])).text
    async with house.work() as work:
        (after,) = await calendar.page(work, Wanted(clinic.key, owner=account.key), 10)
    assert [one.status for one in after.attendees] == [Response.ACCEPTED]
    own = f"/me/calendar/{name}?clinic={clinic.public}"
    assert (await bob.post(own, {"answer": "no"}, form_at=week)).status_code in (400, 404)
    assert (await ana.post(own, {"answer": "maybe"}, form_at=week)).status_code == 400
    assert (await ana.post("/me/calendar/nothing", {"answer": "no"}, form_at=week)).status_code == 404
    nobody = await house.signed_in(await house.person())
    for path in ("/me/calendar", "/me/plan", "/me/measurements"):
        assert (await nobody.get(path)).status_code == 200
