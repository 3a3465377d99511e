"""Works on the database of an installation that is measured, from the inside, as its own processes do them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from openward.bench.rig import Rig
from openward.care.work import Actor, ActorKind, Tools, Work
from openward.config import Settings
from openward.gateway.request import finish
from openward.infra.db import Pool, open_pool
from openward.partners import PARTNERS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inside:
    """A pool of its own, and the installation's tools."""

    pool: Pool
    tools: Tools

    async def do(self, task: Callable[[Work], Awaitable[T]]) -> T:
        """One transaction."""
        async with self.pool.acquire() as connection, connection.transaction():
            work = Work(connection, Actor(ActorKind.SERVICE, credential="bench"), datetime.now(UTC), self.tools)
            found = await task(work)
            await finish(work)
            return found


@asynccontextmanager
async def opened(rig: Rig) -> AsyncIterator[Inside]:
    """While it is open."""
    pool = await open_pool(rig.dsn, 16)
    try:
        yield Inside(pool, Tools.open(Settings(data_dir=Path(rig.folder)), PARTNERS))
    finally:
        await pool.close()
