"""A small client of our own public API, for the commands that go through the front door like everybody else."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec

from openward.cli.outcome import Failed

BATCH = 1000
"""Data of one upload request."""
_TOKEN = "x-tidepool-session-token"  # noqa: S105 - the name of a header
_LONGEST_MESSAGE = 300


class Refused(Failed):
    """The server does not do what was asked."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Api:
    """Calls of one installation; each call names the token that it is made with."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def sign_in(self, email: str, password: str) -> tuple[str, str]:
        """The token and the user id of a person."""
        basic = "Basic " + b64encode(f"{email}:{password}".encode()).decode()
        headers, body = await self._send("POST", "/auth/login", {"authorization": basic}, None)
        return headers[_TOKEN], body["userid"]

    async def sign_in_service(self, secret: str) -> str:
        """The token of a program of the installation."""
        sent = {"x-tidepool-server-name": "openward", "x-tidepool-server-secret": secret}
        headers, _ = await self._send("POST", "/auth/serverlogin", sent, None)
        return headers[_TOKEN]

    async def call(self, method: str, path: str, token: str, body: object = None) -> Any:
        """The decoded answer, None for an empty one; Failed when the server refuses."""
        return (await self._send(method, path, {_TOKEN: token}, body))[1]

    async def practice(self, method: str, path: str, key: str, body: object = None) -> Any:
        """A call of virtual care with an API key; `Refused` when the server refuses."""
        return (await self._send(method, "/qapi/v1" + path, {"api-key": key}, body))[1]

    async def open_data_set(self, token: str, user_id: str, data_set: Mapping[str, Any]) -> str:
        """Begin a data set; its id."""
        made = await self.call("POST", f"/v1/users/{quote(user_id)}/data_sets", token, data_set)
        return str(made["data"]["uploadId"])

    async def add_data(self, token: str, data_set_id: str, data: Sequence[Mapping[str, Any]]) -> None:
        """Upload one batch."""
        await self.call("POST", f"/v1/data_sets/{quote(data_set_id)}/data", token, data)

    async def fetch(self, path: str, token: str) -> AsyncIterator[bytes]:
        """The body of a GET, piece by piece as it comes."""
        async with self._session.get(self._url + path, headers={_TOKEN: token}) as answer:
            if answer.status >= 400:
                raise Failed(_complaint("GET", path, answer.status, await answer.read()))
            async for chunk in answer.content.iter_any():
                yield chunk

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: object
    ) -> tuple[Mapping[str, str], Any]:
        sent = dict(headers)
        raw = None
        if body is not None:
            raw = msgspec.json.encode(body)
            sent["content-type"] = "application/json"
        try:
            async with self._session.request(method, self._url + path, headers=sent, data=raw) as answer:
                got = await answer.read()
                if answer.status >= 400:
                    raise Refused(answer.status, _complaint(method, path, answer.status, got))
                return answer.headers, _decoded(got, answer.content_type)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failed(f"{self._url} does not answer ({type(error).__name__}). Is the server running?") from None


def _decoded(raw: bytes, content_type: str) -> Any:
    return msgspec.json.decode(raw) if raw and content_type.endswith("json") else None


def _complaint(method: str, path: str, status: int, raw: bytes) -> str:
    said = raw.decode("utf-8", "replace")[:_LONGEST_MESSAGE]
    return f"The server refused {method} {path.partition('?')[0]} with {status}: {said}"


@asynccontextmanager
async def connected(url: str, connections: int = 4) -> AsyncIterator[Api]:
    """A client with so many connections to the server at `url`."""
    connector = aiohttp.TCPConnector(limit=connections)
    timeout = aiohttp.ClientTimeout(total=None, connect=30, sock_read=300)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Api(session, url)
