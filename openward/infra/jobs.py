"""A thin face over the job library: defer in this transaction, run, retry, give up.

A job may run twice and must not mind. A key makes one waiting copy enough: deferring again with the same key finds the
waiting one. The moment a job starts it lets go of its key, so that what is deferred while it runs gets a copy of its
own; the row lock taken by deferring makes the starting job wait for the deferring transaction, hence no work is lost
between the two.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver

from openward.infra.db import Connection, Pool

_SETTINGS = DBSettings(db_schema="jobs", channel=Channel("openward_jobs"), durability=Durability.balanced)
_HEARTBEAT = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Deferred:
    """One job to come: its name, plain JSON data, an optional key, and the earliest start (None: at once)."""

    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """What a handler is given: the data, the number of earlier attempts, and the key for its lock."""

    id: int
    name: str
    data: Mapping[str, Any]
    attempt: int


Handler = Callable[[Running], Awaitable[None]]


class RetryLater(Exception):
    """Raised by a handler that wants another attempt after `delay`; `reason` holds no patient data."""

    def __init__(self, delay: timedelta, reason: str) -> None:
        super().__init__(reason)
        self.delay = delay
        self.reason = reason


class GiveUp(Exception):
    """Raised by a handler whose job can never succeed: it is parked for an operator; the text holds no patient data."""


def _queries(driver: Driver) -> Queries:
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(_SETTINGS),
        qbq=QueryQueueBuilder(_SETTINGS),
        qbs=QuerySchedulerBuilder(_SETTINGS),
    )


async def install(connection: Connection) -> None:
    """Make the library's own tables in the schema `jobs`, or bring them to this version of the library."""
    queries = _queries(AsyncpgDriver(connection))
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install()


async def defer(connection: Connection, jobs: Sequence[Deferred], now: datetime) -> None:
    """Put jobs into the queue inside the caller's transaction: they exist if and only if it commits.

    Jobs of one call that share a key count once.
    """
    unique = list({job.key or id(job): job for job in jobs}.values())
    if not unique:
        return
    await _queries(AsyncpgDriver(connection)).enqueue(
        [job.name for job in unique],
        [msgspec.json.encode(job.data) for job in unique],
        [0] * len(unique),
        [max(job.not_before - now, timedelta(0)) if job.not_before else timedelta(0) for job in unique],
        [job.key for job in unique],
        [{"not_before": job.not_before.isoformat()} if job.not_before else {} for job in unique],
        on_conflict="update_priority",
    )


async def shift(connection: Connection, offset: timedelta) -> None:
    """For rehearsals: let jobs that wait for their time start by a clock that is ahead of the database's by so much."""
    await connection.execute(
        "update jobs.pgqueuer set execute_after = greatest(now(), (headers->>'not_before')::timestamptz - $1::interval)"
        " where status = 'queued' and headers ? 'not_before'",
        offset,
    )


async def waiting(connection: Connection) -> dict[str, int]:
    """How many jobs of each name wait, run or are parked: `{"summaries.refresh:queued": 3}`."""
    rows = await connection.fetch("select entrypoint, status::text, count(*) n from jobs.pgqueuer group by 1, 2")
    return {f"{row['entrypoint']}:{row['status']}": row["n"] for row in rows}


async def is_idle(connection: Connection) -> bool:
    """Whether no job waits to start now and none runs."""
    row = await connection.fetchval(
        "select not exists (select from jobs.pgqueuer where status = 'picked'"
        " or (status = 'queued' and execute_after <= now()))"
    )
    return bool(row)


def lock_number(key: str) -> int:
    """A 64-bit number for an advisory lock on this key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)


class Runner:
    """Runs handlers until told to stop; any number of runners may work on one database."""

    def __init__(self, pool: Pool, handlers: Mapping[str, Handler], schedules: Mapping[str, str]) -> None:
        """`handlers`: job name to coroutine; `schedules`: job name to a five-field cron expression in UTC."""
        self._pool = pool
        driver = AsyncpgPoolDriver(pool)
        self._queuer = PgQueuer(connection=driver, channel=Channel(_SETTINGS.channel), queries=_queries(driver))
        for name, handler in handlers.items():
            self._queuer.entrypoint(name, on_failure="hold")(self._entry(handler))
        for name, expression in schedules.items():
            self._queuer.schedule(f"{name}.tick", expression)(self._tick(name))

    def _entry(self, handler: Handler) -> Callable[[QueuedJob], Awaitable[None]]:
        async def run(job: QueuedJob) -> None:
            # Letting go of the key waits for whoever is deferring with it right now (see the module's docstring).
            await self._pool.execute(
                "update jobs.pgqueuer set dedupe_key = null where id = $1 and dedupe_key is not null", job.id
            )
            data = msgspec.json.decode(job.payload) if job.payload else {}
            try:
                await handler(Running(int(job.id), job.entrypoint, data, job.attempts))
            except RetryLater as later:
                raise RetryRequested(delay=later.delay, reason=later.reason) from None

        return run

    def _tick(self, name: str) -> Callable[[object], Awaitable[None]]:
        async def tick(_schedule: object) -> None:
            async with self._pool.acquire() as connection:
                now = await connection.fetchval("select now()")
                await defer(connection, [Deferred(name, key=f"tick:{name}")], now)

        return tick

    async def run(self, concurrency: int = 10) -> None:
        """Work until `stop` is called; a job of a worker that died is taken over after ten seconds."""
        await self._queuer.run(
            dequeue_timeout=timedelta(seconds=5),
            batch_size=max(1, concurrency // 2),
            max_concurrent_tasks=max(2, concurrency),
            heartbeat_timeout=_HEARTBEAT,
        )

    def stop(self) -> None:
        """Take no new job; those that run are finished."""
        self._queuer.shutdown.set()

    async def drain(self) -> None:
        """For tests and tools: wait until nothing is left to do now."""
        while True:
            async with self._pool.acquire() as connection:
                if await is_idle(connection):
                    return
            await asyncio.sleep(0.02)
