"""Delivering a backlog to one webhook: how fast, in how much memory; and what queueing an event costs."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from openward.bench.figures import Figure, at_least, at_most
from openward.bench.rig import Rig
from openward.care import identity, organizations, subscriptions
from openward.care.identity import Kind
from openward.care.organizations import Profile
from openward.care.subscriptions import Topic
from openward.care.work import Actor, ActorKind, OrganizationKey, Tools, Work, uuid7
from openward.config import Settings
from openward.gateway.request import finish
from openward.infra.db import Pool, open_pool

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
_LIMIT_S = 600.0


class Receiver(asyncio.Protocol):
    """Counts requests and takes them all, with little work: it shares the machine with what is measured."""

    count = 0

    def connection_made(self, transport: Any) -> None:
        """Keep it for answers."""
        self._transport = transport
        self._kept = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._kept += data
        while (end := self._kept.find(b"\r\n\r\n")) >= 0:
            head = self._kept[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at:].split(b"\r\n", 1)[0])
            if len(self._kept) < end + 4 + size:
                return
            self._kept = self._kept[end + 4 + size :]
            Receiver.count += 1
            self._transport.write(_OK)


async def backlog(rig: Rig, count: int) -> list[Figure]:
    """`count` events wait for one endpoint on this machine; a plain installation's worker delivers them."""
    Receiver.count = 0
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    tools = Tools.open(Settings(data_dir=Path(rig.folder)))
    pool = await open_pool(rig.dsn, 4)
    try:
        organization = await _in_work(pool, tools, _an_organization)
        nobody_us = await _publishing_us(pool, tools, organization)
        made = await _in_work(
            pool, tools, lambda work: subscriptions.subscribe(work, organization, url, [Topic.APPOINTMENT_BOOKED])
        )
        await _queue(pool, tools, organization, count)
        began = time.perf_counter()
        with rig.counting("delivered", count) as advance:
            seen = 0
            while await _waiting(pool, made.subscription.key) and time.perf_counter() - began < _LIMIT_S:
                await asyncio.sleep(0.25)
                advance(Receiver.count - seen)
                seen = Receiver.count
        took_s = time.perf_counter() - began
        somebody_us = await _publishing_us(pool, tools, organization)
    finally:
        server.close()
        await pool.close()
    return [
        at_least(
            "webhooks", f"deliveries of {count:,} queued events to one endpoint", count / took_s, "a second", 1000
        ),
        at_least("webhooks", "of them received", Receiver.count / count, "of all", 1),
        at_most("webhooks", "memory of the largest process", rig.memory_mb(), "MiB", 300),
        Figure("webhooks", "one event in a practice without webhooks", nobody_us, "microseconds"),
        Figure("webhooks", "the same with one", somebody_us, "microseconds"),
    ]


async def _in_work(pool: Pool, tools: Tools, task: Any) -> Any:
    async with pool.acquire() as connection, connection.transaction():
        work = Work(connection, Actor(ActorKind.SERVICE, credential="bench"), datetime.now(UTC), tools)
        done = await task(work)
        await finish(work)
        return done


async def _an_organization(work: Work) -> OrganizationKey:
    return (await organizations.create(work, Profile(name="Bench"), admin=None)).key


async def _queue(pool: Pool, tools: Tools, organization: OrganizationKey, count: int) -> None:
    async def queue(work: Work) -> None:
        for start in range(0, count, 10_000):
            keys = [uuid7(work.now) for _ in range(min(10_000, count - start))]
            await identity.mint_many(work, keys, Kind.APPOINTMENT)
            await subscriptions.publish(work, organization, Topic.APPOINTMENT_BOOKED, *keys)

    await _in_work(pool, tools, queue)


async def _waiting(pool: Pool, subscription: UUID) -> bool:
    found: bool = await pool.fetchval(
        "select exists (select from subscriptions.delivery where subscription = $1 and due_at is not null)",
        subscription,
    )
    return found


async def _publishing_us(pool: Pool, tools: Tools, organization: OrganizationKey, times: int = 500) -> float:
    async def publish(work: Work) -> float:
        began = time.perf_counter()
        for _ in range(times):
            await subscriptions.publish(work, organization, Topic.APPOINTMENT_BOOKED, uuid7(work.now))
        return (time.perf_counter() - began) / times * 1e6

    took: float = await _in_work(pool, tools, publish)
    return took
