"""Services that change data sources while somebody connects or disconnects: one after the other."""

import asyncio
from typing import Any

import pytest

from openward.care import connections, identity
from openward.care.identity import Identifier, System
from openward.care.work import Actor, ActorKind, PersonKey, Work

pytestmark = pytest.mark.anyio

WAITING = """select exists (select from pg_locks where locktype = 'advisory' and not granted
             and database = (select oid from pg_database where datname = current_database()))"""
NEW = {"providerType": "oauth", "providerName": "dexcom"}


@pytest.mark.parametrize(
    ("method", "of", "body", "status"),
    [
        ("POST", "all", NEW, 201),
        ("PUT", "one", {"state": "error"}, 200),
        ("DELETE", "one", None, 200),
        ("DELETE", "all", None, 204),
    ],
)
async def test_a_change_waits_for_whoever_connects(
    world: Any, method: str, of: str, body: dict[str, str] | None, status: int
) -> None:
    ana = await world.person()
    every = f"/v1/users/{ana.user_id}/data_sources"
    made = await world.api.post(every, json=NEW, headers=world.service)
    path = every if of == "all" else f"/v1/data_sources/{made.json()['id']}"
    async with world.pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE), world.gate.now(), world.gate.tools)
        person = PersonKey(await identity.resolve(work, Identifier(System.USER, ana.user_id)))
        await connections.close_sessions(work, person)  # holds the person, as connecting does
        change = asyncio.create_task(world.api.request(method, path, json=body, headers=world.service))
        while not await world.pool.fetchval(WAITING):
            assert not change.done()
            await asyncio.sleep(0.01)
    assert (await change).status_code == status
