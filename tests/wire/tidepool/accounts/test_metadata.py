"""Profiles, preferences, settings, private items, and the people one shares with."""

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_documents_are_written_member_by_member(world: Any) -> None:
    ana = await world.person()
    path = f"/metadata/{ana.user_id}/profile"
    world.refused(await world.api.get(path, headers=ana.headers), 404)
    profile = {"fullName": "Ana Ruiz", "patient": {"birthday": "1990-02-03", "about": "😀"}}
    done = await world.api.put(path, json=profile, headers=ana.headers)
    assert (done.status_code, done.json()) == (200, profile)
    more = await world.api.post(path, json={"patient": {"birthday": "1990-02-04"}}, headers=ana.headers)
    assert more.json() == {"fullName": "Ana Ruiz", "patient": {"birthday": "1990-02-04"}}
    assert (await world.api.get(path, headers=ana.headers)).json() == more.json()
    for collection in ("preferences", "settings", "groups"):
        one = f"/metadata/{ana.user_id}/{collection}"
        assert (await world.api.put(one, json={"a": [1, None, "x"]}, headers=ana.headers)).status_code == 200
        assert (await world.api.get(one, headers=ana.headers)).json() == {"a": [1, None, "x"]}
    names = (await world.api.get("/metadata/collections", headers=ana.headers)).json()
    assert {"profile", "preferences", "settings", "groups", "private"} == set(names)


async def test_writers_side_by_side_add_up(world: Any) -> None:
    ana = await world.person()
    path = f"/metadata/{ana.user_id}/preferences"
    await asyncio.gather(*(world.api.put(path, json={f"k{n}": n}, headers=ana.headers) for n in range(8)))
    assert (await world.api.get(path, headers=ana.headers)).json() == {f"k{n}": n for n in range(8)}


async def test_who_may_read_and_write(world: Any) -> None:
    ana, bob, eve = (
        await world.person("ana", full_name="Ana Ruiz"),
        await world.person("bob"),
        await world.person("eve"),
    )
    await world.api.post(f"/access/{ana.user_id}/{bob.user_id}", json={"view": {}}, headers=ana.headers)
    await world.api.put(f"/metadata/{ana.user_id}/preferences", json={"a": 1}, headers=ana.headers)
    profile, preferences = f"/metadata/{ana.user_id}/profile", f"/metadata/{ana.user_id}/preferences"
    assert (await world.api.get(profile, headers=bob.headers)).json()["fullName"] == "Ana Ruiz"
    assert (await world.api.get(preferences, headers=world.service)).json() == {"a": 1}
    world.refused(await world.api.get(preferences, headers=bob.headers), 401)
    world.refused(await world.api.put(profile, json={"fullName": "B"}, headers=bob.headers), 401)
    world.refused(await world.api.get(profile, headers=eve.headers), 401)
    world.refused(await world.api.get(profile), 401)
    world.refused(await world.api.get("/metadata/0123456789/profile", headers=eve.headers), 401)
    world.refused(await world.api.get("/metadata/0123456789/profile", headers=world.service), 404)
    world.refused(await world.api.get(f"/metadata/{ana.user_id}/diary", headers=ana.headers), 404)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"fullName": 5}',
        b'{"patient": []}',
        b'{"patient": {"birthday": "soon"}}',
        b'{"patient": {"diagnosisDate": 5}}',
        b'{"fullName": "\\u0000"}',
        b'{"fullName": "\\udc00"}',
        b'{"a": 1e999}',
        b'{"a":' * 5000,
    ],
)
async def test_a_profile_that_others_could_not_read_is_refused(world: Any, content: bytes) -> None:
    ana = await world.person()
    answer = await world.api.put(f"/metadata/{ana.user_id}/profile", content=content, headers=ana.headers)
    world.refused(answer, 400)


async def test_a_document_has_a_largest_size(world: Any) -> None:
    ana = await world.person()
    path = f"/metadata/{ana.user_id}/preferences"
    world.refused(await world.api.put(path, json={"a": "x" * (1 << 20)}, headers=ana.headers), 413)


async def test_private_items_are_for_services_and_made_once(world: Any) -> None:
    ana = await world.person()
    path = f"/metadata/{ana.user_id}/private/uploads"
    world.refused(await world.api.get(path, headers=ana.headers), 401)
    answers = await asyncio.gather(*(world.api.get(path, headers=world.service) for _ in range(5)))
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    assert set(first) == {"name", "id", "hash"}
    assert (await world.api.get(path, headers=world.service)).json() == first
    world.refused(await world.api.get(f"/metadata/{ana.user_id}/private", headers=ana.headers), 401)
    assert (await world.api.get(f"/metadata/{ana.user_id}/private", headers=world.service)).json() == {"uploads": first}
    long = f"/metadata/{ana.user_id}/private/{'x' * 200}"
    world.refused(await world.api.get(long, headers=world.service), 400)


async def test_the_people_one_shares_with(world: Any) -> None:
    ana, bob = await world.person("ana", full_name="Ana Ruiz"), await world.person("bob", full_name="Bob Bay")
    patient = {"patient": {"birthday": "1990-02-03"}}
    for one in (ana, bob):
        await world.api.put(f"/metadata/{one.user_id}/profile", json=patient, headers=one.headers)
    await world.api.put(f"/metadata/{ana.user_id}/settings", json={"bgTarget": {"low": 70}}, headers=ana.headers)
    await world.api.post(f"/access/{ana.user_id}/{bob.user_id}", json={"view": {}}, headers=ana.headers)
    (seen,) = (await world.api.get(f"/metadata/users/{bob.user_id}/users", headers=bob.headers)).json()
    assert seen["userid"] == ana.user_id
    assert seen["trustorPermissions"] == {"view": {}}
    assert "trusteePermissions" not in seen
    assert seen["profile"]["patient"] == {"birthday": "1990-02-03"}
    assert seen["settings"] == {"bgTarget": {"low": 70}}
    (seen,) = (await world.api.get(f"/metadata/users/{ana.user_id}/users", headers=ana.headers)).json()
    assert seen["userid"] == bob.user_id
    assert seen["trusteePermissions"] == {"view": {}}
    assert seen["profile"] == {"fullName": "Bob Bay"}
    world.refused(await world.api.get(f"/metadata/users/{ana.user_id}/users", headers=bob.headers), 401)
    eve = await world.person("eve")
    assert (await world.api.get(f"/metadata/users/{eve.user_id}/users", headers=eve.headers)).json() == []


async def test_public_information_is_of_those_one_may_view(world: Any) -> None:
    ana, bob = await world.person("ana"), await world.person("bob", full_name="Bob Bay")
    profile = {"fullName": "Ana Ruiz", "patient": {"birthday": "1990-02-03", "mrn": "7"}}
    await world.api.put(f"/metadata/{ana.user_id}/profile", json=profile, headers=ana.headers)
    path = f"/metadata/publicinfo?users={ana.user_id},{bob.user_id},junk"
    (only,) = (await world.api.get(path, headers=bob.headers)).json()
    assert only["userid"] == bob.user_id
    await world.api.post(f"/access/{ana.user_id}/{bob.user_id}", json={"view": {}}, headers=ana.headers)
    both = (await world.api.get(path, headers=bob.headers)).json()
    assert both[0] == {
        "userid": ana.user_id,
        "profile": {"fullName": "Ana Ruiz", "patient": {"birthday": "1990-02-03"}},
    }
    assert (await world.api.get("/metadata/publicinfo", headers=bob.headers)).json() == []
