"""Appointments: booked by three names of the patient, read, changed, refused."""

import time
from typing import Any
from uuid import uuid4

import pytest

from openward.care import identity, visits
from openward.care.identity import System
from openward.care.visits import AppointmentBooked, AppointmentEnded, AppointmentRescheduled, Status
from tests.wire.solo.conftest import MakePractice, Practice
from tests.wire.solo.visiting import ROOM, admit, bad, book, key_of, told

pytestmark = pytest.mark.anyio
NOBODY = (404, "Patient not found")
NOTHING = (404, "Appointment not found")
WHOLE = {
    "date": 1499441179,
    "reasons": ["headache"],
    "duration": 900,
    "waitingRoom": "GreatRoom",
    "externalId": "2e96ed0e-0f80-4dc3-b2c1-42e65b789e56",
    "accountNumber": "ABC123456789",
}


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    made = await a_practice({"waiting_rooms": [ROOM | {"slot_duration": 1200}], "episode_types": ["covid"]})
    await admit(made)
    return made


async def events(practice: Practice) -> list[str]:
    """The kinds of what happened to visits of the practice, in order, with the outcome where there is one."""
    kinds = [kind.__name__ for kind in (AppointmentBooked, AppointmentRescheduled, AppointmentEnded)]
    rows = await practice.pool.fetch(
        "select kind || coalesce(' ' || (data->>'outcome'), '') word from events.event"
        " where data->>'organization' = $1 and kind = any($2) order by at, key",
        str(practice.organization),
        kinds,
    )
    return [row["word"].removeprefix("Appointment") for row in rows]


async def test_a_visit_is_booked_and_read(practice: Practice) -> None:
    answer = await practice("POST", "/patients/P-1/appointments", WHOLE)
    assert answer.status_code == 201
    number, url = answer.json()["id"], answer.json()["visitUrl"]
    assert list(answer.json()) == ["id", "visitUrl"]
    assert isinstance(number, int)
    assert url.startswith("http://openward.test/visits/")
    read = await practice("GET", f"/appointments/{number}")
    assert read.status_code == 200
    body = read.json()
    shown = body["patient"]["demographics"]
    assert body == {
        "id": number,
        "date": 1499441179,
        "duration": 900,
        "reasons": ["headache"],
        "status": "scheduled",
        "videoCall": None,
        "externalId": WHOLE["externalId"],
        "patient": {"id": "P-1", "demographics": shown},
        "providers": [],
    }
    assert shown == (await practice("GET", "/patients/P-1")).json()
    key = await key_of(practice, number)
    async with practice.work() as work:
        aggregate = await identity.name(work, key, System.SOLO)
        assert (await visits.get(work, practice.organization, key)).account_number == "ABC123456789"
    for word in (aggregate, aggregate.upper()):
        assert (await practice("GET", f"/appointments/{word}")).json() == body
    assert await events(practice) == ["Booked"]


async def test_the_patient_may_be_named_in_three_ways(practice: Practice) -> None:
    spid = await admit(practice, "P-2", hsid="H-2")
    for path in ("P-2", "HSID/H-2", "HSID/P-2", f"id/type/SPID/value/{spid}"):
        answer = await practice("POST", f"/patients/{path}/appointments", {"waitingRoom": "GreatRoom"})
        assert answer.status_code == 201, path
        visit = (await practice("GET", f"/appointments/{answer.json()['id']}")).json()
        assert visit["patient"]["id"] == "P-2"
    for path in ("P-3", "HSID/H-3", "id/type/SPID/value/0", "id/type/SPID/value/x", f"id/type/SPID/value/{spid + 999}"):
        answer = await practice("POST", f"/patients/{path}/appointments", {"waitingRoom": "GreatRoom"})
        assert told(answer) == NOBODY, path


async def test_what_is_not_said_is_now_in_the_slots_of_the_room(practice: Practice) -> None:
    before = int(time.time())
    number = await book(practice, externalId="", date=None, reasons=None)
    visit = (await practice("GET", f"/appointments/{number}")).json()
    assert before <= visit["date"] <= time.time()
    assert (visit["duration"], visit["reasons"], visit["externalId"]) == (1200, [], None)


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({"waitingRoom": None}, ["waitingRoom: This value should not be blank."]),
        ({"waitingRoom": "greatroom"}, ["waitingRoom: Waiting room not found."]),
        ({"duration": 0}, ["duration: This value should be between 1 and 86400."]),
        ({"duration": 86401}, ["duration: This value should be between 1 and 86400."]),
        ({"duration": "900"}, ["duration: This value should be of type integer."]),
        ({"date": -1}, ["date: This value should be between 0 and 253402300799."]),
        ({"date": "2017-07-07"}, ["date: This value should be of type integer."]),
        ({"reasons": ["a", 1]}, ["reasons[1]: This value should be of type string."]),
        (
            {"externalId": "x" * 256},
            ["externalId: This value is too long. It should have 255 characters or less."],
        ),
        ({"episodeOfCareId": "1"}, ["episodeOfCareId: This is not a valid UUID."]),
        (
            {"episodeOfCareId": "4e96ed0e-0f80-4dc3-b2c1-42e65b789e56"},
            ["episodeOfCareId: Episode not found."],
        ),
        (
            {"duration": 0, "waitingRoom": " ", "date": True},
            [
                "date: This value should be of type integer.",
                "duration: This value should be between 1 and 86400.",
                "waitingRoom: This value should not be blank.",
            ],
        ),
        (
            {"externalId": "taken", "waitingRoom": "x", "episodeOfCareId": "4e96ed0e-0f80-4dc3-b2c1-42e65b789e56"},
            [
                "externalId: This value is already used.",
                "waitingRoom: Waiting room not found.",
                "episodeOfCareId: Episode not found.",
            ],
        ),
        ({"externalId": "taken"}, ["externalId: This value is already used."]),
    ],
)
async def test_bad_bookings_are_refused(practice: Practice, said: dict[str, Any], faults: list[str]) -> None:
    await book(practice, externalId="taken")
    answer = await practice("POST", "/patients/P-1/appointments", {"waitingRoom": "GreatRoom"} | said)
    assert told(answer) == bad(*faults)
    assert await events(practice) == ["Booked"]


async def test_an_episode_is_one_of_the_same_patient(practice: Practice) -> None:
    await admit(practice, "P-2")
    episode = {"name": "care", "type": "covid", "from": "2026-01-01", "status": "ACTIVE"}
    key = (await practice("POST", "/patients/P-2/episodes", episode)).json()["episodeId"]
    body = {"waitingRoom": "GreatRoom", "episodeOfCareId": key}
    answer = await practice("POST", "/patients/P-1/appointments", body)
    assert told(answer) == bad("episodeOfCareId: Episode not found.")
    assert (await practice("POST", "/patients/P-2/appointments", body)).status_code == 201


async def test_the_dead_get_no_new_visits_and_keep_the_old(practice: Practice) -> None:
    number = await book(practice, date=4102444800)
    died = await practice("PUT", "/patients/P-1", {"deceased": True, "deceasedAt": "2020-03-31 10:12 AM"})
    assert died.status_code == 200
    answer = await practice("POST", "/patients/P-1/appointments", {"waitingRoom": "GreatRoom"})
    assert told(answer) == (400, "The patient is deceased")
    assert (await practice("GET", f"/appointments/{number}")).json()["status"] == "scheduled"


async def test_a_visit_is_moved_and_cancelled(practice: Practice) -> None:
    first = await practice("POST", "/patients/P-1/appointments", {"waitingRoom": "GreatRoom", "date": 1499441179})
    number = first.json()["id"]
    path = f"/appointments/{number}"
    same = await practice("PUT", path, {"date": 1499441179, "duration": 1200, "reasons": [], "status": None})
    assert (same.status_code, same.json()) == (200, first.json())
    assert (await practice("PUT", path, {})).json() == first.json()
    assert await events(practice) == ["Booked"]
    moved = await practice("PUT", path, {"date": 1499441180, "reasons": ["vomit"], "externalId": "V-1"})
    assert (moved.status_code, moved.json()) == (200, first.json())
    assert (await practice("PUT", path, {"duration": 60})).status_code == 200
    assert (await practice("PUT", path, {"accountNumber": "A", "externalId": "V-1"})).status_code == 200
    assert await events(practice) == ["Booked", "Rescheduled", "Rescheduled"]
    assert (await practice("PUT", path, {"status": "cancelled", "date": 1499441181})).status_code == 200
    read = (await practice("GET", path)).json()
    assert (read["date"], read["duration"], read["reasons"]) == (1499441181, 60, ["vomit"])
    assert (read["status"], read["externalId"]) == ("cancelled", "V-1")
    assert (await practice("PUT", path, {"status": "cancelled"})).json() == first.json()
    assert await events(practice) == ["Booked", "Rescheduled", "Rescheduled", "Ended cancelled"]


@pytest.mark.parametrize("status", ["completed", "sign off", "not showed up", "cancelled", "discharge.progress"])
async def test_what_is_settled_is_not_moved(practice: Practice, status: str) -> None:
    number = await book(practice, date=1499441179)
    await practice.pool.execute(
        "update visits.appointment set status = $2 where key = $1", await key_of(practice, number), status
    )
    path = f"/appointments/{number}"
    refused = (422, f'Appointment can not be changed in status "{status}"')
    for said in ({"date": 1}, {"duration": 1}, {"status": "cancelled"}, {"status": "cancelled", "duration": 1}):
        answer = await practice("PUT", path, said | {"reasons": ["later"]})
        is_allowed = (status == "cancelled" and said == {"status": "cancelled"}) or (
            status.startswith("discharge") and "status" not in said
        )
        if is_allowed:
            assert answer.status_code == 200, said
        else:
            assert told(answer) == refused, said
    assert (await practice("PUT", path, {"reasons": ["more"], "accountNumber": "B"})).status_code == 200
    assert (await practice("GET", path)).json()["reasons"] == ["more"]


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ({"status": "arrived"}, ["status: The value you selected is not a valid choice."]),
        ({"status": 1}, ["status: This value should be of type string."]),
        ({"duration": 0, "status": "x"}, None),
        ({"externalId": "taken"}, ["externalId: This value is already used."]),
        ({"date": 253402300800}, ["date: This value should be between 0 and 253402300799."]),
    ],
)
async def test_bad_changes_are_refused(practice: Practice, said: dict[str, Any], faults: list[str] | None) -> None:
    await book(practice, externalId="taken")
    number = await book(practice)
    answer = await practice("PUT", f"/appointments/{number}", said | {"accountNumber": "changed"})
    both = [
        "duration: This value should be between 1 and 86400.",
        "status: The value you selected is not a valid choice.",
    ]
    assert told(answer) == bad(*(faults or both))
    async with practice.work() as work:
        visit = await visits.get(work, practice.organization, await key_of(practice, number))
    assert visit.account_number is None


async def test_broken_bodies_are_refused(practice: Practice) -> None:
    number = await book(practice)
    for method, path in (("POST", "/patients/P-1/appointments"), ("PUT", f"/appointments/{number}")):
        assert told(await practice(method, path, content=b"{")) == bad("body: Malformed JSON.")
        assert told(await practice(method, path, ["x"])) == bad("body: This value should be of type object.")


async def test_the_unknown_and_the_foreign_are_not_found(practice: Practice, a_practice: MakePractice) -> None:
    number = await book(practice, externalId="V-9")
    async with practice.work() as work:
        aggregate = await identity.name(work, await key_of(practice, number), System.SOLO)
    other = await a_practice({"waiting_rooms": [ROOM]})
    for word in (str(number), aggregate):
        for method, body in (("GET", None), ("PUT", {"status": "cancelled"})):
            assert told(await other(method, f"/appointments/{word}", body)) == NOTHING
    for word in ("0", "-1", "V-9", str(uuid4()), str(practice.organization), "9" * 30):
        assert told(await practice("GET", f"/appointments/{word}")) == NOTHING
    spid = await admit(practice, "P-5")
    for path in ("P-5", f"id/type/SPID/value/{spid}", "HSID/P-5"):
        answer = await other("POST", f"/patients/{path}/appointments", {"waitingRoom": "GreatRoom"})
        assert told(answer) == NOBODY
    assert (await practice("GET", f"/appointments/{number}", headers={"api-key": "x"})).status_code == 401


async def test_assigned_providers_are_shown(a_practice: MakePractice) -> None:
    clara = {"first_name": "Clara", "middle_name": "Oswin", "last_name": "Oswald", "username": "dr.clara"}
    address = f"clara-{uuid4().hex[:8]}@whovians.com"
    practice = await a_practice({"waiting_rooms": [ROOM], "providers": [clara | {"email": address}]})
    await admit(practice)
    number = await book(practice)
    async with practice.work() as work:
        (person,) = await visits.all_staff(work, practice.organization)
        await visits.assign(work, practice.organization, await key_of(practice, number), person.person)
    (shown,) = (await practice("GET", f"/appointments/{number}")).json()["providers"]
    assert shown == {
        "id": str(person.number),
        "email": address,
        "firstName": "Clara",
        "middleName": "Oswin",
        "lastName": "Oswald",
    }


async def test_every_touch_is_noted(practice: Practice) -> None:
    number = await book(practice)
    await practice("GET", f"/appointments/{number}")
    await practice("PUT", f"/appointments/{number}", {"duration": 5})
    rows = await practice.pool.fetch(
        "select action from audit.entry where organization = $1 and what = 'appointment' order by at, key",
        practice.organization,
    )
    assert sorted(row["action"] for row in rows) == ["read", "write", "write"]


async def test_status_moves_are_told_once(practice: Practice) -> None:
    number = await book(practice)
    key = await key_of(practice, number)
    async with practice.work() as work:
        for status in (Status.ARRIVED, Status.EXAM, Status.COMPLETED, Status.COMPLETED, Status.SIGNED):
            await visits.move(work, practice.organization, key, status)
    assert await events(practice) == ["Booked", "Ended completed"]
    assert (await practice("GET", f"/appointments/{number}")).json()["status"] == "sign off"
