"""The Dexcom client over real sockets against the simulated cloud: what there was arrives, once and unchanged."""

from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from openward.care.devicedata import check_batch, sent_form
from openward.simulators.cloud import FAULTS, Clock, Cloud, Faults, World
from openward.simulators.dexcom import Dexcom
from openward.wire.dexcom import PARTNER, readings, settings, translate
from tests.simulators.person import Caller, Home

pytestmark = pytest.mark.anyio


def wanted(cloud: Cloud, number: int) -> dict[str, Any]:
    """What the platform should have of somebody, but for settings."""
    expected = cloud.expected(number)
    values = [readings.egv(one) for one in expected["egvs"]]
    made = [sent_form(one) for one in values if one is not None]
    others = [translate.calibration(one) for one in expected["calibrations"]]
    others += [translate.alert(one) for one in expected["alerts"]]
    others += [translate.event(one) for one in expected["events"]]
    made += [one for one in others if one is not None]
    return {one["origin"]["id"]: one for one in made}


def split(home: Home) -> tuple[dict[str, Any], list[str]]:
    """What came, but for settings; and the digests of settings."""
    data = {name: datum for name, datum in home.data.items() if datum["type"] != "cgmSettings"}
    return data, sorted(name.split("/")[0] for name, datum in home.data.items() if datum["type"] == "cgmSettings")


async def test_everything_arrives_and_passes_the_rules(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, Faults(), days=65)), people=8)
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        for number in (1, 6, 8):
            home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session, number), cloud)
            await home.fetch()
            data, devices = split(home)
            assert data == wanted(cloud, number)
            assert devices == sorted(settings.digest(one) for one in cloud.expected(number)["devices"])
            kinds = {datum["type"] for datum in home.data.values()}
            assert {"cbg", "food", "insulin", "cgmSettings", "deviceEvent"} <= kinds
            assert check_batch([dict(datum) for datum in home.data.values()], mint_id=lambda: "0" * 32)


async def test_data_go_on_growing(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, Faults(), days=3)), people=3)
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session, 3), cloud)
        await home.fetch()
        before = len(home.data)
        for _ in range(30):
            clock.set_to(clock.now() + timedelta(minutes=61))
            await home.fetch()
        data, _ = split(home)
        assert len(home.data) > before + 30 * 12
        assert data == wanted(cloud, 3)


async def test_with_every_fault_nothing_is_missing_and_nothing_differs(clock: Clock) -> None:
    rates = {name: 0.08 for name in FAULTS if name != "revoked"} | {"slow": 0.02, "late": 0.3, "clock": 0.3}
    cloud = Cloud(Dexcom(World(clock, Faults(rates, slow_s=0.01), days=12)), people=2)
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session, 2), cloud)
        for _ in range(60):
            await home.insist()
            clock.set_to(clock.now() + timedelta(minutes=73))
        await home.insist()
        data, devices = split(home)
        assert data == wanted(cloud, 2)
        assert set(devices) == {settings.digest(one) for one in cloud.expected(2)["devices"]}
        assert set(cloud.counts.answers) >= {"429", "500", "slow", "cut", "truncated", "envelope", "expired", "200"}
        assert any("clockDriftOffset" in one or "conversionOffset" in one for one in data.values())
        assert home.again


async def test_the_range_tells_what_came_late(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, Faults({"late": 1.0}), days=4)), people=1)
    late = cloud.setup.world.faults
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        caller = Caller(url, cloud, PARTNER.oauth, session)
        since = clock.now()
        clock.set_to(since + timedelta(hours=10))
        answer = await caller.get("/v3/users/self/dataRange", {"lastSyncTime": since.isoformat()})
    come = [
        one["systemTime"]
        for one in cloud.expected(1)["egvs"]
        if late.arrival_s(1, seconds(one["systemTime"]) // 7200 * 7200) > since.timestamp()
        or seconds(one["systemTime"]) > since.timestamp()
    ]
    assert answer["egvs"]["start"]["systemTime"] == come[0] < since.isoformat()[:19]
    assert answer["egvs"]["end"]["systemTime"] == come[-1]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"startDate": "2026-03-01T00:00:00", "endDate": "2026-02-01T00:00:00"},
        {"startDate": "2026-01-01T00:00:00", "endDate": "2026-02-01T00:00:00"},
        {"startDate": "2026-03-01T00:00:00Z", "endDate": "2026-03-02T00:00:00Z"},
        {"startDate": "2026-03-01", "endDate": "2026-03-02"},
    ],
    ids=["none", "order", "long", "zone", "days"],
)
async def test_a_span_has_to_make_sense(clock: Clock, query: dict[str, str]) -> None:
    cloud = Cloud(Dexcom(World(clock, days=4)), people=1)
    access = cloud.grants.grant(1).access
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        for resource in ("egvs", "events", "alerts", "devices", "calibrations"):
            headers = {"authorization": f"Bearer {access}"}
            async with session.get(f"{url}/v3/users/self/{resource}", params=query, headers=headers) as answer:
                assert answer.status == 400


async def test_without_a_good_token_there_is_nothing(clock: Clock) -> None:
    cloud = Cloud(Dexcom(World(clock, days=4)), people=1, life_s=60)
    access = cloud.grants.grant(1).access
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        address = f"{url}/v3/users/self/dataRange"
        for headers, status in (
            ({}, 401),
            ({"authorization": "Bearer x"}, 401),
            ({"authorization": f"Bearer {access}"}, 200),
        ):
            async with session.get(address, headers=headers) as answer:
                assert answer.status == status
        clock.set_to(clock.now() + timedelta(seconds=61))
        async with session.get(address, headers={"authorization": f"Bearer {access}"}) as answer:
            assert answer.status == 401


def test_the_same_seed_makes_the_same_data(clock: Clock) -> None:
    one, other = (Cloud(Dexcom(World(clock, Faults(seed=4), days=3)), people=4, seed=4) for _ in range(2))
    different = Cloud(Dexcom(World(clock, Faults(seed=4), days=3)), people=4, seed=5)
    assert one.expected(4) == other.expected(4) != different.expected(4)
