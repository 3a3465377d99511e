"""The supervisor: starts the parts, restarts what dies, and stops everything within ten seconds when told to."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from openward.cli.outcome import Failed
from openward.cli.tree.child import load
from openward.cli.tree.database import Database
from openward.cli.tree.listen import BACKLOG, Listener
from openward.cli.tree.plan import Plan
from openward.cli.tree.ready import await_ready
from openward.cli.tree.spawn import Child
from openward.config import Settings
from openward.infra.figures import forget_figures
from openward.infra.logs import get_log

log = get_log("openward.supervisor")
STOP_LIMIT_S = 9.5
_DRAIN_S = 5.0
_SPARE_S = 1.0
_EARLY_DEATHS = 5


class Tree:
    """One running installation: its database, `processes` API processes, `workers` job workers, and a feed listener."""

    def __init__(
        self,
        settings: Settings,
        listener: Listener | None,
        *,
        processes: int,
        workers: int,
        feed: Listener | None = None,
    ) -> None:
        """listener: where the API answers; None for a tree of workers alone. feed: where HL7 messages come."""
        self._settings = replace(settings, port=listener.port) if listener else settings
        if feed is not None:
            self._settings = replace(self._settings, mllp_port=feed.port)
        self._listener = listener
        self._feed = feed
        self._counts = {"api": (processes or min(os.cpu_count() or 1, 4)) if listener else 0, "jobs": workers}
        self._counts["hl7v2"] = 1 if feed else 0
        self._database = Database(self._settings)
        self._children: list[Child] = []
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Begin to stop; a second call stops without waiting for what is under way."""
        if self._stop.is_set():
            for child in self._children:
                child.kill()
            return
        # Whatever hangs, the process is gone in time: its children die with it, and the database recovers by itself.
        last_resort = threading.Timer(STOP_LIMIT_S, os._exit, (1,))
        last_resort.daemon = True
        last_resort.start()
        self._stop.set()

    async def run(
        self, ready: Callable[[], Awaitable[None]], prepare: Callable[[str], Awaitable[None]] | None = None
    ) -> None:
        """Run until `stop`; `ready` is called once, when everything answers, and is cancelled by a stop.

        prepare: called with the address of the database before the first process starts.

        Raises Failed when the parts cannot be brought to answer at all.
        """
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, self.stop)
        tasks = {asyncio.create_task(self._live(ready, prepare)), asyncio.create_task(self._stop.wait())}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._stop.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._end()

    async def _live(
        self, ready: Callable[[], Awaitable[None]], prepare: Callable[[str], Awaitable[None]] | None
    ) -> None:
        # The database starts while the processor imports.
        roles = [role for role, count in self._counts.items() if count]
        await asyncio.gather(self._database.open(), asyncio.to_thread(load, roles))
        if prepare is not None:
            await prepare(self._database.dsn)
        if self._listener is not None:
            self._listener.socket.listen(BACKLOG)
        if self._feed is not None:
            self._feed.socket.listen(BACKLOG)
        for role, count in self._counts.items():
            self._children += [Child(role, partial(self._plan, role), self._stop) for _ in range(count)]
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(child.keep())
                group.create_task(self._database.keep(self._database_reopened))
                group.create_task(self._announce(ready))
        except BaseExceptionGroup as several:
            raise _first(several) from None

    async def _announce(self, ready: Callable[[], Awaitable[None]]) -> None:
        if self._listener is not None:
            await await_ready(self._listener, self._check_hope)
        log.info("ready", port=self._settings.port, count=len(self._children))
        await ready()

    def _check_hope(self) -> None:
        """Give up when no API process stays alive long enough to answer once."""
        if all(child.deaths >= _EARLY_DEATHS for child in self._children if child.role == "api"):
            raise Failed("The server does not start: its processes end at once. The reason is in the lines above.")

    def _plan(self, role: str) -> Plan:
        listener = self._feed if role == "hl7v2" else self._listener
        return Plan(self._settings, self._database.dsn, listener.socket.fileno() if listener else -1)

    async def _database_reopened(self) -> None:
        """A worker listens on a connection that is gone now, so it begins anew; API processes reconnect themselves."""
        for child in self._children:
            if child.role == "jobs":
                child.kill()

    async def _end(self) -> None:
        began = time.monotonic()
        if self._listener is not None:
            self._listener.socket.close()
        if self._feed is not None:
            self._feed.socket.close()
        for child in self._children:
            child.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await asyncio.gather(*(child.ended() for child in self._children))
        for child in self._children:
            child.kill()
        await asyncio.gather(*(child.ended() for child in self._children))
        # Whatever time is left goes to the database's last checkpoint; cut short, the next start would have to recover.
        await self._database.close(STOP_LIMIT_S - _SPARE_S - (time.monotonic() - began))
        forget_figures()
        log.info("stopped", duration_ms=round((time.monotonic() - began) * 1000))


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error behind groups of groups: an operator wants one sentence."""
    error: BaseException = several
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
