"""The pump client over real sockets against the simulated cloud: what there was arrives, once and unchanged."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from openward.care.devicedata import check_batch
from openward.simulators.cloud import FAULTS, Clock, Cloud, Faults, World
from openward.simulators.pump import Pump
from openward.wire.pump import PARTNER
from openward.wire.pump.translate import translated
from tests.simulators.person import Caller, Home

pytestmark = pytest.mark.anyio


def wanted(cloud: Cloud, number: int) -> dict[str, Any]:
    """What the platform should have of somebody: a datum for every record there was."""
    made = [translated(record) for records in cloud.expected(number).values() for record in records]
    kept = [one for one in made if one is not None]
    assert len(kept) == len(made)
    return {one["origin"]["id"]: one for one in kept}


async def test_everything_arrives_and_passes_the_rules(clock: Clock) -> None:
    cloud = Cloud(Pump(World(clock, Faults(), days=40)), people=4)
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        kinds = set()
        for number in (1, 2, 4):
            home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session, number), cloud)
            await home.fetch()
            assert home.data == wanted(cloud, number)
            assert not home.again
            assert check_batch([dict(datum) for datum in home.data.values()], mint_id=lambda: "0" * 32)
            kinds |= {(one["type"], one.get("subType") or one.get("deliveryType")) for one in home.data.values()}
    assert kinds >= {
        *(("basal", kind) for kind in ("automated", "scheduled", "temp", "suspend")),
        *(("bolus", kind) for kind in ("normal", "square", "dual/square", "automated")),
        *(("deviceEvent", kind) for kind in ("alarm", "status", "reservoirChange", "prime", "pumpSettingsOverride")),
        ("wizard", None),
        ("pumpSettings", None),
        ("pumpStatus", None),
    }


async def test_with_every_fault_nothing_is_missing_and_nothing_differs(clock: Clock) -> None:
    rates = {name: 0.08 for name in FAULTS if name != "revoked"} | {"slow": 0.02, "late": 0.4, "clock": 0.8}
    cloud = Cloud(Pump(World(clock, Faults(rates, slow_s=0.01), days=9)), people=2)
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session, 2), cloud)
        for _ in range(80):
            await home.insist()
            clock.set_to(clock.now() + timedelta(minutes=37))
        await home.insist()
        assert home.data == wanted(cloud, 2)
        assert any(one.get("subType") == "timeChange" for one in home.data.values())
        assert any("conversionOffset" in one for one in home.data.values())
        assert home.again


async def test_nothing_is_lost_whenever_we_ask(clock: Clock) -> None:
    """Also in the very second in which a record begins or comes."""
    cloud = Cloud(Pump(World(clock, days=2)), people=1)
    begins = clock.now().replace(microsecond=0)
    events = list(Pump(World(Clock(0, begins + timedelta(days=1)), days=2)).expected(cloud.person(1))["events"])
    moments = [datetime.fromisoformat(one["deviceTime"]) for one in events if "duration" not in one]
    coming = [at for at in moments if at > begins]
    assert len(coming) >= 3
    async with cloud.serve() as url, aiohttp.ClientSession() as session:
        home = Home(PARTNER, Caller(url, cloud, PARTNER.oauth, session), cloud)
        for at in coming:
            for step in (0.0, 0.4, 1.0, 1.6):
                clock.set_to(at + timedelta(seconds=step))
                await home.fetch()
        clock.set_to(coming[-1] + timedelta(hours=9))
        await home.fetch()
        clock.set_to(coming[-1] + timedelta(hours=18))
        await home.fetch()
        missing = wanted(cloud, 1).keys() - home.data.keys()
        assert not missing


async def test_basal_rates_leave_no_gap(clock: Clock) -> None:
    cloud = Cloud(Pump(World(clock, days=6)), people=2)
    for number in (1, 2):
        rates = [one for one in cloud.expected(number)["deliveries"] if one["type"] == "basal"]
        data = [translated(one) for one in rates]
        times = [one["time"] for one in data if one]
        begins = [datetime.fromisoformat(time) for time in times]
        ends = [at + timedelta(milliseconds=one["duration"]) for at, one in zip(begins, rates, strict=True)]
        assert ends[:-1] == begins[1:]
        assert ends[-1] <= clock.now()


def in_utc(record: Mapping[str, Any]) -> str:
    return datetime.fromisoformat(record["deviceTime"]).astimezone(UTC).isoformat()


async def test_pages_hold_what_was_asked_for(clock: Clock) -> None:
    cloud = Cloud(Pump(World(clock, days=6)), people=1)
    access = cloud.grants.grant(1).access
    seen = []
    async with cloud.serve() as url, aiohttp.ClientSession(headers={"authorization": f"Bearer {access}"}) as session:
        query = {"from": "2026-02-28T00:00:00Z", "to": "2026-03-03T00:00:00Z", "pageSize": "7"}
        after: dict[str, str] = {}
        while True:
            async with session.get(f"{url}/api/v1/users/self/deliveries", params=query | after) as answer:
                body = await answer.json()
            assert 0 < len(body["records"]) <= 7
            seen += [one["id"] for one in body["records"]]
            if body["page"]["next"] is None:
                break
            after = {"after": body["page"]["next"]}
        for wrong in (
            {"pageSize": "0"},
            {"pageSize": "x"},
            {"from": "2026-01-01T00:00:00Z"},
            {"to": "soon"},
            {"after": "x"},
        ):
            async with session.get(f"{url}/api/v1/users/self/deliveries", params=query | wrong) as answer:
                assert answer.status == 400
    assert len(seen) == len(set(seen)) > 21
    # This person's midnight is not that of UTC; all that was given lies in the span.
    begun = {one["id"] for one in cloud.expected(1)["deliveries"] if "2026-02-28T00" <= in_utc(one) < "2026-03-03T00"}
    assert set(seen) == begun
