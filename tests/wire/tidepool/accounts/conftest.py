"""A small world for the account wires: people who are signed up and in, a service, and the mail they were sent."""

import base64
import itertools
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from openward.app import build
from openward.care.notices.send import deliver
from openward.care.work import Tools
from openward.config import Settings
from openward.gateway.request import Gate
from openward.infra.db import Pool
from openward.infra.mail import OutboxMail, list_outbox
from openward.wire import tidepool

PASSWORD = "correct-battery"
_numbers = itertools.count(1)


@dataclass(slots=True)
class Person:
    """Somebody with an account and a session."""

    user_id: str
    email: str
    token: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {"x-tidepool-session-token": self.token}


@dataclass(slots=True)
class World:
    """The server as clients see it."""

    api: AsyncTestClient[Any]
    pool: Pool
    gate: Gate
    service: dict[str, str]

    async def sign_up(self, name: str = "ana", *, roles: list[str] | None = None, full_name: str = "") -> Person:
        """Sign up only: the address is not confirmed yet."""
        email = self.fresh_email(name)
        body: dict[str, Any] = {"username": email, "emails": [email], "password": PASSWORD}
        answer = await self.api.post("/auth/user", json=body | ({"roles": roles} if roles else {}))
        assert answer.status_code == 201, answer.text
        person = Person(answer.json()["userid"], email, answer.headers["x-tidepool-session-token"])
        if full_name:
            done = await self.api.put(
                f"/metadata/{person.user_id}/profile", json={"fullName": full_name}, headers=person.headers
            )
            assert done.status_code == 200
        return person

    async def person(self, name: str = "ana", *, roles: list[str] | None = None, full_name: str = "") -> Person:
        """Sign up, confirm through the service, and log in."""
        person = await self.sign_up(name, roles=roles, full_name=full_name)
        done = await self.api.put(
            f"/auth/user/{person.user_id}", json={"updates": {"emailVerified": True}}, headers=self.service
        )
        assert done.status_code == 200
        answer = await self.login(person.email)
        assert answer.status_code == 200
        return Person(person.user_id, person.email, answer.headers["x-tidepool-session-token"])

    async def custodial(self, keeper: Person, email: str | None = None) -> str:
        """A custodial account kept by somebody; its user id."""
        body = {"username": email, "emails": [email]} if email else {}
        answer = await self.api.post(f"/auth/user/{keeper.user_id}/user", json=body, headers=keeper.headers)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["userid"]
        return found

    async def mails(self, email: str) -> list[OutboxMail]:
        """What was sent to an address, newest first; waiting messages are handed over first."""
        rows = await self.pool.fetch(
            "select key from notices.message where recipient = $1 and status = 'waiting' order by key",
            email,
        )
        for row in rows:
            await deliver(self.gate, {"message": str(row["key"])})
        _, found = list_outbox(self.gate.settings.outbox, limit=5000)
        return [mail for mail in found if mail.to == email]

    def refused(self, answer: Any, status: int, error: int | None = None) -> None:
        """Check that an answer is a refusal in the account service's shape, without a trace of our insides."""
        assert answer.status_code == status, (answer.status_code, answer.text)
        body = json.loads(answer.text)
        assert body["code"] == status
        assert isinstance(body["reason"], str)
        assert body.get("error") == error
        assert "Traceback" not in answer.text

    def fresh_email(self, name: str = "ana") -> str:
        """An address nobody had before."""
        return f"{name}.{next(_numbers)}.{secrets.token_hex(4)}@example.org"

    def basic(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        """The header of HTTP Basic."""
        return {"authorization": "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()}

    async def login(self, email: str, password: str = PASSWORD) -> Any:
        """The answer to a login."""
        return await self.api.post("/auth/login", headers=self.basic(email, password))

    async def mailed_key(self, email: str) -> str:
        """The key in the newest mail to an address."""
        mails = await self.mails(email)
        assert mails, "no mail came"
        found = re.search(r"[?&]key=([A-Za-z0-9_-]{32})\b", mails[0].text)
        assert found, mails[0].text
        return found[1]


@pytest.fixture(scope="session")
async def api(settings: Settings, dsn: str) -> AsyncIterator[AsyncTestClient[Any]]:
    """This wire alone."""
    async with AsyncTestClient(build(settings, dsn, [tidepool.WIRING]), base_url="http://openward.test") as client:
        yield client


@pytest.fixture(scope="session")
async def world(api: AsyncTestClient[Any], pool: Pool, settings: Settings, tools: Tools) -> World:
    """The world, with a service that is logged in."""
    headers = {"x-tidepool-server-name": "tests", "x-tidepool-server-secret": "test-service-secret"}
    answer = await api.post("/auth/serverlogin", headers=headers)
    assert answer.status_code == 200, answer.text
    service = {"x-tidepool-session-token": answer.headers["x-tidepool-session-token"]}
    return World(api, pool, Gate(pool, settings, tools), service)
