"""Inviting somebody to one's care team."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

VIEW = {"view": {}, "note": {}}


async def _invite(world: Any, owner: Any, email: str, permissions: Any = None, **more: Any) -> Any:
    body = {"email": email, "permissions": VIEW if permissions is None else permissions} | more
    return await world.api.post(f"/confirm/send/invite/{owner.user_id}", json=body, headers=owner.headers)


async def test_inviting_and_accepting(world: Any) -> None:
    ana, bob = await world.person("ana", full_name="Ana Ruiz"), await world.person("bob", full_name="Bob Bay")
    sent = await _invite(world, ana, bob.email.upper(), nickname="Bobby", alertsConfig={"low": {"enabled": True}})
    assert sent.status_code == 200
    body = sent.json()
    assert (body["type"], body["status"], body["email"]) == ("careteam_invitation", "pending", bob.email)
    assert body["context"] == {"view": {}, "note": {}}
    assert body["creator"] == {"userid": ana.user_id, "profile": {"fullName": "Ana Ruiz", "patient": {}}}
    (mail,) = await world.mails(bob.email)
    assert "Ana Ruiz" in mail.subject
    (mine,) = (await world.api.get(f"/confirm/invite/{ana.user_id}", headers=ana.headers)).json()
    (his,) = (await world.api.get(f"/confirm/invitations/{bob.user_id}", headers=bob.headers)).json()
    assert mine["key"] == his["key"] == body["key"]
    path = f"/confirm/accept/invite/{bob.user_id}/{ana.user_id}"
    done = await world.api.put(path, json={"key": body["key"]}, headers=bob.headers)
    assert (done.status_code, done.content) == (200, b"")
    groups = await world.api.get(f"/access/groups/{bob.user_id}", headers=bob.headers)
    assert groups.json() == {bob.user_id: {"root": {}}, ana.user_id: {"note": {}, "view": {}}}
    world.refused(await world.api.put(path, json={"key": body["key"]}, headers=bob.headers), 404)
    world.refused(await world.api.get(f"/confirm/invite/{ana.user_id}", headers=ana.headers), 404)
    world.refused(await world.api.get(f"/confirm/invitations/{bob.user_id}", headers=bob.headers), 404)
    world.refused(await _invite(world, ana, bob.email), 409)
    assert (await _invite(world, ana, bob.email, {"follow": {}})).status_code == 200


async def test_what_is_refused_when_inviting(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    path = f"/confirm/send/invite/{ana.user_id}"
    email = world.fresh_email("guest")
    for body in (
        {},
        {"email": email},
        {"permissions": VIEW},
        {"email": "guest", "permissions": VIEW},
        {"email": 5, "permissions": VIEW},
        {"email": email, "permissions": {}},
        {"email": email, "permissions": {"custodian": {}}},
        {"email": email, "permissions": {"root": {}}},
        {"email": email, "permissions": {"view": True}},
        {"email": email, "permissions": ["view"]},
        {"email": email, "permissions": VIEW, "nickname": "x" * 300},
        {"email": email, "permissions": VIEW, "alertsConfig": "loud"},
        [],
    ):
        world.refused(await world.api.post(path, json=body, headers=ana.headers), 400)
    good = {"email": email, "permissions": VIEW}
    world.refused(await world.api.post(path, json=good), 401)
    world.refused(await world.api.post(path, json=good, headers={"x-tidepool-session-token": "x"}), 403)
    world.refused(await world.api.post(path, json=good, headers=bob.headers), 403)
    world.refused(await _invite(world, ana, ana.email), 409)
    answers = await asyncio.gather(*(_invite(world, ana, email) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_only_the_invited_one_answers_and_only_with_a_confirmed_address(world: Any) -> None:
    ana, bob, eve = await world.person("ana"), await world.sign_up("bob"), await world.person("eve")
    key = (await _invite(world, ana, bob.email)).json()["key"]
    path = f"/confirm/accept/invite/{bob.user_id}/{ana.user_id}"
    world.refused(await world.api.put(path, json={"key": key}, headers=bob.headers), 403)
    world.refused(await world.api.get(f"/confirm/invitations/{bob.user_id}", headers=bob.headers), 404)
    world.refused(await world.api.put(path, json={"key": key}, headers=eve.headers), 403)
    mine = f"/confirm/accept/invite/{eve.user_id}/{ana.user_id}"
    world.refused(await world.api.put(mine, json={"key": key}, headers=eve.headers), 403)
    world.refused(await world.api.put(mine, json={"key": "x" * 32}, headers=eve.headers), 404)
    for body in ({}, {"key": 5}, []):
        world.refused(await world.api.put(mine, json=body, headers=eve.headers), 400)
    world.refused(await world.api.get(f"/confirm/invitations/{bob.user_id}", headers=eve.headers), 403)
    world.refused(await world.api.get(f"/confirm/invite/{ana.user_id}", headers=eve.headers), 403)
    groups = await world.api.get(f"/access/{ana.user_id}", headers=ana.headers)
    assert list(groups.json()) == [ana.user_id]


async def test_declining_and_withdrawing(world: Any) -> None:
    ana, bob, cat = await world.person("ana"), await world.person("bob"), await world.person("cat")
    key = (await _invite(world, ana, bob.email)).json()["key"]
    path = f"/confirm/dismiss/invite/{bob.user_id}/{ana.user_id}"
    world.refused(await world.api.put(path, json={"key": key}, headers=cat.headers), 403)
    assert (await world.api.put(path, json={"key": key}, headers=bob.headers)).status_code == 200
    (declined,) = (await world.api.get(f"/confirm/invite/{ana.user_id}", headers=ana.headers)).json()
    assert declined["status"] == "declined"
    await _invite(world, ana, cat.email)
    cancel = f"/confirm/{ana.user_id}/invited/{cat.email.upper()}"
    world.refused(await world.api.put(cancel, headers=cat.headers), 403)
    assert (await world.api.put(cancel, headers=ana.headers)).status_code == 200
    world.refused(await world.api.put(cancel, headers=ana.headers), 404)
    world.refused(await world.api.get(f"/confirm/invitations/{cat.user_id}", headers=cat.headers), 404)


async def test_mailing_an_invitation_again(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    sent = (await _invite(world, ana, bob.email)).json()
    path = f"/confirm/resend/invite/{sent['key']}"
    again = await world.api.patch(path, content=b"", headers=ana.headers)
    assert (again.status_code, again.json()["key"]) == (200, sent["key"])
    assert len(await world.mails(bob.email)) == 2
    world.refused(await world.api.patch(path, headers=bob.headers), 404)
    world.refused(await world.api.patch(f"/confirm/resend/invite/{'x' * 32}", headers=ana.headers), 404)
    world.refused(await world.api.patch(path), 401)


async def test_an_expired_invitation_makes_room_for_another(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob")
    key = (await _invite(world, ana, bob.email)).json()["key"]
    await world.pool.execute(
        "update accounts.confirmation set expires_at = now() - interval '1 second' where email = $1", bob.email
    )
    path = f"/confirm/accept/invite/{bob.user_id}/{ana.user_id}"
    world.refused(await world.api.put(path, json={"key": key}, headers=bob.headers), 404)
    assert (await _invite(world, ana, bob.email)).status_code == 200
