"""Somebody with a browser, and a program that calls a partner cloud in his or her name."""

import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec

from openward.care.connections.ports import Failed, OAuth, Partner, Progress, Refused, Stretch, decode
from openward.care.devicedata import sent_form
from openward.infra.http import CallFailed, call
from openward.simulators.cloud import Cloud
from openward.simulators.cloud.grants import challenge_of

CALLBACK = "http://openward.test/v1/oauth/partner/redirect"
VERIFIER = "v" * 43


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """With cookies, also for addresses that are numbers."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a form."""
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return {unescape(name): unescape(value) for name, value in found}


async def page(response: aiohttp.ClientResponse) -> str:
    assert response.status == 200, await response.text()
    return await response.text()


def asked(cloud: Cloud, *, has_pkce: bool = True, **changes: str) -> dict[str, str]:
    """The query of a login."""
    query = {
        "client_id": cloud.client[0],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "offline_access",
        "state": "st",
    }
    if has_pkce:
        query |= {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    return query | changes


async def consented(url: str, cloud: Cloud, login: str = "person1", decision: str = "allow") -> dict[str, str]:
    """Log in and decide; the query of the redirect."""
    async with browser() as session:
        address = url + cloud.setup.login_path
        form = hidden(await page(await session.get(address, params=asked(cloud))))
        secrets = {"username": login, "password": cloud.password}
        form = hidden(await page(await session.post(address, data=form | secrets)))
        answer = await session.post(address, data=form | {"decision": decision}, allow_redirects=False)
        assert answer.status == 302
        location = urlsplit(answer.headers["Location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == CALLBACK
        return {name: values[0] for name, values in parse_qs(location.query).items()}


async def token(url: str, cloud: Cloud, *, is_basic: bool = False, **form: str) -> tuple[int, dict[str, Any]]:
    """One answer of the token address."""
    headers = {}
    if is_basic:
        headers["authorization"] = "Basic " + base64.b64encode(":".join(cloud.client).encode()).decode()
    else:
        form = {"client_id": cloud.client[0], "client_secret": cloud.client[1], **form}
    async with browser() as session, session.post(url + cloud.setup.token_path, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


class Caller:
    """Calls over real sockets; renews the token when it is refused, and tells apart what the engine does."""

    def __init__(self, url: str, cloud: Cloud, oauth: OAuth, session: aiohttp.ClientSession, number: int = 1) -> None:
        given = cloud.grants.grant(number)
        self._url, self._cloud, self._oauth, self._session = url, cloud, oauth, session
        self._access, self._refresh = given.access, given.refresh

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, read: Callable[[bytes], Any] = decode
    ) -> Any:
        for _ in range(2):
            headers = {"authorization": f"Bearer {self._access}"}
            try:
                answer = await call(self._session, "GET", self._url + path, headers=headers, params=params)
            except CallFailed as failed:
                raise Failed(failed.reason) from None
            if answer.status == 200:
                try:
                    return read(answer.body)
                except msgspec.DecodeError:
                    raise Failed("broken-answer") from None
            if answer.status != 401:
                raise Failed(f"status-{answer.status}")
            await self._renew()
        raise Refused

    async def _renew(self) -> None:
        try:
            status, answer = await token(
                self._url,
                self._cloud,
                is_basic=not self._oauth.has_secret_in_body,
                grant_type="refresh_token",
                refresh_token=self._refresh,
            )
        except (aiohttp.ClientError, ValueError):
            raise Failed("connection") from None
        if status != 200:
            raise Failed("refused")
        self._access, self._refresh = answer["access_token"], answer["refresh_token"]


def every(stretch: Stretch) -> list[Mapping[str, Any]]:
    """All data of a stretch, sensor readings included."""
    readings = stretch.readings
    made = [] if readings is None else [readings.make(place) for place in range(len(readings.ids))]
    return [*stretch.data, *(sent_form(one) for one in made if one is not None)]


class Home:
    """What a platform keeps of one person: each datum once, and where to go on."""

    def __init__(self, partner: Partner, caller: Caller, cloud: Cloud) -> None:
        self._partner, self._caller, self._cloud = partner, caller, cloud
        self.data: dict[str, Mapping[str, Any]] = {}
        self.again = 0
        self._progress: tuple[Any, Mapping[str, Any]] = (None, {})

    async def fetch(self) -> None:
        """One run; what came before a failure is kept."""
        since, memory = self._progress
        progress = Progress(self._cloud.world.clock.now(), since, memory)
        async for stretch in self._partner.fetch(self._caller, self._partner.policy, progress):
            self._keep(stretch)

    async def insist(self, tries: int = 400) -> None:
        """Until a run comes through."""
        for _ in range(tries):
            try:
                await self.fetch()
            except (Failed, Refused):
                continue
            return
        raise AssertionError("no run came through")

    def _keep(self, stretch: Stretch) -> None:
        for datum in every(stretch):
            name = datum["origin"]["id"]
            if name in self.data:
                self.again += 1
                assert self.data[name] == datum
            self.data[name] = datum
        self._progress = (stretch.until, stretch.memory)
