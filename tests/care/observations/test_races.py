"""Many at once: the same measurements from several sides, each on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import devicedata, observations, organizations, patients
from openward.care.observations import Measured, Selection
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Tools, Work
from openward.gateway.request import finish
from openward.infra.db import connect

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
Begin = Callable[[], Any]


@pytest.fixture
def begin(dsn: str, tools: Tools) -> Begin:
    """Opens a Work with a connection of its own, committed at its end."""

    @asynccontextmanager
    async def open_work() -> AsyncIterator[Work]:
        connection = await connect(dsn)
        try:
            async with connection.transaction():
                work = Work(connection, Actor(ActorKind.SERVICE, credential="test"), NOW, tools)
                yield work
                await finish(work)
        finally:
            await connection.close()

    return open_work


@pytest.fixture
async def place(begin: Begin) -> tuple[OrganizationKey, list[PersonKey]]:
    """An organization with eight patients."""
    async with begin() as work:
        key = (await organizations.create(work, Profile(name="Willow"), admin=None)).key
        details = [Details(full_name=f"P{number}", birth_date=None) for number in range(8)]
        return key, [(await patients.create_custodial(work, key, one)).person for one in details]


async def test_the_same_glucose_from_many_sides(begin: Begin, place: tuple[OrganizationKey, list[PersonKey]]) -> None:
    organization, people = place
    measured = [
        (person, Measured("blood_glucose", AT + timedelta(minutes=minute), value=100, unit="mg/dl", canonical=100))
        for person in people
        for minute in range(3)
    ]

    async def write(number: int) -> int:
        async with begin() as work:
            # Everybody begins with another patient, and every other one skips what is there.
            turned = measured[number * 3 :] + measured[: number * 3]
            kept = await observations.record(work, organization, turned, skips_repeats=number % 2 == 0)
            return sum(one is not None for one in kept)

    kept = await asyncio.gather(*(write(number) for number in range(8)))
    assert all(count == len(measured) for count in kept[1::2])
    async with begin() as work:
        count = await observations.count(work, Selection(organization))
        assert count == sum(kept)
        assert len(await observations.page(work, Selection(organization), count + 1)) == count
        for person in people:
            (target,) = await devicedata.list_of(work, person)
            assert target.next_ordinal == 3


async def test_those_who_skip_repeats_take_turns(begin: Begin, place: tuple[OrganizationKey, list[PersonKey]]) -> None:
    organization, people = place
    measured = [(person, Measured("weight", AT, value=180, unit="lb", canonical=180)) for person in people]

    async def write() -> int:
        async with begin() as work:
            kept = await observations.record(work, organization, measured, skips_repeats=True)
            return sum(one is not None for one in kept)

    assert sorted(await asyncio.gather(*(write() for _ in range(6)))) == [0, 0, 0, 0, 0, len(people)]
