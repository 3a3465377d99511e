"""Confirming a sign-up, claiming a custodial account, and a forgotten password."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

BIRTHDAY = "1990-02-03"


async def _claimable(world: Any, keeper: Any, *, birthday: str | None = BIRTHDAY) -> tuple[str, str, str]:
    """A custodial account whose owner got the mail: its user id, address and key."""
    email = world.fresh_email("ward")
    ward = await world.custodial(keeper, email)
    profile = {"fullName": "Wanda Ward", "patient": {"birthday": birthday} if birthday else {}}
    done = await world.api.put(f"/metadata/{ward}/profile", json=profile, headers=keeper.headers)
    assert done.status_code == 200
    sent = await world.api.post(f"/confirm/send/signup/{ward}", headers=keeper.headers)
    assert (sent.status_code, sent.content) == (200, b"")
    return ward, email, await world.mailed_key(email)


async def test_sign_up_sends_no_mail_by_itself_and_the_key_from_the_mail_confirms(world: Any) -> None:
    ana = await world.sign_up(full_name="Ana Ruiz")
    assert await world.mails(ana.email) == []
    sent = await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)
    assert sent.status_code == 200
    (mail,) = await world.mails(ana.email)
    assert "Ana Ruiz" in mail.text
    assert mail.html is not None
    key = await world.mailed_key(ana.email)
    assert f"http://openward.test/signup/confirm?key={key}" in mail.text
    world.refused(await world.login(ana.email), 403)
    accepted = await world.api.put(f"/confirm/accept/signup/{key}")
    assert (accepted.status_code, accepted.content) == (200, b"")
    assert (await world.login(ana.email)).json()["emailVerified"] is True
    world.refused(await world.api.put(f"/confirm/accept/signup/{key}"), 404)
    world.refused(await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers), 403)


async def test_the_key_is_stored_hashed_and_sealed_and_the_mail_is_forgotten(world: Any) -> None:
    ana = await world.sign_up()
    await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)
    key = await world.mailed_key(ana.email)
    row = await world.pool.fetchrow("select * from accounts.confirmation where email = $1", ana.email)
    assert key.encode() not in row["key_sealed"]
    assert key not in str(dict(row))
    message = await world.pool.fetchrow("select * from notices.message where recipient = $1", ana.email)
    assert (message["status"], message["template"], message["content"]) == ("sent", "signup_confirmation", None)
    assert message["sent_at"] is not None


async def test_nobody_learns_his_own_key_without_the_mail(world: Any) -> None:
    ana = await world.sign_up()
    world.refused(await world.api.get(f"/confirm/signup/{ana.user_id}", headers=ana.headers), 404)
    made = await world.api.post(f"/confirm/signup/{ana.user_id}", json={}, headers=ana.headers)
    assert made.status_code == 200
    shown = (await world.api.get(f"/confirm/signup/{ana.user_id}", headers=ana.headers)).json()
    assert (shown["type"], shown["status"], shown["email"]) == ("signup_confirmation", "pending", ana.email)
    assert shown["creatorId"] == ana.user_id
    assert len(shown["key"]) == 32
    world.refused(await world.api.put(f"/confirm/accept/signup/{shown['key']}"), 404)
    told = (await world.api.get(f"/confirm/signup/{ana.user_id}", headers=world.service)).json()
    assert told["key"] != shown["key"]
    assert await world.mails(ana.email) == []
    assert (await world.api.put(f"/confirm/accept/signup/{told['key']}")).status_code == 200


async def test_who_may_ask_for_the_confirmation(world: Any) -> None:
    ana, bob = await world.sign_up("ana"), await world.person("bob")
    for method, path in (
        ("POST", f"/confirm/send/signup/{ana.user_id}"),
        ("POST", f"/confirm/signup/{ana.user_id}"),
        ("GET", f"/confirm/signup/{ana.user_id}"),
    ):
        world.refused(await world.api.request(method, path), 401)
        bad = {"x-tidepool-session-token": "nonsense"}
        world.refused(await world.api.request(method, path, headers=bad), 403)
        world.refused(await world.api.request(method, path, headers=bob.headers), 403)
    world.refused(await world.api.post("/confirm/send/signup/0123456789", headers=world.service), 404)
    world.refused(await world.api.post("/confirm/send/signup/0123456789", headers=bob.headers), 403)
    broken = await world.api.post(f"/confirm/send/signup/{ana.user_id}", content=b"{", headers=ana.headers)
    world.refused(broken, 400)
    assert (await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=world.service)).status_code == 200
    world.refused(await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=world.service), 403)


async def test_asking_twice_at_once_makes_one_confirmation(world: Any) -> None:
    ana = await world.sign_up()
    path = f"/confirm/send/signup/{ana.user_id}"
    answers = await asyncio.gather(*(world.api.post(path, headers=ana.headers) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403, 403, 403]
    assert len(await world.mails(ana.email)) == 1


async def test_a_changed_address_gets_another_key_and_a_removed_one_none(world: Any) -> None:
    ana = await world.person()
    first, second = world.fresh_email("ward"), world.fresh_email("ward")
    ward = await world.custodial(ana, first)
    path = f"/confirm/send/signup/{ward}"
    assert (await world.api.post(path, headers=ana.headers)).status_code == 200
    old = await world.mailed_key(first)
    change = {"updates": {"username": second, "emails": [second]}}
    assert (await world.api.put(f"/auth/user/{ward}", json=change, headers=ana.headers)).status_code == 200
    body = {"password": "correct-battery", "birthday": BIRTHDAY}
    world.refused(await world.api.put(f"/confirm/accept/signup/{old}", json=body), 404)
    assert (await world.api.post(path, headers=ana.headers)).status_code == 200
    await world.mailed_key(second)
    await world.api.put(f"/auth/user/{ward}", json={"updates": {"emails": []}}, headers=ana.headers)
    assert (await world.api.post(path, headers=ana.headers)).status_code == 200
    world.refused(await world.api.get(f"/confirm/signup/{ward}", headers=ana.headers), 404)


async def test_resending_kills_the_earlier_key(world: Any) -> None:
    ana = await world.sign_up()
    world.refused(await world.api.post(f"/confirm/resend/signup/{ana.email}"), 404)
    await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)
    old = await world.mailed_key(ana.email)
    assert (await world.api.post(f"/confirm/resend/signup/{ana.email.upper()}")).status_code == 200
    fresh = await world.mailed_key(ana.email)
    assert fresh != old
    world.refused(await world.api.put(f"/confirm/accept/signup/{old}"), 404)
    statuses = {(await world.api.post(f"/confirm/resend/signup/{ana.email}")).status_code for _ in range(11)}
    assert statuses == {200, 429}
    world.refused(await world.api.post("/confirm/resend/signup/nobody%40example.org"), 404)
    world.refused(await world.api.post("/confirm/resend/signup/%00"), 400)


async def test_an_expired_key_is_unknown(world: Any) -> None:
    ana = await world.sign_up()
    await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)
    key = await world.mailed_key(ana.email)
    await world.pool.execute(
        "update accounts.confirmation set expires_at = now() - interval '1 second' where email = $1", ana.email
    )
    world.refused(await world.api.put(f"/confirm/accept/signup/{key}"), 404)
    assert (await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)).status_code == 200
    assert (await world.api.put(f"/confirm/accept/signup/{await world.mailed_key(ana.email)}")).status_code == 200


@pytest.mark.parametrize(("verb", "status"), [("signup", "canceled"), ("dismiss/signup", "declined")])
async def test_withdrawing_and_declining_a_sign_up(world: Any, verb: str, status: str) -> None:
    ana, bob = await world.sign_up("ana"), await world.sign_up("bob")
    await world.api.post(f"/confirm/send/signup/{ana.user_id}", headers=ana.headers)
    key = await world.mailed_key(ana.email)
    path = f"/confirm/{verb}/{ana.user_id}"
    for body in ({}, {"key": 5}, [], {"key": None}):
        world.refused(await world.api.put(path, json=body), 400)
    world.refused(await world.api.put(path, json={"key": "x" * 32}), 404)
    world.refused(await world.api.put(f"/confirm/{verb}/{bob.user_id}", json={"key": key}), 404)
    assert (await world.api.put(path, json={"key": key})).status_code == 200
    kept = await world.pool.fetchval("select status from accounts.confirmation where email = $1", ana.email)
    assert kept == status
    world.refused(await world.api.put(f"/confirm/accept/signup/{key}"), 404)


async def test_claiming_takes_password_and_birthday_and_ends_custody(world: Any) -> None:
    ana = await world.person(full_name="Ana Ruiz")
    ward, email, key = await _claimable(world, ana)
    path = f"/confirm/accept/signup/{key}"
    good = "correct-battery"
    world.refused(await world.api.put(path), 409, 1001)
    world.refused(await world.api.put(path, json={"birthday": BIRTHDAY}), 409, 1002)
    world.refused(await world.api.put(path, json={"password": "short", "birthday": BIRTHDAY}), 409, 1003)
    world.refused(await world.api.put(path, json={"password": 12345678, "birthday": BIRTHDAY}), 409, 1003)
    world.refused(await world.api.put(path, json={"password": good}), 409, 1004)
    for day in ("3.2.1990", "1990-02-30", 19900203, "1990-02-03T00:00:00Z"):
        world.refused(await world.api.put(path, json={"password": good, "birthday": day}), 409, 1005)
    world.refused(await world.api.put(path, json={"password": good, "birthday": "1990-02-04"}), 409, 1006)
    world.refused(await world.api.put(path, json=[]), 400)
    world.refused(await world.api.put(path, content=b"{"), 400)
    done = await world.api.put(path, json={"password": good, "birthday": BIRTHDAY})
    assert done.status_code == 200
    user = (await world.login(email)).json()
    assert (user["userid"], user["roles"], user["emailVerified"]) == (ward, ["patient"], True)
    world.refused(await world.api.get(f"/auth/user/{ward}", headers=ana.headers), 401)
    groups = await world.api.get(f"/access/groups/{ana.user_id}", headers=ana.headers)
    assert groups.json()[ward] == {"upload": {}, "view": {}}
    world.refused(await world.api.put(path, json={"password": good, "birthday": BIRTHDAY}), 404)


async def test_a_profile_without_birthday_takes_the_one_given(world: Any) -> None:
    ana = await world.person()
    ward, _, key = await _claimable(world, ana, birthday=None)
    body = {"password": "correct-battery", "birthday": BIRTHDAY}
    assert (await world.api.put(f"/confirm/accept/signup/{key}", json=body)).status_code == 200
    profile = await world.api.get(f"/metadata/{ward}/profile", headers=world.service)
    assert profile.json()["patient"]["birthday"] == BIRTHDAY


async def test_of_two_claims_at_once_one_wins(world: Any) -> None:
    ana = await world.person()
    _, email, key = await _claimable(world, ana)
    bodies = [{"password": f"correct-battery-{n}", "birthday": BIRTHDAY} for n in range(4)]
    answers = await asyncio.gather(*(world.api.put(f"/confirm/accept/signup/{key}", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    winner = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200)
    assert (await world.login(email, winner["password"])).status_code == 200


async def test_a_clinics_service_says_who_invites(world: Any) -> None:
    ana = await world.person()
    clinic = await world.api.post(
        "/v1/clinics", json={"name": "Willow Clinic", "preferredBgUnits": "mg/dL"}, headers=ana.headers
    )
    email = world.fresh_email("ward")
    ward = await world.custodial(ana, email)
    body = {"clinicId": clinic.json()["id"], "invitedBy": ana.user_id}
    done = await world.api.post(f"/confirm/send/signup/{ward}", json=body, headers=world.service)
    assert done.status_code == 200
    (mail,) = await world.mails(email)
    assert "Willow Clinic" in mail.text
    shown = (await world.api.get(f"/confirm/signup/{ward}", headers=world.service)).json()
    assert (shown["clinicId"], shown["creatorId"]) == (clinic.json()["id"], ana.user_id)
    other = await world.custodial(ana, world.fresh_email("ward"))
    for bad, status in (({"clinicId": "0" * 24}, 404), ({"clinicId": "x"}, 400), ({"clinicId": 5}, 400)):
        answer = await world.api.post(f"/confirm/send/signup/{other}", json=bad, headers=world.service)
        world.refused(answer, status)


@pytest.mark.parametrize("path", ["/confirm/send/forgot", "/confirm/forgot"])
async def test_a_forgotten_password_is_replaced_by_mail(world: Any, path: str) -> None:
    ana = await world.person()
    assert (await world.api.post(f"{path}/{ana.email.upper()}")).status_code == 200
    key = await world.mailed_key(ana.email)
    body = {"key": key, "email": ana.email, "password": "another-battery"}
    accept = "/confirm/accept/forgot"
    world.refused(await world.api.put(accept, json=body | {"email": world.fresh_email()}), 404)
    world.refused(await world.api.put(accept, json=body | {"key": "x" * 32}), 404)
    for bad in ({"password": "short"}, {"password": 5}, {"password": None}, {"key": None}, {"email": 5}):
        world.refused(await world.api.put(accept, json=body | bad), 400)
    world.refused(await world.api.put(accept, content=b"[]"), 400)
    done = await world.api.put(accept, json=body)
    assert (done.status_code, done.json()) == (200, {"code": 200, "reason": "OK"})
    world.refused(await world.api.get("/auth/user", headers=ana.headers), 401)
    world.refused(await world.login(ana.email), 401)
    assert (await world.login(ana.email, "another-battery")).status_code == 200
    world.refused(await world.api.put(accept, json=body), 404)


async def test_asking_again_kills_the_earlier_key(world: Any) -> None:
    ana = await world.sign_up()
    await world.api.post(f"/confirm/send/forgot/{ana.email}")
    old = await world.mailed_key(ana.email)
    await world.api.post(f"/confirm/send/forgot/{ana.email}")
    body = {"email": ana.email, "password": "another-battery"}
    world.refused(await world.api.put("/confirm/accept/forgot", json=body | {"key": old}), 404)
    fresh = await world.mailed_key(ana.email)
    done = await world.api.put("/confirm/accept/forgot", json=body | {"key": fresh})
    assert (done.status_code, done.json()) == (200, {"code": 200, "reason": "OK"})
    # The key came to the address, which is thereby confirmed.
    assert (await world.login(ana.email, "another-battery")).status_code == 200


async def test_an_unknown_address_gets_the_same_answer_and_another_mail(world: Any) -> None:
    email = world.fresh_email("nobody")
    answer = await world.api.post(f"/confirm/send/forgot/{email}")
    assert (answer.status_code, answer.content) == (200, b"")
    (mail,) = await world.mails(email)
    assert "No Openward account" in mail.subject
    for bad in ("nobody", "a%20b@example.org", "%00@example.org", "x" * 300 + "@example.org"):
        world.refused(await world.api.post(f"/confirm/send/forgot/{bad}"), 400)
    for _ in range(12):
        assert (await world.api.post(f"/confirm/send/forgot/{email}")).status_code == 200
    assert len(await world.mails(email)) == 10


async def test_an_account_nobody_claimed_gets_the_mail_to_claim_it(world: Any) -> None:
    ana = await world.person()
    ward, email, _ = await _claimable(world, ana)
    assert (await world.api.post(f"/confirm/send/forgot/{email}")).status_code == 200
    key = await world.mailed_key(email)
    world.refused(await world.api.put(f"/confirm/accept/signup/{key}"), 409, 1001)
    assert ward
