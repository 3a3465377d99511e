"""Clinics that take messages from record systems, and a listener on a real socket, in the process of the test."""

import asyncio
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from openward.care import organizations, visits
from openward.care.ehr import feed as feeds
from openward.care.ehr.feed import FeedSettings, Names
from openward.care.organizations import Profile
from openward.care.visits import RoomSettings
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, Tools, Work
from openward.config import Settings
from openward.gateway.message import in_one_work
from openward.gateway.request import Gate
from openward.infra.db import Pool
from openward.wire.hl7v2 import Limits, Listener
from tests.wire.hl7v2.sender import Ack, Sender, adt, siu

SERVICE = Actor(ActorKind.SERVICE, credential="test")
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Hospital:
    """A clinic whose record system sends; its sender is named anew for each, so that tests may share a database."""

    gate: Gate
    key: OrganizationKey
    facility: str
    place: tuple[str, int]
    names: Names = field(default_factory=Names)

    @property
    def sender(self) -> str:
        """MSH-3 and MSH-4."""
        return f"EPIC|{self.facility}"

    def connect(self) -> Sender:
        """A connection to the listener."""
        return Sender(*self.place)

    def adt(self, event: str = "A04", **said: Any) -> bytes:
        """A message of this hospital about a patient."""
        return adt(event, **{"sender": self.sender} | said)

    def siu(self, event: str = "S12", **said: Any) -> bytes:
        """A message of this hospital about an appointment."""
        return siu(event, **{"sender": self.sender} | said)

    async def tell(self, message: bytes) -> Ack:
        """Send one message by a connection of its own."""
        async with self.connect() as sender:
            return await sender.send(message)

    async def do(self, act: Callable[[Work], Awaitable[_Result]]) -> _Result:
        """Something in a piece of work of its own."""
        return await in_one_work(self.gate, SERVICE, Origin("127.0.0.1", "TEST"), act)


@pytest.fixture
def gate(pool: Pool, settings: Settings, tools: Tools) -> Gate:
    return Gate(pool, settings, tools)


@asynccontextmanager
async def listening(gate: Gate, tls: ssl.SSLContext | None = None, **limits: Any) -> AsyncIterator[tuple[str, int]]:
    """A listener on a free port."""
    given = {"message_bytes": 10 << 20, "idle_s": 60.0, "message_s": 20.0, "connections": 50} | limits
    opened = socket.create_server(("127.0.0.1", 0))
    opened.setblocking(False)
    listener = Listener(gate, Limits(**given), tls)
    task = asyncio.create_task(listener.serve(opened))
    try:
        yield "127.0.0.1", opened.getsockname()[1]
    finally:
        listener.stop()
        await asyncio.wait_for(task, 20)


async def make_hospital(gate: Gate, place: tuple[str, int], **settings: Any) -> Hospital:
    """A clinic with a waiting room and a sender."""
    facility = f"F{secrets.token_hex(5)}"

    async def make(work: Work) -> OrganizationKey:
        made = await organizations.create(work, Profile(name="Willow", timezone="America/New_York"), admin=None)
        await visits.put_room(work, made.key, RoomSettings("Hall", slot_duration_s=1200))
        await visits.put_room(work, made.key, RoomSettings("Lab"))
        given: dict[str, Any] = {"peers": ("127.0.0.0/8",), "rooms": {"ROOM1": "Hall", "LAB": "Lab"}} | settings
        await feeds.put_feed(work, made.key, Names("EPIC", facility), FeedSettings(**given))
        return made.key

    key = await in_one_work(gate, SERVICE, Origin("", "TEST"), make)
    return Hospital(gate, key, facility, place)


@pytest.fixture
async def place(gate: Gate) -> AsyncIterator[tuple[str, int]]:
    async with listening(gate) as found:
        yield found


@pytest.fixture
async def hospital(gate: Gate, place: tuple[str, int]) -> Hospital:
    return await make_hospital(gate, place)
