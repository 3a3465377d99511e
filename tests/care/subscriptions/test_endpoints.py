"""Endpoints: whose they are, how their secret is kept, what is queued for them, how the log ends."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from openward.care import organizations, subscriptions
from openward.care.errors import Invalid, NotFound
from openward.care.organizations import Profile
from openward.care.subscriptions import Outcome, State, Topic, rules
from openward.care.work import Actor, ActorKind, OrganizationKey, Tools, Work
from openward.infra.db import Pool

from .conftest import URL

pytestmark = pytest.mark.anyio


async def states(work: Work, organization: OrganizationKey, key: UUID) -> list[State]:
    return [one.state for one in await subscriptions.deliveries(work, organization, key)]


async def test_the_secret_is_sealed(work: Work, organization: OrganizationKey, endpoint: UUID) -> None:
    secret = await subscriptions.secret(work, organization, endpoint)
    kept = await work.tx.fetchval("select secret_sealed from subscriptions.subscription where key = $1", endpoint)
    assert secret.encode() not in kept
    await subscriptions.change(work, organization, endpoint, "https://new.example.org/", [Topic.EPISODE_CREATED])
    assert await subscriptions.secret(work, organization, endpoint) == secret


async def test_nothing_is_done_for_another_organization(work: Work, endpoint: UUID) -> None:
    other = (await organizations.create(work, Profile(name="Other"), admin=None)).key
    for refused in (
        subscriptions.get(work, other, endpoint),
        subscriptions.secret(work, other, endpoint),
        subscriptions.change(work, other, endpoint, URL, [Topic.PATIENT_CREATED]),
        subscriptions.enable(work, other, endpoint),
        subscriptions.unsubscribe(work, other, endpoint),
        subscriptions.deliveries(work, other, endpoint),
        subscriptions.replay(work, other, endpoint, uuid4()),
        subscriptions.replay_given_up(work, other, endpoint),
    ):
        with pytest.raises(NotFound):
            await refused


async def test_there_is_an_end_to_how_many(
    work: Work, organization: OrganizationKey, endpoint: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST", 2)
    await subscriptions.subscribe(work, organization, URL, [Topic.PATIENT_CREATED])
    with pytest.raises(Invalid):
        await subscriptions.subscribe(work, organization, URL, [Topic.PATIENT_CREATED])


async def test_events_of_one_work_keep_their_order(work: Work, organization: OrganizationKey) -> None:
    made = await subscriptions.subscribe(work, organization, URL, list(Topic))
    for topic in Topic:
        await subscriptions.publish(work, organization, topic, uuid4())
    found = await subscriptions.deliveries(work, organization, made.subscription.key)
    assert [one.topic for one in reversed(found)] == list(Topic)
    assert all(one.created_at >= work.now for one in found)


async def test_many_subjects_are_queued_at_once(work: Work, organization: OrganizationKey, endpoint: UUID) -> None:
    await subscriptions.publish(work, organization, Topic.PATIENT_CREATED, *(uuid4() for _ in range(30)))
    await subscriptions.publish(work, organization, Topic.PATIENT_CREATED)
    assert (await subscriptions.tallies(work, [endpoint]))[endpoint].waiting == 30


async def test_the_log_is_swept_but_not_what_waits(work: Work, organization: OrganizationKey, endpoint: UUID) -> None:
    await subscriptions.publish(work, organization, Topic.PATIENT_CREATED, uuid4(), uuid4())
    work.now += timedelta(seconds=1)
    (lane,) = [one for one in await subscriptions.claim(work, 1000, is_failing=False) if one.subscription == endpoint]
    batch = await subscriptions.batch(work, lane, 10)
    assert batch is not None
    assert await subscriptions.settle(work, lane, [Outcome(batch.due[0], work.now, status=200)])
    work.now += timedelta(days=29)
    await subscriptions.sweep(work, {})
    assert sorted(await states(work, organization, endpoint)) == [State.DELIVERED, State.WAITING]
    work.now += timedelta(days=2)
    await subscriptions.sweep(work, {})
    assert await states(work, organization, endpoint) == [State.WAITING]
    await subscriptions.unsubscribe(work, organization, endpoint)
    await subscriptions.sweep(work, {})
    left = "select exists (select from subscriptions.subscription where key = $1)"
    assert not await work.tx.fetchval(left, endpoint)


async def test_one_that_is_not_held_any_more_settles_nothing(
    work: Work, organization: OrganizationKey, endpoint: UUID
) -> None:
    await subscriptions.publish(work, organization, Topic.PATIENT_CREATED, uuid4())
    work.now += timedelta(seconds=1)
    (lane,) = [one for one in await subscriptions.claim(work, 1000, is_failing=False) if one.subscription == endpoint]
    batch = await subscriptions.batch(work, lane, 10)
    assert batch is not None
    other = replace(lane, lease=uuid4())
    assert await subscriptions.batch(work, other, 10) is None
    assert not await subscriptions.settle(work, other, [Outcome(batch.due[0], work.now, status=200)])
    assert await subscriptions.prolong(work, [lane, other]) == {lane.lease}
    assert await states(work, organization, endpoint) == [State.WAITING]


async def test_what_is_queued_while_an_endpoint_is_deleted_is_dropped_or_refused(pool: Pool, tools: Tools) -> None:
    """The one who queues comes first or second: nothing is left waiting for an endpoint that is gone."""
    actor = Actor(ActorKind.SERVICE, credential="test")

    def a_work(connection: object) -> Work:
        return Work(connection, actor, datetime.now(UTC), tools)

    async with pool.acquire() as first, pool.acquire() as second:
        async with first.transaction():
            organization = (await organizations.create(a_work(first), Profile(name="Race"), admin=None)).key
            made = await subscriptions.subscribe(a_work(first), organization, URL, [Topic.PATIENT_CREATED])
        key = made.subscription.key

        async def delete() -> None:
            async with second.transaction():
                await subscriptions.unsubscribe(a_work(second), organization, key)

        async with first.transaction():
            await subscriptions.publish(a_work(first), organization, Topic.PATIENT_CREATED, uuid4())
            deleting = asyncio.create_task(delete())
            await asyncio.sleep(0.1)
            assert not deleting.done(), "it waits for the one who queues"
        await deleting
        await subscriptions.publish(a_work(first), organization, Topic.PATIENT_CREATED, uuid4())
        left = "select count(*) from subscriptions.delivery where subscription = $1"
        assert await first.fetchval(left, key) == 0
