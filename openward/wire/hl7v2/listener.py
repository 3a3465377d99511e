"""The listener: connections of record systems, each with its messages one after the other, each answered when done."""

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from openward.care.ehr import feed as feeds
from openward.care.ehr.feed import Peer
from openward.care.errors import Unavailable
from openward.care.work import Actor, ActorKind, Origin, Work
from openward.gateway.measure import FEED_CONNECTIONS, FEED_MESSAGES, FEED_SECONDS
from openward.gateway.message import in_one_work
from openward.gateway.request import Gate, place_of
from openward.wire.hl7v2.ack import BARE
from openward.wire.hl7v2.frames import Frame, Framer, wrap
from openward.wire.hl7v2.handle import Answered, handle, keep_failed, refuse
from openward.wire.hl7v2.header import Unreadable, read_header

log = structlog.get_logger("openward.hl7v2")
_ACTOR: Final = Actor(ActorKind.SERVICE, credential="hl7v2")
_ROUTE: Final = "MLLP"
_CHUNK: Final = 64 << 10
_MOST_STRAY: Final = 64 << 10
_MOST_SKIPPED: Final = 8
"""A message so many times as large as is taken is not waited for any more."""
_WRITE_S: Final = 30.0
_PATIENCE_S: Final = 15.0
_PAUSE_S: Final = 0.25
_LAST_S: Final = 3.0
"""When the listener stops, a message that has begun may still come to its end for so long."""
_KEEPALIVE: Final = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take: bytes of a message, seconds of silence and of one message; connections in all."""

    message_bytes: int
    idle_s: float
    message_s: float
    connections: int


class Listener:
    """Serves one listening socket until it is told to stop."""

    def __init__(self, gate: Gate, limits: Limits, tls: ssl.SSLContext | None = None) -> None:
        self._gate = gate
        self._limits = limits
        self._tls = tls
        self._stopping = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, listening: socket.socket) -> None:
        """Take connections until `stop`; what is under way then is answered before this returns."""
        server = await asyncio.start_server(
            self._connected, sock=listening, ssl=self._tls, ssl_handshake_timeout=10 if self._tls else None
        )
        try:
            await self._stopping.wait()
        finally:
            server.close()
            if self._open:
                await asyncio.wait(self._open)

    def stop(self) -> None:
        """Take nothing new."""
        self._stopping.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._open) >= self._limits.connections:
            log.warning("connection refused", reason_code="too-many-connections")
            writer.transport.abort()
            return
        self._open.add(task)
        FEED_CONNECTIONS.inc()
        try:
            await _Conversation(self._gate, self._limits, self._stopping, reader, writer).hold()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the other side went away
        except Exception as error:
            log.error("unforeseen", error=type(error).__name__, place=place_of(error), wire="hl7v2")
        finally:
            FEED_CONNECTIONS.dec()
            self._open.discard(task)
            with suppress(Exception):
                writer.close()


class _Conversation:
    """One connection."""

    def __init__(
        self,
        gate: Gate,
        limits: Limits,
        stopping: asyncio.Event,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._gate, self._limits, self._stopping = gate, limits, stopping
        self._reader, self._writer = reader, writer
        self._framer = Framer(limits.message_bytes)
        self._peer = _peer(writer)

    async def hold(self) -> None:
        """Read, carry out and answer until either side ends it."""
        _watch_over(self._writer)
        if not await self._may_stay():
            log.warning("connection refused", reason_code="address-unknown")
            return
        began = time.monotonic()
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            while not (self._stopping.is_set() and not self._framer.is_open):
                chunk = await self._read(began, stopped)
                if not chunk:
                    return
                if not self._framer.is_open:
                    began = time.monotonic()
                for frame in self._framer.feed(chunk):
                    await self._answer(frame)
                    began = time.monotonic()
                if self._has_enough():
                    return
        finally:
            stopped.cancel()

    async def _read(self, began: float, stopped: "asyncio.Task[bool]") -> bytes:
        """What comes next; b"" when nothing does in time, or when there is nothing to wait for any more."""
        if self._framer.is_open:
            left = self._limits.message_s - (time.monotonic() - began)
            left = min(left, _LAST_S) if self._stopping.is_set() else left
            waiting: set[asyncio.Task[bool]] = set()
        else:
            left, waiting = self._limits.idle_s, {stopped}
        reading = asyncio.create_task(self._reader.read(_CHUNK))
        both: set[asyncio.Task[Any]] = {reading, *waiting}
        await asyncio.wait(both, timeout=max(left, 0), return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            return reading.result()
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        return b""

    def _has_enough(self) -> bool:
        """Whether the other side sends what no record system does."""
        is_endless = self._framer.pending > _MOST_SKIPPED * self._limits.message_bytes
        if is_endless or self._framer.stray > _MOST_STRAY:
            log.warning("connection closed", reason_code="message-endless" if is_endless else "not-the-protocol")
            return True
        return False

    async def _may_stay(self) -> bool:
        async def ask(work: Work) -> bool:
            return await feeds.may_connect(work, self._peer.address)

        try:
            return await in_one_work(self._gate, _ACTOR, self._origin, ask)
        except Unavailable:
            return True  # each message asks again

    @property
    def _origin(self) -> Origin:
        return Origin(self._peer.address, _ROUTE)

    async def _answer(self, frame: Frame) -> None:
        began = time.perf_counter()
        answered = await self._handled(frame)
        state, _, reason = answered.state.partition(":")
        FEED_MESSAGES.labels(_kind(answered.kind), state).inc()
        FEED_SECONDS.observe(time.perf_counter() - began)
        if state not in ("done", "repeated"):
            log.info("message answered", operation=_kind(answered.kind), status=state, reason_code=reason)
        for reply in answered.replies:
            self._writer.write(wrap(reply))
        async with asyncio.timeout(_WRITE_S):
            await self._writer.drain()

    async def _handled(self, frame: Frame) -> Answered:
        """The answer to one message, whatever happens."""
        if frame.is_cut:
            return self._refused(frame, "too-large")
        began = time.monotonic()
        try:
            while True:
                try:
                    return await in_one_work(
                        self._gate, _ACTOR, self._origin, lambda work: handle(work, self._peer, frame.content)
                    )
                except Unavailable:
                    # A database that is started again is back in seconds, sooner than most senders lose patience.
                    if self._stopping.is_set() or time.monotonic() - began > _PATIENCE_S:
                        return self._refused(frame, "unavailable")
                    await asyncio.sleep(_PAUSE_S)
        except Exception as error:
            log.error("unforeseen", error=type(error).__name__, place=place_of(error), wire="hl7v2")
        try:
            return await in_one_work(
                self._gate, _ACTOR, self._origin, lambda work: keep_failed(work, self._peer, frame.content)
            )
        except Exception as error:
            log.error("unforeseen", error=type(error).__name__, place=place_of(error), wire="hl7v2")
            return self._refused(frame, "unavailable")

    def _refused(self, frame: Frame, reason: str) -> Answered:
        try:
            header = read_header(frame.content)
        except Unreadable:
            header = BARE
        return refuse(Work(None, _ACTOR, self._gate.now(), self._gate.tools), header, reason)


def _kind(kind: str) -> str:
    """A label that no sender can make up."""
    name, _, event = kind.partition("^")
    is_known = name in ("ADT", "SIU") and len(event) == 3 and event[0] in "AS" and event[1:].isdigit()
    return f"{name}^{event}" if is_known else "other"


def _peer(writer: asyncio.StreamWriter) -> Peer:
    address = writer.get_extra_info("peername")
    shown = writer.get_extra_info("peercert") or {}
    names = {value for key, value in shown.get("subjectAltName", ()) if key == "DNS"}
    names |= {value for part in shown.get("subject", ()) for key, value in part if key == "commonName"}
    return Peer(str(address[0]).partition("%")[0] if address else "0.0.0.0", frozenset(names))  # noqa: S104


def _watch_over(writer: asyncio.StreamWriter) -> None:
    """Notice when the other side is gone without a word."""
    connection = writer.get_extra_info("socket")
    if connection is None:
        return
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
