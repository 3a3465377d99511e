"""One request is one transaction; every kind of bad input is refused by the wire's own table, never by a 500."""

import contextlib
import gzip
import secrets
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import audit
from openward.care.errors import CareError, Conflict, NotFound
from openward.care.work import NOBODY, Actor, Work, new_key
from openward.config import Settings
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Outside, Reply, Route, Wiring, json_reply
from openward.infra.db import Pool
from openward.wire.tidepool.errors import status_of

pytestmark = pytest.mark.anyio


async def _nobody(_work: Work, _call: Call) -> Actor:
    return NOBODY


def _render(error: CareError, _call: Call) -> Reply:
    return json_reply({"code": error.code, "detail": error.detail}, status_of(error))


async def _echo(_work: Work, call: Call) -> Reply:
    return json_reply(await call.json())


async def _query(_work: Work, call: Call) -> Reply:
    return json_reply({"query": call.query, "path": dict(call.path)})


async def _write(work: Work, call: Call) -> Reply:
    audit.note(work, "write", call.path["mark"], new_key(work))
    match call.query.get("end"):
        case "conflict":
            raise Conflict("taken")
        case "kept":
            raise KeepAndRaise(Conflict("counted"))
        case "crash":
            raise RuntimeError("glucose 142 of Ana Ruiz")
    return json_reply({})


async def _stream(work: Work, call: Call) -> Reply:
    async def chunks() -> AsyncIterator[bytes]:
        async for row in work.tx.cursor("select n from generate_series(1, 5000) n"):
            yield f"{row['n']}\n".encode()

    return Reply(200, chunks(), "application/x-ndjson")


async def _broken(work: Work, call: Call) -> Reply:
    audit.note(work, "read", call.path["mark"], new_key(work))

    async def chunks() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("half-way")

    return Reply(200, chunks(), "text/plain")


async def _ask(work: Work, call: Call) -> Outside:
    """What is written before the question stays; what is written after it goes with the answer."""
    audit.note(work, "write", call.path["mark"], new_key(work))
    connection = work.tx

    async def ask() -> bool:
        with contextlib.suppress(Exception):  # A connection that was given back cannot be used.
            return bool(await connection.fetchval("select pg_current_xact_id_if_assigned() is not null"))
        return False

    async def then(work: Work, call: Call, was_inside: bool) -> Reply:
        audit.note(work, "write", call.path["mark"], new_key(work))
        if call.query.get("end") == "conflict":
            raise Conflict("taken")
        return json_reply({"was_inside": was_inside})

    return Outside(ask, then)


async def _ask_once(work: Work, call: Call) -> Outside:
    """The answer can be had once only, and the second Work loses against another at its first try."""
    audit.note(work, "write", call.path["mark"], new_key(work))
    asked: list[int] = []
    tries: list[int] = []

    async def ask() -> int:
        asked.append(1)
        return len(asked)

    async def then(work: Work, call: Call, found: int) -> Reply:
        audit.note(work, "write", call.path["mark"], new_key(work))
        tries.append(1)
        if len(tries) == 1:
            raise asyncpg.DeadlockDetectedError("two at once")
        return json_reply({"found": found, "tries": len(tries)})

    return Outside(ask, then)


async def _too_long(work: Work, _call: Call) -> Reply:
    """A text that an index cannot hold: random, so that no compression makes it short."""
    await work.tx.execute("create temporary table named (name text primary key) on commit drop")
    await work.tx.execute("insert into named values ($1)", secrets.token_hex(20_000))
    raise AssertionError("the index takes it")


_WIRE = Wiring(
    "test",
    ("/t",),
    [
        Route("POST", "/t/echo", _echo, is_documented=False),
        Route("POST", "/t/small", _echo, is_documented=False, max_body=100),
        Route("GET", "/t/query/{one}/{two}", _query, is_documented=False),
        Route("POST", "/t/write/{mark}", _write, is_documented=False),
        Route("POST", "/t/long", _too_long, is_documented=False),
        Route("POST", "/t/ask/{mark}", _ask, is_documented=False),
        Route("POST", "/t/once/{mark}", _ask_once, is_documented=False),
        Route("GET", "/t/broken/{mark}", _broken, is_documented=False),
        Route("GET", "/t/stream", _stream, is_documented=False),
    ],
    _nobody,
    _render,
)


@pytest.fixture(scope="module")
async def http(settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Litestar]]:
    app = build(replace(settings, max_body_mb=1), dsn, [_WIRE])
    async with AsyncTestClient(app, base_url="http://openward.test") as client:
        yield client


_DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b'{"a": "\\u0000"}', {}, 400),
        (b'{"a": "\\ud800"}', {}, 400),
        (b'{"a": "\\udc00\\ud800"}', {}, 400),
        (b'{"a": "\\ud83d\\ude00"}', {}, 200),
        (b'{"a": "\\\\u0000"}', {}, 200),
        (b'{"a": "\xff"}', {}, 400),
        (_DEEP, {}, 400),
        (b"[" + b"1," * 800_000 + b"1]", {}, 413),
        (gzip.compress(b"[" + b" " * 50_000_000 + b"]"), {"content-encoding": "gzip"}, 413),
        (gzip.compress(b"[1]"), {"content-encoding": "gzip"}, 200),
        (zlib.compress(b"[1]"), {"content-encoding": "deflate"}, 200),
        (gzip.compress(b"[1]")[:-6], {"content-encoding": "gzip"}, 400),
        (b"not gzip", {"content-encoding": "gzip"}, 400),
        (b"[1]", {"content-encoding": "br"}, 400),
        (b'{"a": 1e400}', {}, 400),
    ],
    # A compressed body holds the time of its making, and every worker must collect the same names.
    ids=range(18),
)
async def test_bodies(http: AsyncTestClient[Litestar], body: bytes, headers: dict[str, str], status: int) -> None:
    answer = await http.post("/t/echo", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert set(answer.json()) == {"code", "detail"}


async def test_a_route_may_have_a_limit_of_its_own(http: AsyncTestClient[Litestar]) -> None:
    assert (await http.post("/t/small", content=b"[" + b" " * 200 + b"]")).status_code == 413


async def test_parameters_arrive_decoded_and_traps_are_refused(http: AsyncTestClient[Litestar]) -> None:
    found = (await http.get("/t/query/a%20b/c?x=1&x=2&y=%3E0.5")).json()
    assert found == {"path": {"one": "a b", "two": "c"}, "query": {"x": "2", "y": ">0.5"}}
    assert (await http.get("/t/query/a/b?x=%00")).status_code == 400
    assert (await http.get("/t/query/a/b?x=%ff")).status_code == 400


async def _kept(pool: Pool, mark: str) -> int:
    return int(await pool.fetchval("select count(*) from audit.entry where what = $1", mark))


@pytest.mark.parametrize(
    ("end", "status", "kept"), [("", 200, 1), ("conflict", 409, 0), ("kept", 409, 1), ("crash", 500, 0)]
)
async def test_a_request_commits_or_leaves_nothing(
    http: AsyncTestClient[Litestar], pool: Pool, end: str, status: int, kept: int
) -> None:
    mark = f"mark-{end or 'good'}"
    answer = await http.post(f"/t/write/{mark}?end={end}")
    assert answer.status_code == status
    assert await _kept(pool, mark) == kept


async def test_a_text_too_long_for_an_index_is_refused(http: AsyncTestClient[Litestar]) -> None:
    answer = await http.post("/t/long")
    assert (answer.status_code, "larger than can be stored" in answer.text) == (400, True)


async def test_outside_is_asked_once_when_the_second_work_is_done_again(
    http: AsyncTestClient[Litestar], pool: Pool
) -> None:
    answer = await http.post("/t/once/once")
    assert answer.json() == {"found": 1, "tries": 2}
    assert await _kept(pool, "once") == 2


async def test_outside_is_asked_between_two_works(http: AsyncTestClient[Litestar], pool: Pool) -> None:
    answer = await http.post("/t/ask/asked")
    assert answer.json() == {"was_inside": False}
    assert await _kept(pool, "asked") == 2
    refused = await http.post("/t/ask/refused?end=conflict")
    assert refused.status_code == 409
    assert await _kept(pool, "refused") == 1


async def test_an_unforeseen_error_says_nothing(
    http: AsyncTestClient[Litestar], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.post("/t/write/secret?end=crash")
    assert answer.status_code == 500
    assert "Ruiz" not in answer.text
    assert answer.headers["x-openward-trace"]
    written = capsys.readouterr()
    assert "Ruiz" not in written.out + written.err


async def test_streams_come_whole_also_compressed(http: AsyncTestClient[Litestar]) -> None:
    for encoding in ("identity", "gzip"):
        answer = await http.get("/t/stream", headers={"accept-encoding": encoding})
        assert answer.text.split() == [str(number) for number in range(1, 5001)]
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.headers["content-type"].startswith("application/x-ndjson")


async def test_a_stream_that_breaks_leaves_its_audit(http: AsyncTestClient[Litestar], pool: Pool) -> None:
    with contextlib.suppress(Exception):
        await http.get("/t/broken/half")
    assert await _kept(pool, "half") == 1


async def test_unknown_paths_and_methods_are_answered_by_the_wire(http: AsyncTestClient[Litestar]) -> None:
    assert (await http.get("/t/nowhere")).status_code == 404
    refused = await http.get("/t/echo")
    assert refused.status_code == 405
    assert refused.json()["code"] == "method-not-allowed"


def test_not_found_has_a_status() -> None:
    assert status_of(NotFound()) == 404
