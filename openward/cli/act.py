"""Use cases from the command line: one command is one Work and one transaction, as a request is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from openward.care.work import Actor, ActorKind, Origin, Tools, Work
from openward.config import Settings
from openward.gateway.request import Gate, finish
from openward.infra.db import open_pool
from openward.infra.migrate import migrate
from openward.partners import PARTNERS, RECORD_SYSTEM


@asynccontextmanager
async def acting(settings: Settings, dsn: str, command: str) -> AsyncIterator[Work]:
    """A Work of the operator on the database at `dsn`, brought to its present shape first.

    It is committed when the block ends well, with the jobs and the audit that follow from it.
    """
    pool = await open_pool(dsn, 2, application="openward-command")
    try:
        gate = Gate(pool, settings, Tools.open(settings, PARTNERS, RECORD_SYSTEM))
        async with pool.acquire() as connection:
            await migrate(connection)
            async with connection.transaction():
                actor = Actor(ActorKind.SERVICE, credential=f"command:{command}")
                origin = Origin("", f"COMMAND {command}")
                work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, origin)
                yield work
                await finish(work)
    finally:
        await pool.close()
