"""One message that came by another way than HTTP = one Work = one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

import asyncpg

from openward.care.errors import Unavailable
from openward.care.work import Actor, Origin, Work
from openward.gateway.request import NO_DATABASE, RETRIES, Gate, finish

_WAIT_S = 30  # for a free connection
_Result = TypeVar("_Result")


async def in_one_work(gate: Gate, actor: Actor, origin: Origin, act: Callable[[Work], Awaitable[_Result]]) -> _Result:
    """What `act` gives, when all that it did is committed; done again when two transactions got in each other's way.

    `Unavailable` while the database does not answer.
    """
    for tried in range(RETRIES):
        try:
            async with gate.pool.acquire(timeout=_WAIT_S) as connection, connection.transaction():
                work = Work(connection, actor, gate.now(), gate.tools, uuid4().hex, origin)
                result = await act(work)
                await finish(work)
            return result
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if tried == RETRIES - 1:
                raise Unavailable("too many writers at once, try again") from None
            await asyncio.sleep(0.01 * (tried + 1))
        except NO_DATABASE:
            raise Unavailable("the database does not answer") from None
    raise AssertionError("unreachable")
