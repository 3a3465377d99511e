"""Signing up, looking up, changing and deleting users."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


def _new(email: Any, **more: Any) -> dict[str, Any]:
    return {"username": email, "emails": [email], "password": "correct-battery"} | more


async def test_signing_up_gives_the_user_and_a_token(world: Any) -> None:
    email = world.fresh_email()
    answer = await world.api.post("/auth/user", json=_new(email.upper(), roles=["clinic"]))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["username"], body["emails"], body["roles"]) == (email, [email], ["clinic"])
    assert body["emailVerified"] is False
    assert "passwordExists" not in body
    headers = {"x-tidepool-session-token": answer.headers["x-tidepool-session-token"]}
    own = await world.api.get("/auth/user", headers=headers)
    assert own.json()["userid"] == body["userid"]
    assert (await world.api.get("/user", headers=headers)).json() == own.json()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "x",
        {"username": "a@example.org", "emails": ["a@example.org"]},
        {"password": "correct-battery"},
        _new("no-at-sign"),
        _new("a@localhost"),
        _new("a b@example.org"),
        _new(f"{'a' * 290}@example.org"),
        _new(f"a@{'b' * 290}.org"),
        _new("a@example.org\u0000"),
        _new("ä@example.org"),
        _new(5),
        _new(["a@example.org"]),
        _new("a@example.org", emails="a@example.org"),
        _new("a@example.org", emails=["b@example.org"]),
        _new("a@example.org", emails=[]),
        _new("a@example.org", emails=[None]),
        _new("a@example.org", password="short"),
        _new("a@example.org", password="x" * 73),
        _new("a@example.org", password="white space"),
        _new("a@example.org", password=12345678),
        _new("a@example.org", roles="clinic"),
        _new("a@example.org", roles=["emperor"]),
        _new("a@example.org", roles=["custodial_account"]),
        _new("a@example.org", roles=["brokered"]),
        _new("a@example.org", roles=[[]]),
    ],
)
async def test_bad_details_are_refused(world: Any, body: Any) -> None:
    world.refused(await world.api.post("/auth/user", json=body), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"username": "\\ud800@example.org"}',
        b'{"username": "\\u0000"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1e999",
    ],
)
async def test_broken_json_is_refused(world: Any, body: bytes) -> None:
    answer = await world.api.post("/auth/user", content=body, headers={"content-type": "application/json"})
    world.refused(answer, 400)


async def test_of_two_sign_ups_with_one_address_one_wins(world: Any) -> None:
    email = world.fresh_email()
    answers = await asyncio.gather(*(world.api.post("/auth/user", json=_new(email)) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert await world.pool.fetchval("select count(*) from accounts.account where email = $1", email) == 1
    world.refused(await world.api.post("/auth/user", json=_new(email.upper())), 409)


async def test_an_account_is_shown_to_its_owner_its_custodian_and_services_only(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    ward = await world.custodial(ana)
    for path in (f"/auth/user/{ana.user_id}", f"/v1/users/{ana.user_id}", f"/user/{ana.user_id}"):
        assert (await world.api.get(path, headers=ana.headers)).json()["userid"] == ana.user_id
        world.refused(await world.api.get(path, headers=bob.headers), 401)
        world.refused(await world.api.get(path), 401)
        assert (await world.api.get(path, headers=world.service)).json()["passwordExists"] is True
    seen = await world.api.get(f"/auth/user/{ward}", headers=ana.headers)
    assert seen.json()["roles"] == ["custodial_account", "patient"]
    assert "emails" not in seen.json()
    by_mail = await world.api.get(f"/auth/user/{ana.email.upper()}", headers=world.service)
    assert by_mail.json()["userid"] == ana.user_id
    world.refused(await world.api.get("/auth/user/0000000000", headers=world.service), 404)
    world.refused(await world.api.get("/auth/user/0000000000", headers=ana.headers), 401)
    world.refused(await world.api.get("/auth/user/not%00an%20id", headers=world.service), 404)
    world.refused(await world.api.get("/auth/user", headers=world.service), 401)


async def test_reading_another_account_is_audited(world: Any) -> None:
    ana = await world.person()
    await world.api.get(f"/auth/user/{ana.user_id}", headers=world.service)
    row = await world.pool.fetchrow(
        "select e.action, e.what, e.actor_kind, e.credential from audit.entry e join identity.name i"
        " on i.entity = e.patient where i.value = $1 and e.action = 'read' order by e.at desc limit 1",
        ana.user_id,
    )
    assert (row["action"], row["what"], row["actor_kind"]) == ("read", "account", "service")
    assert row["credential"].startswith("service:tests:")


async def test_changing_ones_own_account(world: Any) -> None:
    ana = await world.person()
    other = await world.login(ana.email)
    other_headers = {"x-tidepool-session-token": other.headers["x-tidepool-session-token"]}
    updates = {"password": "another-battery", "termsAccepted": "2026-01-02T03:04:05Z"}
    answer = await world.api.put("/auth/user", json={"updates": updates}, headers=ana.headers)
    assert answer.status_code == 200
    assert answer.json()["termsAccepted"] == "2026-01-02T03:04:05Z"
    assert (await world.api.get("/auth/user", headers=ana.headers)).status_code == 200
    world.refused(await world.api.get("/auth/user", headers=other_headers), 401)
    world.refused(await world.login(ana.email), 401)
    assert (await world.login(ana.email, "another-battery")).status_code == 200


async def test_another_address_has_to_be_confirmed_again(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    fresh = world.fresh_email()
    taken = {"updates": {"username": bob.email.upper(), "emails": [bob.email]}}
    world.refused(await world.api.put("/auth/user", json=taken, headers=ana.headers), 409)
    answer = await world.api.put("/auth/user", json={"updates": {"username": fresh}}, headers=ana.headers)
    assert (answer.json()["username"], answer.json()["emailVerified"]) == (fresh, False)
    world.refused(await world.login(fresh), 403)


@pytest.mark.parametrize(
    ("updates", "status"),
    [
        ({"roles": ["clinic"]}, 401),
        ({"emailVerified": True}, 401),
        ({"emails": []}, 400),
        ({"emails": ["nobody"]}, 400),
        ({"emailVerified": "yes"}, 400),
        ({"password": "short"}, 400),
        ({"password": 5}, 400),
        ({"termsAccepted": "yesterday"}, 400),
        ({"termsAccepted": 5}, 400),
        ("x", 400),
    ],
)
async def test_an_owner_may_not_change_everything(world: Any, updates: Any, status: int) -> None:
    ana = await world.person()
    answer = await world.api.put("/auth/user", json={"updates": updates}, headers=ana.headers)
    world.refused(answer, status)


async def test_a_custodian_changes_the_address_but_not_password_or_terms(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    email = world.fresh_email("ward")
    ward = await world.custodial(ana, email)
    path = f"/auth/user/{ward}"
    for updates in ({"password": "correct-battery"}, {"termsAccepted": "2026-01-02T03:04:05Z"}):
        world.refused(await world.api.put(path, json={"updates": updates}, headers=ana.headers), 401)
    dropped = await world.api.put(path, json={"updates": {"emails": []}}, headers=ana.headers)
    assert dropped.status_code == 200
    assert "emails" not in dropped.json()
    again = await world.api.put(path, json={"updates": {"username": email, "emails": [email]}}, headers=ana.headers)
    assert again.json()["emails"] == [email]
    world.refused(await world.api.put(path, json={"updates": {"emails": []}}, headers=bob.headers), 401)


async def test_a_brokered_account_is_not_updated(world: Any) -> None:
    ana = await world.person()
    made = await world.api.put(
        f"/auth/user/{ana.user_id}", json={"updates": {"roles": ["brokered"]}}, headers=world.service
    )
    assert made.json()["roles"] == ["brokered"]
    for headers in (ana.headers, world.service):
        answer = await world.api.put(f"/auth/user/{ana.user_id}", json={"updates": {}}, headers=headers)
        world.refused(answer, 403)


async def test_deleting_ones_own_account_takes_the_password(world: Any) -> None:
    ana = await world.person()
    path = f"/auth/user/{ana.user_id}"
    for body in ({}, {"password": "wrong-password"}):
        world.refused(await world.api.request("DELETE", path, json=body, headers=ana.headers), 403)
    world.refused(await world.api.request("DELETE", path, json={"password": 5}, headers=ana.headers), 400)
    done = await world.api.request("DELETE", path, json={"password": "correct-battery"}, headers=ana.headers)
    assert done.status_code == 202
    world.refused(await world.api.get("/auth/user", headers=ana.headers), 401)
    world.refused(await world.api.get(path, headers=world.service), 404)
    world.refused(await world.login(ana.email), 401)
    again = await world.api.post("/auth/user", json=_new(ana.email))
    assert again.status_code == 201
    assert again.json()["userid"] != ana.user_id


async def test_who_else_may_delete(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    clinic = await world.person("clinic", roles=["clinic"])
    ward = await world.custodial(ana)
    world.refused(await world.api.delete(f"/auth/user/{ward}", headers=bob.headers), 401)
    assert (await world.api.delete(f"/auth/user/{ward}", headers=ana.headers)).status_code == 202
    mine = await world.api.request(
        "DELETE", f"/auth/user/{clinic.user_id}", json={"password": "correct-battery"}, headers=clinic.headers
    )
    world.refused(mine, 401)
    assert (await world.api.delete(f"/auth/user/{bob.user_id}", headers=world.service)).status_code == 202
    world.refused(await world.api.delete(f"/auth/user/{bob.user_id}", headers=world.service), 404)


async def test_services_search_users(world: Any) -> None:
    ana, clinic = await world.person("ana"), await world.person("clinic", roles=["clinic"])
    by_id = await world.api.get(f"/auth/users?id={ana.user_id},0123456789,junk", headers=world.service)
    assert [user["userid"] for user in by_id.json()] == [ana.user_id]
    by_role = await world.api.get("/auth/users?role=clinic&createdFrom=2020-01-01", headers=world.service)
    assert clinic.user_id in [user["userid"] for user in by_role.json()]
    assert ana.user_id not in [user["userid"] for user in by_role.json()]
    early = await world.api.get("/auth/users?role=clinic&createdTo=2020-01-01", headers=world.service)
    assert early.json() == []
    for query in (
        "",
        f"role=clinic&id={ana.user_id}",
        "role=emperor",
        "role=clinic&createdFrom=soon",
        "role=clinic&createdTo=2020-02-30",
        "id=",
        "id=" + ",".join(["0123456789"] * 201),
        "role=%00",
    ):
        world.refused(await world.api.get(f"/auth/users?{query}", headers=world.service), 400)
    last = await world.api.get("/auth/users?role=clinic&createdTo=9999-12-31", headers=world.service)
    assert last.status_code == 200
    world.refused(await world.api.get(f"/auth/users?id={ana.user_id}", headers=ana.headers), 401)


async def test_custodial_accounts(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    email = world.fresh_email("ward")
    ward = await world.custodial(ana, email)
    groups = await world.api.get(f"/access/groups/{ana.user_id}", headers=ana.headers)
    assert groups.json()[ward] == {"custodian": {}, "upload": {}, "view": {}}
    path = f"/auth/user/{ana.user_id}/user"
    world.refused(await world.api.post(path, json={"emails": [email]}, headers=ana.headers), 409)
    world.refused(await world.api.post(path, json={"emails": ["x"]}, headers=ana.headers), 400)
    world.refused(await world.api.post(path, json={}, headers=bob.headers), 401)
    assert (await world.api.post(path, headers=world.service)).status_code == 201
    missing = await world.api.post("/auth/user/0123456789/user", json={}, headers=world.service)
    world.refused(missing, 404)
    world.refused(await world.login(email), 401)


async def test_custodial_accounts_of_clinics_are_for_services(world: Any) -> None:
    ana = await world.person()
    path = f"/v1/clinics/{'0' * 24}/users"
    world.refused(await world.api.post(path, json={}, headers=ana.headers), 401)
    world.refused(await world.api.post(path, json={}, headers=world.service), 404)
    clinic = await world.api.post(
        "/v1/clinics", json={"name": "Willow", "preferredBgUnits": "mg/dL"}, headers=ana.headers
    )
    email = world.fresh_email("ward")
    made = await world.api.post(
        f"/v1/clinics/{clinic.json()['id']}/users", json={"username": email}, headers=world.service
    )
    assert (made.status_code, made.json()["emails"]) == (201, [email])
