"""One HTTP request = one Work = one transaction; errors leave by the wire's own table."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import structlog
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.response import Response, Stream

from openward.care import audit, events, reactions
from openward.care.errors import CareError, Invalid, TooLarge, Unavailable
from openward.care.work import NOBODY, Origin, Tools, Work
from openward.config import Settings
from openward.gateway.call import Call
from openward.gateway.measure import REQUEST_SECONDS, REQUESTS
from openward.gateway.wiring import Handler, Outside, Reply, Route, Then, Wiring
from openward.infra import jobs
from openward.infra.db import Connection, Pool
from openward.infra.tracing import span

log = structlog.get_logger("openward.request")
RETRIES = 3
_MOST_QUESTIONS = 300  # of one request to somebody outside; who waits for another's answer asks a few times a second
_WAIT_S = 30  # for a free connection; longer, and the caller had better come again
_OUT_OF_RANGE = (
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.ProgramLimitExceededError,  # a text that is too long for an index
    OverflowError,
)
NO_DATABASE = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it starts, stops or recovers
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
)
_LARGE = 1 << 18  # bytes; more is compressed faster and a little less
_COMPRESS_FROM = 1400  # bytes; a smaller answer fits one packet anyway


@dataclass(slots=True)
class Gate:
    """What the gateway needs to let requests and jobs in."""

    pool: Pool
    settings: Settings
    tools: Tools
    offset: timedelta = field(init=False)

    def __post_init__(self) -> None:
        self.offset = timedelta(seconds=self.settings.clock_offset_seconds)

    def now(self) -> datetime:
        """The moment, aware UTC, cut to milliseconds as all wires print it."""
        moment = datetime.now(UTC) + self.offset
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Unforeseen(CareError):
    """Stands for an exception that nobody expected; wires say 500 with the trace id and nothing else."""

    code = "internal-server-error"


async def finish(work: Work) -> None:
    """What is due just before commit: what changes with the events, they themselves, their jobs, and the audit."""
    await reactions.react(work)
    await events.keep(work)
    await jobs.defer(work.tx, [*reactions.follow(work.recorded), *work.tasks], work.now)
    await audit.keep(work)


async def serve(gate: Gate, wiring: Wiring, route: Route, request: Request[Any, Any, Any]) -> Response[Any]:
    """Answer one request; never raises."""
    began = time.perf_counter()
    call = Call(
        request=request,
        address=address_of(request, gate.settings.trusted_proxies),
        trace=str(uuid4()) if wiring.correlation else uuid4().hex,
        max_body=route.max_body or gate.settings.max_body_mb << 20,
        path=dict(request.path_params),
    )
    try:
        with span(f"{route.method} {route.path}", wire=wiring.name, trace=call.trace):
            reply = await _answer(gate, wiring, route, call)
    except CareError as error:
        reply = (route.render or wiring.render)(error, call)
    except Exception as error:
        # The text of an unknown exception may hold what a patient sent; only its kind and place are logged.
        log.error("unforeseen", error=type(error).__name__, place=place_of(error), route=route.path, trace=call.trace)
        reply = (route.render or wiring.render)(Unforeseen(), call)
    if reply.status >= 400:
        await call.forget_rest()
    REQUESTS.labels(wiring.name, route.method, route.path, str(reply.status)).inc()
    REQUEST_SECONDS.labels(wiring.name).observe(time.perf_counter() - began)
    if wiring.correlation:
        reply.headers[wiring.correlation] = call.trace
        log.info(
            "answered", wire=wiring.name, method=route.method, route=route.path, status=reply.status, trace=call.trace
        )
    return _respond(reply, call)


async def _answer(gate: Gate, wiring: Wiring, route: Route, call: Call) -> Reply:
    """Run the handler; whoever has to be asked outside is asked once, however often a Work has to be done again."""
    outcome = await _attempts(gate, wiring, route, call, route.handler)
    for _ in range(_MOST_QUESTIONS):
        if not isinstance(outcome, Outside):
            return outcome
        found, then = await outcome.ask(), outcome.then

        def answer(work: Work, call: Call, then: Then = then, found: object = found) -> Awaitable[Reply | Outside]:
            return then(work, call, found)

        outcome = await _attempts(gate, wiring, route, call, answer)
    raise Unavailable("this takes too long, try again")


async def _attempts(gate: Gate, wiring: Wiring, route: Route, call: Call, handler: Handler) -> Reply | Outside:
    """Do one Work; when two transactions got in each other's way the loser is simply done again."""
    for attempt in range(RETRIES):
        try:
            return await _in_one_work(gate, wiring, route, call, handler)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            if attempt == RETRIES - 1:
                raise Unavailable("too many writers at once, try again") from None
            await asyncio.sleep(0.01 * (attempt + 1))
        except (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError, UnicodeEncodeError):
            raise Invalid("a text holds a character that cannot be stored") from None
        except _OUT_OF_RANGE:
            raise Invalid("a value is larger than can be stored") from None
        except NO_DATABASE:
            raise Unavailable("the database does not answer") from None
    raise AssertionError("unreachable")


async def _in_one_work(gate: Gate, wiring: Wiring, route: Route, call: Call, handler: Handler) -> Reply | Outside:
    origin = Origin(call.address, f"{route.method} {route.path}")
    if not route.needs_database:
        return await handler(Work(None, NOBODY, gate.now(), gate.tools, call.trace, origin), call)
    connection: Connection = await gate.pool.acquire(timeout=_WAIT_S)
    transaction = connection.transaction()
    handed_over = False
    try:
        await transaction.start()
        work = Work(connection, NOBODY, gate.now(), gate.tools, call.trace, origin)
        try:
            work.actor = await (route.identify or wiring.identify)(work, call)
            reply = await handler(work, call)
            if isinstance(reply, Outside) or isinstance(reply.body, bytes):
                await finish(work)
                await transaction.commit()
            else:
                # The audit must stay even when the reader goes away half-way, so it is committed before the first byte;
                # the chunks are read in a transaction of their own, of one moment.
                await finish(work)
                await transaction.commit()
                transaction = connection.transaction(isolation="repeatable_read", readonly=True)
                await transaction.start()
                reply.body = _hold(reply.body, gate.pool, connection, transaction)
                handed_over = True
        except KeepAndRaise as kept:
            await finish(work)
            await transaction.commit()
            raise kept.error from None
        except BaseException:
            await transaction.rollback()
            raise
        return reply
    finally:
        if not handed_over:
            await gate.pool.release(connection)


class KeepAndRaise(Exception):
    """Refuse the request, yet keep what was written: a counted failed login must not be rolled back."""

    def __init__(self, error: CareError) -> None:
        super().__init__(str(error))
        self.error = error


async def _hold(
    chunks: AsyncIterator[bytes], pool: Pool, connection: Connection, transaction: Any
) -> AsyncIterator[bytes]:
    """Pass chunks on, and end the transaction when the last is read or the reader goes away."""
    try:
        async for chunk in chunks:
            yield chunk
        await transaction.commit()
    except BaseException:
        await asyncio.shield(transaction.rollback())
        raise
    finally:
        await asyncio.shield(pool.release(connection))


class _Stream(Stream):
    """A streamed answer that keeps its own media type; Litestar would put the route's in its place."""

    def to_asgi_response(self, app: Any, request: Any, **kept: Any) -> Any:
        """What Litestar calls to send it."""
        return super().to_asgi_response(app, request, **{**kept, "media_type": self.media_type})


def _respond(reply: Reply, call: Call) -> Response[Any]:
    headers = dict(reply.headers)
    headers.setdefault("x-openward-trace", call.trace)
    headers.setdefault("cache-control", "no-store")
    headers.setdefault("x-content-type-options", "nosniff")
    body = reply.body
    if "gzip" in (call.header("accept-encoding") or "") and "content-encoding" not in headers:
        if not isinstance(body, bytes):
            headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
            body = _zip(body)
        elif len(body) >= _COMPRESS_FROM and not reply.media_type.startswith(("image/", "application/pdf", "video/")):
            headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}
            packer = zlib.compressobj(5 if len(body) < _LARGE else 1, wbits=31)
            body = packer.compress(body) + packer.flush()
    response: Response[Any]
    if isinstance(body, bytes):
        response = Response(
            body, status_code=reply.status, media_type=reply.media_type or "text/plain", headers=headers
        )
    else:
        response = _Stream(body, status_code=reply.status, media_type=reply.media_type, headers=headers)
    response.cookies.extend(reply.cookies)
    return response


async def _zip(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    try:
        async for chunk in chunks:
            packed = packer.compress(chunk)
            if packed:
                yield packed
        yield packer.flush()
    finally:
        closing = getattr(chunks, "aclose", None)
        if closing is not None:
            await closing()


def address_of(request: ASGIConnection[Any, Any, Any, Any], trusted_proxies: int) -> str:
    """The peer, or what the outermost trusted proxy saw; an untrusted header is never believed."""
    peer = request.client.host if request.client else ""
    if trusted_proxies:
        hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return peer


def place_of(error: BaseException) -> str:
    """File and line where it happened, without any value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/openward/', 1)[-1]}:{trace.tb_lineno}" if trace else ""


__all__ = ["Gate", "KeepAndRaise", "TooLarge", "Unforeseen", "finish", "serve"]
