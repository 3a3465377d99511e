"""The database: a pool, one transaction at a time, and nothing that knows what is kept in it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID as DriverUUID

Connection: TypeAlias = asyncpg.Connection
Record: TypeAlias = asyncpg.Record
Pool: TypeAlias = asyncpg.Pool


def to_json(value: object) -> str:
    """A value as text for a jsonb parameter. No codec is set on connections: the job library brings its own text."""
    return msgspec.json.encode(value).decode()


def from_json(text: str | None) -> Any:
    """A jsonb column as Python values; None for NULL."""
    return None if text is None else msgspec.json.decode(text)


async def open_pool(dsn: str, size: int, *, application: str = "openward", resets: bool = True) -> Pool:
    """Open `size` connections at most. `statement_cache_size` stays at its default: queries are named and few.

    resets: whether a connection is reset when it comes back, which takes a turn to the database; needless where all
    that is done with it are transactions, which leave neither locks nor settings nor cursors behind.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        command_timeout=120,
        reset=None if resets else _leave_as_it_is,
        server_settings={"application_name": application, "timezone": "UTC", "jit": "off"},
    )


async def _leave_as_it_is(_connection: Connection) -> None:
    """What is done in place of a reset; an open transaction was rolled back by the driver before."""


async def connect(dsn: str) -> Connection:
    """One connection outside any pool."""
    return await asyncpg.connect(dsn, server_settings={"timezone": "UTC", "jit": "off"})


async def write_rows(tx: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement for each of these rows; for one alone in the way that costs the driver least."""
    if len(rows) == 1:
        await tx.execute(statement, *rows[0])
    else:
        await tx.executemany(statement, rows)


def uuid_of(sixteen: bytes) -> UUID:
    """A UUID of sixteen bytes, in the driver's own class: made and sent in a third of the time, for large batches."""
    made: UUID = DriverUUID(sixteen)
    return made


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One connection inside one transaction: committed at the end, rolled back when an exception leaves."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection
