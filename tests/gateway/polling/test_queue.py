"""Who comes first: backlogs beside news, limits over all workers, workers that die or stop."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from openward.care import connections
from openward.gateway.polling import engine as engine_module

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


async def test_a_backlog_is_fetched_in_turns_and_holds_nobody_up(house: House) -> None:
    now = house.gate.now()
    await house.set_up(batch_days=1.5)
    ben = house.cloud.person("ben")
    ben.add(now - timedelta(days=1), 10)
    await house.engine(backfill_slots=1)
    other = await house.connected("ben")
    await until(lambda: done(house, other))
    people = []
    for number in range(4):
        house.cloud.person(f"ana{number}").add(now - timedelta(days=20), 5000)
        people.append(await house.connected(f"ana{number}"))
    ben.add(now, 10)
    await house.gate.pool.execute("update connections.task set due_at = $2 where person = $1", other, house.gate.now())
    house.move(minutes=0)
    await until(lambda: house.has_all("ben", other), 1.5)
    assert not all([await house.has_all(f"ana{number}", one) for number, one in enumerate(people)])
    for number, one in enumerate(people):
        await until(partial(house.has_all, f"ana{number}", one), 20)
    turns = [name for _, path, name in house.cloud.calls if path == "/range" and name != "ben"]
    assert turns[:8] == [f"ana{number}" for number in (0, 1, 2, 3)] * 2
    assert max(turns.count(name) for name in turns) <= 5


async def test_all_workers_together_keep_to_the_requests_of_a_minute(house: House) -> None:
    await house.set_up(requests_per_minute=600)
    for number in range(10):
        house.cloud.person(f"ana{number}").add(house.gate.now() - timedelta(days=1), 10)
    for _ in range(3):
        await house.engine()
    people = [await house.connected(f"ana{number}") for number in range(10)]
    for number, one in enumerate(people):
        await until(partial(house.has_all, f"ana{number}", one))
    moments = sorted(at for at, _, _ in house.cloud.calls)
    assert len(moments) == 30
    for first, moment in enumerate(moments):
        assert sum(1 for other in moments[first:] if other < moment + 1.0) <= 11
    assert moments[-1] - moments[0] < 6


async def test_a_dead_workers_fetches_are_taken_over(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.gate.clear()
    first = await house.engine()
    person = await house.connected("ana")
    await until(lambda: running(house))
    (run,) = first._runs.values()
    first._runs.clear()  # nobody prolongs the lease any more
    await house.gate.pool.execute("update connections.task set leased_until = now() + interval '0.3 seconds'")
    await house.engine()
    house.cloud.gate.set()
    await until(lambda: house.has_all("ana", person))
    await asyncio.wait({run.task})
    await until(lambda: done(house, person))


async def running(house: House) -> bool:
    return any(path == "/range" for _, path, _ in house.cloud.calls)


async def test_a_stopping_worker_gives_back_what_it_has_not_finished(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_DRAIN_S", 0.1)
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.gate.clear()
    first = await house.engine()
    person = await house.connected("ana")
    await until(lambda: running(house))
    first.stop()
    await until(lambda: free(house, person))
    assert (await house.task(person))["due_at"] <= house.gate.now()
    house.cloud.gate.set()
    await house.engine()
    await until(lambda: house.has_all("ana", person))


async def free(house: House, person: Any) -> bool:
    return (await house.task(person))["lease"] is None


async def test_a_fetch_that_is_not_ours_any_more_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_HEARTBEAT_S", 0.05)
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.gate.clear()
    first = await house.engine()
    person = await house.connected("ana")
    await until(lambda: running(house))
    await house.disconnect(person)

    async def has_ended() -> bool:
        return not first._runs

    await until(has_ended)
    house.cloud.gate.set()


async def test_an_idle_engine_asks_the_database_nothing(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    engine = await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    await asyncio.sleep(0.3)
    looks = 0
    look = engine._claim_and_look

    async def counted() -> float | None:
        nonlocal looks
        looks += 1
        return await look()

    engine._claim_and_look = counted  # type: ignore[method-assign]
    await asyncio.sleep(1.5)
    assert looks == 0


async def test_a_shorter_interval_counts_at_once(house: House) -> None:
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    house.cloud.person("ana").add(house.gate.now() - timedelta(minutes=5), 1)
    await house.set_up(interval_minutes=[0.005, 0.01])
    await until(lambda: house.has_all("ana", person), 2.5)


async def test_what_a_killed_worker_held_is_taken_over_long_before_its_lease_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "_SETTLED_S", 0.5)
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.gate.clear()
    first = await house.engine()
    person = await house.connected("ana")
    await until(lambda: running(house))
    (run,) = first._runs.values()
    first._runs.clear()
    first.stop()  # gives nothing back; its connection goes, as that of a killed process does
    await house.engine()
    house.cloud.gate.set()
    await until(lambda: house.has_all("ana", person), connections.LEASE_S / 2)
    await asyncio.wait({run.task})


async def test_a_worker_that_still_lives_keeps_what_it_holds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "_SETTLED_S", 0.1)
    house.cloud.person("ana").add(house.gate.now() - timedelta(days=1), 10)
    house.cloud.gate.clear()
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: running(house))
    lease = (await house.task(person))["lease"]
    await house.engine()
    await asyncio.sleep(4)
    assert (await house.task(person))["lease"] == lease
    house.cloud.gate.set()
    await until(lambda: done(house, person))
