"""Short messages between the processes of one installation: posted in a transaction, heard when it commits.

A message is a row, and its notification names it: a notification holds 8000 bytes at most, and a message may be larger.
The table is unlogged, because nothing in it is of use after a minute, and least of all after a crash.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg

from openward.infra.db import Connection, connect

_CHANNEL = "openward_relay"
_LONGEST_BACKLOG = 10_000

Hear = Callable[[bytes], None]
Lose = Callable[[], None]


async def post(connection: Connection, topic: str, body: bytes) -> None:
    """Tell everybody who listens to `topic`, in whatever process, as soon as the caller's transaction commits."""
    await connection.execute(
        "with kept as (insert into relay.message (topic, body) values ($1, $2) returning id)"
        " select pg_notify($3, id || ' ' || $1) from kept",
        topic,
        body,
        _CHANNEL,
    )


async def sweep(connection: Connection) -> None:
    """Drop what everybody has long heard."""
    await connection.execute("delete from relay.message where posted_at < now() - interval '1 minute'")


class Relay:
    """The ear of one process: one connection that listens, opened with the first listener."""

    def __init__(self, dsn: str) -> None:
        """dsn: the database, reached without a pooler in between that takes sessions apart."""
        self._dsn = dsn
        self._listeners: dict[str, dict[Hear, Lose]] = {}
        self._opening = asyncio.Lock()
        self._connection: Connection | None = None
        self._heard: asyncio.Queue[tuple[int, str]] = asyncio.Queue(_LONGEST_BACKLOG)
        self._reader: asyncio.Task[None] | None = None

    async def listen(self, topic: str, hear: Hear, lose: Lose) -> None:
        """Call `hear` with each message on `topic` from now on, in the order in which they were committed.

        `lose` is called once when messages may have been missed; the listener is forgotten then and may come again.
        """
        async with self._opening:
            if self._connection is None:
                await self._open()
            self._listeners.setdefault(topic, {})[hear] = lose

    def leave(self, topic: str, hear: Hear) -> None:
        """Call `hear` no more."""
        here = self._listeners.get(topic, {})
        here.pop(hear, None)
        if not here:
            self._listeners.pop(topic, None)

    async def close(self) -> None:
        """Hang up; everybody who listens is told."""
        connection, self._connection = self._connection, None
        if self._reader is not None:
            self._reader.cancel()
        if connection is not None:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)
        self._lose_all()

    async def _open(self) -> None:
        connection = await connect(self._dsn)
        await connection.execute("set application_name = 'openward-relay'")
        self._heard = asyncio.Queue(_LONGEST_BACKLOG)
        connection.add_termination_listener(self._terminated)
        await connection.add_listener(_CHANNEL, self._notified)
        self._connection = connection
        self._reader = asyncio.create_task(self._read(connection, self._heard))

    def _notified(self, connection: Any, _process: int, _channel: str, payload: object) -> None:
        number, _, topic = str(payload).partition(" ")
        if topic not in self._listeners:
            return
        try:
            self._heard.put_nowait((int(number), topic))
        except asyncio.QueueFull:
            connection.terminate()  # hopelessly behind: everybody had better begin anew

    def _terminated(self, connection: Any) -> None:
        if connection is self._connection:
            self._connection = None
            if self._reader is not None:
                self._reader.cancel()
            self._lose_all()

    def _lose_all(self) -> None:
        listeners, self._listeners = self._listeners, {}
        for here in listeners.values():
            for lose in here.values():
                lose()

    async def _read(self, connection: Connection, heard: "asyncio.Queue[tuple[int, str]]") -> None:
        """Fetch what was announced, all that waits in one go, and hand it out in its order."""
        try:
            while True:
                waiting = [await heard.get()]
                while not heard.empty():
                    waiting.append(heard.get_nowait())
                rows = await connection.fetch(
                    "select id, body from relay.message where id = any($1::bigint[])", [number for number, _ in waiting]
                )
                bodies = {row["id"]: row["body"] for row in rows}
                for number, topic in waiting:
                    for hear in list(self._listeners.get(topic, ())) if number in bodies else ():
                        hear(bodies[number])
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            connection.terminate()
