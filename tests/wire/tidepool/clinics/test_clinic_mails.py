"""Mails that follow from what happens in a clinic."""

import secrets
from datetime import timedelta
from typing import Any

import pytest

from openward.care import accounts
from openward.care.work import Actor, ActorKind, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio


async def _sent(clinic: Any, email: str) -> list[str]:
    """Templates of what was sent to an address, oldest first."""
    rows = await clinic.house.pool.fetch(
        "select template from notices.message where recipient = $1 order by created_at, key", email
    )
    return [row["template"] for row in rows]


async def _remind(clinic: Any, after: timedelta) -> None:
    """Run the job as if so much time had passed."""
    async with clinic.house.pool.acquire() as connection, connection.transaction():
        async with clinic.house.work() as now:
            moment = now.now + after
        work = Work(connection, Actor(ActorKind.SERVICE, credential="job"), moment, clinic.house.tools)
        await accounts.remind(work, {})
        await finish(work)


async def test_the_first_admin_is_greeted(clinic: Any) -> None:
    assert await _sent(clinic, clinic.admin.email) == ["clinic_created"]


async def test_a_change_of_roles_is_told(clinic: Any) -> None:
    path = f"{clinic.path}/clinicians/{clinic.member.user_id}"
    body = {"email": clinic.member.email, "roles": ["CLINIC_MEMBER"], "name": "Renamed"}
    assert (await clinic.admin("PUT", path, body)).status_code == 200
    assert await _sent(clinic, clinic.member.email) == []
    body["roles"] = ["PRESCRIBER", "CLINIC_MEMBER"]
    assert (await clinic.admin("PUT", path, body)).status_code == 200
    assert (await clinic.admin("PUT", path, body | {"roles": body["roles"][::-1]})).status_code == 200
    assert await _sent(clinic, clinic.member.email) == ["clinician_permissions_updated"]


async def test_who_does_not_claim_is_reminded_once_after_a_week(clinic: Any) -> None:
    email = f"c{secrets.token_hex(6)}@example.org"
    await clinic.patient(email=email)
    assert await _sent(clinic, email) == ["custodial_claim"]
    await _remind(clinic, timedelta(days=6, hours=23))
    assert await _sent(clinic, email) == ["custodial_claim"]
    for _ in range(2):
        await _remind(clinic, timedelta(days=7, minutes=1))
        assert await _sent(clinic, email) == ["custodial_claim", "custodial_claim_reminder"]


@pytest.mark.parametrize("why", ["claimed", "removed", "other-address"])
async def test_nobody_is_reminded_in_vain(clinic: Any, why: str) -> None:
    email = f"c{secrets.token_hex(6)}@example.org"
    made = await clinic.patient(email=email)
    path = f"{clinic.path}/patients/{made['id']}"
    if why == "claimed":
        found = await clinic.service("GET", f"/confirm/signup/{made['id']}")
        given = {"password": "correct-battery", "birthday": "1990-02-03"}
        client = clinic.admin.client
        done = await client.put(f"/confirm/accept/signup/{found.json()['key']}", json=given)
    elif why == "removed":
        done = await clinic.admin("DELETE", path)
    else:
        other = f"c{secrets.token_hex(6)}@example.org"
        done = await clinic.member("PUT", path, {"fullName": "Pat", "birthDate": "1990-02-03", "email": other})
    assert done.status_code in (200, 204), done.text
    await _remind(clinic, timedelta(days=8))
    assert await _sent(clinic, email) == ["custodial_claim"]
    if why == "other-address":
        assert await _sent(clinic, other) == ["custodial_claim", "custodial_claim_reminder"]
