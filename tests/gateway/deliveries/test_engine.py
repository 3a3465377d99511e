"""Delivering: what is sent, in which order, when again; hanging receivers, deaths of workers, private addresses."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from openward.care import subscriptions
from openward.care.errors import NotFound
from openward.care.subscriptions import Topic
from openward.gateway.deliveries import lane as lane_module
from openward.infra.http import leads_inside

from .conftest import House, Receiver, answering, until, until_states

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


async def until_told(receiver: Receiver, count: int) -> None:
    async def is_told() -> bool:
        return len(receiver.requests) >= count

    await until(is_told)


async def test_an_event_arrives_in_the_form_of_the_wire(house: House) -> None:
    receiver, key = await house.receiver()
    await house.engine()
    (number,) = await house.appointments(1)
    await until_states(house, key, "delivered")
    ((headers, text),) = receiver.requests
    assert receiver.told == [{"event": "appointment:scheduled", "data": {"appointmentId": number}}]
    assert headers["content-type"] == "text/plain; charset=us-ascii"
    assert UUID(headers["x-webhook-id"])
    (entry,) = await house.log(key)
    assert headers["x-delivery-id"] == str(entry.key)
    assert (entry.attempts, entry.status, entry.reason, entry.due_at) == (1, 200, None, None)
    assert len(text) >= 60


async def test_only_what_was_asked_for_is_told_to_whom_asked(house: House) -> None:
    other = await house.an_organization()
    booked, _ = await house.receiver(None, Topic.APPOINTMENT_BOOKED)
    cancelled, _ = await house.receiver(None, Topic.APPOINTMENT_CANCELLED)
    stranger, _ = await house.receiver(None, organization=other)
    await house.engine()
    await house.appointments(1, Topic.APPOINTMENT_CANCELLED)
    await house.appointments(1, Topic.APPOINTMENT_BOOKED)
    await until_told(booked, 1)
    await until_told(cancelled, 1)
    assert [one["event"] for one in booked.told] == ["appointment:scheduled"]
    assert [one["event"] for one in cancelled.told] == ["appointment:cancelled"]
    assert stranger.requests == []


async def test_what_is_rolled_back_is_not_told(house: House) -> None:
    receiver, key = await house.receiver()

    async def fail() -> None:
        async with house.work() as work:
            await subscriptions.publish(work, house.organization, Topic.APPOINTMENT_BOOKED, key)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await house.log(key) == []
    assert receiver.requests == []


async def test_a_few_arrive_in_order_and_many_side_by_side(house: House) -> None:
    async def slowly(_request: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        return web.Response(status=204)

    receiver, key = await house.receiver(slowly)
    numbers = await house.appointments(20)
    await house.engine()
    await until_states(house, key, *["delivered"] * 20)
    assert [one["data"]["appointmentId"] for one in receiver.told] == numbers
    assert receiver.open_most == 1
    more = await house.appointments(300)
    await until_states(house, key, *["delivered"] * 320)
    assert sorted(one["data"]["appointmentId"] for one in receiver.told) == numbers + more
    assert 4 < receiver.open_most <= lane_module.WIDTH


async def test_a_refusal_is_tried_again_on_schedule_and_then_given_up(house: House) -> None:
    receiver, key = await house.receiver(answering(500))
    await house.engine()
    await house.appointments(1)
    waits = []
    for attempt in range(1, 7):
        await until_told(receiver, attempt)

        async def is_settled(attempt: int = attempt) -> Any:
            (entry,) = await house.log(key)
            return entry if entry.attempts == attempt else None

        entry = await until(is_settled)
        assert entry.status == 500
        if entry.due_at is not None:
            waits.append(round((entry.due_at - entry.last_at) / MINUTE))
            house.gate.moved += entry.due_at - house.gate.now() - timedelta(seconds=2)
            house.move(seconds=0)
            await asyncio.sleep(0.2)
            assert len(receiver.requests) == attempt, "it came too early"
            house.move(seconds=3)
    assert waits == [1, 5, 30, 120, 720]
    await until_states(house, key, "given-up")
    assert len({text for _, text in receiver.requests}) == 6, "salt and IV are new each time"
    assert len({headers["x-delivery-id"] for headers, _ in receiver.requests}) == 1


async def test_a_retry_outlives_its_worker(house: House) -> None:
    receiver, key = await house.receiver(answering(503))
    engine = await house.engine()
    await house.appointments(1)

    async def is_settled() -> bool:
        return (await house.log(key))[0].attempts == 1

    await until(is_settled)
    engine.stop()
    receiver.answer = None
    house.move(minutes=2)
    await house.engine()
    await until_states(house, key, "delivered")


async def test_a_sleeping_engine_is_woken_and_lets_nobody_slip_past_it(house: House) -> None:
    """It sleeps only when nobody queues without telling it, and notices at once what comes then."""
    receiver, key = await house.receiver()
    engine = await house.engine()

    async def sleeps() -> bool:
        return engine._has_bell

    async with house.work() as work:
        await subscriptions.publish(work, house.organization, Topic.APPOINTMENT_BOOKED, key)
        await asyncio.sleep(1.5)
        assert not engine._has_bell, "somebody queues without telling"
    await until_states(house, key, "given-up")  # nothing is named so
    await until(sleeps)
    other = await house.engine()
    await asyncio.sleep(1.5)
    assert not other._has_bell, "one holds the bell for all"
    await house.appointments(1)
    await until_told(receiver, 1)
    assert receiver.told[0]["event"] == "appointment:scheduled"


async def test_redirects_are_not_followed(house: House) -> None:
    target, _ = await house.receiver(None, Topic.EPISODE_CREATED)
    _, key = await house.receiver(answering(307, location=target.url))
    await house.engine()
    await house.appointments(1)

    async def is_settled() -> bool:
        return (await house.log(key))[0].attempts == 1

    await until(is_settled)
    (entry,) = await house.log(key)
    assert (entry.status, entry.state.value, target.requests) == (307, "waiting", [])


async def test_hanging_endpoints_hold_nobody_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "ANSWER_S", 1.0)

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    _, hung = await house.receiver(hang)
    prompt, key = await house.receiver()
    await house.engine()
    await house.appointments(3)
    await until_states(house, key, *["delivered"] * 3)
    assert await house.states(hung) == ["waiting"] * 3

    async def is_settled() -> bool:
        return {one.reason for one in await house.log(hung)} == {"timeout"}

    await until(is_settled)
    assert len(prompt.requests) == 3


async def test_a_long_answer_is_cut_and_still_a_success(house: House) -> None:
    async def chatter(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 5_000_000)

    _, key = await house.receiver(chatter)
    await house.engine()
    await house.appointments(1)
    await until_states(house, key, "delivered")


async def test_several_workers_share_endpoints_and_tell_once(house: House) -> None:
    receivers = [await house.receiver() for _ in range(3)]
    await asyncio.gather(house.engine(), house.engine(), house.engine())
    numbers: list[int] = []
    for _ in range(10):
        numbers += await house.appointments(7)
    for receiver, key in receivers:
        await until_states(house, key, *["delivered"] * 70)
        # Once each; in order as long as nobody was so slow that another took over.
        assert sorted(one["data"]["appointmentId"] for one in receiver.told) == numbers


async def test_a_dead_workers_endpoint_goes_on_when_its_lease_is_over(house: House) -> None:
    receiver, key = await house.receiver()
    await house.appointments(2)
    async with house.work() as work:
        (lane,) = await subscriptions.claim(work, 10, is_failing=False)
    await house.engine()
    await asyncio.sleep(0.3)
    assert receiver.requests == []
    await house.gate.pool.execute(
        "update subscriptions.subscription set leased_until = now() - interval '1 s' where lease = $1", lane.lease
    )
    house.move(seconds=0)
    await until_states(house, key, "delivered", "delivered")
    async with house.work() as work:
        assert not await subscriptions.settle(work, lane, [])


async def test_what_is_queued_for_a_deleted_endpoint_is_dropped(house: House) -> None:
    receiver, key = await house.receiver()
    await house.appointments(3)
    async with house.work() as work:
        await subscriptions.unsubscribe(work, house.organization, key)
    await house.engine()
    _, other_key = await house.receiver()
    await house.appointments(1)
    await until_states(house, other_key, "delivered")
    assert receiver.requests == []
    assert (
        await house.gate.pool.fetchval("select count(*) from subscriptions.delivery where subscription = $1", key) == 0
    )
    with pytest.raises(NotFound):
        await house.log(key)


async def test_an_endpoint_that_only_fails_for_five_days_is_disabled(house: House) -> None:
    receiver, key = await house.receiver(answering(410))
    await house.engine()
    for _ in range(5):
        sent = len(receiver.requests)
        await house.appointments(1)
        await until_told(receiver, sent + 1)
        house.move(days=1)

    async def found() -> Any:
        async with house.work() as work:
            return await subscriptions.get(work, house.organization, key)

    async def is_disabled() -> bool:
        return (await found()).disabled_at is not None

    await until(is_disabled)
    states = await house.states(key)
    assert set(states) == {"given-up"}
    await house.appointments(1)
    assert len(await house.log(key)) == len(states)
    told = "select count(*) from events.event where kind = 'EndpointDisabled' and data->>'subscription' = $1"
    assert await house.gate.pool.fetchval(told, str(key)) == 1
    receiver.answer = None
    async with house.work() as work:
        await subscriptions.enable(work, house.organization, key)
        assert await subscriptions.replay_given_up(work, house.organization, key) == len(states)
    await until_states(house, key, *["delivered"] * len(states))
    assert (await found()).failing_since is None


async def test_a_success_between_failures_keeps_an_endpoint(house: House) -> None:
    receiver, key = await house.receiver(answering(500))
    await house.engine()
    await house.appointments(1)
    await until_told(receiver, 1)
    receiver.answer = None
    house.move(days=3)
    await until_states(house, key, "delivered")
    receiver.answer = answering(500)
    house.move(days=3)
    await house.appointments(1)

    async def is_settled() -> bool:
        return [one.status for one in await house.log(key)] == [200, 500]

    await until(is_settled)
    async with house.work() as work:
        assert (await subscriptions.get(work, house.organization, key)).disabled_at is None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "10.0.0.1", "169.254.169.254"],
)
async def test_private_addresses_are_neither_called_nor_taken(house: House, host: str) -> None:
    receiver, key = await house.receiver(url="http://placeholder.invalid/")
    port = receiver.url.rsplit(":", 1)[1].split("/")[0]
    url = f"http://{host}:{port}/hook"
    async with house.work() as work:
        await subscriptions.change(work, house.organization, key, url, [Topic.APPOINTMENT_BOOKED])
    await house.engine(replace(house.gate.settings, webhooks_allow_private=False))
    await house.appointments(1)

    async def is_settled() -> bool:
        return (await house.log(key))[0].attempts == 1

    await until(is_settled)
    assert (await house.log(key))[0].reason in ("address-refused", "connection", "bad-url")
    assert receiver.requests == []
    assert await leads_inside(url)
