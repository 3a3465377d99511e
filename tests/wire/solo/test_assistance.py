"""Assistance requests: four ways to name a device, one open request at each, errors in the flat envelope."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from openward.care import assistance, identity, patients
from openward.care.errors import NotFound
from openward.care.identity import System
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, Origin, Tools, Work
from openward.gateway.request import finish
from openward.infra.db import Pool, open_pool
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

PATH = "/request-assistance"
GEOLOCATION = "ab25dda0-64e6-4666-8bfe-3277656a6405"
PLACE = {"building": "hospital", "floor": "floor 2", "department": "emergency department", "room": "431"}
DEVICES = [
    {"serial_number": "123457", "care_location": "ICC-CL-01-02", "location": "ICC First Location", "bed": "bed 2",
     "patient_mrn": "1234"} | PLACE,
    {"serial_number": "A-9", "bed": "bed 1"} | PLACE,
    {"serial_number": "B-1", "bed": "bed 1"} | PLACE | {"room": "432", "department": "surgery"},
    {"serial_number": "B-0", "patient_mrn": "M-2"} | PLACE | {"room": "432", "department": "surgery"},
]  # fmt: skip
SOLO = {"locations": [{"name": "ICC First Location", "geolocation_id": GEOLOCATION}], "devices": DEVICES}
LONG = (
    "Service Request Error: Missing Required Parameters. Please include either Device ID, Patient ID, or a combination"
    " of Building, Floor, Room, and Bed (opt.), or Department, Room, and Bed (opt.) to proceed"
)
NO_REQUEST = {"message": "Service Request Error: Request not found"}


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    return await a_practice(SOLO)


async def a_patient(practice: Practice, mrn: str) -> str:
    """Somebody with this MRN; returns the UUID that is shown."""
    async with practice.work() as work:
        born = (work.now - timedelta(days=366)).date().replace(day=1)
        made = await patients.create_custodial(work, practice.organization, Details("Yura Lukashik", born, mrn=mrn))
        return await identity.name(work, made.person, System.SOLO)


async def test_a_request_is_made_found_and_cancelled(practice: Practice) -> None:
    patient = await a_patient(practice, "1234")
    by_place = {"building": " Hospital ", "floor": "FLOOR 2", "room": "431", "bed": "bed 2"}
    answer = await practice("POST", PATH, by_place)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert UUID(made["id"])
    assert made["patient"].pop("dob")
    assert made == {
        "id": made["id"],
        "device": "123457",
        "careLocation": {
            "availability": "offline",
            "id": made["careLocation"]["id"],
            "name": "ICC-CL-01-02",
            "status": "active",
            "video": {
                "type": "robot",
                "clientId": None,
                "serialNumber": "123457",
                "careLocationId": made["careLocation"]["video"]["careLocationId"],
                "skipActivation": True,
            },
        },
        "practice": made["practice"],
        "patient": {
            "age": 1,
            "id": patient,
            "firstName": "Yura",
            "lastName": "Lukashik",
            "middleName": "",
            "mrn": "1234",
        },
        "assignedTo": None,
        "room": "431",
        "status": "incomplete",
        "createdAt": made["createdAt"],
        "finishedAt": None,
        "location": {"id": GEOLOCATION, "name": "ICC First Location"},
        "avSessions": [],
        "createdFromExternalApi": True,
    }
    assert made["createdAt"].endswith("+00:00")
    made["patient"]["dob"] = answer.json()["patient"]["dob"]
    for body in ({"deviceSerialNumber": "123457"}, {"patientMrn": "1234"}, by_place | {"department": "nowhere"}):
        again = await practice("POST", PATH, body)
        assert (again.status_code, again.json()) == (200, made)
        found = await practice("GET", PATH, body)
        assert (found.status_code, found.json()) == (200, made)
        found = await practice("GET", PATH, params=body)
        assert (found.status_code, found.json()) == (200, made)
    assert (await practice("GET", PATH, {}, params={"patientMrn": "1234"})).json() == made
    gone = await practice("DELETE", PATH, {"patientMrn": "1234"})
    assert (gone.status_code, gone.json()) == (200, [])
    for method in ("GET", "DELETE"):
        answer = await practice(method, PATH, params={"deviceSerialNumber": "123457"})
        assert (answer.status_code, answer.json()) == (404, NO_REQUEST)
    other = await practice("POST", PATH, {"deviceSerialNumber": "123457"})
    assert (other.status_code, other.json()["id"] == made["id"]) == (201, False)
    assert (await practice("DELETE", PATH, params={"deviceSerialNumber": "123457"})).json() == []


@pytest.mark.parametrize(
    ("keys", "serial"),
    [
        ({"deviceSerialNumber": "a-9", "patientMrn": "1234"}, "A-9"),
        ({"deviceSerialNumber": "unknown", "patientMrn": "1234", **PLACE}, "123457"),
        ({"patientMrn": "m-2", "building": "hospital", "floor": "floor 2", "room": "431"}, "B-0"),
        ({"building": "hospital", "floor": "floor 2", "room": "431", "department": "surgery"}, "A-9"),
        ({"building": "hospital", "floor": " ", "room": "432", "department": "Surgery"}, "B-0"),
        ({"department": "surgery", "room": "432", "bed": "BED 1"}, "B-1"),
        ({"department": "surgery", "room": "432", "bed": ""}, "B-0"),
        ({"deviceSerialNumber": None, "department": "emergency department", "room": "431"}, "A-9"),
    ],
)
async def test_ways_are_tried_in_order(practice: Practice, keys: dict[str, Any], serial: str) -> None:
    answer = await practice("POST", PATH, keys)
    assert (answer.status_code, answer.json()["device"]) == (201, serial)


@pytest.mark.parametrize(
    "keys",
    [{}, {"deviceSerialNumber": " "}, {"building": "b", "floor": "f"}, {"room": "r"}, {"department": "d", "bed": "b"},
     {"building": "b", "room": "r"}],
)  # fmt: skip
async def test_without_a_complete_set_of_keys(practice: Practice, keys: dict[str, str]) -> None:
    for method in ("POST", "GET", "DELETE"):
        answer = await practice(method, PATH, keys)
        assert (answer.status_code, answer.json()) == (400, {"message": LONG})
    for method in ("GET", "DELETE"):
        answer = await practice(method, PATH, params=keys)
        assert (answer.status_code, answer.json()) == (400, {"message": LONG})


async def test_errors_are_flat_but_for_who_calls(practice: Practice) -> None:
    answer = await practice("POST", PATH, {"deviceSerialNumber": "nowhere"})
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "Device could not be found from the data submitted"},
    )
    for method in ("GET", "DELETE"):
        answer = await practice(method, PATH, {"deviceSerialNumber": "nowhere"})
        assert (answer.status_code, answer.json()) == (404, NO_REQUEST)
    for method in ("POST", "GET", "DELETE"):
        answer = await practice(method, PATH, {"deviceSerialNumber": "1"}, headers={"api-key": "nobody's"})
        assert (answer.status_code, answer.json()) == (401, {"error": {"message": ""}})
        answer = await practice(method, PATH, content=b"{")
        assert (answer.status_code, answer.json()) == (400, {"message": "Bad parameters [body: Malformed JSON.]"})
        answer = await practice(method, PATH, {"room": 431, "department": "d"})
        said = "Bad parameters [room: This value should be of type string.]"
        assert (answer.status_code, answer.json()) == (400, {"message": said})
    assert (await practice("POST", PATH)).json() == {"message": LONG}
    assert (await practice("POST", PATH, [])).status_code == 400


async def test_practices_do_not_see_each_other(practice: Practice, a_practice: MakePractice) -> None:
    other = await a_practice(SOLO)
    made = (await practice("POST", PATH, {"deviceSerialNumber": "123457"})).json()
    assert (await other("GET", PATH, {"deviceSerialNumber": "123457"})).status_code == 404
    theirs = (await other("POST", PATH, {"patientMrn": "1234"})).json()
    assert theirs["practice"] != made["practice"]
    assert (await other("DELETE", PATH, {"deviceSerialNumber": "123457"})).status_code == 200
    assert (await practice("GET", PATH, {"deviceSerialNumber": "123457"})).json() == made


async def test_the_patient_is_whoever_lies_there(practice: Practice) -> None:
    made = (await practice("POST", PATH, {"patientMrn": "M-2"})).json()
    assert made["patient"] is None
    patient = await a_patient(practice, "M-2")
    assert (await practice("GET", PATH, {"patientMrn": "M-2"})).json()["patient"]["id"] == patient
    assert (await practice("DELETE", PATH, {"patientMrn": "M-2"})).status_code == 200
    async with practice.work() as work:  # a shared MRN names nobody
        await patients.create_custodial(
            work, practice.organization, Details("Twin Lukashik", date(2020, 1, 1), mrn="M-2")
        )
    assert (await practice("POST", PATH, {"patientMrn": "M-2"})).json()["patient"] is None


async def test_a_device_is_online_for_two_minutes_after_it_reported(practice: Practice) -> None:
    keys = {"deviceSerialNumber": "123457"}
    made = (await practice("POST", PATH, keys)).json()
    assert made["careLocation"]["availability"] == "offline"
    answer = await practice("POST", "/devices/123457/heartbeat")
    assert (answer.status_code, answer.json()) == (200, [])
    assert (await practice("GET", PATH, keys)).json()["careLocation"]["availability"] == "online"
    async with practice.work() as work:
        (device, *_) = [
            one for one in await assistance.devices(work, practice.organization) if one.settings.bed == "bed 2"
        ]
        assert device.seen_at is not None
        assert device.is_online(device.seen_at + timedelta(minutes=2))
        assert not device.is_online(device.seen_at + timedelta(minutes=2, seconds=1))
    answer = await practice("POST", "/devices/nobody/heartbeat")
    assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Device not found"}})


async def test_32_requests_at_once_make_one(practice: Practice, dsn: str, tools: Tools) -> None:
    way = [assistance.BySerialNumber("123457")]
    ready = asyncio.Event()

    async def ask(pool: Pool) -> tuple[UUID, bool]:
        await ready.wait()
        async with pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            async with practice.work() as now:
                moment = now.now
            work = Work(connection, actor, moment, tools, "trace", Origin("127.0.0.1", "TEST"))
            found, is_new = await assistance.ask(work, practice.organization, way)
            await finish(work)
            return found.key, is_new

    pool = await open_pool(dsn, 32, application="openward-test")
    try:
        racing = [asyncio.create_task(ask(pool)) for _ in range(32)]
        ready.set()
        answers = await asyncio.gather(*racing)
    finally:
        await pool.close()
    assert len({key for key, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


async def test_what_is_provisioned_again_is_changed_not_made(a_practice: MakePractice) -> None:
    practice = await a_practice(SOLO)
    async with practice.work() as work:
        before = await assistance.devices(work, practice.organization)
        settings = next(one.settings for one in before if one.settings.serial_number == "A-9")
        await assistance.put_device(work, practice.organization, settings)
        changed = assistance.DeviceSettings("a-9", "New place", room="7", department="x")
        assert (await assistance.put_device(work, practice.organization, changed)).settings == changed
        assert len(await assistance.devices(work, practice.organization)) == len(before)
    made = await practice("POST", PATH, {"department": "X", "room": "7"})
    location = made.json()["location"]
    assert (made.status_code, location["id"], location["name"]) == (201, made.json()["practice"], "Practice")


async def test_a_device_out_of_service_is_not_found(practice: Practice) -> None:
    keys = {"deviceSerialNumber": "A-9"}
    assert (await practice("POST", PATH, keys)).status_code == 201
    async with practice.work() as work:
        device = next(one for one in await assistance.devices(work, practice.organization) if one.settings.bed)
        key = next(
            one.key
            for one in await assistance.devices(work, practice.organization)
            if one.settings.serial_number == "A-9"
        )
        await assistance.set_in_service(work, practice.organization, key, False)
    assert device
    assert (await practice("GET", PATH, keys)).status_code == 404
    assert (await practice("POST", PATH, keys)).status_code == 404
    async with practice.work() as work:
        await assistance.set_in_service(work, practice.organization, key, True)
    assert (await practice("GET", PATH, keys)).status_code == 404
    assert (await practice("POST", PATH, keys)).status_code == 201


async def test_a_merge_takes_everything_along(a_practice: MakePractice) -> None:
    source, target = await a_practice(SOLO), await a_practice({"devices": [DEVICES[1]]})
    keys = {"deviceSerialNumber": "A-9"}
    kept = (await target("POST", PATH, keys)).json()
    assert (await source("POST", PATH, keys)).status_code == 201
    moved = (await source("POST", PATH, {"deviceSerialNumber": "123457"})).json()
    async with source.work() as work:
        await assistance.move(work, source.organization, target.organization)
        assert len(await assistance.devices(work, target.organization)) == len(DEVICES)
        assert await assistance.devices(work, source.organization) == []
        with pytest.raises(NotFound):
            await assistance.find_open(work, source.organization, [assistance.BySerialNumber("123457")])
    assert (await target("GET", PATH, keys)).json()["id"] == kept["id"]
    assert (await target("GET", PATH, {"deviceSerialNumber": "123457"})).json()["id"] == moved["id"]
