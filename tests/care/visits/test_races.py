"""Many at once: the last place of a room, one external id, the same visit given up by two workers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from openward.care import organizations, patients, visits
from openward.care.organizations import Profile
from openward.care.patients import Details
from openward.care.visits import Booking, ExternalIdTaken, Room, RoomFull, Status
from openward.care.work import Actor, ActorKind, OrganizationKey, PersonKey, Tools, Work
from openward.gateway.request import finish
from openward.infra.db import connect
from tests.care.visits.conftest import settings

pytestmark = pytest.mark.anyio
AT = datetime(2026, 3, 11, 14, 0, tzinfo=UTC)
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
async def place(begin: Begin) -> tuple[OrganizationKey, Room, PersonKey]:
    """A practice whose one room takes three visits at once and no more, and a patient."""
    async with begin() as work:
        key = (await organizations.create(work, Profile(name="Practice"), admin=None)).key
        room = await visits.put_room(work, key, settings(capacity=3, enforces_capacity=True))
        person = (await patients.create_custodial(work, key, Details(full_name="Ada", birth_date=None))).person
    return key, room, person


async def outcomes(tries: list[Awaitable[Any]]) -> list[str]:
    """How each of many tries at once ended: the name of the error, or `done`."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    return sorted("done" if not isinstance(one, BaseException) else type(one).__name__ for one in found)


async def test_the_last_places_are_given_once(begin: Begin, place: tuple[OrganizationKey, Room, PersonKey]) -> None:
    organization, room, person = place

    async def book() -> None:
        async with begin() as work:
            await visits.book(work, organization, person, Booking(room, AT, asks_for_place=True))

    ended = await outcomes([book() for _ in range(32)])
    assert ended == [RoomFull.__name__] * 29 + ["done"] * 3


async def test_an_external_id_is_given_once(begin: Begin, place: tuple[OrganizationKey, Room, PersonKey]) -> None:
    organization, room, person = place
    name = str(uuid4())

    async def book() -> None:
        async with begin() as work:
            await visits.book(work, organization, person, Booking(room, AT, external_id=name))

    assert await outcomes([book() for _ in range(8)]) == [ExternalIdTaken.__name__] * 7 + ["done"]


async def test_moves_of_one_visit_come_one_after_the_other(
    begin: Begin, place: tuple[OrganizationKey, Room, PersonKey]
) -> None:
    organization, room, person = place
    async with begin() as work:
        key = (await visits.book(work, organization, person, Booking(room, AT))).key

    async def move(to: Status) -> None:
        async with begin() as work:
            await visits.move(work, organization, key, to)

    ended = await outcomes([move(to) for to in (Status.CANCELLED, Status.NO_SHOW) for _ in range(4)])
    assert ended == ["Unprocessable"] * 4 + ["done"] * 4
    async with begin() as work:
        told = await work.tx.fetchval(
            "select count(*) from events.event where kind = 'AppointmentEnded' and data->>'appointment' = $1", str(key)
        )
    assert told == 1


async def test_two_sweeps_give_a_visit_up_once(begin: Begin, place: tuple[OrganizationKey, Room, PersonKey]) -> None:
    organization, room, person = place
    long_ago = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
    async with begin() as work:
        keys = [(await visits.book(work, organization, person, Booking(room, long_ago))).key for _ in range(20)]

    async def sweep() -> None:
        is_more = True
        while is_more:  # visits of other tests are swept along
            async with begin() as work:
                await visits.sweep_job(work, {})
                is_more = bool(work.tasks)
                work.tasks.clear()

    assert await outcomes([sweep() for _ in range(4)]) == ["done"] * 4
    async with begin() as work:
        found = await visits.get_many(work, organization, keys)
        told = await work.tx.fetchval(
            "select count(*) from events.event where kind = 'AppointmentEnded' and data->>'organization' = $1",
            str(organization),
        )
    assert {visit.status for visit in found.values()} == {Status.NO_SHOW}
    assert told == 20
