"""Programs as members of a clinic, from the token to the patient list."""

import asyncio
import secrets
from typing import Any

import pytest

from openward.care import accounts
from openward.care.accounts import Change

pytestmark = pytest.mark.anyio

TOKEN = "/realms/openward/protocol/openid-connect/token"


@pytest.fixture
async def program(clinic: Any) -> dict[str, str]:
    """An OAuth client with a user of its own, as provisioning makes it."""
    client = {"client_id": f"up-{secrets.token_hex(4)}", "client_secret": "a secret"}
    async with clinic.house.work() as work:
        own = await accounts.create_custodial(work, email=None)
        await accounts.update(work, own.key, Change(roles=()))
        await accounts.put_oauth_client(work, **_named(client), person=own.key)
    return client | {"user": own.user_id}


def _named(client: dict[str, str]) -> dict[str, str]:
    return {"client_id": client["client_id"], "secret": client["client_secret"], "name": "Uploader"}


def _body(program: dict[str, str], **more: Any) -> dict[str, Any]:
    return {
        "name": "Uploader",
        "client_id": program["client_id"],
        "client_secret": program["client_secret"],
    } | more


async def _token(clinic: Any, program: dict[str, str]) -> str:
    form = _body(program, grant_type="client_credentials", scope="openid")
    answer = await clinic.admin.client.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id_token"].count(".") == 2
    return str(answer.json()["access_token"])


async def test_a_program_becomes_a_member_and_acts_as_one(clinic: Any, program: dict[str, str]) -> None:
    headers = {"x-tidepool-session-token": await _token(clinic, program)}
    client = clinic.admin.client
    assert (await client.get(f"{clinic.path}/patients", headers=headers)).status_code == 403
    answer = await clinic.service("POST", f"{clinic.path}/service_accounts", _body(program))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["id"], body["name"], body["email"]) == (program["user"], "Uploader", "")
    assert body["roles"] == ["CLINIC_MEMBER"]
    assert (await client.get(f"{clinic.path}/patients", headers=headers)).status_code == 200
    listed = (await client.get(f"{clinic.path}/clinicians", headers=headers)).json()
    assert body in listed
    changed = await clinic.admin("PUT", f"{clinic.path}/clinicians/{body['id']}", body | {"roles": ["CLINIC_ADMIN"]})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["email"], changed.json()["name"]) == ("", "Uploader")
    back = await clinic.admin("PUT", f"{clinic.path}/clinicians/{body['id']}", body)
    assert back.json()["roles"] == ["CLINIC_MEMBER"]
    made = await client.post(
        f"{clinic.path}/patients", json={"fullName": "Pat", "birthDate": "1990-02-03"}, headers=headers
    )
    assert made.status_code == 200
    assert (await client.delete(f"{clinic.path}/patients/{made.json()['id']}", headers=headers)).status_code == 403
    assert (await client.get("/v1/clinics", headers=headers)).status_code == 403
    gone = await clinic.admin("DELETE", f"{clinic.path}/clinicians/{program['user']}")
    assert gone.status_code == 200
    assert (await client.get(f"{clinic.path}/patients", headers=headers)).status_code == 403


async def test_two_programs_may_join_one_clinic(clinic: Any, program: dict[str, str]) -> None:
    """Neither has an address, which must not make them look alike."""
    async with clinic.house.work() as work:
        own = await accounts.create_custodial(work, email=None)
        await accounts.put_oauth_client(work, f"{program['client_id']}-2", "other", "Second", own.key)
    second = {"client_id": f"{program['client_id']}-2", "client_secret": "other"}
    for one in (program, second):
        assert (await clinic.service("POST", f"{clinic.path}/service_accounts", _body(one))).status_code == 200


async def test_a_second_time_is_409_even_at_once(clinic: Any, program: dict[str, str]) -> None:
    path = f"{clinic.path}/service_accounts"
    answers = await asyncio.gather(*(clinic.service("POST", path, _body(program)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "guess"},
        {"client_id": "nobody"},
        {"name": ""},
        {"client_id": ""},
        {"client_secret": ""},
        {"name": None},
        {"client_secret": 5},
    ],
)
async def test_wrong_credentials_and_empty_fields_are_400(
    clinic: Any, program: dict[str, str], wrong: dict[str, Any]
) -> None:
    answer = await clinic.service("POST", f"{clinic.path}/service_accounts", _body(program, **wrong))
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_only_services_add_programs(clinic: Any, program: dict[str, str]) -> None:
    for caller in (clinic.admin, clinic.member, clinic.stranger):
        assert (await caller("POST", f"{clinic.path}/service_accounts", _body(program))).status_code == 403
    unknown = f"/v1/clinics/{'0' * 24}/service_accounts"
    assert (await clinic.service("POST", unknown, _body(program))).status_code == 404
