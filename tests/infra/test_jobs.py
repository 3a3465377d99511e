"""Jobs live and die with their transaction, wait once under a key, retry, and lose nothing deferred while they run."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from openward.infra import jobs
from openward.infra.db import Pool, transaction
from openward.infra.jobs import Deferred, GiveUp, RetryLater, Runner, Running

pytestmark = pytest.mark.anyio


async def _run(pool: Pool, handlers: dict[str, jobs.Handler], until: asyncio.Event) -> None:
    runner = Runner(pool, handlers, {})
    task = asyncio.create_task(runner.run(4))
    await asyncio.wait_for(until.wait(), 20)
    runner.stop()
    await task


async def test_a_shifted_clock_wakes_what_waits_for_its_time(pool: Pool) -> None:
    ran: list[str] = []
    done = asyncio.Event()

    async def handler(running: Running) -> None:
        ran.append(running.data["n"])
        done.set()

    now = datetime.now(UTC)
    async with transaction(pool) as connection:
        for days in (30, 7):
            later = now + timedelta(days=days)
            await jobs.defer(connection, [Deferred("test.shifted", {"n": f"{days} days"}, not_before=later)], now)
        await jobs.shift(connection, timedelta(days=8))
    await _run(pool, {"test.shifted": handler}, done)
    assert ran == ["7 days"]


async def test_a_rolled_back_job_never_was_and_a_committed_one_runs(pool: Pool) -> None:
    ran: list[str] = []
    done = asyncio.Event()

    async def handler(running: Running) -> None:
        ran.append(running.data["n"])
        done.set()

    async with pool.acquire() as connection:
        rolled = connection.transaction()
        await rolled.start()
        await jobs.defer(connection, [Deferred("test.commit", {"n": "rolled back"})], datetime.now(UTC))
        await rolled.rollback()
    async with transaction(pool) as connection:
        await jobs.defer(connection, [Deferred("test.commit", {"n": "kept"})], datetime.now(UTC))
    await _run(pool, {"test.commit": handler}, done)
    assert ran == ["kept"]


async def test_a_key_waits_once_but_what_comes_while_it_runs_gets_a_run_of_its_own(pool: Pool) -> None:
    ran: list[int] = []
    started, second = asyncio.Event(), asyncio.Event()

    async def handler(running: Running) -> None:
        ran.append(running.id)
        if len(ran) == 1:
            started.set()
            await asyncio.sleep(0.3)
        else:
            second.set()

    async def deferring() -> None:
        async with transaction(pool) as connection:
            await jobs.defer(connection, [Deferred("test.key", {}, key="k")], datetime.now(UTC))

    await deferring()
    await deferring()
    task = asyncio.create_task(_run(pool, {"test.key": handler}, second))
    await asyncio.wait_for(started.wait(), 20)
    await deferring()
    await task
    assert len(ran) == 2


async def test_a_retry_comes_back_and_a_hopeless_job_is_parked(pool: Pool) -> None:
    attempts: list[int] = []
    done = asyncio.Event()

    async def flaky(running: Running) -> None:
        attempts.append(running.attempt)
        if running.attempt < 2:
            raise RetryLater(timedelta(milliseconds=10), "not yet")
        done.set()

    async def hopeless(_running: Running) -> None:
        raise GiveUp("never")

    async with transaction(pool) as connection:
        await jobs.defer(connection, [Deferred("test.flaky"), Deferred("test.hopeless")], datetime.now(UTC))
    await _run(pool, {"test.flaky": flaky, "test.hopeless": hopeless}, done)
    assert attempts == [0, 1, 2]
    async with pool.acquire() as connection:
        assert (await jobs.waiting(connection)).get("test.hopeless:failed") == 1
