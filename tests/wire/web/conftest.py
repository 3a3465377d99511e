"""A clinic with staff and patients, signed-in visitors, and forms filled in as a browser does."""

import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import accounts, devicedata, identity, organizations, patients, reactions, summaries
from openward.care.identity import System
from openward.care.organizations import Profile, Role
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, PersonKey, Tools, Work
from openward.config import Settings
from openward.gateway.request import finish
from openward.infra.db import Pool
from openward.wire import web

PASSWORD = "correct-horse-9"


@pytest.fixture(scope="session")
def web_settings(settings: Settings) -> Settings:
    """The settings of the run, with an operator."""
    return replace(settings, operators="operator@openward.test")


@pytest.fixture(scope="session")
async def server(web_settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Any]]:
    """The server with the pages alone; every visitor brings a cookie jar of his own."""
    async with AsyncTestClient(build(web_settings, dsn, [web.WIRING]), base_url="http://openward.test") as client:
        yield client


@dataclass
class Visitor:
    """A browser: keeps cookies, does not follow redirects by itself, fills the token of a form in."""

    client: AsyncTestClient[Any]
    cookies: dict[str, str]

    async def get(self, path: str, **params: Any) -> Response:
        return self._keep(
            await self.client.get(path, params=params or None, headers=self._head(), follow_redirects=False)
        )

    async def post(self, path: str, fields: dict[str, str], form_at: str = "", token: str | None = None) -> Response:
        """Send a form whose token stands on the page `form_at` (or is given)."""
        if token is None:
            page = await self.get(form_at or path)
            found = re.search(r'name="form_token" value="([^"]*)"', page.text)
            assert found, page.text[:400]
            token = found[1]
        sent = {"form_token": token, **fields}
        return self._keep(await self.client.post(path, data=sent, headers=self._head(), follow_redirects=False))

    def _head(self) -> dict[str, str]:
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer: Response) -> Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.split(";")[0].strip('"')
        self.client.cookies.clear()
        return answer


@dataclass
class House:
    """Makes people, clinics and data; what it makes is committed, hence every name is drawn anew."""

    client: AsyncTestClient[Any]
    pool: Pool
    tools: Tools
    password: str = PASSWORD

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, datetime.now(UTC), self.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)

    def visitor(self) -> Visitor:
        return Visitor(self.client, {})

    async def person(self, name: str = "Ana Ruiz", email: str | None = None) -> accounts.Account:
        async with self.work() as work:
            address = email or f"p{secrets.token_hex(6)}@example.org"
            return await accounts.create(work, email=address, password=PASSWORD, is_verified=True, full_name=name)

    async def signed_in(self, account: accounts.Account) -> Visitor:
        visitor = self.visitor()
        answer = await visitor.post("/signin", {"email": account.email or "", "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return visitor

    async def clinic(self, name: str = "Hill Clinic", units: str = "mg/dL") -> "Clinic":
        admin, member = await self.person("Dr Admin"), await self.person("Dr Member")
        async with self.work() as work:
            profile = Profile(name=name, timezone="Europe/Berlin", preferred_units=units)
            made = await organizations.create(work, profile, admin=admin.key)
            await organizations.add_member(
                work, made.key, person=member.key, email=member.email or "", roles=[Role.MEMBER], name="Dr Member"
            )
            public = await identity.name(work, made.key, System.CLINIC)
        return Clinic(self, made.key, public, admin, member)

    async def readings(
        self,
        person: PersonKey,
        *,
        days: int = 14,
        values: Sequence[float] = (110.0, 150.0, 200.0, 60.0),
        kind: str = "cbg",
    ) -> None:
        """Sensor readings every five minutes (or finger-sticks every four hours) up to now; summaries follow."""
        step = timedelta(minutes=5) if kind == "cbg" else timedelta(hours=4)
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        items = [
            {
                "type": kind,
                "time": (now - step * place).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "deviceId": "Dex_1" if kind == "cbg" else "Meter_1",
                "units": "mg/dL",
                "value": values[place % len(values)],
            }
            for place in range(int(timedelta(days=days) / step))
        ]
        async with self.work() as work:
            body = {
                "type": "upload",
                "dataSetType": "continuous",
                "deduplicator": {"name": "org.tidepool.deduplicator.none"},
                "timezone": "Europe/Berlin",
            }
            target = await devicedata.create(work, person, devicedata.check_data_set(body))
            held = await devicedata.lock(work, target.name)
            batch = devicedata.pack_batch(devicedata.check_batch(items, mint_id=lambda: uuid4().hex))
            await devicedata.append(work, held, batch)
        async with self.work() as work:
            await reactions.JOBS[summaries.REFRESH].run(work, {"person": str(person)})


@dataclass
class Clinic:
    """A clinic with an admin and a member."""

    house: House
    key: OrganizationKey
    public: str
    admin: accounts.Account
    member: accounts.Account

    async def patient(self, name: str, **more: Any) -> tuple[PersonKey, str]:
        """A new patient that the clinic looks after: key and user id."""
        details = Details(full_name=name, birth_date=more.pop("birth_date", date(1984, 3, 5)), **more)
        async with self.house.work() as work:
            made = await patients.create_custodial(work, self.key, details)
            return made.person, await identity.name(work, made.person, System.USER)


@pytest.fixture
def house(server: AsyncTestClient[Any], pool: Pool, tools: Tools) -> House:
    """What makes people, clinics and data."""
    return House(server, pool, tools)
