"""A partner cloud as a real HTTP server: login, consent, tokens, data, and a door for whoever runs it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import msgspec
from aiohttp import web

from openward.simulators.cloud.consent import Consent
from openward.simulators.cloud.counts import Counts
from openward.simulators.cloud.credentials import is_client
from openward.simulators.cloud.grants import Denied, Grants, Tokens
from openward.simulators.cloud.lives import Person, person
from openward.simulators.cloud.operator import Operator
from openward.simulators.cloud.world import World

_ODD: Final = (b"[]", b'{"message":"under maintenance"}', b'{"recordType":"other","records":[]}', b"null")


class BadRequest(Exception):
    """The request makes no sense; the text is sent back."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One address below the data path: who asks and the query -> the JSON answer; raises BadRequest."""

    name: str
    answer: Callable[[Person, Mapping[str, str]], bytes]


class Setup(Protocol):
    """One partner: where things are, and what it delivers."""

    name: str
    title: str
    login_path: str
    token_path: str
    revoke_path: str | None
    data_path: str
    needs_pkce: bool
    world: World

    def resources(self) -> Sequence[Resource]:
        """What can be asked for."""
        ...

    def expected(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Every record of somebody that has been there to be fetched, by resource, each once, in order of time."""
        ...


class Cloud:
    """One partner cloud with so many people; `grants`, `counts` and `world.faults` are open to tests."""

    def __init__(
        self,
        setup: Setup,
        *,
        people: int = 10,
        client: tuple[str, str] = ("openward", "secret"),
        redirect_uris: Sequence[str] = (),
        password: str = "secret",  # noqa: S107 -- nobody's
        seed: int = 1,
        life_s: float = 7200,
        grace_s: float = 60,
        retry_after_s: int = 5,
    ) -> None:
        """client: its id and secret; redirect_uris: where people may be sent back to, to the letter."""
        self.setup, self.world = setup, setup.world
        self.count = people
        self.client, self.redirect_uris, self.password = client, tuple(redirect_uris), password
        self.grants = Grants(self.world.clock, life_s=life_s, grace_s=grace_s)
        self.counts = Counts(people)
        self.retry_after_s = retry_after_s
        self._seed = seed
        self.person: Callable[[int], Person] = lru_cache(maxsize=2048)(self._person)

    def _person(self, number: int) -> Person:
        return person(number, self._seed)

    def person_by_login(self, login: str) -> Person | None:
        """Who logs in with this name."""
        number = login.removeprefix("person")
        if login.startswith("person") and number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= self.count:
            return self.person(int(number)) if str(int(number)) == number else None
        return None

    def expected(self, number: int) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """See `Setup.expected`."""
        return self.setup.expected(self.person(number))

    @asynccontextmanager
    async def serve(self, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
        """Run it; gives the address without a slash at its end. Port 0: any free one."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port, backlog=1024).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    def app(self) -> web.Application:
        """The server."""
        made = web.Application()
        made.add_routes(Consent(self).routes())
        made.add_routes(Operator(self).routes())
        made.router.add_post(self.setup.token_path, self._token)
        if self.setup.revoke_path is not None:
            made.router.add_post(self.setup.revoke_path, self._revoke)
        for resource in self.setup.resources():
            made.router.add_get(self.setup.data_path + resource.name, self._data(resource))
        return made

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        if not is_client(request.headers.get("authorization"), given, self.client):
            return web.json_response({"error": "invalid_client"}, status=401)
        try:
            if given.get("grant_type") == "authorization_code":
                code, uri = given.get("code", ""), given.get("redirect_uri", "")
                return _granted(self.grants.redeem(code, uri, given.get("code_verifier")))
            if given.get("grant_type") == "refresh_token":
                return await self._renewed(request, given.get("refresh_token", ""))
        except Denied:
            told = {"error": "invalid_grant", "error_description": "not valid, or used already"}
            return web.json_response(told, status=400)
        return web.json_response({"error": "unsupported_grant_type"}, status=400)

    async def _renewed(self, request: web.Request, refresh: str) -> web.StreamResponse:
        hindered = await self._hindered()
        if hindered is not None:
            return hindered
        tokens = self.grants.renew(refresh)
        self.counts.note(tokens.person, self.world.clock.seconds())
        if self.world.faults.happens("lost-token"):
            return self._dropped(request, "lost-token")
        return _granted(tokens)

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        if not is_client(request.headers.get("authorization"), given, self.client):
            return web.json_response({"error": "invalid_client"}, status=401)
        self.grants.revoke(given.get("token", ""))
        return web.Response()

    def _data(self, resource: Resource) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            access = request.headers.get("authorization", "").removeprefix("Bearer ")
            number = self.grants.person_of(access)
            if number is None:
                return self._answered("401", web.json_response({"error": "invalid_token"}, status=401))
            self.counts.note(number, self.world.clock.seconds())
            taken = self._taken_back(access, number)
            if taken is not None:
                return self._answered(taken, web.json_response({"error": "invalid_token"}, status=401))
            hindered = await self._hindered()
            if hindered is not None:
                return hindered
            try:
                body = resource.answer(self.person(number), request.query)
            except BadRequest as bad:
                told = {"error": "bad_request", "error_description": str(bad)}
                return self._answered("400", web.json_response(told, status=400))
            return await self._sent(request, body)

        return handle

    def _taken_back(self, access: str, number: int) -> str | None:
        """Which fault, if any, has just ended the token or the whole consent."""
        if self.world.faults.happens("expired"):
            self.grants.expire(access)
            return "expired"
        if self.world.faults.happens("revoked"):
            self.grants.revoke_person(number)
            return "revoked"
        return None

    async def _hindered(self) -> web.Response | None:
        """An answer that stands in the way of the right one."""
        faults = self.world.faults
        if faults.happens("slow"):
            self.counts.answers["slow"] += 1
            await asyncio.sleep(faults.slow_s)
        if faults.happens("403"):
            return self._answered("403", web.json_response({"error": "forbidden"}, status=403))
        if faults.happens("429"):
            headers = {"Retry-After": str(self.retry_after_s)}
            return self._answered("429", web.json_response({"error": "too_many"}, status=429, headers=headers))
        if faults.happens("500"):
            return self._answered("500", web.Response(status=500, text="<html>Internal Server Error</html>"))
        return None

    async def _sent(self, request: web.Request, body: bytes) -> web.StreamResponse:
        faults = self.world.faults
        if faults.happens("cut"):
            self.counts.answers["cut"] += 1
            return await self._cut(request, body)
        kind = "200"
        if faults.happens("truncated"):
            kind, body = "truncated", body[: int(len(body) * faults.share())]
        elif faults.happens("envelope"):
            kind, body = "envelope", _ODD[int(faults.share() * len(_ODD))]
        return self._answered(kind, web.Response(body=body, content_type="application/json"))

    async def _cut(self, request: web.Request, body: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response

    def _dropped(self, request: web.Request, kind: str) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return self._answered(kind, web.Response())

    def _answered(self, kind: str, response: web.Response) -> web.Response:
        self.counts.answers[kind] += 1
        return response


def _granted(tokens: Tokens) -> web.Response:
    body = {
        "access_token": tokens.access,
        "expires_in": int(tokens.life_s),
        "token_type": "Bearer",
        "refresh_token": tokens.refresh,
    }
    return web.Response(
        body=msgspec.json.encode(body), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
