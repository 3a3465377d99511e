"""Patients: created, read and changed by either name."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from httpx import Response

from openward.care import organizations, patients
from openward.care.errors import Invalid
from openward.care.organizations import Limit, MRNRules, PatientLimits
from openward.care.patients import ContactPoint, Demographics
from tests.wire.solo.conftest import MakePractice, Practice

pytestmark = pytest.mark.anyio

FULL: dict[str, Any] = {
    "mrn": "MRN-123",
    "accountNumber": "A-123",
    "name": [
        {
            "use": "usual",
            "family": "Mike Shinoda",
            "firstName": "Mike",
            "middleName": "",
            "lastName": "Shinoda",
            "alias": "",
        }
    ],
    "birthDate": "1983-08-15",
    "gender": "male",
    "maritalStatus": "married",
    "telecom": [
        {"use": "home", "system": "phone", "value": "+1 (111) 111-1111"},
        {"use": "home", "system": "email", "value": "Mike_zzzzzzz@company.com"},
    ],
    "contact": [
        {
            "telecom": [
                {"use": "home", "system": "phone", "value": "phone"},
                {"use": "home", "system": "email", "value": "someemail@email.email"},
            ],
            "name": [],
        }
    ],
    "preferredLanguage": "English",
    "race": "White",
    "ethnicity": "not Hispanic or Latino",
    "address": [
        {
            "city": "New York",
            "use": "home",
            "apartment": "",
            "country": "USA",
            "state": "NY",
            "postalcode": "10019",
            "line": ["123 Main St", ""],
        }
    ],
    "active": True,
    "deceased": True,
    "deceasedAt": "2020-03-31 10:12 AM",
    "familyMember": False,
    "isLinkedByEmail": False,
}

EMPTY: dict[str, Any] = {
    "name": [],
    "telecom": [],
    "contact": [],
    "address": [],
    "active": True,
    "deceased": False,
    "deceasedAt": None,
    "familyMember": False,
    "isLinkedByEmail": False,
    "sharedEmailGroup": None,
}
BLANK = "This value should not be blank."
TAKEN_EMAIL = "Bad parameters [telecom: This email is already used by another patient.]"


async def create(practice: Practice, external_id: str, **said: Any) -> int:
    answer = await practice("POST", "/patients", {"id": external_id} | said)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()
    assert isinstance(number, int)
    return number


async def read(practice: Practice, external_id: str) -> Any:
    answer = await practice("GET", f"/patients/{external_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_everything_said_is_read_back(practice: Practice) -> None:
    number = await create(practice, "p1", groupType="family", groupName="Family Name", **FULL)
    expected = FULL | {"sharedEmailGroup": None}
    assert await read(practice, "p1") == expected
    assert (await practice("GET", f"/patients/id/type/SPID/value/{number}")).json() == expected


async def test_an_update_replaces_what_it_names(practice: Practice) -> None:
    number = await create(practice, "p1")
    before = await read(practice, "p1")
    assert before == EMPTY
    answer = await practice("PUT", f"/patients/id/type/SPID/value/{number}", FULL)
    assert (answer.status_code, answer.json()) == (200, [])
    assert await read(practice, "p1") == FULL | {"sharedEmailGroup": None}
    assert (await practice("PUT", "/patients/p1", {"race": "Asian", "telecom": [], "mrn": None})).json() == []
    assert await read(practice, "p1") == FULL | {"race": "Asian", "telecom": [], "sharedEmailGroup": None}


def email(value: str, use: str = "home") -> list[dict[str, str]]:
    return [{"use": use, "system": "email", "value": value}]


async def put(practice: Practice, external_id: str, **said: Any) -> Response:
    return await practice("PUT", f"/patients/{external_id}", said)


async def changed(practice: Practice, external_id: str, **said: Any) -> Any:
    answer = await put(practice, external_id, **said)
    assert (answer.status_code, answer.json()) == (200, []), answer.text
    return await read(practice, external_id)


def refused(answer: Response) -> str:
    assert answer.status_code == 400, answer.text
    message: str = answer.json()["error"]["message"]
    return message


async def told(practice: Practice) -> list[str]:
    """The kinds of what was told of patients of the practice, in order."""
    rows = await practice.pool.fetch(
        "select kind from events.event where kind in ('PatientCreated', 'PatientUpdated', 'PatientDeactivated')"
        " and data ->> 'organization' = $1 order by key",
        str(practice.organization),
    )
    return [row["kind"].removeprefix("Patient") for row in rows]


async def test_unknown_names_and_those_of_others_are_not_found(a_practice: MakePractice, practice: Practice) -> None:
    number = await create(practice, "p1")
    other = await a_practice()
    for path in ("/patients/p1", f"/patients/id/type/SPID/value/{number}"):
        for answer in (await other("GET", path), await other("PUT", path, {"race": "x"})):
            assert (answer.status_code, answer.json()) == (404, {"error": {"message": "Patient not found"}})
    for path in ("/patients/p2", "/patients/id/type/SPID/value/abc", "/patients/id/type/SPID/value/0"):
        assert (await practice("GET", path)).status_code == 404
    assert await create(other, "p1") != number
    assert "race" not in await read(practice, "p1")


async def test_a_taken_id_and_a_taken_number_are_refused(practice: Practice) -> None:
    await create(practice, "p1", mrn="m1")
    assert refused(await practice("POST", "/patients", {"id": "p1"})) == (
        "Bad parameters [id: This value is already used.]"
    )
    await create(practice, "p2", mrn="m1")  # a number may be shared as long as the practice does not mind
    async with practice.work() as work:
        await organizations.set_mrn_rules(work, practice.organization, MRNRules(required=True, unique=True))
    assert refused(await practice("POST", "/patients", {"id": "p1", "mrn": "m1"})) == (
        "Bad parameters [id: This value is already used., mrn: This value is already used.]"
    )
    assert refused(await practice("POST", "/patients", {"id": "p3", "mrn": " "})) == f"Bad parameters [mrn: {BLANK}]"
    await create(practice, "p3", mrn="m3")
    assert refused(await put(practice, "p3", mrn="m1")) == "Bad parameters [mrn: This value is already used.]"
    assert refused(await put(practice, "p3", mrn="")) == f"Bad parameters [mrn: {BLANK}]"
    await changed(practice, "p2", race="x")  # what stays as it was is not asked again
    assert (await changed(practice, "p3", mrn="m4"))["mrn"] == "m4"
    await create(practice, "p4", mrn="m3")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"mrn": 1}, "mrn: This value should be of type string."),
        ({"mrn": "m" * 256}, "mrn: This value is too long. It should have 255 characters or less."),
        ({"gender": "x"}, "gender: The value you selected is not a valid choice."),
        ({"birthDate": "1983-02-30"}, "birthDate: This value is not a valid date."),
        ({"name": {}}, "name: This value should be of type array."),
        ({"name": [{"use": "x"}]}, "name[0].use: The value you selected is not a valid choice."),
        (
            {"name": [{}, {"lastName": "x" * 256}]},
            "name[1].lastName: This value is too long. It should have 255 characters or less.",
        ),
        ({"telecom": [{"system": "phone"}]}, f"telecom[0].value: {BLANK}"),
        (
            {"telecom": [{"system": "fone", "value": "1"}]},
            "telecom[0].system: The value you selected is not a valid choice.",
        ),
        (
            {"telecom": [{"system": "email", "value": "x" * 321}]},
            "telecom[0].value: This value is too long. It should have 320 characters or less.",
        ),
        ({"contact": [{"telecom": [{"system": "phone"}]}]}, f"contact[0].telecom[0].value: {BLANK}"),
        ({"address": [{"line": ["1"] * 6}]}, "address[0].line: This collection should contain 5 elements or less."),
        ({"active": "yes"}, "active: This value should be of type boolean."),
        ({"deceased": True}, f"deceasedAt: {BLANK}"),
        ({"deceased": True, "deceasedAt": None}, f"deceasedAt: {BLANK}"),
        ({"deceasedAt": "2020-03-31 10:12 AM"}, "deceasedAt: This value should be blank when deceased is false."),
        (
            {"deceased": False, "deceasedAt": "2020-03-31 10:12 AM"},
            "deceasedAt: This value should be blank when deceased is false.",
        ),
        ({"deceased": True, "deceasedAt": "2020-03-31 22:12"}, "deceasedAt: This value is not a valid date."),
        ({"deceased": True, "deceasedAt": "2020-02-30 10:12 AM"}, "deceasedAt: This value is not a valid date."),
        ({"deceased": True, "deceasedAt": "2020-02-03 10:12 AM\n"}, "deceasedAt: This value is not a valid date."),
        ({"deceased": True, "deceasedAt": "9999-12-31 10:12 PM"}, "deceasedAt: This value is not a valid date."),
        ({"isLinkedByEmail": True}, f"groupType: {BLANK}, groupName: {BLANK}"),
        ({"isLinkedByEmail": True, "groupType": "family"}, f"groupName: {BLANK}"),
        ({"familyMember": True}, f"groupName: {BLANK}"),
    ],
)
async def test_bad_fields_are_refused_on_both_ways_in(practice: Practice, said: dict[str, Any], message: str) -> None:
    assert refused(await practice("POST", "/patients", {"id": "p1"} | said)) == f"Bad parameters [{message}]"
    await create(practice, "p1")
    assert refused(await put(practice, "p1", **said)) == f"Bad parameters [{message}]"
    assert await read(practice, "p1") == EMPTY


async def test_every_fault_is_said_at_once(practice: Practice) -> None:
    body = {"gender": "x", "isLinkedByEmail": 1}
    assert refused(await practice("POST", "/patients", body)) == (
        f"Bad parameters [id: {BLANK}, gender: The value you selected is not a valid choice.,"
        " isLinkedByEmail: This value should be of type boolean.]"
    )
    assert refused(await practice("POST", "/patients", content=b"{")) == "Bad parameters [body: Malformed JSON.]"


async def test_death_is_noted_in_the_time_of_the_practice(practice: Practice) -> None:
    await create(practice, "p1")
    here = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
    soon, past = here + timedelta(minutes=10), here - timedelta(minutes=10)
    form = "%Y-%m-%d %I:%M %p"
    assert refused(await put(practice, "p1", deceased=True, deceasedAt=soon.strftime(form))) == (
        "Bad parameters [deceasedAt: This value is not a valid date.]"
    )
    dead = await changed(practice, "p1", deceased=True, deceasedAt=past.strftime(form))
    assert (dead["deceased"], dead["deceasedAt"], dead["active"]) == (True, past.strftime(form), True)
    early = await changed(practice, "p1", deceased=True, deceasedAt="0020-12-31 12:00 AM")
    assert early["deceasedAt"] == "0020-12-31 12:00 AM"
    await changed(practice, "p1", deceased=True, deceasedAt=past.strftime(form))
    still = await changed(practice, "p1", race="x", deceasedAt=None)
    assert (still["deceased"], still["deceasedAt"]) == (True, past.strftime(form))
    alive = await changed(practice, "p1", deceased=False)
    assert (alive["deceased"], alive["deceasedAt"]) == (False, None)


async def test_an_address_belongs_to_one_active_patient(practice: Practice) -> None:
    await create(practice, "p1", telecom=email("Ana@Example.org"))
    same = email("ana@example.org", "work")
    assert refused(await practice("POST", "/patients", {"id": "p2", "telecom": same})) == TAKEN_EMAIL
    await create(practice, "p2", telecom=email("bob@example.org") + email("second@example.org"))
    assert refused(await put(practice, "p1", telecom=email("SECOND@example.org"))) == TAKEN_EMAIL
    assert refused(await put(practice, "p2", telecom=same)) == TAKEN_EMAIL
    await changed(practice, "p1", active=False)
    await changed(practice, "p2", telecom=same)
    assert refused(await put(practice, "p1", active=True)) == TAKEN_EMAIL
    await create(practice, "p3", active=False, telecom=same)
    back = await changed(practice, "p1", active=True, telecom=email("bob@example.org"))
    assert back["telecom"] == email("bob@example.org")


async def test_members_of_a_group_share_an_address(practice: Practice) -> None:
    shared = email("ana@example.org")
    group = {"isLinkedByEmail": True, "groupType": "household", "groupName": "Ruiz"}
    await create(practice, "p1", telecom=shared, **group)
    await create(practice, "p2", telecom=shared, **group)
    shown = await read(practice, "p2")
    assert (shown["isLinkedByEmail"], shown["familyMember"]) == (True, False)
    assert shown["sharedEmailGroup"] == {"type": "household", "name": "Ruiz"}
    outside = group | {"groupName": "Smith"}
    assert refused(await practice("POST", "/patients", {"id": "p3", "telecom": shared} | outside)) == TAKEN_EMAIL
    assert refused(await practice("POST", "/patients", {"id": "p3", "telecom": shared})) == TAKEN_EMAIL
    assert refused(await put(practice, "p2", isLinkedByEmail=False)) == TAKEN_EMAIL
    left = await changed(practice, "p2", isLinkedByEmail=False, telecom=[])
    assert (left["isLinkedByEmail"], left["sharedEmailGroup"]) == (False, None)
    joined = await changed(practice, "p2", telecom=shared, **group)
    assert joined["telecom"] == shared
    assert (await changed(practice, "p2", race="x"))["sharedEmailGroup"] == {"type": "household", "name": "Ruiz"}


async def test_the_old_way_into_a_family(practice: Practice) -> None:
    name = [{"use": "usual", "firstName": "Ana", "lastName": "Ruiz"}]
    await create(practice, "p1", familyMember=True, name=name)
    shown = await read(practice, "p1")
    assert (shown["familyMember"], shown["isLinkedByEmail"]) == (True, True)
    assert shown["sharedEmailGroup"] == {"type": "family", "name": "Ruiz"}
    named = await changed(practice, "p1", familyMember=True, groupName="Other")
    assert named["sharedEmailGroup"] == {"type": "family", "name": "Other"}
    assert (await changed(practice, "p1", familyMember=False))["sharedEmailGroup"] is None
    both = await changed(practice, "p1", familyMember=True, isLinkedByEmail=False)
    assert both["familyMember"] is False


async def test_what_happened_is_told_once(practice: Practice) -> None:
    await create(practice, "p1", race="x")
    assert await told(practice) == ["Created"]
    await changed(practice, "p1", race="x", active=True, name=[])  # nothing new
    assert await told(practice) == ["Created"]
    await changed(practice, "p1", race="y", name=[{"firstName": "Ana", "lastName": "Ruiz"}])
    await changed(practice, "p1", race="z", active=False)
    await changed(practice, "p1", active=False)
    shown = await changed(practice, "p1", active=True)
    assert shown["active"] is True
    await put(practice, "p1", gender="bad")
    assert await told(practice) == ["Created", "Updated", "Deactivated", "Updated"]


async def test_a_full_plan_has_no_room(practice: Practice) -> None:
    async with practice.work() as work:
        await organizations.set_patient_limits(work, practice.organization, PatientLimits(hard=Limit(1)))
        await organizations.set_tier(work, practice.organization, "tier0100")
    await create(practice, "p1")
    await create(practice, "p2", active=False)
    for answer in (await practice("POST", "/patients", {"id": "p3"}), await put(practice, "p2", active=True)):
        assert answer.status_code == 403
    await changed(practice, "p1", active=False)
    await changed(practice, "p2", active=True)


async def test_two_creations_at_once_leave_one(practice: Practice) -> None:
    async def attempt(external_id: str, address: str) -> bool:
        said = Demographics(telecom=(ContactPoint("email", address),) if address else ())
        try:
            async with practice.work() as work:
                await patients.register(work, practice.organization, said, external_id)
        except Invalid:
            return False
        return True

    for pair in ([("a", "ana@example.org"), ("b", "ANA@example.org")], [("c", ""), ("c", "")]):
        assert sorted(await asyncio.gather(*(attempt(*one) for one in pair))) == [False, True]
