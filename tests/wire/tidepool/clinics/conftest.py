"""Callers of the Clinics API: people and services with real tokens, and a clinic to work in."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import accounts
from openward.care.work import Actor, ActorKind, Origin, PersonKey, Tools, Work
from openward.config import Settings
from openward.infra.db import Pool
from openward.wire import tidepool


@pytest.fixture(scope="session")
async def http(settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Any]]:
    """The server with this wire alone."""
    async with AsyncTestClient(build(settings, dsn, [tidepool.WIRING]), base_url="http://openward.test") as client:
        yield client


@dataclass(frozen=True)
class Caller:
    """Somebody with a token (or none) who calls the server."""

    client: AsyncTestClient[Any]
    token: str | None
    user_id: str = ""
    key: PersonKey | None = None
    email: str = ""

    async def __call__(
        self, method: str, path: str, json: Any = None, params: Any = None, content: bytes | None = None
    ) -> Response:
        headers = {"x-tidepool-session-token": self.token} if self.token else {}
        given: dict[str, Any] = (
            {"content": content} if content is not None else {"json": json} if json is not None else {}
        )
        return await self.client.request(method, path, params=params, headers=headers, **given)


@dataclass(frozen=True)
class House:
    """Makes callers; what it makes is committed, hence every name is drawn anew."""

    client: AsyncTestClient[Any]
    pool: Pool
    tools: Tools

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            yield Work(connection, actor, datetime.now(UTC), self.tools, "trace", Origin("127.0.0.1", "TEST"))

    async def person(self, name: str = "Ana Ruiz") -> Caller:
        email = f"p{secrets.token_hex(6)}@example.org"
        async with self.work() as work:
            account = await accounts.create(work, email=email, is_verified=True, full_name=name)
            token = await accounts.open_session(work, account.key)
        return Caller(self.client, token, account.user_id, account.key, email)

    async def service(self) -> Caller:
        async with self.work() as work:
            return Caller(self.client, await accounts.open_session(work, None, name="test"))


@dataclass(frozen=True)
class Clinic:
    """A clinic with an admin, a member, a prescriber, and a service beside it."""

    house: House
    admin: Caller
    member: Caller
    prescriber: Caller
    stranger: Caller
    service: Caller
    body: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/v1/clinics/{self.body['id']}"

    async def patient(self, **more: Any) -> dict[str, Any]:
        body = {"fullName": "Pat Smith", "birthDate": "1990-02-03"} | more
        answer = await self.member("POST", f"{self.path}/patients", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def house(http: AsyncTestClient[Any], pool: Pool, tools: Tools) -> House:
    return House(http, pool, tools)


@pytest.fixture
async def a_clinic(house: House) -> Callable[..., Awaitable[Clinic]]:
    async def make(**more: Any) -> Clinic:
        admin, member, prescriber, stranger = [await house.person(name) for name in ("Ana", "Mel", "Pre", "Sue")]
        service = await house.service()
        answer = await admin("POST", "/v1/clinics", {"name": "Willow", "preferredBgUnits": "mg/dL"} | more)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        for one, role in ((member, "CLINIC_MEMBER"), (prescriber, "PRESCRIBER")):
            added = {"id": one.user_id, "email": one.email, "roles": [role], "name": "Somebody"}
            answer = await service("POST", f"/v1/clinics/{body['id']}/clinicians", added)
            assert answer.status_code == 200, answer.text
        return Clinic(house, admin, member, prescriber, stranger, service, body)

    return make


@pytest.fixture
async def clinic(a_clinic: Callable[..., Awaitable[Clinic]]) -> Clinic:
    return await a_clinic()
