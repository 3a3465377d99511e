"""What a cloud does wrong, what it refuses, and what people do while a fetch runs."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from openward.care import accounts, connections, devicedata
from openward.care.connections import SourceState

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (500, "status-500"),
        (404, "status-404"),
        ("cut", "connection"),
        ("truncated", "broken-answer"),
        ((429, 1), "status-429"),
    ],
)
async def test_a_failed_fetch_is_told_and_repeated_at_the_usual_time(house: House, fault: Any, reason: str) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 100)
    # A call over a connection that was kept open is sent once more by the HTTP client when that closes.
    house.cloud.faults.extend([fault, fault] if fault == "cut" else [fault])
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    source, task = await house.source(person), await house.task(person)
    assert source.state is SourceState.CONNECTED
    assert source.error is not None
    assert source.error["code"] == "resource-failure"
    assert timedelta(minutes=44) < task["due_at"] - house.gate.now() < timedelta(minutes=76)
    async with house.work() as work:
        (health,) = await connections.partner_health(work)
    assert dict(health.errors) == {reason: 1}
    assert (health.connected, health.running, health.started) == (1, 0, 1)
    house.move(minutes=80)
    await until(lambda: house.has_all("ana", person))
    await until(lambda: done(house, person))
    assert (await house.source(person)).error is None


async def test_a_partner_that_asks_for_more_time_is_given_it(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.faults.append((429, 5 * 3600))
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    wait = (await house.task(person))["due_at"] - house.gate.now()
    assert timedelta(hours=4.9) < wait < timedelta(hours=5.1)


async def test_a_refused_token_is_tried_ever_more_seldom_and_then_given_up(house: House) -> None:
    ana = house.cloud.person("ana")
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    ana.is_revoked = True
    waits = []
    for failures in range(1, 5):
        house.move(minutes=75 * 2**5)
        task = await until(partial(failed, house, person, failures))
        waits.append((task["due_at"] - house.gate.now()).total_seconds() / 60)
        assert (await house.source(person)).state is SourceState.CONNECTED
    for wait, doubling in zip(waits, (1, 2, 4, 8), strict=True):
        assert abs(wait - 75 * doubling) < 16
    house.move(minutes=75 * 2**5)
    await until(lambda: is_in(house, person, SourceState.ERROR))
    source, task = await house.source(person), await house.task(person)
    assert source.error is not None
    assert (source.error["code"], task["due_at"], task["lease"]) == ("unauthenticated", None, None)
    mails = await house.gate.pool.fetchval(
        "select count(*) from notices.message where template = 'device_issue_twiist_personal' and person = $1", person
    )
    assert mails == 1
    # Connecting again begins anew where the old connection has ended.
    ana.is_revoked = False
    ana.add(house.gate.now() - timedelta(hours=2), 10)
    await house.reconnect("ana", person)
    await until(lambda: house.has_all("ana", person))
    assert (await house.task(person))["failures"] == 0


async def failed(house: House, person: Any, count: int) -> Any:
    task = await house.task(person)
    return task if task["failures"] == count and task["lease"] is None else None


async def is_in(house: House, person: Any, state: SourceState) -> bool:
    return (await house.source(person)).state is state


async def test_nothing_is_asked_in_a_pause_and_the_run_goes_on_after_it(house: House) -> None:
    house.gate.moved = timedelta(hours=9, minutes=59) - (house.gate.now() - house.gate.now().replace(hour=0, minute=0))
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 100)
    await house.set_up(pause={"from": "10:00", "to": "11:00", "timezone": "UTC"}, batch_days=1.5)
    house.cloud.gate.clear()  # the first call waits until the pause has begun
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: asked(house))
    house.move(minutes=2)
    house.cloud.gate.set()
    await until(lambda: done(house, person))
    task = await house.task(person)
    assert house.gate.now().replace(hour=11, minute=0, second=0, microsecond=0) <= task["due_at"]
    assert task["due_at"] < house.gate.now() + timedelta(minutes=95)
    assert (task["failures"], (await house.source(person)).error) == (0, None)
    assert [path for _, path, _ in house.cloud.calls] == ["token", "/range"]
    house.move(minutes=95)
    await until(lambda: house.has_all("ana", person))


async def asked(house: House) -> bool:
    return any(path == "/range" for _, path, _ in house.cloud.calls)


async def test_nothing_is_kept_after_a_disconnect(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 100)
    house.cloud.gate.clear()
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: asked(house))
    await house.disconnect(person)
    before = await house.source(person)
    house.cloud.gate.set()
    await asyncio.sleep(0.5)
    assert not await house.stored(person)
    after, task = await house.source(person), await house.task(person)
    assert after == before
    assert (after.state, task["session"], task["due_at"]) == (SourceState.DISCONNECTED, None, None)
    count = len(house.cloud.calls)
    house.move(minutes=100)
    await asyncio.sleep(0.3)
    assert len(house.cloud.calls) == count


async def test_a_deleted_account_is_not_asked_for_any_more(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    async with house.work() as work:
        await accounts.delete(work, person)
    count = len(house.cloud.calls)
    house.move(minutes=100)
    await asyncio.sleep(0.3)
    assert len(house.cloud.calls) == count


async def test_a_source_that_a_service_disconnects_is_left_alone(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    async with house.work() as work:
        source = (await connections.list_of(work, person, {}, offset=0, limit=1))[0]
        await connections.change(work, source.key, {"state": SourceState.DISCONNECTED})
    house.cloud.person("ana").add(house.gate.now(), 10)
    house.move(minutes=100)
    await until(lambda: stopped(house, person))
    assert len(await house.stored(person)) == 10


async def stopped(house: House, person: Any) -> bool:
    task = await house.task(person)
    return task["due_at"] is None and task["lease"] is None


async def test_a_data_set_that_is_gone_ends_in_error(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    async with house.work() as work:
        await devicedata.delete(work, (await house.source(person)).data_sets[0])
    house.cloud.person("ana").add(house.gate.now(), 10)
    house.move(minutes=100)
    await until(lambda: is_in(house, person, SourceState.ERROR))
    assert ((await house.source(person)).error or {})["code"] == "invalid-state"
