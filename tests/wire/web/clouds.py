"""A partner cloud that is set up, and people's connections with it, as the engine leaves them; nothing is asked."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from openward.care import connections
from openward.care.connections import DataSource, SourceState, Token
from openward.care.work import PersonKey


@pytest.fixture
async def partner(house: Any) -> AsyncIterator[None]:
    """Dexcom is set up; afterwards it is not any more."""
    async with house.work() as work:
        await connections.put_partner(work, "dexcom", "http://127.0.0.1:9", "our id", "a secret", None)
    yield
    await house.pool.execute("delete from connections.partner")


async def connect(house: Any, person: PersonKey) -> DataSource:
    """The person has consented, perhaps again."""
    async with house.work() as work:
        await connections.close_sessions(work, person, "dexcom", revoke=False)
        await connections.open_session(work, person, "dexcom", Token("secret-1"))
        return (await connections.list_of(work, person, {}, offset=0, limit=1))[0]


async def fail(house: Any, source: DataSource, code: str = "unauthenticated") -> None:
    """The source has fallen into error."""
    async with house.work() as work:
        await connections.change(work, source.key, {"state": SourceState.ERROR, "error": {"code": code}})


async def waits_since(house: Any, person: PersonKey, *, days: int) -> None:
    """What the person is asked for was asked so many days earlier."""
    await house.pool.execute(
        "update patients.enrolment set data_sources = (select jsonb_agg(jsonb_set(source, '{expires_at}',"
        " to_jsonb((source ->> 'expires_at')::timestamptz - make_interval(days => $2))))"
        " from jsonb_array_elements(data_sources) source) where person = $1",
        person,
        days,
    )
