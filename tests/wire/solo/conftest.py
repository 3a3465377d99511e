"""Callers of the virtual care API: practices with a key each, on the whole server."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.care import accounts, organizations
from openward.care.organizations import Profile
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, Tools, Work
from openward.cli.provision.file import decode
from openward.cli.provision.solo import put_practice
from openward.gateway.request import finish
from openward.infra.db import Pool


@dataclass(frozen=True)
class Practice:
    """An organization with an API key; what it does is committed, hence every name is drawn anew."""

    client: AsyncTestClient[Any]
    pool: Pool
    tools: Tools
    organization: OrganizationKey
    key: str
    provisioned: dict[str, Any]

    async def __call__(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        params: Any = None,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """A call with the practice's key; `path` such as `/patients`, below the common prefix."""
        given: dict[str, Any] = (
            {"content": content} if content is not None else {"json": json} if json is not None else {}
        )
        sent = {"api-key": self.key} | (headers or {})
        return await self.client.request(method, f"/qapi/v1{path}", params=params, headers=sent, **given)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A Work of a service, whose events are followed and which is committed."""
        async with self.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, datetime.now(UTC), self.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)


MakePractice = Callable[..., Awaitable[Practice]]


@pytest.fixture
async def a_practice(http: AsyncTestClient[Any], pool: Pool, tools: Tools) -> MakePractice:
    """Makes practices; `solo` is what a provisioning file says of one, beside its key."""

    async def make(solo: dict[str, Any] | None = None, **profile: Any) -> Practice:
        key = secrets.token_urlsafe(24)
        part = {"api_keys": [{"name": "integration", "key": key}]} | (solo or {})
        checked = decode({"organizations": [{"key": "p", "name": "Practice", "solo": part}]}).organizations[0].solo
        async with pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, datetime.now(UTC), tools, "trace", Origin("127.0.0.1", "TEST"))
            known = Profile(**({"name": "Practice", "timezone": "America/New_York"} | profile))
            made = await organizations.create(work, known, admin=None)
            provisioned = await put_practice(work, made.key, checked, ())
            await finish(work)
        return Practice(http, pool, tools, made.key, key, provisioned)

    return make


@pytest.fixture
async def practice(a_practice: MakePractice) -> Practice:
    """One practice with nothing but a key."""
    return await a_practice()


async def revoke_keys(practice: Practice) -> None:
    """Take the practice's keys back."""
    async with practice.work() as work:
        for key in await accounts.api_keys(work, practice.organization):
            await accounts.revoke_api_key(work, practice.organization, key.key)
