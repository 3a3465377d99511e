"""One open WebSocket: who may open it, one message = one Work = one transaction, and when it is closed.

A closed socket says why by its code, which pages understand:

1003 not text        1008 no JSON object, or too many messages       1009 too large
1011 our own fault   1012 come again at once (restart)               1013 come again soon (too busy)
4401 4403 4404       as the HTTP statuses: nobody known, may not, gone
4408 silent too long 4409 and other 44xx: the wire's own endings
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import msgspec
import structlog
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect

from openward.care.errors import CareError, NotAllowed, NotAuthenticated, NotFound, TooMany, Unavailable
from openward.care.work import NOBODY, Actor, Origin, Work
from openward.gateway.call import Call, parse_json
from openward.gateway.measure import SOCKETS_OPEN
from openward.gateway.request import NO_DATABASE, RETRIES, Gate, address_of, finish, place_of
from openward.gateway.wiring import Ending, Session, Socket
from openward.infra.relay import Relay

log = structlog.get_logger("openward.socket")

PING_S = 5.0
_SILENCE_S = 25.0
_MOST_WAITING = 256
_GOOD_BYE_S = 3.0
"""A busy machine takes its time to tell thousands; the supervisor waits longer than this."""
_RATE_PER_S, _BURST = 20.0, 120.0
_CODES: dict[type[CareError], int] = {
    NotAuthenticated: 4401,
    NotAllowed: 4403,
    NotFound: 4404,
    TooMany: 1013,
    Unavailable: 1013,
}


class _End(Exception):
    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.ending = Ending(code, reason)


class Hub:
    """The open sockets of one process."""

    def __init__(self, gate: Gate, dsn: str, *, most: int = 2000) -> None:
        """most: sockets that this process holds at once."""
        self.gate = gate
        self.relay = Relay(dsn)
        self._most = most
        self._open: dict[_Open, asyncio.Task[None]] = {}
        self._is_closing = False

    async def serve(
        self, name: str, socket: Socket, connection: WebSocket[Any, Any, Any], path: Mapping[str, str]
    ) -> None:
        """Hold one socket until either side closes it; never raises. `name` is the wire's."""
        if not _is_ours(self.gate, connection):
            await connection.close(4403)  # before it is accepted: the browser sees a refused handshake
            return
        await connection.accept()
        if self._is_closing or len(self._open) >= self._most:
            with suppress(Exception):
                await connection.close(1012 if self._is_closing else 1013)
            return
        one = _Open(self, name, socket, connection, path)
        self._open[one] = asyncio.create_task(self._hold(one, name, connection))
        await self._open[one]

    async def _hold(self, one: "_Open", name: str, connection: WebSocket[Any, Any, Any]) -> None:
        SOCKETS_OPEN.labels(name).inc()
        try:
            ending = await one.run()
            with suppress(Exception):  # whoever is gone needs no good-bye
                await connection.close(ending.code, ending.reason)
        finally:
            self._open.pop(one, None)
            SOCKETS_OPEN.labels(name).dec()

    async def hang_up(self) -> None:
        """Close all within seconds; the pages come again by themselves, to the server that is there then."""
        self._is_closing = True
        for one in self._open:
            one.end(1012)
        if self._open:
            await asyncio.wait(self._open.values(), timeout=_GOOD_BYE_S)

    async def close(self) -> None:
        """Let go of everything."""
        await self.hang_up()
        await self.relay.close()


class _Open:
    """One socket while it is open."""

    def __init__(
        self, hub: Hub, name: str, socket: Socket, connection: WebSocket[Any, Any, Any], path: Mapping[str, str]
    ) -> None:
        self._gate, self._relay = hub.gate, hub.relay
        self._socket, self._connection = socket, connection
        self._address = address_of(connection, hub.gate.settings.trusted_proxies)
        self._call = Call(
            request=cast(Any, connection), address=self._address, trace=uuid4().hex, max_body=0, path=path
        )
        self._name = name
        self._out: asyncio.Queue[Mapping[str, Any] | Ending] = asyncio.Queue(_MOST_WAITING)
        self._ended: Ending | None = None
        self._credit, self._counted_at = _BURST, time.monotonic()

    def end(self, code: int, reason: str = "") -> None:
        """Close it, before whatever still waits to be sent."""
        self._ended = self._ended or Ending(code, reason)
        if self._out.full():
            self._out.get_nowait()
        self._out.put_nowait(self._ended)

    async def run(self) -> Ending:
        """Until it ends: the code to close with."""
        try:
            return await self._run()
        except _End as end:
            return end.ending
        except (WebSocketDisconnect, ConnectionError):
            return Ending(1000)
        except CareError as error:
            return Ending(_code_of(error) or 1008, error.code)
        except NO_DATABASE:
            return Ending(1013, "the database does not answer")
        except Exception as error:
            log.error(
                "unforeseen",
                error=type(error).__name__,
                place=place_of(error),
                route=self._socket.path,
                trace=self._call.trace,
            )
            return Ending(1011, self._call.trace)

    async def _run(self) -> Ending:
        session = await self._in_one_work(NOBODY, lambda work: self._socket.enter(work, self._call))
        hear = self._hearing(session)
        await self._relay.listen(session.topic, hear, lambda: self.end(1012))
        tasks: set[asyncio.Task[Any]] = set()
        try:
            self._tell(await self._in_one_work(session.actor, session.opened))
            tasks = {asyncio.create_task(step) for step in (self._write(), self._read(session), self._ping())}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
            return self._ended or Ending(1000)
        finally:
            self._relay.leave(session.topic, hear)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hearing(self, session: Session) -> Callable[[bytes], None]:
        def hear(body: bytes) -> None:
            found = session.heard(body)
            if isinstance(found, Ending):
                self.end(found.code, found.reason)
            else:
                self._tell(found)

        return hear

    def _tell(self, message: Mapping[str, Any] | None) -> None:
        if message is None or self._ended:
            return
        if self._out.full():
            self.end(1013, "too slow")
        else:
            self._out.put_nowait(message)

    async def _write(self) -> None:
        """Send what waits, until the socket ends."""
        while True:
            message = await self._out.get()
            if isinstance(message, Ending):
                return
            await self._connection.send_text(msgspec.json.encode(message).decode())

    async def _ping(self) -> None:
        """Ask again and again whether somebody is there.

        The server asks and the page answers: browsers slow down the clocks of pages that nobody looks at, but hand
        messages to them at once.
        """
        while True:
            self._tell({"is": "ping"})
            await asyncio.sleep(PING_S)

    async def _read(self, session: Session) -> None:
        while True:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    event = await self._connection.receive()
            except TimeoutError:
                raise _End(4408, "silent") from None
            if event["type"] == "websocket.disconnect":
                return
            message = self._decode(cast(Mapping[str, Any], event))
            await self._take(session, message)

    async def _take(self, session: Session, message: Mapping[str, Any]) -> None:
        try:
            self._tell(await self._in_one_work(session.actor, lambda work: session.took(work, message)))
        except CareError as error:
            if _code_of(error):
                raise
            self._tell({"is": "refused", "to": message.get("do"), "why": error.detail})

    def _decode(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The message as an object; whoever sends anything else, or too much, is no page of ours."""
        now = time.monotonic()
        self._credit = min(_BURST, self._credit + (now - self._counted_at) * _RATE_PER_S) - 1
        self._counted_at = now
        if self._credit < 0:
            raise _End(1008, "too many messages")
        text = event.get("text")
        if text is None:
            raise _End(1003, "text only")
        body = text.encode("utf-8", "replace")
        if len(body) > self._socket.max_message:
            raise _End(1009, "too large")
        try:
            message = parse_json(body)
        except CareError:
            raise _End(1008, "no JSON") from None
        if not isinstance(message, dict):
            raise _End(1008, "no object")
        return message

    async def _in_one_work(self, actor: Actor, do: Callable[[Work], Awaitable[Any]]) -> Any:
        """One transaction; the loser of two that got in each other's way is simply done again."""
        origin = Origin(self._address, f"SOCKET {self._socket.path}")
        for attempt in range(RETRIES):
            try:
                async with self._gate.pool.acquire(timeout=30) as connection, connection.transaction():
                    work = Work(connection, actor, self._gate.now(), self._gate.tools, self._call.trace, origin)
                    found = await do(work)
                    await finish(work)
                return found
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == RETRIES - 1:
                    raise Unavailable("too many writers at once") from None
                await asyncio.sleep(0.01 * (attempt + 1))
        raise AssertionError("unreachable")


def _code_of(error: CareError) -> int | None:
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)


def _is_ours(gate: Gate, connection: WebSocket[Any, Any, Any]) -> bool:
    """Whether a page of this installation opens the socket; browsers say whose page it is and let no script lie.

    With a public address that page must come from there. Without one, from the very host that is asked.
    """
    origin = urlsplit(connection.headers.get("origin", "").lower())
    if gate.settings.base_url:
        ours = urlsplit(gate.settings.public_url.lower())
        return (origin.scheme, origin.netloc) == (ours.scheme, ours.netloc)
    return bool(origin.netloc) and origin.netloc == connection.headers.get("host", "").lower()
