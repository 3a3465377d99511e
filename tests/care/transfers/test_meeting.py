"""Merges and migrations that meet others, with connections of their own: none waits in a circle, nothing is lost."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import anyio
import pytest

from openward.care import accounts, organizations, patients, roster, transfers
from openward.care.errors import CareError, Conflict, NotFound, Unprocessable
from openward.care.organizations import Role
from openward.care.patients import Details
from openward.care.work import Actor, ActorKind, OrganizationKey, Origin, PersonKey, Tools, Work
from openward.gateway.request import finish
from openward.infra.db import Pool
from tests.care.transfers.test_merge import a_place
from tests.care.transfers.test_migration import COMPLETE
from tests.conftest import NOW

pytestmark = pytest.mark.anyio

Do = Callable[[Work], Awaitable[Any]]


class House:
    """Commits one Work after the other, as the gateway does."""

    def __init__(self, pool: Pool, tools: Tools) -> None:
        self.pool = pool
        self.tools = tools
        self.seconds = 0

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.pool.acquire() as connection, connection.transaction():
            actor = Actor(ActorKind.SERVICE, credential="test")
            self.seconds += 1
            now = NOW + timedelta(seconds=self.seconds)
            work = Work(connection, actor, now, self.tools, "trace", Origin("", "TEST"))
            yield work
            await finish(work)

    async def tried(self, do: Do) -> CareError | None:
        """Do it and commit; the refusal, if there was one."""
        try:
            async with self.work() as work:
                await do(work)
        except CareError as error:
            return error
        return None

    async def together(self, *all_of_them: Do) -> list[CareError | None]:
        """Do all at once; the refusals in their order."""
        refusals: list[CareError | None] = [None] * len(all_of_them)

        async def one(place: int, do: Do) -> None:
            refusals[place] = await self.tried(do)

        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for place, do in enumerate(all_of_them):
                    group.start_soon(one, place, do)
        return refusals

    async def places(self) -> tuple[OrganizationKey, OrganizationKey]:
        async with self.work() as work:
            return (await a_place(work, "Target")).key, (await a_place(work, "Source")).key

    async def listed(self, place: OrganizationKey) -> set[PersonKey]:
        async with self.work() as work:
            found = await roster.find(work, place, roster.Query(limit=100))
            assert found.total == found.count == len(found.people) == (await patients.count(work, place)).total
            return set(found.people)


@pytest.fixture
def house(pool: Pool, tools: Tools) -> House:
    return House(pool, tools)


def creating(place: OrganizationKey, made: list[PersonKey]) -> Do:
    async def create(work: Work) -> None:
        person = await patients.create_custodial(work, place, Details("Pat", date(1990, 2, 3)))
        made.append(person.person)

    return create


def merging(target: OrganizationKey, source: OrganizationKey) -> Do:
    return lambda work: transfers.merge(work, target, source)


async def test_merges_that_cross(house: House) -> None:
    for _ in range(3):
        one, other = await house.places()
        made: list[PersonKey] = []
        for place in (one, other, other):
            assert await house.tried(creating(place, made)) is None
        refusals = await house.together(merging(one, other), merging(other, one))
        assert sorted(type(error).__name__ for error in refusals) == ["NoneType", "NotFound"]
        assert await house.listed(one if refusals[0] is None else other) == set(made)


async def test_the_same_merge_twice_at_once(house: House) -> None:
    target, source = await house.places()
    refusals = await house.together(merging(target, source), merging(target, source))
    assert sorted(type(error).__name__ for error in refusals) == ["NoneType", "NotFound"]
    async with house.work() as work:
        assert len(await transfers.merges(work, target)) == 1


async def test_two_sources_at_once(house: House) -> None:
    target, one = await house.places()
    other, _ = await house.places()
    made: list[PersonKey] = []
    for place in (target, one, other):
        await house.tried(creating(place, made))
    assert await house.together(merging(target, one), merging(target, other)) == [None, None]
    assert await house.listed(target) == set(made)


async def test_patients_made_meanwhile(house: House) -> None:
    target, source = await house.places()
    made: list[PersonKey] = []
    creations = [creating(place, made) for place in (source, target) * 3]
    refusals = await house.together(*creations[:3], merging(target, source), *creations[3:])
    assert refusals[3] is None
    assert {type(error) for error in refusals if error} <= {NotFound}
    late = sum(error is not None for error in refusals)
    listed = await house.listed(target)
    assert len(listed) == 6 - late
    assert listed <= set(made)


async def test_changes_of_patients_meanwhile(house: House) -> None:
    target, source = await house.places()
    made: list[PersonKey] = []
    for place in (target, source, source):
        await house.tried(creating(place, made))

    def rename(place: OrganizationKey, person: PersonKey) -> Do:
        return lambda work: patients.update(work, place, person, Details("Other", date(1990, 2, 3)))

    refusals = await house.together(
        rename(source, made[1]), merging(target, source), rename(target, made[0]), rename(source, made[2])
    )
    assert refusals[1] is None
    assert {type(error) for error in refusals if error} <= {NotFound}
    assert await house.listed(target) == set(made)


async def test_reading_goes_on_before_the_commit(house: House) -> None:
    target, source = await house.places()
    made: list[PersonKey] = []
    await house.tried(creating(source, made))
    async with house.work() as work:
        await transfers.merge(work, target, source)
        await finish(work)
        work.recorded, work.audited, work.tasks = [], [], []
        with anyio.fail_after(10):
            assert await house.listed(source) == set(made)
            assert await house.listed(target) == set()
            async with house.work() as reader:
                assert await patients.get(reader, source, made[0])
                assert await organizations.get(reader, source)
    assert await house.listed(target) == set(made)


async def a_legacy(house: House) -> tuple[PersonKey, OrganizationKey]:
    async with house.work() as work:
        account = await accounts.create(work, email=f"{secrets.token_hex(6)}@old.example", roles=["clinic"])
        place = await transfers.enable(work, account.key)
        await organizations.update(work, place.key, COMPLETE)
    return account.key, place.key


async def test_enabling_at_once_makes_one_clinic(house: House) -> None:
    async with house.work() as work:
        account = await accounts.create(work, email=f"{secrets.token_hex(6)}@old.example", roles=["clinic"])
    assert await house.together(*[lambda work: transfers.enable(work, account.key)] * 4) == [None] * 4
    async with house.work() as work:
        assert len(await organizations.memberships(work, account.key)) == 1


async def test_triggers_at_once_make_one_migration(house: House) -> None:
    account, place = await a_legacy(house)
    refusals = await house.together(*[lambda work: transfers.trigger(work, place, is_attested=False)] * 4)
    assert sorted(type(error).__name__ for error in refusals) == ["NoneType", *["Unprocessable"] * 3]
    assert {type(error) for error in refusals if error} == {Unprocessable}
    async with house.work() as work:
        assert [one.person for one in await transfers.migrations(work, place)] == [account]


async def test_one_account_for_two_clinics_at_once(house: House) -> None:
    places = await house.places()
    async with house.work() as work:
        account = await accounts.create(work, email=f"{secrets.token_hex(6)}@old.example")
        for place in places:
            await organizations.add_member(
                work, place, person=account.key, email=account.email or "", roles=[Role.ADMIN]
            )
    refusals = await house.together(
        *[lambda work, place=place: transfers.add(work, place, account.key) for place in places]
    )
    assert sorted(type(error).__name__ for error in refusals) == ["Conflict", "NoneType"]
    assert any(isinstance(error, Conflict) for error in refusals)


async def test_sharing_at_the_very_end_is_seen_or_stays(house: House) -> None:
    """Whoever shares while the last batch looks for stragglers is moved, or shares with the account afterwards."""
    account, place = await a_legacy(house)
    async with house.work() as work:
        sharers = [(await accounts.create(work, email=f"{secrets.token_hex(6)}@x.example")).key for _ in range(6)]
    assert await house.tried(lambda work: transfers.trigger(work, place, is_attested=False)) is None
    data = {"account": str(account), "after": "0" * 32}
    await house.together(
        *[lambda work, one=one: accounts.set_grant(work, one, account, ["view"]) for one in sharers],
        lambda work: transfers.carry(work, data),
    )
    async with house.work() as work:
        (migration,) = await transfers.migrations(work, place)
        if migration.ended_at is None:
            await transfers.carry(work, data)
        left = {grant.owner for grant in await accounts.grants(work, grantee=account)}
        people = await patients.people_of(work, place)
    assert left | set(people) == set(sharers)
    assert left.isdisjoint(people)


async def test_a_merge_and_a_batch_of_a_migration_meet(house: House) -> None:
    target, _ = await house.places()
    account, source = await a_legacy(house)
    async with house.work() as work:
        sharers = [(await accounts.create(work, email=f"{secrets.token_hex(6)}@x.example")).key for _ in range(4)]
        for sharer in sharers:
            await accounts.set_grant(work, sharer, account, ["view"])
        await transfers.trigger(work, source, is_attested=False)
    data = {"account": str(account), "after": "0" * 32}
    refusals = await house.together(lambda work: transfers.carry(work, data), merging(target, source))
    assert refusals == [None, None]
    async with house.work() as work:
        await transfers.carry(work, data)
    assert await house.listed(target) == set(sharers)
