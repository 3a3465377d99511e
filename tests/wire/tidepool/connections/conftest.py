"""A small partner cloud over real sockets: it gives tokens for codes and takes them back."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from aiohttp import web

from openward.app import build
from openward.care import connections
from openward.care.work import Actor, ActorKind, Work
from openward.config import Settings
from openward.wire import tidepool
from tests.wire.tidepool.accounts.conftest import Person, World, world

__all__ = ["world"]

SECRET = "the secret & of=this installation"
COOKIE = "org.tidepool.provider.oauth.dexcom"
AUTHORIZE, REDIRECT = "/v1/oauth/dexcom/authorize", "/v1/oauth/dexcom/redirect"


@dataclass(slots=True)
class Cloud:
    """What the partner was asked and what it answers; `status` other than 200 refuses."""

    url: str = ""
    status: int = 200
    body: object = None
    asked: list[dict[str, str]] = field(default_factory=list)
    revoked: list[dict[str, str]] = field(default_factory=list)
    wait_s: float = 0.0

    async def token(self, request: web.Request) -> web.Response:
        """The token address: each call gives other tokens."""
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        number = len(self.asked)
        await asyncio.sleep(self.wait_s)
        if self.status != 200:
            return web.json_response(self.body or {"error": "invalid_grant"}, status=self.status)
        if self.body is not None:
            return web.json_response(self.body)
        given = {"access_token": f"secret-access-{number}", "refresh_token": f"secret-refresh-{number}"}
        return web.json_response({**given, "token_type": "Bearer", "expires_in": 7200})

    async def revoke(self, request: web.Request) -> web.Response:
        """RFC 7009."""
        self.revoked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response()


@pytest.fixture(scope="session")
async def api(settings: Settings, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """This wire alone, on the tests' own loop, so that requests do run side by side."""
    app = build(settings, dsn, [tidepool.WIRING])
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # two spellings of one protocol
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://openward.test") as client:
        yield client


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """The partner, on a port and a loop of its own."""
    made, loop, ready = Cloud(), asyncio.new_event_loop(), threading.Event()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/v2/oauth2/token", made.token), web.post("/revoke", made.revoke)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield made
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


@dataclass(slots=True)
class Flow:
    """Somebody on his way to the partner: the world, the partner, and what his browser holds."""

    world: World
    cloud: Cloud

    async def link(self, person: Person, **body: Any) -> str:
        """A restricted token for connecting."""
        body = {"paths": ["/v1/oauth/dexcom"], **body}
        path = f"/v1/users/{person.user_id}/restricted_tokens"
        answer = await self.world.api.post(path, json=body, headers=person.headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def get(self, path: str, params: dict[str, str], cookie: str | None = None) -> Any:
        """What a browser with this cookie, and no other, is shown."""
        headers = {} if cookie is None else {"cookie": f"{COOKIE}={cookie}"}
        self.world.api.cookies.clear()
        return await self.world.api.get(path, params=params, headers=headers, follow_redirects=False)

    async def authorize(self, link: str) -> dict[str, str]:
        """Open the link; what the partner is asked."""
        answer = await self.get(AUTHORIZE, {"restricted_token": link})
        assert answer.status_code == 307, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    async def connect(self, person: Person, code: str = "a-code") -> Any:
        """The whole way; the last answer."""
        link = await self.link(person)
        asked = await self.authorize(link)
        return await self.get(REDIRECT, {"code": code, "state": asked["state"]}, link)

    async def sources(self, person: Person) -> list[dict[str, Any]]:
        """What the data service says of his sources."""
        path = f"/v1/users/{person.user_id}/data_sources"
        return list((await self.world.api.get(path, headers=self.world.service)).json())

    async def sessions(self, person: Person) -> list[dict[str, Any]]:
        """His sessions, as services see them."""
        path = f"/auth/v1/users/{person.user_id}/provider_sessions"
        return list((await self.world.api.get(path, headers=self.world.service)).json())

    async def set_up(self, **policy: Any) -> None:
        """Set the partner up anew."""
        gate = self.world.gate
        async with gate.pool.acquire() as connection, connection.transaction():
            work = Work(connection, Actor(ActorKind.SERVICE), gate.now(), gate.tools)
            await connections.put_partner(work, "dexcom", self.cloud.url, "our id", SECRET, policy)


@pytest.fixture
async def flow(world: World, cloud: Cloud) -> AsyncIterator[Flow]:
    """The partner is set up; afterwards it is not any more."""
    made = Flow(world, cloud)
    await made.set_up()
    yield made
    await world.pool.execute("delete from connections.partner")


def cookie_of(answer: Any) -> Any:
    """The cookie of this flow that an answer sets, with its attributes."""
    for header in answer.headers.get_list("set-cookie"):
        found = SimpleCookie(header)
        if COOKIE in found:
            return found[COOKIE]
    return None
