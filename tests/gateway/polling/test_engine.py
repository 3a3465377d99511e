"""The engine against a fake cloud: when it fetches, what it keeps, how it goes on after faults."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from openward.care.connections import SourceState

from .conftest import House, done, until

pytestmark = pytest.mark.anyio


async def test_who_connects_has_data_within_a_second_and_is_polled_on(house: House) -> None:
    await house.engine()
    await asyncio.sleep(0.2)  # it sleeps now, and only a notification can wake it
    now = house.gate.now()
    house.cloud.person("ana").add(now - timedelta(days=2), 500)
    person = await house.connected("ana")
    await until(lambda: house.has_all("ana", person), 1.5)
    await until(lambda: done(house, person))
    source, task = await house.source(person), await house.task(person)
    assert (source.state, source.error, len(source.data_sets)) == (SourceState.CONNECTED, None, 1)
    assert source.earliest_data_at is not None
    assert source.latest_data_at is not None
    assert source.last_import_at is not None
    assert timedelta(minutes=44) < task["due_at"] - now < timedelta(minutes=76)
    assert (task["is_backfill"], task["failures"], task["lease"]) == (False, 0, None)
    house.cloud.person("ana").add(now + timedelta(minutes=1), 20)
    house.move(minutes=80)
    await until(lambda: house.has_all("ana", person))
    assert (await house.source(person)).data_sets == source.data_sets


async def test_late_readings_are_fetched_once(house: House) -> None:
    ana, now = house.cloud.person("ana"), house.gate.now()
    ana.add(now - timedelta(hours=10), 100)
    late = list(ana.readings)[20:40]
    ana.late = dict.fromkeys(late, now + timedelta(minutes=30))
    await house.engine()
    person = await house.connected("ana")
    await until(lambda: done(house, person))
    assert len(await house.stored(person)) == 80
    house.move(minutes=80)
    await until(lambda: house.has_all("ana", person))
    assert len(await house.stored(person)) == 100


async def test_the_pace_is_kept_by_two_workers_and_over_a_restart(house: House) -> None:
    await house.set_up(interval_minutes=[0.01, 0.02])
    house.cloud.person("ana").add(house.gate.now() - timedelta(hours=1), 12)
    first, _ = await house.engine(), await house.engine()
    await house.connected("ana")
    await asyncio.sleep(3)
    first.stop()
    await house.engine()
    await asyncio.sleep(3)
    starts = [at for at, path, _ in house.cloud.calls if path == "/range"]
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(gaps) >= 4
    assert min(gaps) >= 0.59
    assert max(gaps) <= 1.2 + 1.0
    assert house.cloud.most_at_once == 1
