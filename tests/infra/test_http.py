"""Calls out reach what they may, and nothing else."""

import asyncio
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from openward.infra.http import CallFailed, call, is_public, open_session

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A little server on this machine."""

    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=418, text=f"{request.method} {request.query_string} {await request.text()}")

    async def bomb(request: web.Request) -> web.Response:
        return web.Response(body=zlib.compress(bytes(5_000_000)), headers={"Content-Encoding": "deflate"})

    async def slow(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await asyncio.sleep(1)
        return response

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    app = web.Application()
    app.router.add_route("*", "/echo", echo)
    app.router.add_get("/bomb", bomb)
    app.router.add_get("/slow", slow)
    app.router.add_get("/away", away)
    async with TestServer(app) as running:
        yield running


async def reason(url: str, **options: object) -> str:
    async with open_session(allow_private=bool(options.pop("allow_private", False))) as session:
        with pytest.raises(CallFailed) as caught:
            await call(session, "GET", url, **options)  # type: ignore[arg-type]
    return caught.value.reason


async def test_a_call_with_everything(server: TestServer) -> None:
    async with open_session(allow_private=True) as session:
        answer = await call(session, "POST", str(server.make_url("/echo")), body=b"hi", params={"q": "1"})
        assert (answer.status, answer.body) == (418, b"POST q=1 hi")
        away = await call(session, "GET", str(server.make_url("/away")))
        assert (away.status, away.headers["Location"]) == (302, "http://127.0.0.1:1/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_the_guard_refuses_this_machine(server: TestServer, host: str) -> None:
    assert await reason(f"http://{host}:{server.port}/echo") == "address-refused"


async def test_addresses_in_odd_spellings_are_refused_too(server: TestServer) -> None:
    for host in ("2130706433", "0x7f.1", "127.1"):
        assert await reason(f"http://{host}:{server.port}/echo") in {"address-refused", "bad-url"}


async def test_limits(server: TestServer) -> None:
    assert await reason(str(server.make_url("/bomb")), allow_private=True, limit_bytes=1_000_000) == "too-large"
    assert await reason(str(server.make_url("/slow")), allow_private=True, total_s=0.3) == "timeout"


async def test_what_cannot_be_called() -> None:
    assert await reason("http://127.0.0.1:1/", allow_private=True) == "connection"
    for url in ("ftp://example.org/", "nonsense", "file:///etc/passwd", "http://"):
        assert await reason(url) == "bad-url"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("ff02::1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public
