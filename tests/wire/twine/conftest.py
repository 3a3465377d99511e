"""Callers of the coaching API: organizations with programs that hold tokens, on the whole server."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.care import accounts, identity, organizations
from openward.care.identity import System
from openward.care.organizations import Profile
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, Tools, Work
from openward.cli.provision.file import decode
from openward.cli.provision.twine import put_coaching
from openward.gateway.request import finish
from openward.infra.db import Pool

JSON_API = "application/vnd.api+json"


@dataclass(frozen=True)
class Coaching:
    """A program of an organization; what it does is committed, hence every name is drawn anew."""

    client: AsyncTestClient[Any]
    pool: Pool
    tools: Tools
    organization: OrganizationKey
    token: str
    id: str
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
        """A call with the token; `path` such as `/patient`, below the common prefix."""
        sent = {"authorization": f"Bearer {self.token}"} | (headers or {})
        given: dict[str, Any] = {}
        if json is not None:
            given["json"] = json
            sent.setdefault("content-type", JSON_API)
        if content is not None:
            given["content"] = content
        return await self.client.request(method, f"/pub{path}", params=params, headers=sent, **given)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """A Work of a service, whose events are followed and which is committed."""
        async with opened(self.pool, self.tools) as work:
            yield work

    def group(self, name: str) -> str:
        """The id of a provisioned group."""
        return str(next(group["id"] for group in self.provisioned["groups"] if group["name"] == name))

    async def confined_to(self, *names: str) -> "Coaching":
        """Another program of the organization, whose token reaches these groups alone."""
        async with self.work() as work:
            keys = {group.name: group.key for group in await organizations.groups(work, self.organization)}
            token = await token_of(work, self.organization, [keys[name] for name in names])
        return replace(self, token=token)


@asynccontextmanager
async def opened(pool: Pool, tools: Tools) -> AsyncIterator[Work]:
    """A Work of a service, whose events are followed and which is committed."""
    async with pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential="test")
        work = Work(connection, actor, datetime.now(UTC), tools, "trace", Origin("127.0.0.1", "TEST"))
        yield work
        await finish(work)


async def token_of(work: Work, organization: OrganizationKey, groups: list[Any] | None = None) -> str:
    """An access token of a new program; without groups it reaches the whole organization."""
    client_id = f"c-{secrets.token_hex(6)}"
    secret = await accounts.put_client(work, organization, client_id, client_id, groups=groups)
    tokens, _ = await accounts.grant_client_tokens(work, client_id, str(secret))
    return tokens.access


MakeCoaching = Callable[..., Awaitable[Coaching]]


@pytest.fixture
async def a_coaching(http: AsyncTestClient[Any], pool: Pool, tools: Tools) -> MakeCoaching:
    """Makes organizations; `twine` is what a provisioning file says of one. The program reaches the whole of it."""

    async def make(twine: dict[str, Any] | None = None, **profile: Any) -> Coaching:
        part = {"groups": [{"name": "Lead"}, {"name": "Other"}]} | (twine or {})
        checked = decode({"organizations": [{"key": "o", "name": "O", "twine": part}]}).organizations[0].twine
        async with opened(pool, tools) as work:
            known = Profile(**({"name": "Willow", "timezone": "America/New_York"} | profile))
            made = await organizations.create(work, known, admin=None)
            provisioned = await put_coaching(work, made.key, checked, ())
            token = await token_of(work, made.key)
            name = await identity.name(work, made.key, System.CLINIC)
        return Coaching(http, pool, tools, made.key, token, name, provisioned)

    return make


@pytest.fixture
async def coaching(a_coaching: MakeCoaching) -> Coaching:
    """One organization with the groups Lead and Other."""
    return await a_coaching()
