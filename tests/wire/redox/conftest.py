"""A clinic that is linked with Redox, and orders that Redox delivers."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care import accounts, ehr, identity, organizations
from openward.care.ehr import Provider
from openward.care.identity import Identifier, System
from openward.care.organizations import Profile
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, PersonKey, Tools, Work
from openward.config import Settings
from openward.gateway.job import handlers
from openward.gateway.request import Gate, finish
from openward.infra.db import Pool
from openward.infra.jobs import Running
from openward.wire import redox, tidepool

TOKEN = "redox-test-token"

CODES = {
    "enableSummaryReports": "ENABLE",
    "disableSummaryReports": "DISABLE",
    "createAccount": "CREATE",
    "createAccountAndEnableReports": "CREATE_ENABLE",
}


def ehr_settings(source: str, **more: Any) -> dict[str, Any]:
    """A body of the settings with everything in it."""
    return {
        "enabled": True,
        "sourceId": source,
        "provider": "redox",
        "mrnIdType": "MR",
        "procedureCodes": CODES,
        "destinationIds": {"flowsheet": "f", "results": "r", "notes": "n"},
        "scheduledReports": {"onUploadEnabled": True, "cadence": "14d"},
        "tags": {"codes": ["TAGS"], "separator": ","},
        "flowsheets": {"icode": True},
    } | more


def an_order(source: str, code: str = "ENABLE", **changes: Any) -> dict[str, Any]:
    """An order for one patient; `changes` go into demographics if they begin with a capital."""
    demographics = {"FirstName": "Pat", "MiddleName": "Q", "LastName": "Smith", "DOB": "1990-02-03"}
    demographics |= {name: value for name, value in changes.items() if name[0].isupper()}
    mrn = changes.get("mrn", "A1")
    identifiers = [{"ID": "other", "IDType": "EPI"}] + ([{"ID": mrn, "IDType": "mr"}] if mrn else [])
    return {
        "Meta": {
            "DataModel": "Order",
            "EventType": "New",
            "Source": {"ID": source, "Name": "Test"},
            "Message": {"ID": changes.get("message", secrets.randbelow(1 << 40))},
        },
        "Patient": {"Identifiers": identifiers, "Demographics": demographics},
        "Visit": {"Guarantor": {"EmailAddresses": [{"Address": changes.get("guarantor")}]}},
        "Order": {
            "ID": changes.get("number", secrets.token_hex(6)),
            "Procedure": {"Code": code},
            "ClinicalInfo": [{"Code": "TAGS", "Value": changes["tags"]}] if "tags" in changes else [],
        },
    }


@dataclass(frozen=True)
class Link:
    """A clinic with patients, its source id, a service, and the job that handles orders."""

    client: AsyncTestClient[Any]
    pool: Pool
    tools: Tools
    key: OrganizationKey
    id: str
    source: str
    service_token: str

    @property
    def path(self) -> str:
        return f"/v1/clinics/{self.id}"

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            work = Work(connection, actor, datetime.now(UTC), self.tools, "trace", Origin("127.0.0.1", "TEST"))
            yield work
            await finish(work)

    async def call(self, method: str, path: str, json: Any = None, token: str | None = None) -> Response:
        headers = {"x-tidepool-session-token": token or self.service_token}
        return await self.client.request(method, path, json=json, headers=headers)

    async def settings(self, **more: Any) -> None:
        answer = await self.call("PUT", f"{self.path}/settings/ehr", ehr_settings(self.source, **more))
        assert answer.status_code == 200, answer.text

    async def patient(self, **more: Any) -> dict[str, Any]:
        body = {"fullName": "Pat Smith", "birthDate": "1990-02-03", "mrn": "A1"} | more
        answer = await self.call("POST", f"{self.path}/patients", body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def patients(self) -> list[dict[str, Any]]:
        answer = await self.call("GET", f"{self.path}/patients?limit=100")
        return list(answer.json()["data"])

    def an_order(self, code: str, **changes: Any) -> dict[str, Any]:
        return an_order(self.source, code, **changes)

    async def deliver(self, order: Mapping[str, Any]) -> str:
        answer = await self.client.post("/v1/redox", json=order, headers={"verification-token": TOKEN})
        assert answer.status_code == 200, answer.text
        assert answer.content == b""
        return answer.headers["x-openward-message-id"]

    async def handle(self, name: str) -> None:
        key = await self.pool.fetchval("select key from ehr.message where name = $1", name)
        job = handlers(Gate(self.pool, self.tools.settings, self.tools))[ehr.HANDLE]
        await job(Running(1, ehr.HANDLE, {"message": str(key)}, 0))

    async def order(self, code: str, **changes: Any) -> tuple[str, str | None]:
        """Deliver an order, carry it out, and say what became of it."""
        name = await self.deliver(an_order(self.source, code, **changes))
        await self.handle(name)
        return await self.outcome(name)

    async def outcome(self, name: str) -> tuple[str, str | None]:
        row = await self.pool.fetchrow("select status, reason from ehr.message where name = $1", name)
        return row["status"], row["reason"]

    async def is_active(self, user_id: str) -> bool | None:
        async with self.work() as work:
            person = PersonKey(await identity.resolve(work, Identifier(System.USER, user_id)))
            found = await ehr.subscription(work, self.key, person, Provider.REDOX)
        return None if found is None else found.is_active

    async def queued(self, name: str) -> int:
        """How many jobs wait for this message."""
        key = await self.pool.fetchval("select key from ehr.message where name = $1", name)
        rows = await self.pool.fetch("select payload from jobs.pgqueuer where entrypoint = $1", ehr.HANDLE)
        return sum(str(key).encode() in row["payload"] for row in rows)


@pytest.fixture(scope="session")
async def http(settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Any]]:
    """The server with the two wires that serve the Clinics API."""
    wires = [tidepool.WIRING, redox.WIRING]
    async with AsyncTestClient(build(settings, dsn, wires), base_url="http://openward.test") as client:
        yield client


@pytest.fixture
async def link(http: AsyncTestClient[Any], pool: Pool, tools: Tools) -> Link:
    async with pool.acquire() as connection, connection.transaction():
        actor = Actor(ActorKind.SERVICE, credential="test")
        work = Work(connection, actor, datetime.now(UTC), tools, "trace", Origin("127.0.0.1", "TEST"))
        await ehr.put_link(work, Provider.REDOX, {"verification_token": TOKEN})
        made = await organizations.create(work, Profile(name="Willow", preferred_units="mg/dL"), admin=None)
        await organizations.set_tier(work, made.key, "tier0300")
        clinic_id = await identity.name(work, made.key, System.CLINIC)
        token = await accounts.open_session(work, None, name="test")
        await finish(work)
    link = Link(http, pool, tools, made.key, clinic_id, f"source-{UUID(int=secrets.randbits(128))}", token)
    await link.settings()
    return link
