"""A partner that sends data by itself: for links that it made, with the rights of its own program and no more."""

import secrets
from typing import Any

import pytest

from openward.care import accounts
from openward.care.work import Actor, ActorKind, Work

pytestmark = pytest.mark.anyio


def cbg(time: str, value: float = 6.0, origin: str = "o-1", **more: Any) -> dict[str, Any]:
    return {"type": "cbg", "time": time, "value": value, "units": "mmol/L", "origin": {"id": origin}, **more}


async def linked(world: Any, person: Any) -> str:
    """A session with a link of its own."""
    link = secrets.token_hex(8)
    body = {"type": "oauth", "name": "twiist", "oauthToken": {"accessToken": "a"}, "externalId": link}
    path = f"/v1/users/{person.user_id}/provider_sessions"
    assert (await world.api.post(path, json=body, headers=world.service)).status_code == 200
    return link


async def push(world: Any, link: str, data: Any, headers: Any = None) -> Any:
    path = f"/v1/partners/twiist/data/{link}"
    return await world.api.post(path, json=data, headers=world.service if headers is None else headers)


async def source(world: Any, person: Any) -> Any:
    answer = await world.api.get(f"/v1/users/{person.user_id}/data_sources", headers=world.service)
    return answer.json()[0]


async def data(world: Any, person: Any) -> list[Any]:
    answer = await world.api.get(f"/data/{person.user_id}", params={"type": "cbg"}, headers=person.headers)
    return sorted((one["time"], round(one["value"], 3)) for one in answer.json())


async def test_data_of_a_link_are_kept_in_one_set(world: Any) -> None:
    ana = await world.person()
    link = await linked(world, ana)
    answer = await push(world, link, [cbg("2026-03-01T10:00:00Z"), cbg("2026-03-01T10:05:00Z", 7.0, "o-2")])
    assert (answer.status_code, answer.json()) == (200, {"data": []})
    first = await source(world, ana)
    assert first["state"] == "connected"
    assert (first["earliestDataTime"], first["latestDataTime"]) == (
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:05:00Z",
    )
    # The same again, one of them corrected, and one more.
    more = [cbg("2026-03-01T10:05:00Z", 8.0, "o-2"), cbg("2026-03-01T10:10:00Z", 9.0, "o-3")]
    assert (await push(world, link, more)).status_code == 200
    after = await source(world, ana)
    assert (after["dataSetIds"], after["latestDataTime"]) == (first["dataSetIds"], "2026-03-01T10:10:00Z")
    assert [value for _, value in await data(world, ana)] == [6.0, 8.0, 9.0]
    assert (await push(world, link, [])).status_code == 200


async def test_a_link_that_is_not_connected_is_not_found(world: Any) -> None:
    ana = await world.person()
    link = await linked(world, ana)
    for wrong in ("nobody", f"{link}0"):
        answer = await push(world, wrong, [cbg("2026-03-01T10:00:00Z")])
        assert answer.status_code == 404
        assert "tidepool-link-id-not-found" in answer.text
    other = await world.api.delete(f"/v1/users/{ana.user_id}/oauth/twiist/authorize", headers=world.service)
    assert other.status_code == 200
    assert (await push(world, link, [cbg("2026-03-01T10:00:00Z")])).status_code == 404
    assert await data(world, ana) == []


async def test_a_bad_datum_keeps_nothing(world: Any) -> None:
    ana = await world.person()
    link = await linked(world, ana)
    for bad in ([cbg("2026-03-01T10:00:00Z"), cbg("yesterday")], {"type": "cbg"}, [7]):
        assert (await push(world, link, bad)).status_code == 400
    assert await data(world, ana) == []
    assert "dataSetIds" not in await source(world, ana)


async def test_the_partners_own_program_may_and_nobody_else(world: Any) -> None:
    ana = await world.person()
    link = await linked(world, ana)
    one = [cbg("2026-03-01T10:00:00Z")]
    assert (await push(world, link, one, {})).status_code == 401
    assert (await push(world, link, one, ana.headers)).status_code == 403

    gate = world.gate
    async with gate.pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE), gate.now(), gate.tools)
        for name in ("twiist", "other"):
            program = (await accounts.create(work, email=world.fresh_email(name))).key
            await accounts.put_oauth_client(work, name, "a-secret", name, program)
    for name, status in (("twiist", 200), ("other", 403)):
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": "a-secret"}
        token = await world.api.post("/realms/openward/protocol/openid-connect/token", data=form)
        assert token.status_code == 200, token.text
        headers = {"authorization": f"Bearer {token.json()['access_token']}"}
        assert (await push(world, link, one, headers)).status_code == status
        # What it may here it may nowhere else.
        assert (await world.api.get(f"/data/{ana.user_id}", headers=headers)).status_code == 403


async def test_the_partner_ends_a_link(world: Any) -> None:
    ana = await world.person()
    link = await linked(world, ana)
    path = f"/v1/partners/twiist/links/{link}"
    assert (await world.api.delete(path, headers=ana.headers)).status_code == 403
    assert (await world.api.delete(path, headers=world.service)).status_code == 204
    assert (await source(world, ana))["state"] == "disconnected"
    assert (await world.api.delete(path, headers=world.service)).status_code == 404
