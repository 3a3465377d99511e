"""What partner clouds deliver: again, late, overlapping, and with faults in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import devicedata
from openward.care.devicedata import CbgReading, DataChanged, Readings, sent_form
from openward.care.work import Work

from .conftest import new_person, new_set, seen

pytestmark = pytest.mark.anyio
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def reading(number: int, **changes: Any) -> dict[str, Any]:
    time = (BEGIN + timedelta(minutes=5 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    datum: dict[str, Any] = {"type": "cbg", "time": time, "units": "mg/dL", "value": 100 + number % 50}
    return datum | {"deviceId": "G7", "origin": {"id": f"r{number}"}} | changes


async def test_a_delivery_is_kept_once_however_often_it_comes(work: Work) -> None:
    person = await new_person(work)
    name = (await new_set(work, person, dataSetType="continuous")).name
    target = await devicedata.lock(work, name)
    first = await devicedata.append_new(work, target, [reading(number) for number in range(30)])
    assert (first.stored, first.earliest, first.latest) == (30, BEGIN, BEGIN + timedelta(minutes=145))
    target = await devicedata.lock(work, name)
    again = await devicedata.append_new(work, target, [reading(number) for number in range(20, 40)] * 2)
    assert again.stored == 10
    assert again.earliest == BEGIN + timedelta(minutes=150)
    target = await devicedata.lock(work, name)
    moved = await devicedata.append_new(work, target, [reading(3, time="2026-03-09T00:00:00Z", value=300)])
    assert moved.stored == 0
    found = [one for one in await seen(work, person) if one["type"] == "cbg"]
    assert sorted(one["origin"]["id"] for one in found) == sorted(f"r{number}" for number in range(40))


async def test_what_breaks_a_rule_is_left_out_and_counted(work: Work) -> None:
    person = await new_person(work)
    target = await devicedata.lock(work, (await new_set(work, person, dataSetType="continuous")).name)
    data = [
        reading(1),
        reading(2, value=5000),
        reading(3, value="high"),
        reading(4, deviceId="a\x00b"),
        reading(5, origin={}),
        reading(6, type="nothing"),
        reading(7),
        {"type": "food", "time": "2026-03-01T08:00:00Z", "origin": {"id": "f1"}},
    ]
    delivery = await devicedata.append_new(work, target, data)
    assert delivery.stored == 3
    assert sum(delivery.skipped.values()) == 5
    assert delivery.skipped["origin-missing"] == 1
    kinds = [one["type"] for one in await seen(work, person)]
    assert sorted(kinds) == ["cbg", "cbg", "food", "upload"]


async def test_a_large_delivery_is_kept_in_batches_and_announced_once(work: Work) -> None:
    person = await new_person(work)
    target = await devicedata.lock(work, (await new_set(work, person, dataSetType="continuous")).name)
    data = [reading(number) for number in range(4500)]
    assert (await devicedata.append_new(work, target, data, -480)).stored == 4500
    assert len([event for event in work.recorded if isinstance(event, DataChanged)]) == 1
    held = await devicedata.lock(work, target.name)
    assert (held.next_ordinal, held.body["timezoneOffset"]) == (4500, -480)
    assert (await devicedata.append_new(work, held, data, -480)).stored == 0
    device = {"deviceId": "Acme-1", "deviceModel": "Acme One", "deviceManufacturers": ["Acme"]}
    await devicedata.append_new(work, held, [], None, device=device)
    held = await devicedata.lock(work, target.name)
    assert held.body.items() >= {**device, "timezoneOffset": -480}.items()


def short(number: int, **changes: Any) -> CbgReading:
    """The same reading as a partner's code makes it for the short way."""
    datum = reading(number, trendRate=0.5, trendRateUnits="mg/dL/minute", trend="constant") | changes
    payload = datum.get("payload", {"status": "ok", "transmitterTicks": number, "systemTime": datum["time"]})
    extras = {"payload": payload, "origin": datum["origin"]}
    extras |= {"annotations": datum["annotations"]} if "annotations" in datum else {}
    return CbgReading(
        type="cbg",
        time_sent=datum["time"],
        units=datum["units"],
        value=datum["value"],
        device_id=datum["deviceId"],
        device_time=datum["time"][:19],
        timezone_offset=datum.get("timezoneOffset", 0),
        trend=datum["trend"],
        trend_rate=datum["trendRate"],
        trend_rate_units=datum["trendRateUnits"],
        extras=extras,
    )


ODD: list[dict[str, Any]] = [
    {},
    {"payload": {"nested": {"deep": [1, None]}}},
    {"payload": {"long": "é" * 1000, "number": 10**25}},
    {"annotations": [{"code": "bg/out-of-range", "threshold": 40, "value": "low"}], "value": 39},
    {"time": "2026-03-05T08:00:12.345Z"},
    {"timezoneOffset": -480},
]
BROKEN: list[dict[str, Any]] = [
    {"payload": {}},
    {"payload": {"text": "a\x00b"}},
    {"payload": {"long": "x" * 5000}},
    {"origin": {"id": "x" * 101}},
    {"trendRate": 200},
    {"value": 1001},
    {"annotations": []},
    {"deviceId": ""},
    {"timezoneOffset": 20_000},
    {"time": "2026-02-30T00:00:00Z"},
]


async def test_the_short_way_keeps_what_the_long_way_keeps(work: Work) -> None:
    changes = [{"origin": {"id": f"o{place}"}} | one for place, one in enumerate([*ODD, *BROKEN])] + [{}] * 10
    made = [short(number, **one) for number, one in enumerate(changes)]
    ids = [one.extras["origin"]["id"] for one in made if one.extras]
    outcomes = []
    for is_short in (True, False):
        person = await new_person(work)
        target = await devicedata.lock(work, (await new_set(work, person, dataSetType="continuous")).name)
        if is_short:
            found = await devicedata.append_new(
                work, target, [], None, Readings(ids, lambda place: short(place, **changes[place]))
            )
        else:
            found = await devicedata.append_new(work, target, [sent_form(one) for one in made])
        kept = [one for one in await seen(work, person) if one["type"] == "cbg"]
        for one in kept:
            del one["uploadId"]
        outcomes.append((found, sorted(kept, key=lambda one: str(one["origin"]["id"]))))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0].stored == len(ODD) + 10
    assert sum(outcomes[0][0].skipped.values()) == len(BROKEN)


async def test_only_what_is_new_is_made(work: Work) -> None:
    person = await new_person(work)
    target = await devicedata.lock(work, (await new_set(work, person, dataSetType="continuous")).name)
    asked: list[int] = []

    def make(place: int) -> CbgReading | None:
        asked.append(place)
        return short(place % 300) if place % 300 != 7 else None

    ids = [f"r{number}" for number in range(300)] * 2
    first = await devicedata.append_new(work, target, [reading(0)], None, Readings(ids[:300], make))
    assert (first.stored, asked) == (300 - 1, list(range(1, 300)))
    asked.clear()
    target = await devicedata.lock(work, target.name)
    assert (await devicedata.append_new(work, target, [], None, Readings(ids, make))).stored == 0
    assert asked == [7]
