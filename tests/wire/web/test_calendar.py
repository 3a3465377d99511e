"""The calendar of those who coach: a week, and the form of an event."""

import re
from datetime import UTC, date, datetime, time

import pytest

from openward.care import calendar, identity, organizations, patients
from openward.care.calendar import CalendarEvent, Details, EventType, Moment, Participant, Wanted
from openward.care.identity import System
from tests.wire.web.conftest import Clinic, House

pytestmark = pytest.mark.anyio

FORM = {
    "type": "office-visit",
    "title": " How  it goes ",
    "day": "2031-05-07",
    "starts": "09:00",
    "ends": "09:30",
    "location": "Room 2",
    "who": "patient",
}


async def events(clinic: Clinic) -> list[CalendarEvent]:
    async with clinic.house.work() as work:
        return await calendar.page(work, Wanted(clinic.key), 100)


async def id_of(clinic: Clinic, event: CalendarEvent) -> str:
    async with clinic.house.work() as work:
        return await identity.name(work, event.key, System.TWINE)


async def test_an_event_is_planned_done_changed_and_deleted(house: House) -> None:
    clinic = await house.clinic()
    person, user_id = await clinic.patient("Jack Frost")
    member = await house.signed_in(clinic.member)
    page = await member.get(f"/patients/{user_id}/event")
    assert "Plan an event for Jack Frost" in page.text
    assert f"/patients/{user_id}/event" in (await member.get(f"/patients/{user_id}")).text
    answer = await member.post(
        f"/patients/{user_id}/event?clinic={clinic.public}", FORM, form_at=f"/patients/{user_id}/event"
    )
    assert answer.status_code == 303, answer.text
    (event,) = await events(clinic)
    said = event.details
    assert (said.title, said.type, said.timezone) == ("How it goes", EventType.OFFICE_VISIT, "Europe/Berlin")
    assert (said.starts.said, [one.participant.key for one in event.attendees]) == ("2031-05-07T07:00:00Z", [person])
    assert event.created_by is not None
    week = (await member.get(answer.headers["location"])).text
    assert "The event is in the calendar." in week
    assert re.search(r"09:00–09:30.*How it goes.*Office visit, Room 2.*Jack Frost", week, re.DOTALL)
    assert "Nothing is planned" in (await member.get("/calendar?week=2031-05-12")).text
    path = f"/calendar/{await id_of(clinic, event)}"
    for act, words in (("done", "by Dr Member"), ("done", "by Dr Member"), ("reopen", ">Done<")):
        answer = await member.post(f"{path}/{act}?clinic={clinic.public}", {}, form_at="/calendar?week=2031-05-05")
        assert words in (await member.get(answer.headers["location"])).text
    assert 'value="How it goes"' in (await member.get(path)).text
    changed = FORM | {"title": "Well", "all_day": "on", "until": "2031-05-08"}
    assert (await member.post(f"{path}?clinic={clinic.public}", changed, form_at=path)).status_code == 303
    (event,) = await events(clinic)
    assert (event.details.title, event.details.is_all_day) == ("Well", True)
    assert event.details.starts.at == datetime(2031, 5, 6, 22, tzinfo=UTC)
    assert "all day" in (await member.get("/calendar?week=2031-05-07")).text
    assert "leaves the calendar for good" in (await member.get(f"{path}/delete")).text
    assert (await member.post(f"{path}/delete?clinic={clinic.public}", {}, form_at=f"{path}/delete")).status_code == 303
    assert await events(clinic) == []
    assert (await member.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": " "}, "Give the event a title."),
        ({"ends": "08:00"}, "The event must end after it starts."),
        ({"who": ""}, "Choose at least one person who comes."),
        ({"day": "x"}, "Choose a day."),
        ({"starts": ""}, "Choose a time."),
        ({"type": "party"}, "Choose what is planned."),
        ({"all_day": "on", "until": "2031-05-06"}, "The event must end after it starts."),
    ],
)
async def test_what_cannot_be_is_said(house: House, change: dict[str, str], words: str) -> None:
    clinic = await house.clinic()
    _, user_id = await clinic.patient("Jack Frost")
    member = await house.signed_in(clinic.member)
    path = f"/patients/{user_id}/event"
    answer = await member.post(f"{path}?clinic={clinic.public}", FORM | change, form_at=path)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'value="Room 2"' in answer.text
    assert await events(clinic) == []


async def test_a_check_in_as_a_program_wrote_it_stays_on_its_day(house: House) -> None:
    clinic = await house.clinic()
    person, _ = await clinic.patient("Jack Frost")
    day = datetime.combine(date(2031, 5, 7), time(), UTC)
    said = Details(
        EventType.PLAN_CHECK_IN, "Check", Moment(day, "2031-05-07T00:00:00Z"), None, "America/New_York", is_all_day=True
    )
    async with house.work() as work:
        other = (await patients.create_custodial(work, clinic.key, patients.Details("Olga", None))).person
        coming = [Participant(person, is_coach=False), Participant(other, is_coach=False)]
        event = await calendar.create(work, clinic.key, person, said, coming)
    member = await house.signed_in(clinic.member)
    assert "Wednesday, 7 May 2031" in (await member.get("/calendar?week=2031-05-07")).text
    path = f"/calendar/{await id_of(clinic, event)}"
    fields = {"title": "Check it", "day": "2031-05-07"}
    assert (await member.post(f"{path}?clinic={clinic.public}", fields, form_at=path)).status_code == 303
    (after,) = await events(clinic)
    assert after.details.starts == said.starts
    # The patient was not ticked; the other one, whom the form does not offer, still comes.
    assert [one.participant.key for one in after.attendees] == [other]


async def test_a_coach_sees_his_groups_first(house: House) -> None:
    clinic = await house.clinic()
    (mine, _), (other, _) = await clinic.patient("Jack Frost"), await clinic.patient("Olga Frost")
    start, end = (Moment(datetime(2031, 5, 7, hour, tzinfo=UTC), "x") for hour in (9, 10))
    async with house.work() as work:
        group = await organizations.create_group(work, clinic.key, "Mine")
        member = await organizations.member(work, clinic.key, clinic.member.key)
        await organizations.set_member_groups(work, member.key, [group.key])
        await patients.put_groups(work, clinic.key, {mine: [group.key]})
        for person in (mine, other):
            said = Details(EventType.VIDEO_CALL, f"Call {person}", start, end, "UTC", is_all_day=False)
            coming = [Participant(person, is_coach=False)]
            await calendar.create(work, clinic.key, person, said, coming)
    browser = await house.signed_in(clinic.member)
    first, whole = [(await browser.get(f"/calendar?week=2031-05-08{of}")).text for of in ("", "&of=all")]
    assert ("Jack Frost" in first, "Olga Frost" in first) == (True, False)
    assert ("Jack Frost" in whole, "Olga Frost" in whole) == (True, True)


async def test_strangers_see_nothing(house: House) -> None:
    clinic, other = await house.clinic(), await house.clinic("Other")
    person, user_id = await clinic.patient("Jack Frost")
    start, end = (Moment(datetime(2031, 5, 7, hour, tzinfo=UTC), "x") for hour in (9, 10))
    said = Details(EventType.VIDEO_CALL, "Secret", start, end, "UTC", is_all_day=False)
    async with house.work() as work:
        event = await calendar.create(work, clinic.key, person, said, [Participant(person, is_coach=False)])
    path = f"/calendar/{await id_of(clinic, event)}"
    stranger = await house.signed_in(other.admin)
    assert "Secret" not in (await stranger.get("/calendar?week=2031-05-07")).text
    for place in (path, f"{path}/delete", f"/patients/{user_id}/event", "/calendar/nothing"):
        assert (await stranger.get(place)).status_code == 404, place
    for act in ("", "/done", "/reopen", "/delete"):
        answer = await stranger.post(f"{path}{act}?clinic={other.public}", FORM, form_at="/calendar?week=2031-05-07")
        assert answer.status_code in (400, 404), act
    assert (await house.visitor().get("/calendar")).headers["location"].startswith("/signin")
    patient = await house.signed_in(await house.person())
    assert (await patient.get("/calendar")).headers["location"] == "/me/calendar"
    assert await events(clinic) == [event]
