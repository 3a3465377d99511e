"""What the parts of the engine share: works, the HTTP session, and steps that nothing may interrupt."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from uuid import uuid4

import aiohttp
import asyncpg
import structlog

from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.request import Gate, finish

log = structlog.get_logger("openward.polling")
T = TypeVar("T")
NO_DATABASE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    OSError,
    TimeoutError,
)
COLLISIONS: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_LONGEST_PAUSE_S = 5.0
_TRIES = 3


class House:
    """`http`: one session of this process; `is_stopping`: begin nothing that the partner would notice."""

    def __init__(self, gate: Gate, http: aiohttp.ClientSession, engine: int = 0) -> None:
        """engine: the number whose mark shows that this process lives."""
        self.gate = gate
        self.http = http
        self.engine = engine
        self.is_stopping = False
        self._steps: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def work(self, provider: str) -> AsyncIterator[Work]:
        """One transaction in the name of the engine."""
        gate = self.gate
        async with gate.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential=f"poll:{provider}")
            work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, Origin("", f"POLL {provider}"))
            yield work
            await finish(work)

    async def tried(self, provider: str, task: Callable[[Work], Awaitable[T]]) -> T:
        """Do it in one transaction; one that collided with another is simply run again."""
        for left in reversed(range(_TRIES)):
            try:
                async with self.work(provider) as work:
                    return await task(work)
            except COLLISIONS:
                if not left:
                    raise
                await asyncio.sleep(0.05)
        raise AssertionError("unreachable")

    async def surely(self, provider: str, task: Callable[[Work], Awaitable[T]]) -> T:
        """Do it in one transaction, however long the database is away: what it would keep cannot be had again."""
        pause_s = 0.1
        while True:
            try:
                return await self.tried(provider, task)
            except (*NO_DATABASE, *COLLISIONS) as error:
                log.warning("database_away", error=type(error).__name__)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def finished(self, step: Coroutine[Any, Any, T]) -> T:
        """Run a step to its end even when the caller is cancelled; `rest` waits for those under way."""
        task = asyncio.create_task(step)
        self._steps.add(task)
        task.add_done_callback(self._steps.discard)
        return await asyncio.shield(task)

    async def rest(self) -> None:
        """Wait for all steps that nothing may interrupt."""
        while self._steps:
            await asyncio.wait(set(self._steps))
