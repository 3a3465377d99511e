"""Provider sessions as services see them, under both prefixes; nobody else sees them at all."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

TOKEN = {
    "accessToken": "an-access",
    "tokenType": "Bearer",
    "refreshToken": "a-refresh",
    "expirationTime": "2030-01-02T03:04:05.000Z",
    "scope": ["b", "a"],
    "idToken": "an.id.token",
}
PREFIXES = ("", "/auth")


def body(**more: Any) -> dict[str, Any]:
    return {"type": "oauth", "name": "dexcom", "oauthToken": TOKEN, **more}


async def call(world: Any, method: str, path: str, json: Any = None, headers: Any = None, **params: str) -> Any:
    headers = world.service if headers is None else headers
    return await world.api.request(method, path, json=json, headers=headers, params=params)


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_session_of_a_user(world: Any, prefix: str) -> None:
    ana = await world.person()
    path = f"{prefix}/v1/users/{ana.user_id}/provider_sessions"
    made = await call(world, "POST", path, body())
    assert made.status_code == 200, made.text
    session = made.json()
    assert len(session["id"]) == 32
    assert (session["userId"], session["type"], session["name"]) == (ana.user_id, "oauth", "dexcom")
    assert session["oauthToken"] == TOKEN | {"scope": ["a", "b"]}
    assert "modifiedTime" not in session
    one = f"{prefix}/v1/provider_sessions/{session['id']}"
    assert (await call(world, "GET", one)).json() == session
    assert (await call(world, "GET", path)).json() == [session]
    assert (await call(world, "GET", path, type="oauth", name="abbott")).json() == []
    source = (await call(world, "GET", f"{one}/data_source")).json()
    assert (source["state"], source["providerSessionId"]) == ("connected", session["id"])
    assert (await call(world, "POST", path, body())).status_code == 409
    done = await call(world, "DELETE", path)
    assert (done.status_code, done.content) == (204, b"")
    assert (await call(world, "GET", one)).status_code == 404
    sources = await call(world, "GET", f"/v1/users/{ana.user_id}/data_sources")
    assert [one["state"] for one in sources.json()] == ["disconnected"]
    assert (await call(world, "GET", f"{one}/data_source")).status_code == 404


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_session_by_itself(world: Any, prefix: str) -> None:
    ana = await world.person()
    path = f"{prefix}/v1/provider_sessions"
    external = f"link-{ana.user_id}"
    session = (await call(world, "POST", path, body(userId=ana.user_id, externalId=external))).json()
    assert session["externalId"] == external
    assert (await call(world, "GET", path, externalId=external)).json() == [session]
    assert (await call(world, "GET", path, userId=ana.user_id, externalId=external)).json() == [session]
    assert (await call(world, "GET", path, userId=ana.user_id, externalId="other")).json() == []
    one = f"{path}/{session['id']}"
    changed = await call(world, "PUT", one, {"oauthToken": {"accessToken": "next"}, "externalId": external})
    assert changed.status_code == 200, changed.text
    assert changed.json()["oauthToken"] == {"accessToken": "next", "tokenType": "Bearer"}
    assert "modifiedTime" in changed.json()
    # What is left out is removed.
    bare = (await call(world, "PUT", one, {})).json()
    assert "oauthToken" not in bare
    assert "externalId" not in bare
    deleted = await call(world, "DELETE", one)
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert (await call(world, "DELETE", one)).status_code == 404
    second = (await call(world, "POST", path, body(userId=ana.user_id, externalId=external))).json()
    assert (await call(world, "DELETE", path, externalId=external)).status_code == 204
    assert (await call(world, "GET", f"{path}/{second['id']}")).status_code == 404
    assert (await call(world, "DELETE", path, userId=ana.user_id)).status_code == 204


async def test_pages_of_sessions(world: Any) -> None:
    ana = await world.person()
    path = f"/v1/users/{ana.user_id}/provider_sessions"
    for number in range(3):
        assert (await call(world, "POST", path, body(externalId=str(number)))).status_code == 200
    assert [one["externalId"] for one in (await call(world, "GET", path)).json()] == ["2", "1", "0"]
    assert [one["externalId"] for one in (await call(world, "GET", path, page="1", size="2")).json()] == ["0"]
    assert (await call(world, "GET", path, size="0")).status_code == 400


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_only_services_may(world: Any, prefix: str) -> None:
    ana = await world.person()
    session = (await call(world, "POST", f"/v1/users/{ana.user_id}/provider_sessions", body())).json()
    for headers in (ana.headers, {}, {"x-tidepool-session-token": "nonsense"}):
        for method, path in (
            ("GET", f"/v1/users/{ana.user_id}/provider_sessions"),
            ("POST", f"/v1/users/{ana.user_id}/provider_sessions"),
            ("DELETE", f"/v1/users/{ana.user_id}/provider_sessions"),
            ("GET", f"/v1/provider_sessions?userId={ana.user_id}"),
            ("POST", "/v1/provider_sessions"),
            ("DELETE", f"/v1/provider_sessions?userId={ana.user_id}"),
            ("GET", f"/v1/provider_sessions/{session['id']}"),
            ("PUT", f"/v1/provider_sessions/{session['id']}"),
            ("DELETE", f"/v1/provider_sessions/{session['id']}"),
        ):
            answer = await world.api.request(method, prefix + path, json=body(), headers=headers)
            world.refused(answer, 401)
        of = await world.api.get(f"/v1/provider_sessions/{session['id']}/data_source", headers=headers)
        assert of.status_code in (401, 403)
    assert (await call(world, "GET", f"/v1/provider_sessions/{session['id']}")).status_code == 200


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "other"},
        {"type": None},
        {"name": ""},
        {"name": "x" * 101},
        {"name": 7},
        {"oauthToken": None},
        {"oauthToken": "an-access"},
        {"oauthToken": {}},
        {"oauthToken": {"accessToken": ""}},
        {"oauthToken": {"accessToken": "a\r\nb"}},
        {"oauthToken": {"accessToken": "a", "scope": ["x", "x"]}},
        {"oauthToken": {"accessToken": "a", "scope": "x"}},
        {"oauthToken": {"accessToken": "a", "expirationTime": "tomorrow"}},
        {"oauthToken": {"accessToken": "a", "refreshToken": 1}},
        {"externalId": ""},
        {"externalId": "x" * 101},
    ],
)
async def test_bad_bodies_are_refused(world: Any, bad: dict[str, Any]) -> None:
    ana = await world.person()
    path = f"/v1/users/{ana.user_id}/provider_sessions"
    world.refused(await call(world, "POST", path, body(**bad)), 400)
    assert (await call(world, "GET", path)).json() == []


async def test_what_is_not_there_and_what_is_not_said(world: Any) -> None:
    world.refused(await call(world, "GET", "/v1/users/0123456789/provider_sessions"), 404)
    world.refused(await call(world, "POST", "/v1/users/0123456789/provider_sessions", body()), 404)
    world.refused(await call(world, "POST", "/v1/provider_sessions", body(userId="0123456789")), 404)
    world.refused(await call(world, "POST", "/v1/provider_sessions", body()), 400)
    world.refused(await call(world, "GET", f"/v1/provider_sessions/{'0' * 32}"), 404)
    world.refused(await call(world, "PUT", f"/v1/provider_sessions/{'0' * 32}", {}), 404)
    world.refused(await call(world, "DELETE", f"/v1/provider_sessions/{'0' * 32}"), 404)
    for method in ("GET", "DELETE"):
        world.refused(await call(world, method, "/v1/provider_sessions"), 400)
        world.refused(await call(world, method, "/v1/provider_sessions", name="dexcom"), 400)
        world.refused(await call(world, method, "/v1/provider_sessions", externalId="x", type="other"), 400)
