"""Migration of old clinician accounts over the API: who may, what is refused, what comes back."""

from typing import Any

import pytest

from openward.care import accounts
from tests.wire.tidepool.clinics.conftest import Caller, Clinic, House

pytestmark = pytest.mark.anyio

PROFILE = {
    "name": "Willow",
    "preferredBgUnits": "mg/dL",
    "address": "1 Main Street",
    "city": "Salem",
    "postalCode": "12345",
    "state": "OR",
    "country": "US",
    "clinicType": "provider_practice",
}


async def a_legacy(house: House) -> Caller:
    """An old clinic account, signed in."""
    caller = await house.person("Dr Old")
    assert caller.key is not None
    async with house.work() as work:
        await accounts.update(work, caller.key, accounts.Change(roles=("clinic",)))
    return caller


async def a_triggered(house: House, body: Any = None) -> tuple[Caller, Caller, dict[str, Any], dict[str, Any]]:
    """The account, a service, the clinic and the migration."""
    legacy, service = await a_legacy(house), await house.service()
    made = (await service("POST", f"/v1/clinicians/{legacy.user_id}/migrate")).json()
    assert (await legacy("PUT", f"/v1/clinics/{made['id']}", PROFILE)).status_code == 200
    answer = await legacy("POST", f"/v1/clinics/{made['id']}/migrate", body)
    assert answer.status_code == 200, answer.text
    return legacy, service, made, answer.json()


async def test_a_service_enables_an_old_account(house: House) -> None:
    legacy, service = await a_legacy(house), await house.service()
    path = f"/v1/clinicians/{legacy.user_id}/migrate"
    answer = await service("POST", path)
    assert answer.status_code == 200
    clinic = answer.json()
    assert (clinic["name"], clinic["preferredBgUnits"], clinic["canMigrate"]) == ("", "mg/dL", False)
    assert clinic["tier"] == "tier0100"
    assert (await service("POST", path)).json()["id"] == clinic["id"]
    assert (await legacy("POST", path)).status_code == 403
    assert (await service("POST", "/v1/clinicians/0123456789/migrate")).status_code == 404
    assert (await service("POST", "/v1/clinicians/nonsense/migrate")).status_code == 404
    other = await house.person()
    assert (await service("POST", f"/v1/clinicians/{other.user_id}/migrate")).status_code == 422


async def test_until_the_trigger_the_clinic_takes_no_clinicians(house: House) -> None:
    legacy, service = await a_legacy(house), await house.service()
    made = (await service("POST", f"/v1/clinicians/{legacy.user_id}/migrate")).json()
    other = await house.person()
    added = {"id": other.user_id, "email": other.email, "roles": ["CLINIC_MEMBER"]}
    path = f"/v1/clinics/{made['id']}"
    assert (await service("POST", f"{path}/clinicians", added)).status_code == 422
    assert (await legacy("POST", f"{path}/migrate")).status_code == 422
    await legacy("PUT", path, PROFILE)
    assert (await legacy("GET", path)).json()["canMigrate"] is True
    assert (await legacy("POST", f"{path}/migrate")).status_code == 200
    assert (await legacy("GET", path)).json()["canMigrate"] is False
    assert (await service("POST", f"{path}/clinicians", added)).status_code == 200


async def test_the_admin_triggers(house: House) -> None:
    legacy, service, made, migration = await a_triggered(house, {"attestationSubmitted": True})
    path = f"/v1/clinics/{made['id']}/migrate"
    assert (migration["userId"], migration["status"]) == (legacy.user_id, "PENDING")
    assert migration["attestationTime"] == migration["createdTime"]
    assert (await legacy("POST", path)).status_code == 422
    assert (await service("POST", path)).status_code == 403
    assert (await (await house.person())("POST", path)).status_code == 403
    assert (await legacy("POST", path, {"attestationSubmitted": "yes"})).status_code == 400
    assert (await legacy("POST", "/v1/clinics/nonsense/migrate")).status_code == 403


async def test_without_attestation_there_is_no_time(house: House) -> None:
    *_, migration = await a_triggered(house)
    assert "attestationTime" not in migration
    *_, migration = await a_triggered(house, {"attestationSubmitted": False})
    assert "attestationTime" not in migration


async def test_further_accounts(house: House) -> None:
    _legacy, service, made, _ = await a_triggered(house)
    path = f"/v1/clinics/{made['id']}"
    other = await a_legacy(house)
    body = {"userId": other.user_id}
    assert (await service("POST", f"{path}/migrations", body)).status_code == 404
    added = {"id": other.user_id, "email": other.email, "roles": ["CLINIC_MEMBER"]}
    assert (await service("POST", f"{path}/clinicians", added)).status_code == 200
    answer = await service("POST", f"{path}/migrations", body)
    assert (answer.status_code, answer.json()["status"]) == (202, "PENDING")
    assert (await service("POST", f"{path}/migrations", body)).status_code == 409
    assert (await other("POST", f"{path}/migrations", body)).status_code == 403
    for wrong in ({}, {"userId": ""}, {"userId": 5}):
        assert (await service("POST", f"{path}/migrations", wrong)).status_code == 400
    assert (await service("POST", f"{path}/migrations", {"userId": "nobody"})).status_code == 404
    assert (await service("POST", "/v1/clinics/nonsense/migrations", body)).status_code == 404


async def test_an_unmigrated_clinic_takes_no_further_accounts(house: House) -> None:
    legacy, service = await a_legacy(house), await house.service()
    made = (await service("POST", f"/v1/clinicians/{legacy.user_id}/migrate")).json()
    body = {"userId": legacy.user_id}
    assert (await service("POST", f"/v1/clinics/{made['id']}/migrations", body)).status_code == 422


async def test_watching(house: House, clinic: Clinic) -> None:
    legacy, service, made, migration = await a_triggered(house)
    path = f"/v1/clinics/{made['id']}/migrations"
    for caller in (legacy, service):
        assert (await caller("GET", path)).json() == [migration]
        assert (await caller("GET", f"{path}/{legacy.user_id}")).json() == migration
    assert (await clinic.stranger("GET", path)).status_code == 403
    assert (await service("GET", f"{path}/{clinic.member.user_id}")).status_code == 404
    assert (await service("GET", f"{path}/nonsense")).status_code == 400
    assert (await clinic.member("GET", f"{clinic.path}/migrations")).json() == []
    for unknown in ("0" * 24, "nonsense"):
        answer = await service("GET", f"/v1/clinics/{unknown}/migrations")
        assert (answer.status_code, answer.json()) == (200, [])
        assert (await legacy("GET", f"/v1/clinics/{unknown}/migrations")).status_code == 403


async def test_progress_goes_forwards(house: House) -> None:
    legacy, service, made, _ = await a_triggered(house)
    path = f"/v1/clinics/{made['id']}/migrations/{legacy.user_id}"
    assert (await legacy("PATCH", path, {"status": "RUNNING"})).status_code == 403
    for status, code in (
        ("PENDING", 200),
        ("RUNNING", 200),
        ("RUNNING", 200),
        ("PENDING", 422),
        ("COMPLETED", 200),
        ("COMPLETED", 200),
        ("RUNNING", 422),
        ("PAUSED", 400),
    ):
        answer = await service("PATCH", path, {"status": status})
        assert answer.status_code == code, (status, answer.text)
        if code == 200:
            assert answer.json()["status"] == status
    assert (await service("PATCH", path, {})).status_code == 400
    unknown = f"/v1/clinics/{made['id']}/migrations/0123456789"
    assert (await service("PATCH", unknown, {"status": "RUNNING"})).status_code == 404
