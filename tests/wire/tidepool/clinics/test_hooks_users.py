"""A user goes, or has another address: told by a service, or seen because the account is ours."""

import asyncio
import secrets
from typing import Any

import pytest

from openward.care import audit

pytestmark = pytest.mark.anyio


def an_address() -> str:
    return f"h{secrets.token_hex(6)}@example.org"


async def _clinicians(clinic: Any) -> list[str]:
    answer = await clinic.service("GET", f"{clinic.path}/clinicians", params={"limit": "100"})
    return sorted(one["id"] for one in answer.json())


async def _patients(clinic: Any) -> list[str]:
    answer = await clinic.service("GET", f"{clinic.path}/patients", params={"limit": "100"})
    body = answer.json()
    assert body["meta"]["totalCount"] == len(body["data"])
    return sorted(one["id"] for one in body["data"])


async def _claimed_patient(clinic: Any) -> Any:
    person = await clinic.house.person("Own Account")
    body = {"permissions": {"view": {}, "upload": {}}, "birthDate": "1990-02-03"}
    answer = await clinic.service("POST", f"{clinic.path}/patients/{person.user_id}", body)
    assert answer.status_code == 200, answer.text
    return person


async def _leave(clinic: Any, caller: Any, how: str) -> None:
    if how == "hook":
        answer = await clinic.service("DELETE", f"/v1/users/{caller.user_id}/clinics")
        assert (answer.status_code, answer.content) == (200, b"")
    else:
        answer = await clinic.service("DELETE", f"/auth/user/{caller.user_id}")
        assert answer.status_code == 202, answer.text


BOTH = pytest.mark.parametrize("how", ["hook", "account"])


@BOTH
async def test_with_the_only_admin_claimed_patients_go_and_custodial_ones_stay(clinic: Any, how: str) -> None:
    kept = await clinic.patient()
    with_address = await clinic.patient(email=an_address())
    own = await _claimed_patient(clinic)
    assert len(await _patients(clinic)) == 3
    await _leave(clinic, clinic.admin, how)
    assert await _clinicians(clinic) == sorted([clinic.member.user_id, clinic.prescriber.user_id])
    assert await _patients(clinic) == sorted([kept["id"], with_address["id"]])
    for one in (kept, with_address):
        account = await clinic.service("GET", f"/auth/user/{one['id']}")
        assert account.status_code == 200
    assert (await clinic.service("GET", f"/auth/user/{with_address['id']}")).json()["username"]
    assert (await own("GET", f"/v1/patients/{own.user_id}/clinics")).json() == []
    assert (await clinic.service("GET", f"/auth/user/{own.user_id}")).status_code == 200
    archived = await clinic.house.pool.fetchrow(
        "select deleted_by, content ->> 'removed_at' removed from patients.archive where person = $1", own.key
    )
    assert (archived["deleted_by"], archived["removed"]) == (None, None)
    member = await clinic.house.pool.fetchval(
        "select count(*) from organizations.archive where kind = 'member' and content ->> 'person' = $1",
        str(clinic.admin.key),
    )
    assert member == 1


@BOTH
async def test_one_of_several_admins_and_members_go_alone(clinic: Any, how: str) -> None:
    second = await clinic.house.person()
    added = {"id": second.user_id, "email": second.email, "roles": ["CLINIC_ADMIN"]}
    assert (await clinic.service("POST", f"{clinic.path}/clinicians", added)).status_code == 200
    own = await _claimed_patient(clinic)
    await _leave(clinic, clinic.admin, how)
    await _leave(clinic, clinic.member, how)
    assert await _clinicians(clinic) == sorted([second.user_id, clinic.prescriber.user_id])
    assert await _patients(clinic) == [own.user_id]


async def test_tags_and_the_audit_follow_those_who_go_with_the_only_admin(clinic: Any) -> None:
    tag = (await clinic.admin("POST", f"{clinic.path}/patient_tags", {"name": "Pump"})).json()
    kept = await clinic.patient(tags=[tag["id"]])
    people = []
    for _ in range(3):
        person = await clinic.house.person()
        body = {"permissions": {"view": {}}, "birthDate": "1990-02-03", "tags": [tag["id"]]}
        made = await clinic.service("POST", f"{clinic.path}/patients/{person.user_id}", body)
        assert made.status_code == 200, made.text
        people.append(person)
    assert (await clinic.service("GET", clinic.path)).json()["patientTags"] == [tag | {"numPatients": 4}]
    await _leave(clinic, clinic.admin, "hook")
    assert (await clinic.service("GET", clinic.path)).json()["patientTags"] == [tag | {"numPatients": 1}]
    assert await _patients(clinic) == [kept["id"]]
    tagged = await clinic.service("GET", f"{clinic.path}/patients", params={"tags": tag["id"]})
    assert [one["id"] for one in tagged.json()["data"]] == [kept["id"]]
    async with clinic.house.work() as work:
        for person in people:
            found = await audit.search(work, audit.Query(patient=person.key, action="delete"))
            assert [one.what for one in found] == ["enrolment"]
    again = await clinic.service(
        "POST", f"{clinic.path}/patients/{people[0].user_id}", {"permissions": {"view": {}}, "birthDate": "1990-02-03"}
    )
    assert again.status_code == 200
    assert await _patients(clinic) == sorted([kept["id"], people[0].user_id])


async def test_an_invited_admin_does_not_count(clinic: Any) -> None:
    body = {"email": an_address(), "roles": ["CLINIC_ADMIN"]}
    assert (await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)).status_code == 200
    await _claimed_patient(clinic)
    await _leave(clinic, clinic.admin, "hook")
    assert await _patients(clinic) == []


@BOTH
async def test_a_patient_leaves_every_clinic(clinic: Any, a_clinic: Any, how: str) -> None:
    other = await a_clinic()
    own = await _claimed_patient(clinic)
    body = {"permissions": {"view": {}}, "birthDate": "1990-02-03"}
    assert (await other.service("POST", f"{other.path}/patients/{own.user_id}", body)).status_code == 200
    await _leave(clinic, own, how)
    assert await _patients(clinic) == await _patients(other) == []
    assert (await clinic.service("GET", f"{clinic.path}/patient_count")).json()["total"] == 0


async def test_two_admins_who_go_at_once_leave_no_claimed_patient(clinic: Any) -> None:
    second = await clinic.house.person()
    added = {"id": second.user_id, "email": second.email, "roles": ["CLINIC_ADMIN"]}
    assert (await clinic.service("POST", f"{clinic.path}/clinicians", added)).status_code == 200
    await _claimed_patient(clinic)
    await asyncio.gather(_leave(clinic, clinic.admin, "hook"), _leave(clinic, second, "account"))
    assert await _patients(clinic) == []


async def test_the_hooks_are_for_services_and_forgive_unknown_users(clinic: Any) -> None:
    mine = f"/v1/users/{clinic.admin.user_id}/clinics"
    for caller in (clinic.admin, clinic.member, clinic.stranger):
        assert (await caller("DELETE", mine)).status_code == 403
        assert (await caller("POST", mine, {"email": an_address()})).status_code == 403
    assert (await clinic.service("DELETE", "/v1/users/0123456789/clinics")).status_code == 200
    assert (await clinic.service("POST", "/v1/users/0123456789/clinics", {})).status_code == 204
    assert (await clinic.service("DELETE", "/v1/users/nobody/clinics")).status_code == 400
    assert (await clinic.service("POST", mine, {"email": "no address"})).status_code == 400
    assert (await clinic.service("POST", mine, {"email": 5})).status_code == 400


async def test_an_address_is_set_everywhere(clinic: Any, a_clinic: Any) -> None:
    other = await a_clinic()
    own = await _claimed_patient(clinic)
    added = {"id": own.user_id, "email": own.email, "roles": ["CLINIC_MEMBER"]}
    assert (await other.service("POST", f"{other.path}/clinicians", added)).status_code == 200
    email = an_address()
    answer = await clinic.service("POST", f"/v1/users/{own.user_id}/clinics", {"email": email.upper()})
    assert (answer.status_code, answer.content) == (204, b"")
    patient = f"{clinic.path}/patients/{own.user_id}"
    assert (await clinic.service("GET", patient)).json()["email"] == email
    found = await clinic.service("GET", f"{clinic.path}/patients", params={"search": email})
    assert found.json()["meta"]["count"] == 1
    clinician = f"{other.path}/clinicians/{own.user_id}"
    assert (await other.service("GET", clinician)).json()["email"] == email
    for none in ({}, {"email": ""}, {"email": None}):
        assert (await clinic.service("POST", f"/v1/users/{own.user_id}/clinics", none)).status_code == 204
        assert "email" not in (await clinic.service("GET", patient)).json()
        assert (await other.service("GET", clinician)).json()["email"] == email


async def test_an_address_of_another_clinician_changes_nothing(clinic: Any) -> None:
    path = f"/v1/users/{clinic.member.user_id}/clinics"
    assert (await clinic.service("POST", path, {"email": clinic.admin.email})).status_code == 422
    mine = f"{clinic.path}/clinicians/{clinic.member.user_id}"
    assert (await clinic.service("GET", mine)).json()["email"] == clinic.member.email
    assert (await clinic.service("POST", path, {"email": clinic.member.email})).status_code == 204


async def test_a_changed_login_is_followed(clinic: Any, a_clinic: Any) -> None:
    other = await a_clinic()
    own = await _claimed_patient(clinic)
    added = {"id": own.user_id, "email": own.email, "roles": ["CLINIC_MEMBER"]}
    assert (await other.service("POST", f"{other.path}/clinicians", added)).status_code == 200
    email = an_address()
    changed = await own("PUT", "/auth/user", {"updates": {"username": email, "emails": [email]}})
    assert changed.status_code == 200, changed.text
    assert (await clinic.service("GET", f"{clinic.path}/patients/{own.user_id}")).json()["email"] == email
    assert (await other.service("GET", f"{other.path}/clinicians/{own.user_id}")).json()["email"] == email


async def test_what_waits_is_asked_for_at_the_new_address(clinic: Any) -> None:
    own = await _claimed_patient(clinic)
    assert (await clinic.member("POST", f"{clinic.path}/patients/{own.user_id}/connect/dexcom")).status_code == 204
    email = an_address()
    changed = await own("PUT", "/auth/user", {"updates": {"username": email, "emails": [email]}})
    assert changed.status_code == 200, changed.text
    templates = await clinic.house.pool.fetch("select template from notices.message where recipient = $1", email)
    assert [row["template"] for row in templates] == ["request_dexcom_connect"]


async def test_an_invite_does_not_keep_a_member_from_changing_the_login(clinic: Any) -> None:
    email = an_address()
    body = {"email": email, "roles": ["CLINIC_MEMBER"]}
    assert (await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)).status_code == 200
    changed = await clinic.member("PUT", "/auth/user", {"updates": {"username": email, "emails": [email]}})
    assert changed.status_code == 200, changed.text
    mine = f"{clinic.path}/clinicians/{clinic.member.user_id}"
    assert (await clinic.service("GET", mine)).json()["email"] == clinic.member.email
