"""One patient, two systems: who is made in either is at once in both, and so is every change."""

from typing import Any

import pytest
from httpx import Response

from openward.care import accounts, identity, patients
from openward.care.identity import System
from openward.care.work import PersonKey
from tests.wire.solo.conftest import MakePractice, Practice, a_practice, practice

__all__ = ["a_practice", "practice"]
pytestmark = pytest.mark.anyio


class Clinics:
    """The Clinics API as a service calls it, for the clinic that the practice is."""

    def __init__(self, practice: Practice, token: str, clinic: str) -> None:
        self.practice, self.token, self.clinic = practice, token, clinic

    async def __call__(self, method: str, path: str, json: Any = None) -> Response:
        headers = {"x-tidepool-session-token": self.token}
        return await self.practice.client.request(method, path, json=json, headers=headers)

    async def patients(self, method: str = "GET", path: str = "", json: Any = None) -> Any:
        answer = await self(method, f"/v1/clinics/{self.clinic}/patients{path}", json)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def listed(self) -> list[Any]:
        listed: list[Any] = (await self.patients())["data"]
        return listed


@pytest.fixture
async def clinics(practice: Practice) -> Clinics:
    async with practice.work() as work:
        token = await accounts.open_session(work, None, name="test")
        return Clinics(practice, token, await identity.name(work, practice.organization, System.CLINIC))


async def mails(practice: Practice) -> list[tuple[str, str]]:
    rows = await practice.pool.fetch(
        "select template, recipient from notices.message where organization = $1 order by key", practice.organization
    )
    return [(row["template"], row["recipient"]) for row in rows]


async def solo(practice: Practice, patient_id: str) -> Any:
    answer = await practice("GET", f"/patients/{patient_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


NAME = {"use": "usual", "firstName": "Ana", "middleName": "M.", "lastName": "Ruiz"}
EMAIL = {"use": "work", "system": "email", "value": "Ana@Example.org"}
PHONE = {"use": "home", "system": "phone", "value": "1"}


async def test_born_in_virtual_care(practice: Practice, clinics: Clinics) -> None:
    body = {"id": "P 1", "name": [NAME], "birthDate": "1983-08-15", "mrn": "m1", "telecom": [PHONE, EMAIL]}
    assert (await practice("POST", "/patients", body)).status_code == 201
    [listed] = await clinics.listed()
    assert (listed["fullName"], listed["birthDate"], listed["email"], listed["mrn"]) == (
        *("Ana Ruiz", "1983-08-15"),
        *("ana@example.org", "m1"),
    )
    assert "custodian" in listed["permissions"]
    account = (await clinics("GET", f"/auth/user/{listed['id']}")).json()
    assert not account.get("emails")
    profile = (await clinics("GET", f"/metadata/{listed['id']}/profile")).json()
    assert (profile["fullName"], profile["patient"]["birthday"], profile["patient"]["mrn"]) == (
        *("Ana Ruiz", "1983-08-15"),
        "m1",
    )
    assert await mails(practice) == []

    change = {"fullName": "Ana Byron", "birthDate": "1984-01-01", "mrn": "m2", "email": "new@example.org"}
    await clinics.patients("PUT", f"/{listed['id']}", change)
    seen = await solo(practice, "P 1")
    assert (seen["birthDate"], seen["mrn"]) == ("1984-01-01", "m2")
    assert [(one["firstName"], one["lastName"], one["family"]) for one in seen["name"]] == [
        ("Ana", "Byron", "Ana Byron")
    ]
    assert seen["telecom"] == [PHONE, EMAIL | {"value": "new@example.org"}]

    assert (await practice("PUT", "/patients/P 1", {"name": [NAME], "telecom": [PHONE]})).status_code == 200
    [listed] = await clinics.listed()
    assert (listed["fullName"], listed.get("email")) == ("Ana Ruiz", None)
    assert (await solo(practice, "P 1"))["name"] == [NAME]


async def test_born_without_anything(practice: Practice, clinics: Clinics) -> None:
    await practice("POST", "/patients", {"id": "P-77"})
    [listed] = await clinics.listed()
    assert (listed["fullName"], listed["birthDate"]) == ("P-77", "0001-01-01")
    await clinics.patients("PUT", f"/{listed['id']}", {"fullName": "P-77", "birthDate": "0001-01-01"})
    seen = await solo(practice, "P-77")
    assert seen["name"] == []
    assert "birthDate" not in seen
    await practice("PUT", "/patients/P-77", {"name": [NAME]})
    await practice("PUT", "/patients/P-77", {"name": []})
    assert (await clinics.listed())[0]["fullName"] == "P-77"


async def test_born_in_the_clinic(practice: Practice, clinics: Clinics) -> None:
    body = {"fullName": "Bob Mc Donald", "birthDate": "1990-02-03", "mrn": "m1"}
    made = await clinics.patients("POST", "", body)
    seen = await solo(practice, made["id"])
    assert seen["name"] == [
        {
            "use": "usual",
            "family": "Bob Mc Donald",
            "firstName": "Bob Mc",
            "middleName": "",
            "lastName": "Donald",
            "alias": "",
        }
    ]
    assert (seen["birthDate"], seen["mrn"], seen["active"]) == ("1990-02-03", "m1", True)
    async with practice.work() as work:
        person = await identity.resolve(work, identity.Identifier(System.USER, made["id"]))
        number = await identity.name(work, person, System.SPID)
    assert (await practice("GET", f"/patients/id/type/SPID/value/{number}")).json() == seen


async def test_one_state_said_in_two_ways(practice: Practice, clinics: Clinics) -> None:
    made = await clinics.patients("POST", "", {"fullName": "Bob", "birthDate": "1990-02-03"})
    path = f"/patients/{made['id']}"
    assert (await practice("PUT", path, {"active": False})).status_code == 200
    assert await clinics.listed() == []
    assert (await clinics.patients("GET", f"/{made['id']}"))["fullName"] == "Bob"
    assert (await practice("PUT", path, {"active": True})).status_code == 200
    assert len(await clinics.listed()) == 1
    await clinics.patients("PUT", f"/{made['id']}", {"fullName": "Bob", "birthDate": "1990-02-03"})  # nothing new
    async with practice.work() as work:
        person = await identity.resolve(work, identity.Identifier(System.USER, made["id"]))
        await patients.remove(work, practice.organization, PersonKey(person))
    gone = await solo(practice, made["id"])
    assert gone["active"] is False
    assert (await practice("PUT", path, {"race": "x"})).status_code == 200
    assert await clinics.listed() == []
    assert (await clinics("GET", f"/auth/user/{made['id']}")).status_code == 404  # unclaimed and without data
    assert (await practice("PUT", path, {"active": True})).status_code == 200
    assert (await clinics("GET", f"/auth/user/{made['id']}")).status_code == 200
    [back] = await clinics.listed()
    assert back["id"] == made["id"]
    rows = await practice.pool.fetch(
        "select kind from events.event where kind like 'Patient%' and data ->> 'organization' = $1 order by key",
        str(practice.organization),
    )
    assert [row["kind"].removeprefix("Patient") for row in rows] == [
        *("Created", "Deactivated", "Updated", "Deactivated", "Updated", "Updated"),
    ]


async def test_who_was_let_go_is_treated_as_an_inactive_patient(a_practice: MakePractice) -> None:
    """Settled 43: the ids go on answering, for visits and episodes as well."""
    practice = await a_practice({"waiting_rooms": [{"name": "GreatRoom"}], "episode_types": ["covid"]})
    number = (await practice("POST", "/patients", {"id": "bob"})).json()
    episode = {"name": "care", "type": "covid", "from": "2023-03-29", "status": "ACTIVE"}
    document = {"name": "a", "dateTime": 1510367140, "responses": [{"question": "q", "response": "r"}]}
    assert (await practice("POST", "/patients/bob/episodes", episode)).status_code == 201
    async with practice.work() as work:
        person = await identity.resolve(work, identity.Identifier(System.SPID, str(number)))
        await patients.remove(work, practice.organization, PersonKey(person))
    assert len((await practice("GET", "/patients/bob/episodes")).json()["episodes"]) == 1
    assert (await practice("POST", "/patients/bob/episodes", episode)).status_code == 201
    assert (await practice("POST", "/patients/bob/documents", document)).status_code == 201
    for path in ("/patients/bob", "/patients/HSID/bob", f"/patients/id/type/SPID/value/{number}"):
        booked = await practice("POST", f"{path}/appointments", {"waitingRoom": "GreatRoom"})
        assert booked.status_code == 201, booked.text
        seen = (await practice("GET", f"/appointments/{booked.json()['id']}")).json()
        assert seen["patient"]["demographics"]["active"] is False


async def test_a_family_shares_an_address_but_no_login(practice: Practice, clinics: Clinics) -> None:
    group = {"isLinkedByEmail": True, "groupType": "family", "groupName": "Ruiz"}
    for patient_id in ("p1", "p2"):
        body = {"id": patient_id, "telecom": [EMAIL | {"value": f"{practice.organization}@example.org"}]} | group
        assert (await practice("POST", "/patients", body)).status_code == 201
    first, second = [one["id"] for one in await clinics.listed()]
    invite = {"clinicId": clinics.clinic}
    assert (await clinics("POST", f"/confirm/send/signup/{first}", invite)).status_code == 200
    assert [recipient for _, recipient in await mails(practice)] == [f"{practice.organization}@example.org"]
    assert (await clinics("POST", f"/confirm/send/signup/{second}", invite)).status_code == 409
    assert len(await mails(practice)) == 1
