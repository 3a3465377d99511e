"""Two copies of one installation: in one jobs are stopped wherever the tests want them to die."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from tests.conftest import with_database
from tests.journeys.killed.house import CALL, LOCK, Situation

_FUNCTION = """
create schema killed;
create function killed.stop() returns trigger language plpgsql as $$
begin
    if current_setting('application_name') = 'openward-jobs' then
        perform pg_advisory_xact_lock_shared(tg_argv[0]::bigint);
    end if;
    if tg_op = 'DELETE' then return old; end if;
    return new;
end $$
"""
_FIRST, _END = 7_000_000, 7_999_999


class Brake:
    """Stops jobs at the places that situations name; and, once `hold_ends`, where the queue notes that one is over."""

    def __init__(self, connection: Any, situations: Mapping[str, Situation]) -> None:
        self._connection, self._situations = connection, situations
        self._numbers: dict[int, str] = {}

    async def put_on(self) -> None:
        await self._connection.execute(_FUNCTION)
        for place, (name, one) in enumerate(self._situations.items()):
            if one.stops_at == CALL:
                continue
            number = _FIRST + place
            if one.stops_at == LOCK:
                number = await self._connection.fetchval(f"select {one.when}")
            else:
                await self._trigger(f"stop{place}", one.stops_at, f"when ({one.when})", number)
            await self._connection.execute("select pg_advisory_lock($1)", number)
            self._numbers[number] = name
        await self._trigger("over", "delete on jobs.pgqueuer", "", _END)

    async def _trigger(self, name: str, where: str, when: str, number: int) -> None:
        await self._connection.execute(
            f"create trigger {name} before {where} for each row {when} execute function killed.stop('{number}')"
        )

    async def stopped(self) -> set[str]:
        """The jobs that wait at their places now."""
        rows = await self._connection.fetch(
            "select distinct (classid::bigint << 32) | objid::bigint as number from pg_locks"
            " where locktype = 'advisory' and not granted and database ="
            " (select oid from pg_database where datname = current_database())"
        )
        # The halves of a number are unsigned, the number is not.
        found = (row["number"] - (1 << 64 if row["number"] >= 1 << 63 else 0) for row in rows)
        return {self._numbers[number] for number in found if number in self._numbers}

    async def hold_ends(self) -> None:
        """From now on jobs come to their end, but the queue does not learn of it."""
        await self._connection.execute("select pg_advisory_lock($1)", _END)
        for number in self._numbers:
            await self._connection.execute("select pg_advisory_unlock($1)", number)

    async def take_off(self) -> None:
        await self._connection.execute("select pg_advisory_unlock($1)", _END)


@dataclass
class Copy:
    """A copy of the installation with one job worker."""

    dsn: str
    data_dir: Path
    process: "subprocess.Popen[bytes]"
    connection: Any

    @classmethod
    async def of(cls, cluster_dsn: str, original: str, data_dir: Path, name: str) -> "Copy":
        """The database and the folder once more; the worker is not started yet."""
        admin = await asyncpg.connect(cluster_dsn)
        await admin.execute(f'create database "{original}_{name}" template "{original}"')
        await admin.close()
        dsn = with_database(cluster_dsn, f"{original}_{name}")
        folder = Path(shutil.copytree(data_dir, data_dir.parent / name))
        return cls(dsn, folder, None, await asyncpg.connect(dsn))  # type: ignore[arg-type]

    def start(self) -> None:
        told = {"OPENWARD_WEBHOOKS_ALLOW_PRIVATE": "1", "OPENWARD_POOL_SIZE": "60", "OPENWARD_LOG_LEVEL": "warning"}
        command = [sys.executable, "-m", "openward", "work", "--database-url", self.dsn]
        with (self.data_dir / "work.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "--data-dir", str(self.data_dir)], stderr=log, env=os.environ | told
            )

    def kill_worker(self) -> None:
        """The worker dies on the spot; its supervisor starts another."""
        (child,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        os.kill(int(child), signal.SIGKILL)

    async def end_leases(self) -> None:
        """A message that was being sent is left alone for half a minute, in which nothing is to be seen here."""
        await self.connection.execute("update ehr.delivery set due_at = now() where due_at > now()")

    async def hurry(self) -> None:
        """Whatever waits for another try, as nobody answered fast enough on a busy machine, is tried now."""
        await self.connection.execute(
            "with queued as (update jobs.pgqueuer set execute_after = now() where status = 'queued'"
            "  and execute_after > now() + interval '3 seconds' and entrypoint in ('ehr.deliver', 'connections.revoke')"
            "  returning payload)"
            " update ehr.delivery set due_at = now() from queued"
            " where position(key::text in convert_from(payload, 'UTF8')) > 0 and due_at is not null"
        )

    async def stop(self) -> None:
        self.process.terminate()
        await asyncio.to_thread(self.process.wait, 20)
        await self.connection.close()

    def done(self) -> set[str]:
        """The jobs that a worker has brought to their end so far, whether the queue knows it or not."""
        registry = CollectorRegistry()
        folder = self.data_dir / "run" / f"figures-{self.process.pid}"
        if folder.exists():
            MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
        samples = [one for family in registry.collect() for one in family.samples]
        ended = [one.labels for one in samples if one.name == "openward_jobs_total" and one.value]
        return {labels["job"] for labels in ended if labels["outcome"] == "done"}

    async def shows(self, situations: Mapping[str, Situation]) -> dict[str, Any]:
        """By job, what there is to be seen of it."""
        return {
            name: (
                [row[0] for row in await self.connection.fetch(one.shows)],
                bool(one.file) and (self.data_dir / one.file).exists(),
            )
            for name, one in situations.items()
        }

    async def is_idle(self) -> bool:
        """Whether nothing is left to be done now, neither by jobs nor for webhooks."""
        return bool(
            await self.connection.fetchval(
                "select not exists (select from jobs.pgqueuer where status = 'picked'"
                "  or (status = 'queued' and execute_after <= now() + interval '3 seconds'))"
                " and not exists (select from subscriptions.delivery where due_at is not null)"
            )
        )

    async def parked(self) -> list[str]:
        """The jobs that were given up."""
        rows = await self.connection.fetch("select entrypoint from jobs.pgqueuer where status = 'failed'")
        return [row[0] for row in rows]

    def log(self) -> str:
        """What the worker has said last."""
        return (self.data_dir / "work.log").read_text("utf-8")[-3000:]

    def mails(self) -> list[str]:
        """To whom mails went, and about what."""
        heads = [path.read_text("utf-8").partition("\n\n")[0] for path in (self.data_dir / "outbox").glob("*.eml")]
        wanted = ("To: ", "Subject: ")
        return sorted(" ".join(line for line in head.splitlines() if line.startswith(wanted)) for head in heads)


async def until(question: Callable[[], Awaitable[Any]], within_s: float, why: Callable[[], Any]) -> None:
    """Wait until the answer is true; `why` says what is missing when it never is."""
    ends = time.monotonic() + within_s
    while not await question():
        assert time.monotonic() < ends, why()
        await asyncio.sleep(0.05)


@dataclass
class Cloud:
    """Whoever is called from outside: takes webhooks, and is slow to take tokens back."""

    url: str = ""
    waiting: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    async def _take(self, request: web.Request) -> web.Response:
        await request.read()
        if request.path.endswith("/revoke"):
            self.waiting += 1
            try:
                await self.may_answer.wait()
            finally:
                self.waiting -= 1  # also when the caller has lost patience
        return web.Response()

    def answer(self) -> None:
        """From now on nobody has to wait."""
        self.loop.call_soon_threadsafe(self.may_answer.set)

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner


@contextmanager
def a_cloud() -> Iterator[Cloud]:
    """The cloud, on a loop of its own."""
    made = Cloud()
    loop = made.loop
    ready = threading.Event()

    def run() -> None:
        runner = loop.run_until_complete(made.start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    yield made
    made.answer()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()
