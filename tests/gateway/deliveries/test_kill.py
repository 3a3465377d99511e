"""A worker process that is killed in the midst of delivering: another goes on, and nothing is missing."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import with_database

from .conftest import House, until

pytestmark = pytest.mark.anyio


def workers_of(supervisor: int) -> list[int]:
    """The processes that a supervisor has started."""
    found = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text("ascii").split()
    return [int(number) for number in found]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="asks the kernel for child processes")
async def test_nothing_is_lost_when_the_worker_is_killed(house: House, cluster_dsn: str) -> None:
    async def slowly(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.01)
        return web.Response()

    receiver, key = await house.receiver(slowly)
    numbers = await house.appointments(1000)
    name = await house.gate.pool.fetchval("select current_database()")
    told = {"OPENWARD_WEBHOOKS_ALLOW_PRIVATE": "1", "OPENWARD_LOG_LEVEL": "error"}
    command = [sys.executable, "-m", "openward", "work", "--database-url", with_database(cluster_dsn, name)]
    command += ["--data-dir", str(house.gate.settings.data_dir)]
    environ = os.environ | told
    supervisor = await asyncio.to_thread(subprocess.Popen, command, env=environ, stderr=subprocess.DEVNULL)
    try:

        async def is_under_way() -> bool:
            return len(receiver.requests) > 300

        await until(is_under_way, 30)
        (worker,) = workers_of(supervisor.pid)
        os.kill(worker, signal.SIGKILL)

        async def is_over() -> bool:
            waits = "select exists (select from subscriptions.delivery where subscription = $1 and due_at is not null)"
            return not await house.gate.pool.fetchval(waits, key)

        await until(is_over, 60)
    finally:
        supervisor.terminate()
        await asyncio.to_thread(supervisor.wait, 20)
    assert set(await house.states(key)) == {"delivered"}
    received = [one["data"]["appointmentId"] for one in receiver.told]
    assert set(received) == set(numbers)
    assert len(received) - len(numbers) <= 300, "what was kept before is not sent again"
