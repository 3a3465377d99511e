"""People, tokens and small batches for the tests of the data plane."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from openward.care import accounts
from openward.care.work import Actor, ActorKind, Origin, PersonKey, Tools, Work
from openward.infra.db import Pool


@dataclass(frozen=True)
class Someone:
    """A person with a session."""

    key: PersonKey
    user_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """What a signed-in client sends."""
        return {"x-tidepool-session-token": self.token}


Opening = Callable[[], "asynccontextmanager[Work]"]


@pytest.fixture
def committed(pool: Pool, tools: Tools) -> Opening:
    """A Work of a service that commits, at the true present."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Work]:
        async with pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            yield Work(connection, actor, datetime.now(UTC), tools, "trace", Origin("127.0.0.1", "TEST"))

    return opening


@pytest.fixture
def a_person(committed: Opening) -> Callable[[], Awaitable[Someone]]:
    """Makes a new person with a session."""

    async def make() -> Someone:
        async with committed() as work:
            account = await accounts.create(work, email=f"{uuid4().hex}@example.org", is_verified=True)
            token = await accounts.open_session(work, account.key)
        return Someone(account.key, account.user_id, token)

    return make


@pytest.fixture
async def service(committed: Opening) -> dict[str, str]:
    """The headers of another program of the installation."""
    async with committed() as work:
        return {"x-tidepool-session-token": await accounts.open_session(work, None, name="test")}


def cbg(minutes: float, mg_dl: float = 120, **more: object) -> dict[str, object]:
    """A sensor reading so many minutes after a fixed morning; `mg_dl` as sent."""
    moment = datetime(2026, 3, 10, 8, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    return {
        "type": "cbg",
        "time": moment.isoformat().replace("+00:00", "Z"),
        "deviceId": "DexG6_1",
        "units": "mg/dL",
        "value": mg_dl,
        **more,
    }
