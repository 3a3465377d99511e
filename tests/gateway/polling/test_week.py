"""A simulated week of two hundred people with every fault, while workers are killed: nothing missing, nothing twice."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from openward.simulators.cloud import FAULTS, Clock, Cloud, Faults, World
from openward.simulators.dexcom import Dexcom
from openward.simulators.pump import Pump
from tests.conftest import with_database
from tests.gateway.polling.leaks import readable
from tests.gateway.polling.truth import kept_of_dexcom, kept_of_pump, told_by_dexcom, told_by_pump
from tests.gateway.polling.week import Installation, cloud_of, until

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("server")]

SEED = int(os.environ.get("OPENWARD_WEEK_SEED", "7"))
PEOPLE = int(os.environ.get("OPENWARD_WEEK_PEOPLE", "200"))
WEEK_S = float(os.environ.get("OPENWARD_WEEK_SECONDS", "40"))
"""How long the seven days take."""
PUMPS = 12
OF_DATA = {"late": 0.06, "device": 0.3, "clock": 0.2}
OF_CALLS = {name: 0.015 for name in FAULTS if name not in OF_DATA} | {"revoked": 0.0005}

TRUTH = {"dexcom": (told_by_dexcom, kept_of_dexcom), "pump": (told_by_pump, kept_of_pump)}
SEEN = {"403", "429", "500", "slow", "cut", "truncated", "envelope", "expired", "lost-token"}
"""What the cloud counts of them."""


def world(setup: Any, clock: Clock, people: int, place: Installation) -> Cloud:
    faults = Faults(OF_DATA | OF_CALLS, seed=SEED, slow_s=1.0)
    return cloud_of(setup(World(clock, faults, days=1)), people, SEED, 86_400, place)


@pytest.fixture
async def place(cluster_dsn: str, tmp_path: Path) -> AsyncIterator[Installation]:
    """A running server with its own database and two workers."""
    name = f"openward_week_{uuid4().hex[:12]}"
    admin = await asyncpg.connect(cluster_dsn)
    await admin.execute(f'create database "{name}"')
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("OPENWARD_WEBHOOKS_ALLOW_PRIVATE", "1")
        environ.setenv("OPENWARD_LOG_LEVEL", "debug")
        async with aiohttp.ClientSession() as http:
            made = Installation(tmp_path, with_database(cluster_dsn, name), random.Random(SEED), http)
            try:
                await made.start()
                yield made
            finally:
                made.end()
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


class Week:
    """Who is connected to what, and how each of them is doing."""

    def __init__(self, place: Installation, clouds: Sequence[Cloud], users: Sequence[str]) -> None:
        self.place, self.users = place, users
        self.clouds = {cloud.setup.name: cloud for cloud in clouds}
        self.reconnected = 0
        self.is_over = False

    async def connect(self) -> None:
        """Some in a browser, most by a service."""
        few = asyncio.Semaphore(4)

        async def connect_one(cloud: Cloud, number: int) -> None:
            way = self.place.consent if number <= 4 else self.place.connect
            async with few:
                await way(self.users[number - 1], cloud, number)

        people = [(cloud, number) for cloud in self.clouds.values() for number in range(1, cloud.count + 1)]
        await asyncio.gather(*(connect_one(*one) for one in people))

    async def reconnect(self) -> None:
        """Whoever has lost the consent gives it again in a browser some time later."""
        while not self.is_over:
            await asyncio.sleep(1)
            await self.reconnect_all(0.15)
        await self.reconnect_all()

    async def reconnect_all(self, share: float = 1.0) -> None:
        for cloud in self.clouds.values():
            for number in range(1, cloud.count + 1):
                if not cloud.grants.is_granted(number) and self.place.dice.random() < share:
                    await self.place.consent(self.users[number - 1], cloud, number)
                    self.reconnected += 1

    async def check(self, name: str) -> None:
        """Every value of everybody."""
        told, kept = TRUTH[name]
        cloud = self.clouds[name]
        few = asyncio.Semaphore(3)

        async def check_one(number: int) -> None:
            user = self.users[number - 1]
            async with few:
                (source,) = await self.place.ask("GET", f"/v1/users/{user}/data_sources?providerName={name}")
                data = await self.place.ask("GET", f"/data/{user}?uploadId={source['dataSetId']}")
            data = [one for one in data if one["type"] != "upload"]
            twice = [one for one, count in Counter(one["origin"]["id"] for one in data).items() if count > 1]
            expected, found = told(cloud.expected(number)), kept(data)
            assert (source["state"], twice) == ("connected", []), f"{name} {number}"
            assert differences(expected, found) == [], f"{name} {number}"
            assert len(expected) > 100

        await asyncio.gather(*(check_one(number) for number in range(1, cloud.count + 1)))


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[Any]:
    """The first few."""
    names = sorted(expected.keys() | found.keys(), key=lambda name: str(expected.get(name) or found.get(name)))
    return [(name, expected.get(name), found.get(name)) for name in names if expected.get(name) != found.get(name)][:5]


async def test_a_week_of_two_hundred_people_with_every_fault(place: Installation) -> None:
    print(f"seed {SEED}")
    clock = Clock(0)
    clock.set_to(datetime.now(UTC) - timedelta(days=7))
    dexcom = world(Dexcom, clock, PEOPLE, place)
    pump = world(Pump, clock, PUMPS, place)
    async with dexcom.serve() as dexcom_url, pump.serve() as pump_url:
        agreed = {"interval_minutes": [0.05, 0.08], "pause": None, "batch_days": 2}
        # The cloud gets readings up to twelve hours late, and what a pump tells of may have begun nine hours before.
        partners = [(dexcom, dexcom_url, agreed | {"overlap_minutes": 780}), (pump, pump_url, agreed)]
        users = await place.set_up(PEOPLE, partners)
        week = Week(place, [dexcom, pump], users)
        killing = asyncio.create_task(place.kill_now_and_then((6, 10)))
        await week.connect()
        reconnecting = asyncio.create_task(week.reconnect())
        await run(clock, WEEK_S, lambda: revoke(place.dice, dexcom, 5))
        killing.cancel()
        ended = datetime.now(UTC)
        for cloud in (dexcom, pump):
            cloud.world.faults.change(OF_DATA, ended.timestamp())
        week.is_over = True
        await reconnecting
        await until(lambda: are_all_done(place.dsn, PEOPLE + PUMPS, ended), 200)
        await week.check("dexcom")
        await week.check("pump")
        (known,) = await place.ask("GET", f"/v1/users/{users[0]}/data_sources?providerName=dexcom")
    assert await readable(place.dsn, [], {known["dataSetId"]}) >= {"devicedata.data_set"}, "the search finds nothing"
    assert await readable(place.dsn, place.logs, place.secrets) == set()
    assert place.kills > 1
    assert week.reconnected >= 5
    assert dexcom.counts.answers.keys() >= SEEN


async def run(clock: Clock, seconds: float, halfway: Callable[[], None]) -> None:
    """Let a clock that is behind go until it meets ours, and stand still there."""
    behind_s = (datetime.now(UTC) - clock.now()).total_seconds()
    clock.speed = behind_s / seconds + 1
    clock.set_to(datetime.now(UTC) - timedelta(seconds=behind_s))
    await asyncio.sleep(seconds / 2)
    halfway()
    await asyncio.sleep(seconds / 2)
    clock.speed = 0
    clock.set_to(datetime.now(UTC))


def revoke(dice: random.Random, cloud: Cloud, count: int) -> None:
    """Some people take back what they allowed."""
    for number in dice.sample(range(1, cloud.count + 1), count):
        cloud.grants.revoke_person(number)


async def are_all_done(dsn: str, count: int, since: datetime) -> bool:
    """Whether each connection has had a whole fetch that began after a moment."""
    connection = await asyncpg.connect(dsn)
    done: int = await connection.fetchval(
        "select count(*) from connections.task t join connections.source s on s.key = t.source"
        " where t.started_at > $1 and t.lease is null and s.last_import_at >= t.started_at and s.error is null",
        since,
    )
    await connection.close()
    return done == count
