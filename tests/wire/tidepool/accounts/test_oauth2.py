"""Tokens at the OAuth token endpoint."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from openward.care import accounts
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.request import finish

pytestmark = pytest.mark.anyio

PATH = "/realms/openward/protocol/openid-connect/token"


@pytest.fixture(scope="module")
async def client(world: Any) -> dict[str, str]:
    """A client of its own name and secret, with its own user."""
    async with world.pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE), world.gate.now(), world.gate.tools, origin=Origin())
        own = await accounts.create(work, email=world.fresh_email("uploader"), is_verified=True)
        await accounts.put_oauth_client(work, "oauth-tests", "client secret+1", "Uploader", own.key)
        await finish(work)
    return {"client_id": "oauth-tests", "client_secret": "client secret+1", "own": own.user_id}


def _form(client: dict[str, str], grant: str, **more: str) -> dict[str, str]:
    return {"client_id": client["client_id"], "client_secret": client["client_secret"], "grant_type": grant} | more


async def _user(world: Any, token: str) -> Any:
    return await world.api.get("/auth/user", headers={"x-tidepool-session-token": token})


async def _claims(world: Any, token: str) -> dict[str, Any]:
    """What an ID token says, checked with the keys that the server publishes."""
    found = (await world.api.get("/realms/openward/.well-known/openid-configuration")).json()
    keys = (await world.api.get(found["jwks_uri"].removeprefix("http://openward.test"))).json()
    claims: dict[str, Any] = jwt.decode(token, KeySet.import_key_set(keys), ["ES256"]).claims
    assert claims["iss"] == found["issuer"] == "http://openward.test/realms/openward"
    assert claims["iat"] < claims["exp"]
    return claims


async def test_the_scope_openid_asks_for_an_id_token(world: Any, client: dict[str, str]) -> None:
    plain = (await world.api.post(PATH, data=_form(client, "client_credentials"))).json()
    assert (plain["scope"], "id_token" in plain) == ("", False)
    asked = (await world.api.post(PATH, data=_form(client, "client_credentials", scope="openid other"))).json()
    assert asked["scope"] == "openid"
    claims = await _claims(world, asked["id_token"])
    assert (claims["sub"], claims["azp"], "email" in claims) == (client["own"], "oauth-tests", False)
    assert (await world.api.get("/realms/other/.well-known/openid-configuration")).status_code == 404
    assert (await world.api.get("/realms/other/protocol/openid-connect/certs")).status_code == 404


async def test_a_program_gets_a_token_of_its_own_user(world: Any, client: dict[str, str]) -> None:
    answer = await world.api.post(PATH, data=_form(client, "client_credentials"))
    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3600)
    assert "refresh_token" not in answer.json()
    assert (await _user(world, answer.json()["access_token"])).json()["userid"] == client["own"]
    basic = world.basic("oauth-tests", "client+secret%2B1")
    again = await world.api.post(PATH, data={"grant_type": "client_credentials"}, headers=basic)
    assert again.status_code == 200


async def test_a_person_gets_tokens_and_renews_them(world: Any, client: dict[str, str]) -> None:
    ana = await world.person()
    form = _form(client, "password", username=ana.email, password="correct-battery", scope="openid email")
    tokens = (await world.api.post(PATH, data=form)).json()
    assert (await _user(world, tokens["access_token"])).json()["userid"] == ana.user_id
    assert tokens["scope"] == "openid email"
    claims = await _claims(world, tokens["id_token"])
    assert (claims["sub"], claims["aud"], claims["email"]) == (ana.user_id, "oauth-tests", ana.email)
    world_refused = await _user(world, tokens["refresh_token"])
    world.refused(world_refused, 401)
    fresh = await world.api.post(PATH, data=_form(client, "refresh_token", refresh_token=tokens["refresh_token"]))
    assert fresh.status_code == 200
    assert (await _user(world, fresh.json()["access_token"])).status_code == 200
    headers = {"x-tidepool-session-token": fresh.json()["access_token"]}
    await world.api.post("/auth/logout", headers=headers)
    dead = await world.api.post(PATH, data=_form(client, "refresh_token", refresh_token=fresh.json()["refresh_token"]))
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")


async def test_refusals_have_the_shape_of_oauth(world: Any, client: dict[str, str]) -> None:
    ana = await world.sign_up()
    good = _form(client, "password", username=ana.email, password="correct-battery")
    cases = [
        (good, 400, "invalid_grant"),
        (good | {"password": "wrong-password"}, 400, "invalid_grant"),
        (good | {"username": ""}, 400, "invalid_request"),
        (good | {"client_secret": "guess"}, 401, "invalid_client"),
        (good | {"client_id": "nobody"}, 401, "invalid_client"),
        (good | {"client_id": ""}, 400, "invalid_request"),
        (good | {"grant_type": ""}, 400, "invalid_request"),
        (good | {"grant_type": "authorization_code"}, 400, "invalid_request"),
        (good | {"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        (good | {"username": "a\x00b"}, 400, "invalid_request"),
        (_form(client, "refresh_token", refresh_token="x"), 400, "invalid_grant"),
        (_form(client, "refresh_token"), 400, "invalid_request"),
    ]
    for form, status, error in cases:
        answer = await world.api.post(PATH, data=form)
        assert (answer.status_code, answer.json()["error"]) == (status, error), form
        assert "error_description" in answer.json()
    as_json = await world.api.post(PATH, json=good)
    assert (as_json.status_code, as_json.json()["error"]) == (400, "invalid_request")
    other = await world.api.post("/realms/other/protocol/openid-connect/token", data=good)
    assert other.status_code == 404
    for _ in range(10):
        last = await world.api.post(PATH, data=good | {"password": "wrong-password"})
    assert last.status_code == 429


async def test_a_token_of_a_program_logs_its_user_in(world: Any, client: dict[str, str]) -> None:
    given = (await world.api.post(PATH, data=_form(client, "client_credentials"))).json()["access_token"]
    for path in ("/auth/oauthlogin", "/oauthlogin"):
        reply = await world.api.post(path, headers={"authorization": f"bearer {given}"})
        assert reply.status_code == 200
        assert (reply.json()["oauthUser"]["userid"], reply.json()["oauthTarget"]["userid"]) == (client["own"],) * 2
        token = reply.headers["x-tidepool-session-token"]
        assert (await _user(world, token)).json()["userid"] == client["own"]
    for headers in ({}, {"authorization": "bearer nonsense"}):
        assert (await world.api.post("/auth/oauthlogin", headers=headers)).status_code == 401
