"""An installation with one fake partner cloud: its own database, a clock that can be moved, engines at will."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from openward.care import accounts, connections, devicedata
from openward.care.connections import DataSource, Token
from openward.care.devicedata import Filters
from openward.care.work import Actor, ActorKind, Origin, PersonKey, Tools, Work
from openward.config import Settings
from openward.gateway.polling import Polling
from openward.gateway.request import Gate, finish
from openward.infra.db import Pool, connect, open_pool
from openward.infra.migrate import migrate
from tests.conftest import with_database

from .cloud import NAME, Client, Cloud


class MovedGate(Gate):
    """A gate whose clock runs faster than ours and can be moved on."""

    began = time.monotonic()
    base = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    speed = 1.0
    moved = timedelta(0)

    def now(self) -> datetime:
        moment = self.base + self.moved + timedelta(seconds=(time.monotonic() - self.began) * self.speed)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@dataclass
class House:
    """What a test has in its hands."""

    gate: MovedGate
    cloud: Cloud
    url: str
    stack: AsyncExitStack
    engines: list[Polling] = field(default_factory=list)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.gate.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, self.gate.now(), self.gate.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)

    async def set_up(self, **policy: Any) -> None:
        async with self.work() as work:
            await connections.put_partner(work, NAME, self.url, "openward", "secret", policy)

    async def connected(self, name: str) -> PersonKey:
        """Somebody with an account who has given his consent."""
        async with self.work() as work:
            person = (await accounts.create(work, email=f"{name}.{uuid4().hex}@example.org", full_name=name)).key
        await self.reconnect(name, person)
        return person

    async def reconnect(self, name: str, person: PersonKey) -> None:
        token = Token("none-yet", "Bearer", self.cloud.person(name).refresh, self.gate.now() - timedelta(hours=1))
        async with self.work() as work:
            await connections.close_sessions(work, person, NAME, revoke=False)
            await connections.open_session(work, person, NAME, token)

    async def disconnect(self, person: PersonKey) -> None:
        async with self.work() as work:
            await connections.close_sessions(work, person, NAME)

    async def engine(self, **options: Any) -> Polling:
        """One more worker; it is stopped at the end of the test."""
        polling = Polling(self.gate, speed=self.gate.speed, **options)
        self.engines.append(polling)
        task = asyncio.create_task(polling.run())

        async def end() -> None:
            polling.stop()
            await task

        self.stack.push_async_callback(end)
        return polling

    async def source(self, person: PersonKey) -> DataSource:
        async with self.work() as work:
            (found,) = await connections.list_of(work, person, {}, offset=0, limit=10)
        return found

    async def task(self, person: PersonKey) -> Any:
        return await self.gate.pool.fetchrow("select * from connections.task where person = $1", person)

    async def stored(self, person: PersonKey) -> Counter[str]:
        """How often each reading is kept, by its origin."""
        found: Counter[str] = Counter()
        async with self.work() as work:
            answer = await devicedata.find(work, person, Filters(types=("cbg",)))
            async for rows in answer.blocks:
                for seconds, value, data_set, _ordinal, number, detail in rows:
                    shape, at = answer.shapes[data_set, number], devicedata.moment(seconds)
                    found[devicedata.unpack(shape, at, value, detail)["origin"]["id"]] += 1
        return found

    async def has_all(self, name: str, person: PersonKey) -> bool:
        seen = {one for _, one in self.cloud._seen(self.cloud.person(name))}
        return await self.stored(person) == dict.fromkeys(seen, 1)

    def move(self, **delta: float) -> None:
        """Time passes; the engines are told, as their timers do not know."""
        self.gate.moved += timedelta(**delta)
        for engine in self.engines:
            engine._has_setups = False
            engine._wake.set()


async def until(question: Callable[[], Awaitable[Any]], within_s: float = 10.0) -> Any:
    """Wait until the answer is true; the answer."""
    ends = time.monotonic() + within_s
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < ends, "it did not come true in time"
        await asyncio.sleep(0.02)


async def done(house: House, person: PersonKey) -> bool:
    """Whether nothing is to be fetched for a person now."""
    task = await house.task(person)
    return task["lease"] is None and task["due_at"] is not None and task["due_at"] > house.gate.now()


@pytest.fixture(scope="session")
async def polling_pool(cluster_dsn: str, worker_id: str) -> AsyncIterator[Pool]:
    """A database of these tests alone: an engine would fetch for whomever other tests have left connected."""
    name = f"openward_polling_{worker_id}_{os.getpid()}"
    admin = await asyncpg.connect(cluster_dsn)
    await admin.execute(f'create database "{name}"')
    await admin.close()
    dsn = with_database(cluster_dsn, name)
    connection = await connect(dsn)
    await migrate(connection)
    await connection.close()
    pool = await open_pool(dsn, 20)
    yield pool
    await pool.close()


@pytest.fixture
async def house(polling_pool: Pool, settings: Settings, tools: Tools) -> AsyncIterator[House]:
    """One partner that is set up, nobody connected, no engine yet."""
    await polling_pool.execute(
        "truncate connections.source, connections.session, connections.partner, connections.task, connections.pace,"
        " connections.trouble, connections.renewal"
    )
    gate = MovedGate(polling_pool, settings, replace(tools, partners=(Client(),)))
    cloud = Cloud(gate.now)
    url = await cloud.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(cloud.stop)
        house = House(gate, cloud, url, stack)
        await house.set_up()
        yield house
