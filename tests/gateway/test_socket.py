"""WebSockets: who may open one, what ends it, and that what is posted in one process is heard in another."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from openward.app import build
from openward.care import audit
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.work import NOBODY, Actor, ActorKind, Work, new_key
from openward.config import Settings
from openward.gateway.call import Call
from openward.gateway.wiring import Ending, Reply, Socket, Wiring, json_reply
from openward.infra import relay
from openward.infra.db import Pool, connect

pytestmark = pytest.mark.anyio


@dataclass
class Room:
    """A room in which everybody hears everybody."""

    topic: str
    name: str
    actor: Actor = Actor(ActorKind.LINK, credential="room")

    async def opened(self, work: Work) -> Mapping[str, Any]:
        return {"is": "welcome", "to": self.topic}

    async def took(self, work: Work, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        match message.get("do"):
            case "say":
                audit.note(work, "write", self.topic, new_key(work))
                await relay.post(work.tx, self.topic, json.dumps({"by": self.name, "text": message["text"]}).encode())
            case "break":
                audit.note(work, "write", self.topic, new_key(work))
                await relay.post(work.tx, self.topic, b'{"text": "never"}')
                raise Conflict("not now")
            case "vanish":
                raise NotFound("gone")
            case "crash":
                raise RuntimeError("glucose 142 of Ana Ruiz")
            case "who":
                return {"is": "who", "kind": work.actor.kind, "route": work.origin.route}
        return None

    def heard(self, body: bytes) -> Mapping[str, Any] | Ending | None:
        said = json.loads(body)
        return Ending(4409, "thrown out") if said["text"] == f"out {self.name}" else {"is": "said", **said}


async def _enter(work: Work, call: Call) -> Room:
    if call.path["room"] == "none":
        raise NotFound("no such room")
    return Room(f"room:{call.path['room']}", call.query.get("name", ""))


async def _nobody(_work: Work, _call: Call) -> Actor:
    return NOBODY


def _render(error: CareError, _call: Call) -> Reply:
    return json_reply({"code": error.code}, 400)


WIRE = Wiring("test", ("/",), (), _nobody, _render, sockets=[Socket("/rooms/{room}", _enter, max_message=2000)])


@asynccontextmanager
async def a_process(settings: Settings, dsn: str, state: Mapping[str, Any] | None = None) -> AsyncIterator[str]:
    """A server as an API process runs it, its sockets in this state; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = build(settings, dsn, [WIRE])
    for name, value in (state or {}).items():
        setattr(app.state.hub, name, value)
    server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False)
    task = asyncio.create_task(server.serve())
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    await app.state.hub.hang_up()
    server.interrupt_signal = True
    server.main_loop_interrupt.set()
    await asyncio.wait_for(task, 5)


@pytest.fixture(scope="module")
async def processes(settings: Settings, dsn: str) -> AsyncIterator[tuple[str, str]]:
    """Two processes on one database."""
    mine = replace(settings, base_url="")
    async with a_process(mine, dsn) as one, a_process(mine, dsn) as other:
        yield one, other


@dataclass
class Guest:
    """One open socket."""

    socket: aiohttp.ClientWebSocketResponse

    async def say(self, **message: Any) -> None:
        await self.socket.send_json(message)

    async def hear(self) -> Any:
        """The next message that is no ping; the code with which the socket ends."""
        while True:
            message = await self.socket.receive(10)
            if message.type is aiohttp.WSMsgType.TEXT:
                if (said := json.loads(message.data)) != {"is": "ping"}:
                    return said
            else:
                # The client's own answer to it (`autoclose`) may find nobody there any more, and hides the code then.
                return message.data if message.type is aiohttp.WSMsgType.CLOSE else self.socket.close_code


@asynccontextmanager
async def a_guest(url: str, room: str, name: str = "", origin: str | None = None) -> AsyncIterator[Guest]:
    address, origin = f"{url}/rooms/{room}?name={name}", url if origin is None else origin
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(address, origin=origin, autoclose=False) as opened,
    ):
        yield Guest(opened)


async def test_what_is_said_in_one_process_is_heard_in_another(processes: tuple[str, str], pool: Pool) -> None:
    one, other = processes
    room = uuid4().hex
    async with a_guest(one, room, "ana") as ana, a_guest(other, room, "ben") as ben, a_guest(other, "else") as stranger:
        for guest in (ana, ben):
            assert await guest.hear() == {"is": "welcome", "to": f"room:{room}"}
        long = "x" * 1900
        for text in ("first", long, "third"):
            await ana.say(do="say", text=text)
        for guest in (ana, ben):
            assert [(await guest.hear())["text"] for _ in range(3)] == ["first", long, "third"]
        await ben.say(do="who")
        assert await ben.hear() == {"is": "who", "kind": "link", "route": "SOCKET /rooms/{room}"}
        await ben.say(do="say", text="out ana")
        assert await ana.hear() == 4409
        await stranger.hear()
        await stranger.say(do="who")
        assert (await stranger.hear())["is"] == "who"
    kept = await pool.fetchval("select count(*) from audit.entry where what = $1", f"room:{room}")
    assert kept == 4


async def test_a_refused_message_leaves_nothing_and_the_socket_goes_on(processes: tuple[str, str], pool: Pool) -> None:
    room = uuid4().hex
    async with a_guest(processes[0], room) as guest:
        await guest.hear()
        await guest.say(do="break")
        assert await guest.hear() == {"is": "refused", "to": "break", "why": "not now"}
        await guest.say(do="say", text="still here")
        assert (await guest.hear())["text"] == "still here"
    assert await pool.fetchval("select count(*) from audit.entry where what = $1", f"room:{room}") == 1


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"do": "vanish"}', 4404),
        ('{"do": "crash"}', 1011),
        ("[1]", 1008),
        ("no json", 1008),
        (b"bytes", 1003),
        ('{"do": "%s"}' % ("x" * 2000), 1009),
    ],
    ids=["gone", "crash", "no-object", "no-json", "bytes", "too-large"],
)
async def test_what_ends_a_socket(processes: tuple[str, str], frame: str | bytes, code: int) -> None:
    async with a_guest(processes[0], uuid4().hex) as guest:
        await guest.hear()
        await (guest.socket.send_bytes(frame) if isinstance(frame, bytes) else guest.socket.send_str(frame))
        assert await guest.hear() == code


async def test_a_flood_ends_the_socket(processes: tuple[str, str]) -> None:
    async with a_guest(processes[0], uuid4().hex) as guest:
        await guest.hear()
        for _ in range(400):
            if guest.socket.closed:
                break
            await guest.socket.send_str('{"do": "nothing"}')
        assert await guest.hear() == 1008


async def test_nobody_opens_an_unknown_room(processes: tuple[str, str]) -> None:
    async with a_guest(processes[0], "none") as guest:
        assert await guest.hear() == 4404


async def test_pages_of_others_open_nothing(processes: tuple[str, str], settings: Settings, dsn: str) -> None:
    for origin in ("https://evil.example", "null", ""):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with a_guest(processes[0], "any", origin=origin):
                pass
    async with a_process(settings, dsn) as public:
        async with a_guest(public, uuid4().hex, origin=settings.base_url) as guest:
            assert (await guest.hear())["is"] == "welcome"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with a_guest(public, "any", origin=public):
                pass


async def test_a_lost_line_sends_everybody_back(processes: tuple[str, str], pool: Pool) -> None:
    """When the listening connection breaks something may have been missed, so pages begin anew, and hear again."""
    room = uuid4().hex
    async with a_guest(processes[0], room) as guest, a_guest(processes[0], room) as second:
        await guest.hear()
        await second.hear()
        await pool.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'openward-relay' and datname = current_database()"
        )
        for one in (guest, second):
            assert await one.hear() == 1012
    async with a_guest(processes[0], room) as guest:
        await guest.hear()
        await guest.say(do="say", text="back")
        assert (await guest.hear())["text"] == "back"


async def test_a_process_that_stops_sends_everybody_on(settings: Settings, dsn: str) -> None:
    async with a_process(replace(settings, base_url=""), dsn) as url:
        session = aiohttp.ClientSession()
        guest = Guest(await session.ws_connect(f"{url}/rooms/{uuid4().hex}", origin=url, autoclose=False))
        await guest.hear()
    assert await guest.hear() == 1012
    await session.close()


@pytest.mark.parametrize(("state", "code"), [({"_most": 0}, 1013), ({"_is_closing": True}, 1012)])
async def test_who_comes_too_late_hears_when_to_come_again(
    settings: Settings, dsn: str, state: dict[str, Any], code: int
) -> None:
    async with a_process(replace(settings, base_url=""), dsn, state) as url, a_guest(url, "any") as guest:
        assert await guest.hear() == code


async def test_old_messages_are_swept(dsn: str) -> None:
    connection = await connect(dsn)
    await relay.post(connection, "old", b"1")
    await relay.post(connection, "new", b"2")
    await connection.execute("update relay.message set posted_at = now() - interval '2 minutes' where topic = 'old'")
    await relay.sweep(connection)
    left = await connection.fetch("select topic from relay.message where topic in ('old', 'new')")
    await connection.close()
    assert [row["topic"] for row in left] == ["new"]
