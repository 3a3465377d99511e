"""Inviting clinicians: what admins send, what the invited answer, and what services do for them."""

import asyncio
import re
import secrets
from typing import Any

import pytest

from openward.care import accounts
from openward.care.accounts import Change
from openward.care.notices.send import deliver
from openward.config import Settings
from openward.gateway.request import Gate
from openward.infra.mail import OutboxMail, list_outbox

pytestmark = pytest.mark.anyio


def an_address() -> str:
    return f"i{secrets.token_hex(6)}@example.org"


async def mails(clinic: Any, settings: Settings, email: str) -> list[OutboxMail]:
    """What was sent to an address, newest first."""
    gate = Gate(clinic.house.pool, settings, clinic.house.tools)
    rows = await clinic.house.pool.fetch(
        "select key from notices.message where recipient = $1 and status = 'waiting' order by key", email
    )
    for row in rows:
        await deliver(gate, {"message": str(row["key"])})
    return [mail for mail in list_outbox(settings.outbox, limit=5000)[1] if mail.to == email]


async def invite(clinic: Any, email: str, *roles: str) -> dict[str, Any]:
    body = {"email": email, "roles": list(roles or ["CLINIC_MEMBER"])}
    answer = await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def listed(clinic: Any, **query: str) -> list[dict[str, Any]]:
    answer = await clinic.admin("GET", f"{clinic.path}/clinicians", params={"limit": "100"} | query)
    return list(answer.json())


async def test_an_invite_makes_a_pending_clinician_and_leads_a_newcomer_to_sign_up(
    clinic: Any, settings: Settings
) -> None:
    email = an_address()
    made = await invite(clinic, email.upper(), "CLINIC_ADMIN", "PRESCRIBER")
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", made["inviteId"])
    assert (made["email"], made["roles"]) == (email, ["CLINIC_ADMIN", "PRESCRIBER"])
    assert not {"id", "name"} & set(made)
    assert await listed(clinic, email=email) == [made]
    (mail,) = await mails(clinic, settings, email)
    assert "Willow" in mail.subject
    assert "http://openward.test/signup?email=" in mail.text


async def test_somebody_with_an_account_is_led_to_the_login(clinic: Any, settings: Settings) -> None:
    await invite(clinic, clinic.stranger.email)
    (mail,) = await mails(clinic, settings, clinic.stranger.email)
    assert "http://openward.test/signin" in mail.text
    assert "/signup" not in mail.text


@pytest.mark.parametrize(
    ("who", "status"), [("member", 403), ("prescriber", 403), ("stranger", 403), ("admin", 200), ("service", 200)]
)
async def test_admins_and_services_invite(clinic: Any, who: str, status: int) -> None:
    body = {"email": an_address(), "roles": ["CLINIC_MEMBER"]}
    assert (await getattr(clinic, who)("POST", f"{clinic.path}/invites/clinicians", body)).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.org"},
        {"email": "a@example.org", "roles": []},
        {"email": "a@example.org", "roles": ["BOSS"]},
        {"email": "a@example.org", "roles": ["PRESCRIBER", "PRESCRIBER"]},
        {"email": "nobody", "roles": ["PRESCRIBER"]},
        {"email": "", "roles": ["PRESCRIBER"]},
    ],
)
async def test_bad_invites_are_400(clinic: Any, body: dict[str, Any]) -> None:
    assert (await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)).status_code == 400


async def test_members_and_invited_addresses_are_409(clinic: Any) -> None:
    email, path = an_address(), f"{clinic.path}/invites/clinicians"
    await invite(clinic, email)
    for taken in (email, email.upper(), clinic.member.email, clinic.admin.email):
        answer = await clinic.admin("POST", path, {"email": taken, "roles": ["PRESCRIBER"]})
        assert answer.status_code == 409, answer.text


async def test_a_member_under_another_address_is_409(clinic: Any) -> None:
    """The record keeps the address of the invite; the person is known by the account's as well."""
    other = an_address()
    added = {"id": clinic.stranger.user_id, "email": other, "roles": ["CLINIC_MEMBER"]}
    assert (await clinic.service("POST", f"{clinic.path}/clinicians", added)).status_code == 200
    body = {"email": clinic.stranger.email, "roles": ["CLINIC_MEMBER"]}
    assert (await clinic.admin("POST", f"{clinic.path}/invites/clinicians", body)).status_code == 409


async def test_sixteen_invites_at_once_leave_one(clinic: Any) -> None:
    email = an_address()
    body = {"email": email, "roles": ["CLINIC_MEMBER"]}
    path = f"{clinic.path}/invites/clinicians"
    answers = await asyncio.gather(*(clinic.admin("POST", path, body) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 15
    assert len(await listed(clinic, email=email)) == 1
    waiting = await clinic.house.pool.fetchval("select count(*) from accounts.confirmation where email = $1", email)
    assert waiting == 1


async def test_the_confirmation_is_read_and_mailed_again(clinic: Any, settings: Settings) -> None:
    email = an_address()
    path = f"{clinic.path}/invites/clinicians/{(await invite(clinic, email))['inviteId']}"
    found = (await clinic.admin("GET", path)).json()
    assert (found["type"], found["status"], found["email"]) == ("clinician_invitation", "pending", email)
    assert (found["key"], found["clinicId"]) == (path.rsplit("/", 1)[1], clinic.body["id"])
    assert found["creator"]["clinicName"] == "Willow"
    assert found["creatorId"] == clinic.admin.user_id
    assert "expiresAt" not in found
    again = await clinic.service("PATCH", path)
    assert (again.status_code, again.json()["key"]) == (200, found["key"])
    assert len(await mails(clinic, settings, email)) == 2
    for method in ("GET", "PATCH", "DELETE"):
        assert (await clinic.member(method, path)).status_code == 403
        assert (await clinic.stranger(method, path)).status_code == 403


async def test_an_invite_of_another_clinic_is_unknown(clinic: Any, a_clinic: Any) -> None:
    other = await a_clinic()
    made = await invite(other, an_address())
    path = f"{clinic.path}/invites/clinicians/{made['inviteId']}"
    assert (await clinic.admin("GET", path)).status_code == 404
    assert (await clinic.admin("PATCH", path)).status_code == 404
    assert (await clinic.admin("DELETE", path)).status_code == 200
    assert (await other.admin("GET", f"{other.path}/invites/clinicians/{made['inviteId']}")).status_code == 200
    assert len(await listed(other, email=made["email"])) == 1


async def test_a_withdrawn_invite_is_gone_and_the_address_free(clinic: Any) -> None:
    made = await invite(clinic, clinic.stranger.email)
    path = f"{clinic.path}/invites/clinicians/{made['inviteId']}"
    for _ in range(2):
        answer = await clinic.admin("DELETE", path)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await clinic.admin("GET", path)).status_code == 404
    assert (await clinic.admin("PATCH", path)).status_code == 404
    mine = f"/v1/clinicians/{clinic.stranger.user_id}/invites"
    assert (await clinic.stranger("GET", mine)).status_code == 404
    assert (await clinic.stranger("PUT", f"{mine}/{made['inviteId']}")).status_code == 404
    assert (await invite(clinic, clinic.stranger.email))["inviteId"] != made["inviteId"]


async def test_who_is_invited_sees_it_and_joins(clinic: Any) -> None:
    guest = await clinic.house.person("Gus Guest")
    made = await invite(clinic, guest.email, "CLINIC_ADMIN")
    mine = f"/v1/clinicians/{guest.user_id}/invites"
    (found,) = (await guest("GET", mine)).json()
    assert (found["key"], found["restrictions"]) == (made["inviteId"], {"canAccept": True})
    assert found["creator"]["clinicId"] == clinic.body["id"]
    assert (await guest("GET", f"{clinic.path}/patients")).status_code == 403
    answer = await guest("PUT", f"{mine}/{made['inviteId']}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["id"], body["name"], body["roles"]) == (guest.user_id, "Gus Guest", ["CLINIC_ADMIN"])
    assert "inviteId" not in body
    assert (await guest("GET", f"{clinic.path}/patients")).status_code == 200
    assert (await guest("GET", mine)).status_code == 404
    assert (await guest("PUT", f"{mine}/{made['inviteId']}")).status_code == 404
    assert (await clinic.admin("GET", f"{clinic.path}/invites/clinicians/{made['inviteId']}")).status_code == 404
    # The new admin counts: the first one may leave.
    gone = await clinic.admin("DELETE", f"{clinic.path}/clinicians/{clinic.admin.user_id}")
    assert gone.status_code == 200


async def test_a_pending_admin_is_no_admin(clinic: Any) -> None:
    await invite(clinic, an_address(), "CLINIC_ADMIN")
    gone = await clinic.admin("DELETE", f"{clinic.path}/clinicians/{clinic.admin.user_id}")
    assert gone.status_code == 422


async def test_nobody_answers_for_somebody_else(clinic: Any) -> None:
    made = await invite(clinic, clinic.stranger.email)
    theirs = f"/v1/clinicians/{clinic.stranger.user_id}/invites"
    for caller in (clinic.admin, clinic.service, clinic.member):
        assert (await caller("GET", theirs)).status_code == 403
        assert (await caller("PUT", f"{theirs}/{made['inviteId']}")).status_code == 403
        assert (await caller("DELETE", f"{theirs}/{made['inviteId']}")).status_code == 403
    other = await clinic.house.person()
    mine = f"/v1/clinicians/{other.user_id}/invites"
    assert (await other("GET", mine)).status_code == 404
    assert (await other("PUT", f"{mine}/{made['inviteId']}")).status_code == 404
    assert (await other("DELETE", f"{mine}/{made['inviteId']}")).status_code == 404
    assert (await clinic.stranger("GET", theirs)).status_code == 200


async def test_an_address_that_nobody_confirmed_gets_nothing(clinic: Any) -> None:
    squatter = await clinic.house.person()
    made = await invite(clinic, squatter.email)
    async with clinic.house.work() as work:
        await accounts.update(work, squatter.key, Change(is_email_verified=False))
    mine = f"/v1/clinicians/{squatter.user_id}/invites"
    assert (await squatter("GET", mine)).status_code == 404
    assert (await squatter("PUT", f"{mine}/{made['inviteId']}")).status_code == 404


async def test_an_invite_follows_the_person_to_another_address(clinic: Any) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    async with clinic.house.work() as work:
        await accounts.update(work, guest.key, Change(email=an_address()))
        await accounts.update(work, guest.key, Change(is_email_verified=True))
    mine = f"/v1/clinicians/{guest.user_id}/invites"
    assert (await guest("PUT", f"{mine}/{made['inviteId']}")).status_code == 200


async def test_sixteen_acceptances_at_once_leave_one_member(clinic: Any) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    path = f"/v1/clinicians/{guest.user_id}/invites/{made['inviteId']}"
    answers = await asyncio.gather(*(guest("PUT", path) for _ in range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 15
    assert [one["id"] for one in await listed(clinic, email=guest.email)] == [guest.user_id]


async def test_a_withdrawal_and_an_acceptance_at_once_agree(clinic: Any) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    joined, gone = await asyncio.gather(
        guest("PUT", f"/v1/clinicians/{guest.user_id}/invites/{made['inviteId']}"),
        clinic.admin("DELETE", f"{clinic.path}/invites/clinicians/{made['inviteId']}"),
    )
    assert gone.status_code == 200
    assert len(await listed(clinic, email=guest.email)) == (1 if joined.status_code == 200 else 0)


async def test_a_declined_invite_is_gone(clinic: Any) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    mine = f"/v1/clinicians/{guest.user_id}/invites"
    answer = await guest("DELETE", f"{mine}/{made['inviteId']}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await guest("DELETE", f"{mine}/{made['inviteId']}")).status_code == 404
    assert (await guest("GET", mine)).status_code == 404
    assert await listed(clinic, email=guest.email) == []


@pytest.mark.parametrize(
    ("restrictions", "provider", "shown", "status"),
    [
        ([], "", {"canAccept": True}, 200),
        ([{"emailDomain": "Example.org"}], "", {"canAccept": True}, 200),
        ([{"emailDomain": "elsewhere.org"}], "", {"canAccept": False}, 403),
        ([{"emailDomain": "ample.org"}], "", {"canAccept": False}, 403),
        (
            [{"emailDomain": "example.org", "requiredIdp": "acme"}],
            "",
            {"canAccept": False, "requiredIdp": "acme"},
            403,
        ),
        ([{"emailDomain": "example.org", "requiredIdp": "acme"}], "acme", {"canAccept": True}, 200),
        (
            [{"emailDomain": "example.org", "requiredIdp": "acme"}, {"emailDomain": "example.org"}],
            "other",
            {"canAccept": False, "requiredIdp": "acme"},
            403,
        ),
        (
            [{"emailDomain": "elsewhere.org", "requiredIdp": "acme"}, {"emailDomain": "example.org"}],
            "",
            {"canAccept": True},
            200,
        ),
    ],
    ids=["none", "domain", "elsewhere", "half", "provider", "came-through-it", "first-decides", "second"],
)
async def test_restrictions_hold_when_shown_and_when_accepted(
    clinic: Any, restrictions: list[dict[str, str]], provider: str, shown: dict[str, Any], status: int
) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    put = await clinic.service("PUT", f"{clinic.path}/membership_restrictions", {"restrictions": restrictions})
    assert put.status_code == 200
    async with clinic.house.work() as work:
        token = await accounts.open_session(work, guest.key, identity_provider=provider)
    headers = {"x-tidepool-session-token": token}
    mine = f"/v1/clinicians/{guest.user_id}/invites"
    (found,) = (await guest.client.get(mine, headers=headers)).json()
    assert found["restrictions"] == shown
    assert (await guest.client.put(f"{mine}/{made['inviteId']}", headers=headers)).status_code == status


async def test_services_use_the_pieces(clinic: Any) -> None:
    guest = await clinic.house.person("Gus")
    made = await invite(clinic, guest.email)
    path = f"{clinic.path}/invites/clinicians/{made['inviteId']}/clinician"
    for method in ("GET", "PATCH", "DELETE"):
        assert (await clinic.admin(method, path, {"userId": guest.user_id})).status_code == 403
    assert (await clinic.service("GET", path)).json() == made
    assert (await clinic.service("PATCH", path, {})).status_code == 400
    assert (await clinic.service("PATCH", path, {"userId": "nobody"})).status_code == 400
    assert (await clinic.service("PATCH", path, {"userId": "0123456789"})).status_code == 404
    assert (await clinic.service("PATCH", path, {"userId": clinic.member.user_id})).status_code == 409
    joined = (await clinic.service("PATCH", path, {"userId": guest.user_id})).json()
    assert (joined["id"], joined["name"]) == (guest.user_id, "Gus")
    assert (await guest("GET", f"/v1/clinicians/{guest.user_id}/invites")).status_code == 404
    for method in ("GET", "PATCH", "DELETE"):
        assert (await clinic.service(method, path, {"userId": guest.user_id})).status_code == 404


async def test_services_discard_a_pending_clinician_that_they_made(clinic: Any) -> None:
    email = an_address()
    body = {"email": email, "roles": ["PRESCRIBER"], "inviteId": "outside"}
    assert (await clinic.service("POST", f"{clinic.path}/clinicians", body)).status_code == 200
    path = f"{clinic.path}/invites/clinicians/outside"
    assert (await clinic.service("GET", path)).status_code == 404
    assert (await clinic.service("DELETE", f"{path}/clinician")).status_code == 200
    assert (await clinic.service("DELETE", f"{path}/clinician")).status_code == 404
    assert await listed(clinic, email=email) == []


async def test_an_unmigrated_clinic_changes_no_clinicians(clinic: Any) -> None:
    guest = await clinic.house.person()
    made = await invite(clinic, guest.email)
    await clinic.house.pool.execute(
        "update organizations.organization set is_migrated = false where name = 'Willow' and key ="
        " (select entity from identity.name where system = 'tidepool-clinic' and value = $1)",
        clinic.body["id"],
    )
    path = f"{clinic.path}/invites/clinicians"
    body = {"email": an_address(), "roles": ["CLINIC_MEMBER"]}
    assert (await clinic.admin("POST", path, body)).status_code == 422
    assert (await clinic.admin("PATCH", f"{path}/{made['inviteId']}")).status_code == 422
    assert (await clinic.admin("DELETE", f"{path}/{made['inviteId']}")).status_code == 422
    piece = f"{path}/{made['inviteId']}/clinician"
    assert (await clinic.service("PATCH", piece, {"userId": guest.user_id})).status_code == 422
    assert (await clinic.service("DELETE", piece)).status_code == 422
    mine = f"/v1/clinicians/{guest.user_id}/invites/{made['inviteId']}"
    assert (await guest("PUT", mine)).status_code == 422


async def test_invites_end_with_the_clinic_and_outlive_who_sent_them(clinic: Any) -> None:
    guest, second = await clinic.house.person(), await clinic.house.person()
    added = {"id": second.user_id, "email": second.email, "roles": ["CLINIC_ADMIN"]}
    assert (await clinic.service("POST", f"{clinic.path}/clinicians", added)).status_code == 200
    body = {"email": guest.email, "roles": ["CLINIC_MEMBER"]}
    assert (await second("POST", f"{clinic.path}/invites/clinicians", body)).status_code == 200
    assert (await clinic.service("DELETE", f"/auth/user/{second.user_id}")).status_code == 202
    mine = f"/v1/clinicians/{guest.user_id}/invites"
    assert len((await guest("GET", mine)).json()) == 1
    assert (await clinic.admin("DELETE", clinic.path)).status_code == 204
    assert (await guest("GET", mine)).status_code == 404


async def test_a_mailbox_is_not_filled_with_invites(clinic: Any, a_clinic: Any) -> None:
    email = an_address()
    path = f"{clinic.path}/invites/clinicians/{(await invite(clinic, email))['inviteId']}"
    for _ in range(9):
        assert (await clinic.admin("PATCH", path)).status_code == 200
    refused = await clinic.admin("PATCH", path)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    await invite(await a_clinic(), email)


async def test_the_token_is_asked_for_as_everywhere_in_this_api(clinic: Any) -> None:
    from dataclasses import replace

    path = f"/v1/clinicians/{clinic.member.user_id}/invites"
    assert (await replace(clinic.member, token=None)("GET", path)).status_code == 400
    answer = await replace(clinic.member, token="wrong")("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (401, 401)
