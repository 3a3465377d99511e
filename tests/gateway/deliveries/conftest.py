"""An installation with receivers of webhooks: its own database, a clock that can be moved, engines at will."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from aiohttp import web

from openward.care import identity, organizations, subscriptions
from openward.care.identity import Kind, System
from openward.care.organizations import Profile
from openward.care.subscriptions import Delivery, Topic
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, Tools, Work
from openward.config import Settings
from openward.gateway.deliveries import Deliveries
from openward.gateway.request import Gate, finish
from openward.infra.db import Pool, connect, open_pool
from openward.infra.migrate import migrate
from openward.infra.salted_text import decrypt
from openward.partners import DELIVERY_FORM
from tests.conftest import with_database


class MovedGate(Gate):
    """A gate whose clock can be moved on."""

    moved = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.moved


@dataclass
class Receiver:
    """A program that is told: keeps every request, and answers as it is bidden."""

    answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
    requests: list[tuple[Any, str]] = field(default_factory=list)
    url: str = ""
    secret: str = ""
    open_now: int = 0
    open_most: int = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._take)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/hook"

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.headers.copy(), (await request.read()).decode("ascii")))
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            return web.Response() if self.answer is None else await self.answer(request)
        finally:
            self.open_now -= 1

    @property
    def told(self) -> list[Any]:
        """What was said, in the order in which it came."""
        return [msgspec.json.decode(decrypt(self.secret, text)) for _, text in self.requests]


def answering(status: int, **headers: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers=headers)

    return answer


@dataclass
class House:
    """What a test has in its hands."""

    gate: MovedGate
    stack: AsyncExitStack
    organization: OrganizationKey
    engines: list[Deliveries] = field(default_factory=list)
    keys: dict[int, UUID] = field(default_factory=dict)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.gate.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, self.gate.now(), self.gate.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)

    async def an_organization(self) -> OrganizationKey:
        async with self.work() as work:
            return (await organizations.create(work, Profile(name="Practice"), admin=None)).key

    async def receiver(
        self,
        answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None,
        *topics: Topic,
        organization: OrganizationKey | None = None,
        url: str = "",
    ) -> tuple[Receiver, UUID]:
        """A receiver that is subscribed; its key."""
        receiver = Receiver(answer)
        await receiver.start()
        self.stack.push_async_callback(receiver.runner.cleanup)
        async with self.work() as work:
            made = await subscriptions.subscribe(
                work,
                organization or self.organization,
                url or receiver.url,
                topics or (Topic.APPOINTMENT_BOOKED, Topic.APPOINTMENT_CANCELLED),
            )
        receiver.secret = made.secret
        return receiver, made.subscription.key

    async def appointments(self, count: int, topic: Topic = Topic.APPOINTMENT_BOOKED) -> list[int]:
        """That many new things happened, one after another in one work; their numbers."""
        numbers = []
        async with self.work() as work:
            for _ in range(count):
                key = uuid4()
                names = await identity.mint(work, key, Kind.APPOINTMENT)
                await subscriptions.publish(work, self.organization, topic, key)
                numbers.append(int(names[System.SAID]))
                self.keys[numbers[-1]] = key
        return numbers

    async def log(self, key: UUID) -> list[Delivery]:
        """The deliveries of an endpoint, oldest first."""
        async with self.work() as work:
            return (await subscriptions.deliveries(work, self.organization, key, limit=10_000))[::-1]

    async def states(self, key: UUID) -> list[str]:
        return [one.state.value for one in await self.log(key)]

    async def engine(self, settings: Settings | None = None) -> Deliveries:
        """One more worker; it is stopped at the end of the test."""
        gate = self.gate
        if settings is not None:
            gate = MovedGate(gate.pool, settings, replace(gate.tools, settings=settings))
        engine = Deliveries(gate, DELIVERY_FORM)
        self.engines.append(engine)
        task = asyncio.create_task(engine.run())

        async def end() -> None:
            engine.stop()
            await task

        self.stack.push_async_callback(end)
        return engine

    def move(self, **delta: float) -> None:
        """Time passes; the engines are told, as their timers do not know."""
        self.gate.moved += timedelta(**delta)
        for engine in self.engines:
            engine._wake.set()


async def until(question: Callable[[], Awaitable[Any]], within_s: float = 15.0) -> Any:
    """Wait until the answer is true; the answer."""
    ends = time.monotonic() + within_s
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < ends, "it did not come true in time"
        await asyncio.sleep(0.02)


async def until_states(house: House, key: UUID, *wanted: str) -> None:
    """Wait until the deliveries of an endpoint, oldest first, are in these states."""

    async def are() -> bool:
        return await house.states(key) == list(wanted)

    await until(are)


@pytest.fixture(scope="session")
async def deliveries_pool(cluster_dsn: str, worker_id: str) -> AsyncIterator[Pool]:
    """A database of these tests alone: an engine would call the endpoints that other tests have left."""
    name = f"openward_deliveries_{worker_id}_{os.getpid()}"
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
async def house(deliveries_pool: Pool, settings: Settings, tools: Tools) -> AsyncIterator[House]:
    """One organization, no endpoint, no engine yet."""
    await deliveries_pool.execute("truncate subscriptions.subscription, subscriptions.delivery")
    gate = MovedGate(deliveries_pool, settings, tools)
    async with AsyncExitStack() as stack:
        house = House(gate, stack, OrganizationKey(uuid4()))
        house.organization = await house.an_organization()
        yield house
