"""Numbers that a coach enters for a patient, and takes back, on the page of coaching."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openward.care import audit, coaching, identity, observations, patients
from openward.care.coaching import ActionContent, Metric, PlanContent
from openward.care.identity import System
from openward.care.observations import Measured
from openward.care.patients import Joining, Permission
from openward.care.work import PersonKey
from tests.wire.web.conftest import Clinic, House, Visitor

pytestmark = pytest.mark.anyio

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


async def kept(house: House, clinic: Clinic, person: PersonKey, kind: str) -> list[Measured]:
    async with house.work() as work:
        found = await observations.latest(work, person, clinic.key, [kind])
        return [one.measured for one in found]


def yesterday(clock: str = "07:30") -> dict[str, str]:
    return {"day": (datetime.now(BERLIN).date() - DAY).isoformat(), "time": clock}


def links(page: str) -> list[str]:
    return re.findall(r'href="(/patients/[^"]+/take-back[^"]*)"', page)


async def enter(visitor: Visitor, home: str, fields: dict[str, str]) -> Any:
    return await visitor.post(f"{home}/measured", fields, home)


async def test_numbers_are_entered_and_taken_back(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann Ash")
    home = f"/patients/{user_id}/coaching"
    coach = await house.signed_in(clinic.member)
    page = (await coach.get(home)).text
    assert 'id="enter">' in page, "closed until somebody enters something"
    for name in ("Weight", "Blood pressure", "Blood glucose"):
        assert f">{name}</a>" in page
    assert "Entered by hand" not in page
    weight = {"metric": "weight", "unit": "kg", "value": "82,4", **yesterday()}
    for _ in range(2):
        answer = await enter(coach, home, weight)
        assert answer.status_code == 303
    page = (await coach.get(answer.headers["location"])).text
    assert "The measurement is kept." in page
    assert page.count("take-back") == 1, "the same once more is the same"
    assert re.search(r"Weight <strong[^>]*>82\.4 kg<.*07:30.*by you", page, re.DOTALL)
    (seen,) = await kept(house, clinic, person, "weight")
    at = datetime.fromisoformat(f"{weight['day']}T07:30").replace(tzinfo=BERLIN)
    assert (seen.value, seen.unit, seen.occurred_at) == (82.4, "kg", at.astimezone(UTC))

    pressure = {"metric": "blood_pressure", "unit": "mmHg", "systolic": "128", "diastolic": "82", **yesterday()}
    glucose = {"metric": "blood_glucose", "unit": "mg/dl", "value": "121", **yesterday("08:00")}
    for fields in (pressure, glucose):
        assert (await enter(coach, home, fields)).status_code == 303
    assert "HbA1c" in (await coach.get(f"{home}?enter=hemoglobin_a1c")).text
    a1c = {"metric": "hemoglobin_a1c", "unit": "%", "value": "7.1", **yesterday()}
    assert (await enter(coach, home, a1c)).status_code == 303
    page = (await coach.get(home)).text
    assert page.count("take-back") == 4

    admin = await house.signed_in(clinic.admin)
    assert "by Dr Member" in (await admin.get(home)).text
    (back,) = [one for one in links(page) if "Weight" in (await admin.get(one)).text]
    question = (await admin.get(back)).text
    assert "Take back Weight, 82.4 kg?" in question
    for _ in range(2):
        answer = await admin.post(back, {}, home)
        assert answer.status_code == 303
    assert "The measurement is taken back." in (await admin.get(answer.headers["location"])).text
    assert await kept(house, clinic, person, "weight") == []
    assert (await admin.get(back)).status_code == 404
    async with house.work() as work:
        entries = await audit.search(work, audit.Query(patient=person), limit=200)
    touched = {(one.action, one.what, one.actor) for one in entries}
    assert ("write", "observations", clinic.member.key) in touched
    assert ("delete", "observations", clinic.admin.key) in touched


async def test_the_plan_hears_of_what_is_entered(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann Ash")
    every = tuple(range(7))
    async with house.work() as work:
        plan = await coaching.of_patient(work, clinic.key, person)
        await coaching.update(work, plan.key, lambda _: PlanContent("Europe/Berlin"))
        begun = work.now - 10 * DAY
        limits = {"maximum": {"value": 200, "unit": "kg"}}
        goal = {"data": {"value": 80, "unit": "kg"}}
        weigh = ActionContent(
            "weight",
            "Weigh",
            begun,
            days=every,
            is_tracked=False,
            metrics=(Metric("w" * 24, "weight", "kg", goal, limits),),
        )
        walk = ActionContent("steps", "Walk", begun, days=every, metrics=(Metric("s" * 24, "steps", "steps"),))
        actions = [(await coaching.create_action(work, plan.key, one)).key for one in (weigh, walk)]
    coach = await house.signed_in(clinic.member)
    home = f"/patients/{user_id}/coaching"
    page = (await coach.get(home)).text
    assert page.index(">Weight</a>") < page.index(">Steps</a>") < page.index(">Blood pressure</a>")
    assert "goal 80 kg" in page
    weight = {"metric": "weight", "unit": "kg", **yesterday()}
    answer = await enter(coach, home, weight | {"value": "824"})
    assert answer.status_code == 400
    assert "This is above the maximum of “Weigh”." in answer.text
    assert (await enter(coach, home, weight | {"value": "82.4"})).status_code == 303
    steps = {"metric": "steps", "unit": "steps", **yesterday("18:00")}
    for _ in range(2):
        assert (await enter(coach, home, steps | {"value": "6400"})).status_code == 303
    assert (await enter(coach, home, steps | {"value": "7000"})).status_code == 400
    early = {"day": (datetime.now(BERLIN).date() - 20 * DAY).isoformat(), "time": "18:00"}
    answer = await enter(coach, home, steps | {"value": "7000"} | early)
    assert (answer.status_code, "Nothing of the plan asks for this" in answer.text) == (400, True)
    page = (await coach.get(home)).text
    for words in ("82.4 kg", "6400 steps"):
        assert words in page.partition("Latest results")[2]
    assert page.count("take-back") == 2
    async with house.work() as work:
        results = await coaching.results_since(work, actions, datetime.now(BERLIN).date() - 3 * DAY)
    assert [(one.action, one.outcome.value) for one in results] == list(zip(actions, (82.4, 6400), strict=True))
    for back in links(page):
        assert (await coach.post(back, {}, home)).status_code == 303
    async with house.work() as work:
        assert await coaching.results_since(work, actions, datetime.now(BERLIN).date() - 3 * DAY) == []


async def test_wrong_numbers_are_refused_at_their_field(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann Ash")
    coach = await house.signed_in(clinic.member)
    home = f"/patients/{user_id}/coaching"
    weight = {"metric": "weight", "unit": "kg", "value": "82", **yesterday()}
    pressure = {"metric": "blood_pressure", "unit": "mmHg", "systolic": "x", "diastolic": "82", **yesterday()}
    tomorrow = (datetime.now(BERLIN).date() + DAY).isoformat()
    assert (await enter(coach, home, weight | {"time": "06:00"})).status_code == 303
    for fields, field, words in (
        (weight | {"value": "heavy"}, "value", "This must be a number."),
        (weight | {"value": ""}, "value", "This is missing."),
        (weight | {"unit": "stone"}, "unit", "This must be one of lb, kg."),
        (weight | {"day": "soon"}, "day", "Choose a day."),
        (weight | {"day": "0001-01-01"}, "day", "Choose a day."),
        (weight | {"time": "late", "value": "x"}, "time", "Write a time like 07:30. This must be a number."),
        (weight | {"day": tomorrow}, "time", "This time is still to come."),
        (weight | {"time": "06:00", "value": "83"}, "time", "Another value of that very time is kept already."),
        (pressure, "systolic", "This must be a number."),
    ):
        answer = await enter(coach, home, fields)
        assert (answer.status_code, words in answer.text) == (400, True), fields
        assert re.search(rf'name="{field}"[^>]*aria-invalid="true" aria-describedby="f-enter"', answer.text), fields
        assert 'id="enter" open' in answer.text
    for kind in ("steps", "luck", "nausea_level", ""):
        assert (await enter(coach, home, weight | {"metric": kind})).status_code == 400, kind
    assert (await coach.get(f"{home}?enter=luck")).status_code == 400
    assert len(await kept(house, clinic, person, "weight")) == 1
    assert await kept(house, clinic, person, "blood_pressure") == []


async def test_who_may_enter_and_what_may_be_taken_back(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    account = await house.person("Ana Ruiz")
    async with house.work() as work:
        await patients.enrol(work, clinic.key, account.key, Joining(frozenset({Permission.VIEW}), full_name="Ana Ruiz"))
        user_id = await identity.name(work, account.key, System.USER)
        plan = await coaching.of_patient(work, clinic.key, account.key)
        press = ActionContent("blood_pressure", "Press", work.now - DAY, metrics=(Metric("p" * 24, "blood_pressure"),))
        action = await coaching.create_action(work, plan.key, press)
        name = await identity.name(work, action.key, System.TWINE)
        sent = Measured("weight", work.now - DAY, value=181.9, unit="lb", canonical=181.9)
        (by_program,) = await observations.record(work, clinic.key, [(account.key, sent)])
    assert by_program is not None
    ana = await house.signed_in(account)
    own = {"action": name, "window": "", "done": "measured", "metric": "blood_pressure", "unit": "mmHg"}
    assert (await ana.post("/me/plan", own | {"systolic": "128", "diastolic": "82"})).status_code == 303
    home = f"/patients/{user_id}/coaching"
    weight = {"metric": "weight", "unit": "kg", "value": "82", **yesterday()}
    stranger = await house.signed_in(other.admin)
    coach = await house.signed_in(clinic.member)
    page = (await coach.get(home)).text
    assert page.count("take-back") == 1
    assert "by the patient" in page
    (back,) = links(page)
    foreign = f"{home}/measured/{by_program.id}/take-back"
    for path in (foreign, f"{home}/measured/{'0' * 24}/take-back", f"{home}/measured/x/take-back"):
        assert (await coach.get(path)).status_code == 404, path
    assert (await coach.post(foreign, {}, home)).status_code == 404
    somebody_else = (await clinic.patient("Bea Birch"))[1]
    crossed = back.replace(user_id, somebody_else)
    assert (await coach.get(crossed)).status_code == 404
    assert (await coach.post(crossed, {}, home)).status_code == 404
    for visitor, status, form_at in ((stranger, 404, "/coaching/groups"), (ana, 403, "/me/plan")):
        assert (await visitor.post(f"{home}/measured", weight, form_at)).status_code == status
        assert (await visitor.post(back, {}, form_at)).status_code == status
        assert (await visitor.get(back)).status_code == status
    assert len(await kept(house, clinic, account.key, "blood_pressure")) == 1
    assert (await coach.post(back, {}, home)).status_code == 303
    assert await kept(house, clinic, account.key, "blood_pressure") == []
    assert "128/82" not in (await ana.get("/me/measurements")).text
