"""Patients: created, read and changed by either name."""

from typing import Any

import pytest

from tests.wire.solo.conftest import Practice

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
    assert before == {
        **{"name": [], "telecom": [], "contact": [], "address": [], "active": True, "deceased": False},
        **{"deceasedAt": None, "familyMember": False, "isLinkedByEmail": False, "sharedEmailGroup": None},
    }
    answer = await practice("PUT", f"/patients/id/type/SPID/value/{number}", FULL)
    assert (answer.status_code, answer.json()) == (200, [])
    assert await read(practice, "p1") == FULL | {"sharedEmailGroup": None}
    assert (await practice("PUT", "/patients/p1", {"race": "Asian", "telecom": [], "mrn": None})).json() == []
    assert await read(practice, "p1") == FULL | {"race": "Asian", "telecom": [], "sharedEmailGroup": None}
