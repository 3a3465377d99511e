"""One HTTP request as handlers see it: parts read lazily, every limit and every trap of bad input in one place."""

import re
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException

from openward.care.errors import Invalid, TooLarge

_ESCAPE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F][0-9a-fA-F]{2})")
_decoder = msgspec.json.Decoder(strict=True)
_SPARE = 16 << 20  # bytes beyond the limit that are still read when a request is refused


@dataclass(slots=True)
class Call:
    """What came in. `path` holds the decoded path parameters; `query` the last value of each parameter."""

    request: Request[Any, Any, Any]
    address: str
    trace: str
    max_body: int
    path: Mapping[str, str] = field(default_factory=dict)
    _body: bytes | None = None
    _query: list[tuple[str, str]] | None = None
    _received: int = 0

    @property
    def method(self) -> str:
        """GET, POST ..."""
        return str(self.request.method)

    @property
    def url_path(self) -> str:
        """The path as it was asked for, decoded."""
        return str(self.request.scope["path"])

    def header(self, name: str) -> str | None:
        """A request header, by any case."""
        return self.request.headers.get(name)

    @property
    def query_items(self) -> list[tuple[str, str]]:
        """All query parameters in order, blanks kept; refuses text that no database can hold."""
        if self._query is None:
            raw = self.request.scope["query_string"].decode("latin-1")
            try:
                self._query = parse_qsl(raw, keep_blank_values=True, max_num_fields=200, errors="strict")
            except (ValueError, UnicodeDecodeError):
                raise Invalid("the query string cannot be read", code="parameter-invalid") from None
            for name, value in self._query:
                if "\x00" in name or "\x00" in value:
                    raise Invalid("a query parameter holds a NUL character", code="parameter-invalid")
        return self._query

    @property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        return dict(self.query_items)

    async def body(self) -> bytes:
        """The whole body, decompressed when it says gzip or deflate; `TooLarge` beyond the route's limit."""
        if self._body is None:
            self._body = await self._read()
        return self._body

    async def _read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, for files too large to be held; decompressed and limited like `body`."""
        limit = self.max_body
        encoding = (self.header("content-encoding") or "identity").strip().lower()
        inflate = None
        if encoding in ("gzip", "x-gzip", "deflate"):
            inflate = zlib.decompressobj(wbits=47 if encoding != "deflate" else 15)
        elif encoding != "identity":
            raise Invalid(f"content encoding {encoding[:32]!r} is not supported", code="media-type-not-supported")
        declared = self.header("content-length")
        if declared and declared.isdigit() and int(declared) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
        size = 0
        try:
            async for chunk in self.request.stream():
                self._received += len(chunk)
                if inflate is not None:
                    chunk = _inflate(inflate, chunk, limit - size + 1)
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"the body is larger than {limit} bytes")
                yield chunk
        except InternalServerException:
            # What Litestar raises when the client goes away; nobody is there to be answered.
            raise Invalid("the body is cut off", code="json-malformed") from None
        if inflate is not None and not inflate.eof and size:
            raise Invalid("the compressed body is cut off", code="json-malformed")

    async def forget_rest(self) -> None:
        """Read the rest of a refused body: who is still sending it would find the connection cut, and no answer."""
        declared = self.header("content-length") or ""
        size = int(declared) if declared.isdigit() else 0
        if size > self.max_body + _SPARE:
            return
        while self._received < size:
            event = await self.request.receive()
            if event["type"] != "http.request":
                return  # the client went away
            self._received += len(event["body"])

    async def json(self, *, optional: bool = False) -> Any:
        """The body as JSON values; None for an empty one when `optional`."""
        body = await self.body()
        if not body.strip():
            if optional:
                return None
            raise Invalid("the body is empty", code="json-malformed")
        return parse_json(body)


def _inflate(inflate: Any, chunk: bytes, room: int) -> bytes:
    """Decompress one chunk, never to more than `room` bytes: a small file that unpacks to gigabytes stops here."""
    try:
        out: bytes = inflate.decompress(chunk, max(room, 1))
    except zlib.error:
        raise Invalid("the compressed body cannot be read", code="json-malformed") from None
    if inflate.unconsumed_tail:
        raise TooLarge("the body is too large once decompressed")
    return out


def parse_json(body: bytes) -> Any:
    """JSON as plain values; `Invalid` (json-malformed) for anything that is not JSON or holds text we cannot keep."""
    refuse_unstorable(body)
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise Invalid("json is malformed", code="json-malformed") from None


def refuse_unstorable(body: bytes) -> None:
    """NUL characters and halves of surrogate pairs are legal JSON escapes that PostgreSQL cannot store."""
    if b"\\u" not in body:
        return
    high = False
    end = -1
    for found in _ESCAPE.finditer(body):
        backslashes = 0
        while body[found.start() - 1 - backslashes : found.start() - backslashes] == b"\\":
            backslashes += 1
        if backslashes % 2:
            continue  # an escaped backslash followed by a plain "u"
        code = int(found.group()[2:], 16)
        if code == 0:
            raise Invalid("a text holds a NUL character", code="json-malformed")
        if high and found.start() != end:
            raise Invalid("a text holds half of a surrogate pair", code="json-malformed")
        if 0xDC00 <= code <= 0xDFFF:
            if not high:
                raise Invalid("a text holds half of a surrogate pair", code="json-malformed")
            high = False
        else:
            if high:
                raise Invalid("a text holds half of a surrogate pair", code="json-malformed")
            high = True
        end = found.end()
    if high:
        raise Invalid("a text holds half of a surrogate pair", code="json-malformed")
