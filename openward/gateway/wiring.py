"""What a wire declares: its routes, how it knows its callers, how it says what went wrong, its description."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from litestar.datastructures import Cookie

from openward.care.errors import CareError
from openward.care.work import Actor, Work
from openward.gateway.call import Call


@dataclass(slots=True)
class Reply:
    """One answer: bytes, or an iterator of chunks that is sent while it is read."""

    status: int = 200
    body: bytes | AsyncIterator[bytes] = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[Cookie] = field(default_factory=list)


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer; dataclasses and structs are written as objects."""
    return Reply(status, msgspec.json.encode(value), "application/json", dict(headers or {}))


def empty(status: int = 200) -> Reply:
    """An answer without a body."""
    return Reply(status, b"", "")


@dataclass(frozen=True, slots=True)
class Outside:
    """What a handler returns when somebody outside has to be asked before there is an answer.

    Its own Work is committed first; `ask` runs without a transaction, and `then` answers in a second Work, whose caller
    is identified anew, with what `ask` gave. When the second Work loses against another, it alone is done again: what
    was asked for may be given only once, such as a token. The second Work may find that it has to ask again.
    """

    ask: Callable[[], Awaitable[Any]]
    then: "Then"


Handler = Callable[[Work, Call], Awaitable[Reply | Outside]]
Then = Callable[[Work, Call, Any], Awaitable[Reply | Outside]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: `path` is written as the specification writes it (`/v1/clinics/{clinicId}`).

    `{clinicId=word}` is the parameter where its value is this word, which other paths have in the same place.
    `operation` says where it is described (`clinic.v1:GetClinic`), or "" when our own description in `describe` serves;
    with both, `describe` wins where the published description says too little.
    `identify` and `render` replace the wire's own where a published operation differs. `max_body` is in bytes.
    A route that needs no database answers without one: its Work has no connection, and nobody is identified.
    """

    method: str
    path: str
    handler: Handler
    operation: str = ""
    describe: Mapping[str, Any] | None = None
    identify: "Identify | None" = None
    render: "Render | None" = None
    max_body: int | None = None
    is_documented: bool = True
    needs_database: bool = True


Identify = Callable[[Work, Call], Awaitable[Actor]]
Render = Callable[[CareError, Call], Reply]


@dataclass(frozen=True, slots=True)
class Ending:
    """Close the socket with this code and reason."""

    code: int
    reason: str = ""


class Session(Protocol):
    """What a wire does with one open WebSocket; `topic` is what it hears from all processes."""

    topic: str
    actor: Actor

    async def opened(self, work: Work) -> Mapping[str, Any] | None:
        """Begin; what is returned goes to the browser, as does what is heard from now on."""

    async def took(self, work: Work, message: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """One message of the browser and the answer to it.

        A `CareError` goes back as `{"is": "refused"}`, or ends the socket when nothing can follow.
        """

    def heard(self, body: bytes) -> Mapping[str, Any] | Ending | None:
        """Something that was posted on the topic (`infra.relay`): what to tell the browser, or None."""


@dataclass(frozen=True, slots=True)
class Socket:
    """One address for WebSockets; `enter` says who comes and refuses by a `CareError`. `max_message` is in bytes."""

    path: str
    enter: Callable[[Work, Call], Awaitable[Session]]
    max_message: int = 64 << 10


@dataclass(frozen=True, slots=True)
class Wiring:
    """One served wire. `prefixes` are the path beginnings whose unknown paths are answered in this wire's manner.

    With `has_exact_paths` a slash at the end of a path is no part of any, and an encoded one (%2F) is part of a name.
    `correlation` is the header that carries the id of each request as a UUID, under which the log has a line of it.
    `sockets` are its addresses for WebSockets (`gateway.socket`).
    """

    name: str
    prefixes: tuple[str, ...]
    routes: Sequence[Route]
    identify: Identify
    render: Render
    correlation: str = ""
    has_exact_paths: bool = False
    sockets: Sequence[Socket] = ()
