"""What people let each other see and do."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_setting_replaces_and_nothing_removes(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    path = f"/access/{ana.user_id}/{bob.user_id}"
    world.refused(await world.api.get(path, headers=ana.headers), 404)
    done = await world.api.post(path, json={"view": {}, "upload": {}}, headers=ana.headers)
    assert (done.status_code, done.json()) == (200, {"upload": {}, "view": {}})
    for headers in (ana.headers, bob.headers, world.service):
        assert (await world.api.get(path, headers=headers)).json() == {"upload": {}, "view": {}}
    assert (await world.api.post(path, json={"note": {}}, headers=ana.headers)).json() == {"note": {}}
    team = await world.api.get(f"/access/{ana.user_id}", headers=ana.headers)
    assert team.json() == {ana.user_id: {"root": {}}, bob.user_id: {"note": {}}}
    groups = await world.api.get(f"/access/groups/{bob.user_id}", headers=bob.headers)
    assert groups.json() == {bob.user_id: {"root": {}}, ana.user_id: {"note": {}}}
    assert (await world.api.post(path, json={}, headers=ana.headers)).json() == {}
    world.refused(await world.api.get(path, headers=ana.headers), 404)
    own = await world.api.get(f"/access/{ana.user_id}/{ana.user_id}", headers=ana.headers)
    assert own.json() == {"root": {}}


async def test_whoever_was_let_in_may_leave_but_not_take_more(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    path = f"/access/{ana.user_id}/{bob.user_id}"
    await world.api.post(path, json={"view": {}}, headers=ana.headers)
    world.refused(await world.api.post(path, json={"view": {}, "upload": {}}, headers=bob.headers), 403)
    left = await world.api.post(path, content=b"null", headers=bob.headers)
    assert (left.status_code, left.json()) == (200, {})


async def test_strangers_are_refused(world: Any) -> None:
    ana, bob, eve = await world.person("ana"), await world.person("bob"), await world.person("eve")
    await world.api.post(f"/access/{ana.user_id}/{bob.user_id}", json={"view": {}}, headers=ana.headers)
    for path in (f"/access/groups/{bob.user_id}", f"/access/{ana.user_id}", f"/access/{ana.user_id}/{bob.user_id}"):
        world.refused(await world.api.get(path, headers=eve.headers), 403)
        world.refused(await world.api.get(path), 401)
        world.refused(await world.api.get(path, headers={"x-tidepool-session-token": "x"}), 401)
    world.refused(await world.api.get(f"/access/{ana.user_id}", headers=bob.headers), 403)
    world.refused(
        await world.api.post(f"/access/{ana.user_id}/{eve.user_id}", json={"view": {}}, headers=eve.headers), 403
    )
    world.refused(await world.api.get("/access/0123456789", headers=world.service), 404)
    world.refused(await world.api.get("/access/0123456789", headers=eve.headers), 403)


@pytest.mark.parametrize("body", [{"root": {}}, {"custodian": {}}, {"fly": {}}, {"view": 1}, [], "view", {"": {}}])
async def test_what_cannot_be_granted(world: Any, body: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    path = f"/access/{ana.user_id}/{bob.user_id}"
    world.refused(await world.api.post(path, json=body, headers=ana.headers), 400)
    world.refused(await world.api.post(path, content=b"{", headers=ana.headers), 400)
    own = await world.api.post(f"/access/{ana.user_id}/{ana.user_id}", json={"view": {}}, headers=ana.headers)
    world.refused(own, 400)


async def test_a_service_makes_a_custodian(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    path = f"/access/{ana.user_id}/{bob.user_id}"
    done = await world.api.post(path, json={"custodian": {}, "view": {}}, headers=world.service)
    assert done.json() == {"custodian": {}, "view": {}}
    assert (await world.api.get(f"/auth/user/{ana.user_id}", headers=bob.headers)).status_code == 200
    missing = await world.api.post(f"/access/{ana.user_id}/0123456789", json={"view": {}}, headers=world.service)
    world.refused(missing, 404)
