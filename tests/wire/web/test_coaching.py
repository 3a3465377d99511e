"""The list of those who coach, and a patient as they see him."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import asyncpg
import pytest

from openward.care import calendar, coaching, observations, organizations, patients
from openward.care.calendar import Completion, Details, EventType, Moment, Participant
from openward.care.coaching import ActionContent, Metric, Outcome, PartOfDay, Window
from openward.care.observations import Measured
from openward.care.patients import CoachedBy, Revision
from openward.care.work import PersonKey, Work
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

EVERY = tuple(range(7))
DAY = timedelta(days=1)
MORNING = Window("a" * 24, PartOfDay.MORNING)


async def walks(work: Work, clinic: Clinic, person: PersonKey, done: int) -> Any:
    """A plan with a daily walk, begun four weeks ago, done on so many of the last days before today."""
    plan = await coaching.of_patient(work, clinic.key, person)
    walk = await coaching.create_action(
        work, plan.key, ActionContent("other_lifestyle", "Walk <far>", work.now - 28 * DAY, days=EVERY)
    )
    noon = datetime.combine(work.now.date(), time(12), UTC)
    for back in range(1, done + 1):
        await coaching.check_off(work, walk.key, Outcome(noon - back * DAY))
    return plan


async def called(work: Work, clinic: Clinic, person: PersonKey, at: datetime, *, done: bool) -> None:
    member = await organizations.member(work, clinic.key, clinic.member.key)
    start, end = (Moment(one, one.isoformat()) for one in (at, at + timedelta(minutes=5)))
    completion = Completion(end, member.key) if done else None
    details = Details(EventType.TELEPHONE_CALL, "Call", start, end, "UTC", is_all_day=False, completion=completion)
    await calendar.create(work, clinic.key, person, details, [Participant(person, is_coach=False)])


async def test_who_needs_most_stands_first(house: House) -> None:
    clinic = await house.clinic()
    (ann, ann_id), (bea, _), (_, cid_id) = [
        await clinic.patient(name) for name in ("Ann Ash", "Bea Birch", "Cid Ceder")
    ]
    async with house.work() as work:
        await walks(work, clinic, ann, 5)
        await walks(work, clinic, bea, 2)
        noon = datetime.combine(work.now.date() - 3 * DAY, time(12), UTC)
        await called(work, clinic, ann, noon, done=True)
        await called(work, clinic, ann, work.now + 2 * DAY, done=False)
        weight = Measured("weight", noon, value=82.5, unit="kg", canonical=181.9)
        await observations.record(work, clinic.key, [(ann, weight)])
    member = await house.signed_in(clinic.member)
    assert 'href="/coaching"' in (await member.get("/patients")).text
    page = (await member.get("/coaching")).text
    assert "3 patients" in page
    assert "2 with something overdue" in page
    rows = re.findall(r"<tr>.*?</tr>", page.partition("<tbody>")[2], re.DOTALL)
    assert [re.search(r">([A-Z]\w+ \w+)</a>", row)[1] for row in rows] == ["Bea Birch", "Ann Ash", "Cid Ceder"]  # type: ignore[index]
    assert "4 missed" in rows[0]
    assert re.search(
        r"1 missed.*Walk &lt;far&gt;.*done.*3 days ago.*call.*next: call.*Weight.*82.5.*kg", rows[1], re.DOTALL
    )
    assert "No plan yet." in rows[2]
    assert f"/patients/{cid_id}/plan" in rows[2]
    by_name = (await member.get("/coaching?sort=name")).text
    assert by_name.index("Ann Ash") < by_name.index("Bea Birch") < by_name.index("Cid Ceder")
    assert "Cid Ceder" not in (await member.get("/coaching?only=overdue")).text
    assert "Bea Birch" not in (await member.get("/coaching?q=ann")).text
    assert "Nobody fits." in (await member.get("/coaching?q=nobody")).text
    assert f"/patients/{ann_id}/coaching" in page


async def test_groups_and_coaches_narrow_the_list(house: House) -> None:
    clinic = await house.clinic()
    (mine, _), (other, _) = await clinic.patient("Ann Ash"), await clinic.patient("Bea Birch")
    async with house.work() as work:
        group = await organizations.create_group(work, clinic.key, "Mine")
        member = await organizations.member(work, clinic.key, clinic.member.key)
        admin = await organizations.member(work, clinic.key, clinic.admin.key)
        await organizations.set_member_groups(work, member.key, [group.key])
        await patients.put_groups(work, clinic.key, {mine: [group.key]})
        await patients.revise(work, clinic.key, other, Revision(coaches=(CoachedBy(admin.key, True),)))
    browser = await house.signed_in(clinic.member)
    own = (await browser.get("/coaching")).text
    assert ("Ann Ash" in own, "Bea Birch" in own) == (True, False)
    whole = (await browser.get("/coaching?group=all")).text
    assert ("Ann Ash" in whole, "Bea Birch" in whole) == (True, True)
    ids = dict(reversed(one) for one in re.findall(r'<option value="(\w{24})"[^>]*>([^<]+)</option>', own))
    named = (await browser.get("/coaching", group=ids["Mine"])).text
    assert ("Ann Ash" in named, "Bea Birch" in named) == (True, False)
    theirs = (await browser.get("/coaching", group="all", coach=ids["Dr Admin"])).text
    assert ("Ann Ash" in theirs.partition("<tbody>")[2], "Bea Birch" in theirs) == (False, True)
    for query in ("group=" + "0" * 24, "coach=" + "0" * 24, "sort=luck"):
        assert (await browser.get(f"/coaching?{query}")).status_code == 400, query
    assert (await browser.get("/coaching?page=x")).status_code == 200
    assert "There is nobody here yet" in (await browser.get("/coaching?page=7")).text


async def test_a_patient_as_his_coach_sees_him(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann <Ash>", mrn="M-1")
    async with house.work() as work:
        plan = await walks(work, clinic, person, 5)
        weight = Metric("w" * 24, "weight", "kg", {"data": {"value": 80, "unit": "kg"}})
        content = ActionContent(
            "weight", "Weigh", work.now - 20 * DAY, days=EVERY, metrics=(weight,), windows=(MORNING,)
        )
        steps = Metric("s" * 24, "steps", "steps")
        await coaching.create_action(work, plan.key, content)
        walked = await coaching.create_action(
            work, plan.key, ActionContent("steps", "Steps", work.now - 20 * DAY, metrics=(steps,))
        )
        await coaching.record_result(work, walked.key, Outcome(work.now - DAY, 6400, "steps", "steps"))
        limits = {"blood_pressure": {"data": {"maximum": {"value": 140, "unit": "mmHg"}}}}
        await coaching.update(work, plan.key, lambda _: coaching.PlanContent("Europe/Berlin", limits))
        measured = [
            Measured("weight", work.now - back * DAY, value=181.9 + back, unit="lb", canonical=181.9 + back)
            for back in (9, 5, 1)
        ]
        measured.append(Measured("blood_pressure", work.now - DAY, systolic=151, diastolic=88, unit="mmHg"))
        await observations.record(work, clinic.key, [(person, one) for one in measured])
        await called(work, clinic, person, work.now + timedelta(hours=1), done=False)
    member = await house.signed_in(clinic.member)
    page = (await member.get(f"/patients/{user_id}/coaching")).text
    assert "Ann &lt;Ash&gt;" in page
    assert "Ann" not in page.split("<title>")[1].split("</title>")[0]
    assert re.search(r"Walk &lt;far&gt;.*5 of 2\d days.*done on 5", page, re.DOTALL)
    assert "Weight (goal 80 kg)" in page
    assert page.count("data-trend=") == 3
    assert re.search(r"Weight <small[^>]*>kg</small>.*<strong>83</strong>.*−3\.\d kg since", page, re.DOTALL)
    assert "above the limit of 140 mmHg" in page
    assert "6400" in page
    assert ">Call</a>" in page
    assert f"/patients/{user_id}/health-profile" in page
    assert 'aria-current="page">Coaching' in page
    assert "30 days" in (await member.get(f"/patients/{user_id}/coaching?days=30")).text
    assert (await member.get(f"/patients/{user_id}/coaching?days=31")).status_code == 400
    stranger = await house.signed_in((await house.clinic("Other")).admin)
    somebody = await house.signed_in(await house.person())
    assert (await stranger.get(f"/patients/{user_id}/coaching")).status_code == 404
    for path in (f"/patients/{user_id}/coaching", "/coaching"):
        assert (await somebody.get(path)).status_code == 403
        assert (await house.visitor().get(path)).headers["location"].startswith("/signin")


async def test_an_empty_patient_is_no_trouble(house: House) -> None:
    clinic = await house.clinic()
    _, user_id = await clinic.patient("Ann Ash")
    page = await (await house.signed_in(clinic.member)).get(f"/patients/{user_id}/coaching")
    for words in ("There is no plan yet.", "Nothing was measured in 90 days.", "Nothing came in within 31 days."):
        assert words in page.text


async def test_many_patients_take_as_many_statements_as_two(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = await house.clinic()
    people = [(await clinic.patient(f"Ann Ash{place}"))[0] for place in range(2)]
    browser = await house.signed_in(clinic.member)

    async def live(these: list[PersonKey]) -> None:
        async with house.work() as work:
            for person in these:
                await walks(work, clinic, person, 3)
                weight = Measured("weight", work.now - DAY, value=82.5, unit="kg", canonical=181.9)
                await observations.record(work, clinic.key, [(person, weight)])
                await called(work, clinic, person, work.now - DAY, done=True)
                await called(work, clinic, person, work.now + timedelta(hours=1), done=False)

    async def statements(path: str) -> int:
        seen: list[str] = []
        inner = asyncpg.connection.Connection._execute

        async def counting(self: Any, query: str, *given: Any, **kept: Any) -> Any:
            seen.append(query)
            return await inner(self, query, *given, **kept)

        await browser.get(path)
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.connection.Connection, "_execute", counting)
            assert (await browser.get(path)).status_code == 200
        return len(seen)

    await live(people)
    few = [await statements(path) for path in ("/coaching", "/calendar")]
    await live([(await clinic.patient(f"Bea Birch{place}"))[0] for place in range(6)])
    many = [await statements(path) for path in ("/coaching", "/calendar")]
    assert few == many


async def test_the_calendar_says_what_is_due_by_plan(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Ann Ash")
    async with house.work() as work:
        await walks(work, clinic, person, 1)
    week = (await (await house.signed_in(clinic.member)).get("/calendar")).text
    assert "by plan" in week
    assert f"/patients/{user_id}/coaching" in week
    assert "0 of 1" in week
