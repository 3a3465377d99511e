"""What the parts of the engine share: works, the HTTP session, and the form of what is sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar
from uuid import uuid4

import aiohttp
import asyncpg

from openward.care.subscriptions import Form
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.request import Gate, finish

T = TypeVar("T")
PASSING: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    OSError,
    TimeoutError,
)
"""The database is away, or another was in the way: it passes by itself."""
_TRIES = 5
_PAUSE_S = 0.2


class House:
    """`http`: one session of this process; `is_stopping`: send nothing new."""

    def __init__(self, gate: Gate, form: Form, http: aiohttp.ClientSession) -> None:
        self.gate = gate
        self.form = form
        self.http = http
        self.is_stopping = False

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """One transaction in the name of the engine."""
        gate = self.gate
        async with gate.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="deliveries")
            work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, Origin("", "DELIVER"))
            yield work
            await finish(work)

    async def tried(self, task: Callable[[Work], Awaitable[T]]) -> T:
        """Do it in one transaction, and again where that is likely to help."""
        for left in reversed(range(_TRIES)):
            try:
                async with self.work() as work:
                    return await task(work)
            except PASSING:
                if not left:
                    raise
                await asyncio.sleep(_PAUSE_S)
        raise AssertionError("unreachable")
