"""Links for one person, some paths and some time."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import accounts
from openward.care.work import NOBODY, Origin, Work

pytestmark = pytest.mark.anyio


async def _made(world: Any, who: Any, headers: Any, **body: Any) -> Any:
    return await world.api.post(f"/v1/users/{who.user_id}/restricted_tokens", json=body, headers=headers)


async def _holder(world: Any, token: str, path: str) -> Any:
    async with world.pool.acquire() as connection, connection.transaction():
        work = Work(connection, NOBODY, world.gate.now(), world.gate.tools, origin=Origin())
        return await accounts.link_actor(work, token, path)


async def test_a_user_makes_one_for_himself_and_a_service_for_anybody(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    answer = await _made(world, ana, ana.headers, paths=[f"/export/{ana.user_id}"])
    assert answer.status_code == 201
    body = answer.json()
    assert re.fullmatch(r"[0-9a-z]{32}", body["id"])
    assert (body["userId"], body["paths"]) == (ana.user_id, [f"/export/{ana.user_id}"])
    life = datetime.fromisoformat(body["expirationTime"]) - datetime.fromisoformat(body["createdTime"])
    assert life == timedelta(hours=1)
    assert (await _made(world, ana, world.service)).status_code == 201
    assert "paths" not in (await _made(world, ana, world.service)).json()
    world.refused(await _made(world, ana, bob.headers), 401)
    world.refused(await world.api.post(f"/v1/users/{ana.user_id}/restricted_tokens"), 401)
    world.refused(await world.api.post("/v1/users/0123456789/restricted_tokens", headers=world.service), 404)
    row = await world.pool.fetchrow("select * from accounts.restricted_token order by created_at desc limit 1")
    assert body["id"] not in str(dict(row))


@pytest.mark.parametrize(
    "body",
    [
        {"paths": []},
        {"paths": "/a"},
        {"paths": ["a"]},
        {"paths": [5]},
        {"paths": ["/a", "/a"]},
        {"paths": [f"/{n}" for n in range(11)]},
        {"paths": ["/" + "x" * 2000]},
        {"expirationTime": "soon"},
        {"expirationTime": 5},
        {"expirationTime": "2020-01-01T00:00:00Z"},
        {"expirationTime": "9999-12-31T23:59:59Z"},
        {"expirationTime": "2026-01-01T00:00:00"},
    ],
)
async def test_bad_paths_and_times_are_refused(world: Any, body: Any) -> None:
    ana = await world.person()
    world.refused(await _made(world, ana, ana.headers, **body), 400)
    broken = await world.api.post(f"/v1/users/{ana.user_id}/restricted_tokens", content=b"[", headers=ana.headers)
    world.refused(broken, 400)


async def test_services_list_change_and_delete(world: Any) -> None:
    ana = await world.person()
    first = (await _made(world, ana, ana.headers, paths=["/a"])).json()
    second = (await _made(world, ana, ana.headers)).json()
    path = f"/v1/users/{ana.user_id}/restricted_tokens"
    listed = await world.api.get(path, headers=world.service)
    assert {token["id"] for token in listed.json()} == {first["id"], second["id"]}
    assert len((await world.api.get(f"{path}?page=1&size=1", headers=world.service)).json()) == 1
    world.refused(await world.api.get(f"{path}?size=0", headers=world.service), 400)
    world.refused(await world.api.get(path, headers=ana.headers), 401)
    one = f"/v1/restricted_tokens/{first['id']}"
    assert (await world.api.get(one, headers=world.service)).json() == first
    assert (await world.api.get(f"/auth{one}", headers=world.service)).json() == first
    world.refused(await world.api.get(one, headers=ana.headers), 401)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="milliseconds")
    changed = await world.api.put(one, json={"paths": ["/b"], "expirationTime": until}, headers=world.service)
    assert changed.json()["paths"] == ["/b"]
    assert datetime.fromisoformat(changed.json()["expirationTime"]) == datetime.fromisoformat(until)
    world.refused(await world.api.put(one, json={"paths": ["/b"]}, headers=ana.headers), 401)
    world.refused(await world.api.put(one, json={"paths": []}, headers=world.service), 400)
    bob = await world.person("bob")
    world.refused(await world.api.delete(one, headers=bob.headers), 401)
    assert (await world.api.delete(one, headers=ana.headers)).status_code == 200
    assert (await world.api.delete(one, headers=bob.headers)).status_code == 200
    world.refused(await world.api.get(one, headers=world.service), 404)
    world.refused(await world.api.delete(path, headers=ana.headers), 401)
    assert (await world.api.delete(path, headers=world.service)).status_code == 204
    assert (await world.api.get(path, headers=world.service)).json() == []


async def test_a_link_is_good_for_its_paths_and_its_time(world: Any) -> None:
    ana = await world.person()
    token = (await _made(world, ana, ana.headers, paths=[f"/export/{ana.user_id}"])).json()["id"]
    for path in (f"/export/{ana.user_id}", f"/export/{ana.user_id}/x"):
        actor = await _holder(world, token, path)
        assert actor.kind == "link"
        assert token not in actor.credential
    for path in ("/export", f"/export/{ana.user_id}x", f"/export/{ana.user_id}/../other", "/data/x", "/"):
        assert await _holder(world, token, path) is None
    assert await _holder(world, "x" * 32, f"/export/{ana.user_id}") is None
    open_token = (await _made(world, ana, ana.headers)).json()["id"]
    assert (await _holder(world, open_token, "/anything")).kind == "link"
    await world.pool.execute("update accounts.restricted_token set expires_at = now() - interval '1 second'")
    assert await _holder(world, open_token, "/anything") is None
