"""An EHR behind Redox: grants tokens for signed statements, takes messages, gives orders. For tests and newcomers.

POST /simulator/orders hands an order to the server that is told of them. GET /simulator/messages shows what was taken,
oldest first, with the size of a file in its place; GET /simulator/files/{documentId} gives the file of a note.

A message that comes again (`Meta.Message.ID`) is answered as before and counts once. POST /simulator/faults with a list
says how the next ones are answered: a status; `slow` takes a message and answers late; `lost` takes it and cuts the
connection; `cut` does not take it; null is the usual. GET /simulator/state counts all this.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from aiohttp import web
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from openward.infra.http import CallFailed, call, open_session
from openward.simulators.faulty import Faults

_LONGEST_STATEMENT_S: Final = 300
_MOST_KEPT: Final = 1000
_MOST_BYTES: Final = 16 << 20
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class Redox:
    """What stands for Redox. `public_key_pem` checks the statements of `client_id`, signed by the key `key_id`.

    check: what is wrong with a message of this model and event ([] for nothing); tell: whose `/v1/redox` hears of
    orders, with the token to show there. life_s: of a token; faults: of the next messages. seen: a digest of
    each message by its number; repeats: how many came again.
    """

    client_id: str
    key_id: str
    public_key_pem: str
    check: Callable[[str, str, Any], list[str]]
    tell: tuple[str, str] | None = None
    life_s: int = 3600
    faults: Faults = field(default_factory=Faults)
    tokens: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    asked: int = 0
    seen: dict[float, bytes] = field(default_factory=dict)
    repeats: int = 0

    def app(self) -> web.Application:
        """The server."""
        made = web.Application(client_max_size=_MOST_BYTES)
        made.add_routes(
            [
                web.post("/v2/auth/token", self._token),
                web.post("/endpoint", self._take),
                web.post("/simulator/orders", self._order),
                web.get("/simulator/messages", self._shown),
                web.get("/simulator/files/{document}", self._file),
                web.get("/simulator/state", self._state),
                web.post("/simulator/faults", self.faults.take),
            ]
        )
        return made

    async def _token(self, request: web.Request) -> web.Response:
        """RFC 7523, 2.2. A statement counts once."""
        self.asked += 1
        given = await request.post()
        reason = self._fault(str(given.get("client_assertion", "")), str(request.url))
        if given.get("grant_type") != "client_credentials" or given.get("client_assertion_type") != _ASSERTION:
            reason = "the form is not the published one"
        if reason:
            self.refused.append(reason)
            return web.json_response({"error": "invalid_client", "error_description": reason}, status=401)
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": self.life_s, "token_type": "Bearer"})

    def _fault(self, statement: str, address: str) -> str:
        """Why a statement is not believed, "" when it is."""
        try:
            read = jwt.decode(statement, RSAKey.import_key(self.public_key_pem), ["RS384"])
        except (JoseError, ValueError):
            return "the signature does not hold"
        claims, now = read.claims, time.time()
        began, end = claims.get("iat"), claims.get("exp")
        if read.header.get("kid") != self.key_id:
            return "the key is unknown"
        if claims.get("iss") != self.client_id or claims.get("sub") != self.client_id:
            return "the client is unknown"
        if claims.get("aud") != address:
            return "the audience is not this address"
        if not isinstance(end, int) or not isinstance(began, int) or end < now or began > now + 5:
            return "the time is over, or not yet come"
        if end - began > _LONGEST_STATEMENT_S:
            return "the time is too long"
        if not claims.get("jti") or claims["jti"] in self.used:
            return "the statement was used before"
        self.used.add(claims["jti"])
        return ""

    async def _take(self, request: web.Request) -> web.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return web.json_response({"error": "Invalid token"}, status=401)
        body = await request.read()

        async def keep() -> web.Response:
            return self._kept(body)

        return await self.faults.meet(request, keep)

    def _kept(self, body: bytes) -> web.Response:
        """Check a message and keep it, unless it is here already."""
        try:
            message = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError:
            return web.json_response({"error": "not JSON"}, status=400)
        meta = message.get("Meta") or {}
        faults = self.check(str(meta.get("DataModel")), str(meta.get("EventType")), message)
        number: Any = (meta.get("Message") or {}).get("ID")
        digest = hashlib.sha256(body).digest()
        if self.seen.get(number, digest) != digest:
            faults.append("a message that came again has changed")
        if faults:
            self.refused += faults
            return web.json_response({"errors": faults}, status=400)
        if number in self.seen:
            self.repeats += 1
        else:
            self.messages = [*self.messages[-_MOST_KEPT + 1 :], message]
            if number is not None:
                self.seen[number] = digest
        return web.json_response({"Meta": meta})

    async def _order(self, request: web.Request) -> web.Response:
        """Hand an order on; the answer says what was heard back (`told`: a status, or null for nobody)."""
        if self.tell is None:
            return web.json_response({"told": None})
        url, token = self.tell
        headers = {"verification-token": token, "content-type": "application/json"}
        body = await request.read()
        async with open_session(allow_private=True) as session:
            try:
                heard = await call(session, "POST", f"{url.rstrip('/')}/v1/redox", headers=headers, body=body)
            except CallFailed as failed:
                return web.json_response({"told": None, "reason": failed.reason}, status=502)
        return web.json_response({"told": heard.status, "id": heard.headers.get("x-openward-message-id")})

    async def _shown(self, _request: web.Request) -> web.Response:
        return web.json_response([_brief(message) for message in self.messages])

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "taken": len(self.messages),
                "repeats": self.repeats,
                "refused": self.refused,
                "tokens": self.asked,
                "faults": self.faults.waiting,
            }
        )

    async def _file(self, request: web.Request) -> web.Response:
        wanted = request.match_info["document"]
        for message in reversed(self.messages):
            note = message.get("Note") or {}
            if note.get("DocumentID") == wanted:
                return web.Response(body=base64.b64decode(note["FileContents"]), content_type="application/pdf")
        return web.json_response({"error": "not found"}, status=404)


def _brief(message: Mapping[str, Any]) -> dict[str, Any]:
    note = message.get("Note")
    if not isinstance(note, Mapping):
        return dict(message)
    return {**message, "Note": {**note, "FileContents": f"{len(str(note.get('FileContents', '')))} characters"}}
