"""Builds the server: config -> pool -> wires -> routes; the only place that knows everything."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from litestar import Litestar, Request, Response, WebSocket
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.enums import HttpMethod, MediaType
from litestar.exceptions import HTTPException, MethodNotAllowedException
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler

from openward import openapi
from openward.care.errors import MethodUnknown, NotFound
from openward.care.work import Tools, Work
from openward.config import Settings
from openward.gateway.call import Call
from openward.gateway.front import SLASH, Front
from openward.gateway.request import Gate, serve
from openward.gateway.socket import Hub
from openward.gateway.wiring import Reply, Route, Socket, Wiring
from openward.infra.db import open_pool
from openward.partners import FEED_READER, PARTNERS, RECORD_SYSTEM
from openward.wire import installation, redox, solo, tidepool, twine, web, xealth

_CORS = CORSConfig(
    allow_origins=["*"],
    allow_headers=["*"],
    allow_methods=["*"],
    expose_headers=[
        "x-tidepool-session-token",
        "x-tidepool-trace-request",
        "x-openward-trace",
        "x-correlation-id",
        "content-disposition",
    ],
    max_age=600,
)


def wirings() -> list[Wiring]:
    """Every served wire; a new one is added here and nowhere else. The last answers what no prefix claims."""
    served = [tidepool.WIRING, solo.WIRING, twine.WIRING, redox.WIRING, xealth.WIRING, installation.WIRING]
    return [*served, openapi.wiring(served), web.WIRING]


def build(settings: Settings, dsn: str, wires: Sequence[Wiring] | None = None) -> Litestar:
    """The ASGI application on the database at `dsn` (already migrated)."""
    wires = wirings() if wires is None else wires
    tools = Tools.open(settings, PARTNERS, RECORD_SYSTEM, FEED_READER)
    gate = Gate(None, settings, tools)  # the running loop opens the pool, below
    hub = Hub(gate, dsn)

    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        gate.pool = await open_pool(dsn, settings.pool_size, application="openward-api", resets=False)
        try:
            yield
        finally:
            await hub.close()
            await gate.pool.close()

    return Front(
        wires=wires,
        route_handlers=[
            *(_handler(gate, path, served) for path, served in _places(wires).items()),
            *(_socket_handler(hub, wire, socket) for wire in wires for socket in wire.sockets),
        ],
        lifespan=[running],
        state=State({"hub": hub}),
        openapi_config=None,
        cors_config=_CORS,
        exception_handlers={HTTPException: _unrouted(gate, wires)},
        request_max_body_size=None,  # `gateway.call` reads the stream and knows each route's limit
        logging_config=None,
        debug=False,
    )


Served = Mapping[str, tuple[Wiring, Route]]
"""What answers in one place, by method."""


def _places(wires: Sequence[Wiring]) -> dict[str, dict[str, tuple[Wiring, Route]]]:
    """By path, with its parameters renamed to `p0`, `p1` ...: several published paths share a place under different
    names, which the router's tree refuses.
    """
    places: dict[str, dict[str, tuple[Wiring, Route]]] = {}
    for wire in wires:
        for route in wire.routes:
            places.setdefault(_numbered(route.path)[0], {})[route.method] = wire, route
    return places


def _handler(gate: Gate, path: str, served: Served) -> HTTPRouteHandler:
    """One Litestar route that does nothing but hand over to the gateway."""
    names = {method: _numbered(route.path)[1] for method, (_, route) in served.items()}

    async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
        wire, route = served[request.method]
        found = request.path_params
        named = {name: found[f"p{place}"].replace(SLASH, "/") for place, name in enumerate(names[request.method])}
        request.scope["path_params"] = named | _words(route.path)
        if wire.has_exact_paths and _ends_with_slash(request):
            return await serve(gate, wire, Route(route.method, "(none)", _refusal(404)), request)
        return await serve(gate, wire, route, request)

    # The status is the reply's own; without one here the router would take 204 for DELETE and refuse a body.
    methods = [HttpMethod(method) for method in served]
    return HTTPRouteHandler(path, http_method=methods, status_code=200, media_type=MediaType.TEXT)(answer)


def _socket_handler(hub: Hub, wire: Wiring, place: Socket) -> WebsocketRouteHandler:
    """One Litestar WebSocket that does nothing but hand over to the gateway."""
    path, names = _numbered(place.path)

    async def hold(socket: WebSocket[Any, Any, Any]) -> None:
        found = socket.path_params
        await hub.serve(wire.name, place, socket, {name: found[f"p{number}"] for number, name in enumerate(names)})

    return WebsocketRouteHandler(path)(hold)


def _numbered(path: str) -> tuple[str, list[str]]:
    """The path with its parameters renamed to their numbers, and their names; those with a word are that word."""
    names: list[str] = []
    parts = []
    for part in path.split("/"):
        name, is_word, word = _divided(part)
        if is_word:
            parts.append(word)
        elif name:
            parts.append(f"{{p{len(names)}:str}}")
            names.append(name)
        else:
            parts.append(part)
    return "/".join(parts), names


@cache
def _words(path: str) -> dict[str, str]:
    """The parameters of a path that are a word there."""
    return {name: word for name, _, word in map(_divided, path.split("/")) if word}


def _divided(part: str) -> tuple[str, str, str]:
    """Name and word of a parameter in a path: `{name}` or `{name=word}`."""
    return part[1:-1].partition("=") if part.startswith("{") and part.endswith("}") else ("", "", "")


def _ends_with_slash(request: Request[Any, Any, Any]) -> bool:
    """Whether the path as it was sent does; the router forgives one at the end and takes it away."""
    sent = request.scope.get("raw_path") or request.scope["path"].encode()
    return bytes(sent).partition(b"?")[0].endswith(b"/")


class _Later(Response[Any]):
    """An answer to a path without a route: made when it is sent, because knowing the caller takes the database."""

    def __init__(self, gate: Gate, wire: Wiring, status: int, allow: str) -> None:
        super().__init__(b"", status_code=status)
        self._gate, self._wire, self._allow = gate, wire, allow

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> Any:
        """What Litestar calls to send this answer."""

        async def send_it(scope: Any, receive: Any, send: Any) -> None:
            request.scope["path_params"] = {}
            route = Route(str(request.method), "(none)", _refusal(self.status_code or 404))
            response = await serve(self._gate, self._wire, route, request)
            if self._allow:
                response.headers["allow"] = self._allow
            await response.to_asgi_response(app=None, request=request)(scope, receive, send)

        return send_it


def _refusal(status: int) -> Any:
    async def refuse(_work: Work, _call: Call) -> Reply:
        raise MethodUnknown("method not allowed") if status == 405 else NotFound("not found", code="route-unknown")

    return refuse


def _unrouted(gate: Gate, wires: Sequence[Wiring]) -> Any:
    """Answer what no route takes in the manner of the wire whose prefix it has; the longest prefix wins."""
    prefixes = sorted(((prefix, wire) for wire in wires for prefix in wire.prefixes), key=lambda pair: -len(pair[0]))

    def handle(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        path = request.scope["path"]
        wire = next((wire for prefix, wire in prefixes if path.startswith(prefix)), wires[-1])
        status = 405 if isinstance(error, MethodNotAllowedException) else 404
        return _Later(gate, wire, status, (error.headers or {}).get("allow", ""))

    return handle
