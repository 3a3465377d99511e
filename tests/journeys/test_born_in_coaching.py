"""One patient who is made in coaching: on the clinic's list, in virtual care, in groups that the list is asked for."""

from typing import Any

import pytest

from openward.care import accounts, identity, organizations, patients, roster
from openward.care.identity import Identifier, System
from openward.care.organizations import Limit, PatientLimits
from openward.care.patients import PatientCreated
from openward.care.roster import Query
from openward.care.work import OrganizationKey, PersonKey, Work
from tests.wire.twine.conftest import Coaching, MakeCoaching, a_coaching, coaching
from tests.wire.twine.test_patients import a_value, made, name, told

__all__ = ["a_coaching", "coaching"]
pytestmark = pytest.mark.anyio


async def _clinics(coaching: Coaching, path: str = "") -> Any:
    async with coaching.work() as work:
        token = await accounts.open_session(work, None, name="test")
    answer = await coaching.client.get(
        f"/v1/clinics/{coaching.id}/patients{path}", headers={"x-tidepool-session-token": token}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_he_is_in_every_system_at_once(coaching: Coaching) -> None:
    number, email = a_value(), f"j{a_value()}@example.org"
    patient = await made(
        coaching,
        birth_date="1983-08-15",
        email_address=email,
        identifiers=[name(number, "medical-record-number"), name(a_value())],
        phone_numbers=[{"type": "mobile", "value": "555"}],
        addresses=[{"city": "Nome", "use": "summer house"}],
    )
    (listed,) = (await _clinics(coaching))["data"]
    assert (listed["fullName"], listed["birthDate"], listed["mrn"]) == ("Jack Frost", "1983-08-15", number)
    assert (listed["email"], "custodian" in listed["permissions"]) == (email, True)
    key = a_value()
    async with coaching.work() as work:
        await accounts.put_api_key(work, coaching.organization, "k", secret=key)
        person = await identity.resolve(work, Identifier(System.TWINE, patient["id"]))
        spid = await identity.name(work, person, System.SPID)
        events = await work.tx.fetchval(
            "select count(*) from events.event where kind = $1 and data ->> 'person' = $2",
            PatientCreated.__name__,
            str(person),
        )
        assert events == 1
    path = f"/qapi/v1/patients/id/type/SPID/value/{spid}"
    seen = (await coaching.client.get(path, headers={"api-key": key})).json()
    assert (seen["mrn"], seen["name"][0]["firstName"], seen["name"][0]["lastName"]) == (number, "Jack", "Frost")
    assert seen["address"] == [{"city": "Nome"}]
    body = {"telecom": [{"system": "phone", "use": "home", "value": "777"}], "gender": "unknown", "active": False}
    answer = await coaching.client.put(path, json=body, headers={"api-key": key})
    assert answer.status_code == 200, answer.text
    after = (await coaching("GET", f"/patient/{patient['id']}")).json()["data"]["attributes"]
    assert after["phone_numbers"] == [{"value": "777", "primary": True, "type": "home"}]
    assert (after["gender"], after["archived"], "email_address" in after) == (None, True, False)
    assert (await _clinics(coaching))["data"] == []


async def _in_groups(work: Work, organization: OrganizationKey, *names: str) -> list[PersonKey]:
    keys = {group.name: group.key for group in await organizations.groups(work, organization)}
    found = await roster.find(work, organization, Query(groups=tuple(keys[name] for name in names)))
    counts = await roster.label_counts(work, [organization])
    if len(names) == 1:
        assert counts.get(keys[names[0]], 0) == found.count
    return list(found.people)


async def test_the_list_follows_groups(a_coaching: MakeCoaching) -> None:
    coaching = await a_coaching()
    lead, other = coaching.group("Lead"), coaching.group("Other")
    data = [told(lead, first_name="A"), told(lead, other, first_name="B"), told(other, first_name="C")]
    shown = (await coaching("POST", "/patient", {"data": data})).json()["data"]
    organization = coaching.organization
    async with coaching.work() as work:
        keys = await identity.resolve_many(work, System.TWINE, [one["id"] for one in shown])
        first, second, third = (PersonKey(keys[one["id"]]) for one in shown)
        assert await _in_groups(work, organization, "Lead") == [first, second]
        assert await _in_groups(work, organization, "Lead", "Other") == [first, second, third]
        await patients.set_active(work, organization, second, is_active=False)
    change = {"data": told(other, first_name="A") | {"id": shown[0]["id"]}}
    assert (await coaching("PATCH", f"/patient/{shown[0]['id']}", change)).status_code == 200
    async with coaching.work() as work:
        assert await _in_groups(work, organization, "Lead") == []
        assert await _in_groups(work, organization, "Other") == [first, third]
        await patients.set_active(work, organization, second, is_active=True)
    async with coaching.work() as work:
        assert await _in_groups(work, organization, "Lead") == [second]
        assert await _in_groups(work, organization, "Other") == [first, second, third]


async def test_the_plan_of_the_clinic_binds_its_own_system_alone(coaching: Coaching) -> None:
    async with coaching.work() as work:
        await organizations.set_tier(work, coaching.organization, "tier0100")
        await organizations.set_patient_limits(work, coaching.organization, PatientLimits(hard=Limit(1)))
        token = await accounts.open_session(work, None, name="test")
    await made(coaching)
    many = [told(coaching.group("Lead"), first_name=name) for name in "AB"]
    assert (await coaching("POST", "/patient", {"data": many})).status_code == 201
    headers, path = {"x-tidepool-session-token": token}, f"/v1/clinics/{coaching.id}"
    refused = await coaching.client.post(
        f"{path}/patients", json={"fullName": "Pat", "birthDate": "1990-02-03"}, headers=headers
    )
    assert refused.status_code == 402
    counted = (await coaching.client.get(f"{path}/patient_count", headers=headers)).json()
    assert (counted["plan"], counted["total"]) == (3, 3)
