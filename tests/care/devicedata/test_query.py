"""The filters of the data query, and columns for statistics."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import devicedata
from openward.care.devicedata import CloudSpan, DataChanged
from openward.care.errors import NotAllowed
from openward.care.work import Actor, ActorKind, PersonKey, Work
from tests.care.devicedata.conftest import new_person, new_set, put, seen

pytestmark = pytest.mark.anyio
START = datetime(2026, 3, 1, tzinfo=UTC)


def cbg(minute: float, **more: Any) -> dict[str, Any]:
    time = (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    return {"type": "cbg", "time": time, "units": "mmol/L", "value": 6.5, "deviceId": "d1", **more}


def bolus(minute: float, **more: Any) -> dict[str, Any]:
    return {"type": "bolus", "subType": "normal", "normal": 2.0, "time": cbg(minute)["time"], **more}


async def _minutes(work: Work, person: PersonKey, **filters: Any) -> list[tuple[str, int]]:
    found = await seen(work, person, **filters)
    return sorted(
        (one["type"], round((one["time"] - START).total_seconds() / 60)) for one in found if one["type"] != "upload"
    )


async def test_times_types_devices_and_sets(work: Work) -> None:
    person = await new_person(work)
    first = await new_set(work, person, dataSetType="continuous", deviceId="d1", time="2026-03-01T00:00:00Z")
    second = await new_set(work, person, dataSetType="continuous", deviceId="d2", time="2026-03-02T00:00:00Z")
    await put(work, first.name, [cbg(0), cbg(5), bolus(7, deviceId="d1"), bolus(8, subType="automated")])
    await put(work, second.name, [cbg(6, deviceId="d2", sampleInterval=60000), cbg(11, deviceId="d2")])
    every = [("bolus", 7), ("bolus", 8), ("cbg", 0), ("cbg", 5), ("cbg", 6), ("cbg", 11)]
    assert await _minutes(work, person) == sorted(every)
    span = {"start": START + timedelta(minutes=5), "end": START + timedelta(minutes=8)}
    assert await _minutes(work, person, **span) == [("bolus", 7), ("bolus", 8), ("cbg", 5), ("cbg", 6)]
    assert await _minutes(work, person, types=("bolus", "mystery")) == [("bolus", 7), ("bolus", 8)]
    assert await _minutes(work, person, sub_types=("automated",)) == [("bolus", 8)]
    assert await _minutes(work, person, device_id="d2") == [("cbg", 6), ("cbg", 11)]
    assert await _minutes(work, person, upload_id=second.name) == [("cbg", 6), ("cbg", 11)]
    assert await _minutes(work, person, upload_id="0" * 32) == []
    without_fast = [pair for pair in sorted(every) if pair != ("cbg", 6)]
    assert await _minutes(work, person, least_interval_ms=300000) == without_fast
    assert await _minutes(work, person, is_latest=True) == [("bolus", 8), ("cbg", 11)]
    assert await _minutes(work, person, is_latest=True, types=("cbg",), device_id="d1") == [("cbg", 5)]
    uploads = [one["uploadId"] for one in await seen(work, person, types=("upload",))]
    assert uploads == [first.name, second.name]
    assert [one["uploadId"] for one in await seen(work, person, types=("upload",), is_latest=True)] == [second.name]
    assert [one["uploadId"] for one in await seen(work, person, types=("upload",), device_id="d1")] == [first.name]


async def test_carelink_shows_without_a_direct_upload_of_the_pump(work: Work) -> None:
    person = await new_person(work)
    old = await new_set(work, person, dataSetType="continuous")
    await put(work, old.name, [cbg(0, source="carelink"), cbg(5)])
    assert await _minutes(work, person) == [("cbg", 0), ("cbg", 5)]
    assert await _minutes(work, person, is_carelink=False) == [("cbg", 5)]
    pump = await new_set(work, person, deviceManufacturers=["Medtronic"])
    assert await _minutes(work, person) == [("cbg", 0), ("cbg", 5)]
    await devicedata.update(work, pump.name, dict)
    assert await _minutes(work, person) == [("cbg", 5)]
    assert await _minutes(work, person, upload_id=old.name) == [("cbg", 5)]
    assert await _minutes(work, person, is_carelink=True) == [("cbg", 0), ("cbg", 5)]


async def test_a_closed_loop_hides_the_same_pump_uploaded_directly(work: Work) -> None:
    person = await new_person(work)
    direct = await new_set(work, person, dataSetType="continuous", deviceModel="723")
    early = {"time": "2017-08-31T23:59:59Z"}
    await put(
        work,
        direct.name,
        [
            cbg(0),
            bolus(1),
            {**cbg(0), **early},
            {"type": "water", "time": cbg(2)["time"], "amount": {"units": "liters", "value": 1}},
        ],
    )
    kept = [("cbg", round((datetime(2017, 8, 31, 23, 59, 59, tzinfo=UTC) - START).total_seconds() / 60)), ("water", 2)]
    assert len(await _minutes(work, person, is_medtronic=False)) == 4
    loop = await new_set(work, person, dataSetType="continuous")
    origin = {"name": "org.loop", "payload": {"device": {"manufacturer": "Medtronic"}}}
    await put(work, loop.name, [bolus(9, origin=origin)])
    assert await _minutes(work, person) == sorted([*kept, ("bolus", 9)])
    assert await _minutes(work, person, is_medtronic=False) == sorted([*kept, ("bolus", 9)])
    assert len(await _minutes(work, person, is_medtronic=True)) == 5
    assert len(await _minutes(work, person, upload_id=direct.name)) == 4


async def test_sensor_data_that_a_cloud_covers_are_hidden(work: Work) -> None:
    person = await new_person(work)
    direct = await new_set(work, person, dataSetType="continuous")
    cloud = await new_set(work, person, dataSetType="continuous")
    await put(work, direct.name, [cbg(0), cbg(10), cbg(20), bolus(10)])
    await put(work, cloud.name, [cbg(10), cbg(15)])
    spans = (
        CloudSpan((cloud.name,), START + timedelta(minutes=10), START + timedelta(minutes=15)),
        CloudSpan((), None, None),
    )
    assert await _minutes(work, person, clouds=spans) == [
        ("bolus", 10),
        ("cbg", 0),
        ("cbg", 10),
        ("cbg", 15),
        ("cbg", 20),
    ]
    assert len(await _minutes(work, person, clouds=spans, upload_id=direct.name)) == 4


async def test_dosing_decisions_by_reason(work: Work) -> None:
    person = await new_person(work)
    made = await new_set(work, person, dataSetType="continuous")
    units = {"bg": "mmol/L", "carb": "grams", "insulin": "Units"}
    decision = {"type": "dosingDecision", "units": units}
    sent = [
        {**decision, "time": cbg(minute)["time"], "reason": reason} for minute, reason in ((0, "loop"), (1, "watch"))
    ]
    await put(work, made.name, [*sent, cbg(5)])
    assert await _minutes(work, person, reasons=("loop", "other")) == [("cbg", 5), ("dosingDecision", 0)]
    newest = await _minutes(work, person, is_latest=True, types=("dosingDecision",), reasons=("loop",))
    assert newest == [("dosingDecision", 0)]


async def test_a_stranger_sees_nothing(work: Work) -> None:
    person = await new_person(work)
    work.actor = Actor(ActorKind.PERSON, await new_person(work))
    with pytest.raises(NotAllowed):
        await seen(work, person)


async def test_columns_for_statistics(work: Work) -> None:
    person = await new_person(work)
    normal = await new_set(work, person)
    live = await new_set(work, person, dataSetType="continuous")
    await put(work, live.name, [cbg(10, sampleInterval=60000), cbg(0), cbg(5, deviceId="AbbottFreeStyleLibre-1")])
    await put(work, normal.name, [{**cbg(7), "type": "smbg", "value": 9.25}])
    found = await devicedata.readings(work, person, ["cbg", "smbg"])
    assert found.time_ms.size == 3
    await devicedata.update(work, normal.name, dict)
    found = await devicedata.readings(work, person, ["cbg", "smbg"], after=START, until=START + timedelta(minutes=10))
    assert ((found.time_ms - int(START.timestamp() * 1000)) // 60000).tolist() == [5, 7, 10]
    assert found.value_mmol.tolist() == [6.5, 9.25, 6.5]
    assert found.duration_min.tolist() == [15, 0, 1]
    assert found.is_continuous.tolist() == [True, False, True]
    assert found.is_sensor.tolist() == [True, False, True]
    assert set(found.created_ms.tolist()) == {int(work.now.timestamp() * 1000)}


async def test_events_say_which_time_changed(work: Work) -> None:
    person = await new_person(work)
    live = await new_set(work, person, dataSetType="continuous")
    old = {**cbg(0), "time": "2020-01-01T00:00:00Z"}
    await put(work, live.name, [old, bolus(3)])
    assert work.recorded == []
    await put(work, live.name, [cbg(5), old, cbg(0)])
    expected = DataChanged(person, ("cbg",), START, START + timedelta(minutes=5), "DATA_ADDED")
    assert work.recorded == [expected]
    await devicedata.delete(work, live.name)
    assert [event.reason for event in work.recorded if isinstance(event, DataChanged)] == ["DATA_ADDED", "DATA_REMOVED"]
    removed = work.recorded[-1]
    assert isinstance(removed, DataChanged)
    assert removed.earliest <= START, "old data in the same set do not shorten what was removed"
    assert removed.latest == START + timedelta(minutes=5)
    normal = await new_set(work, person)
    await put(work, normal.name, [bolus(3)])
    assert len(work.recorded) == 2
    await devicedata.update(work, normal.name, dict)
    assert work.recorded[-1] == DataChanged(person, ("cbg", "smbg"), work.now, work.now, "UPLOAD_COMPLETED")


async def test_insulin_and_meals(work: Work) -> None:
    person = await new_person(work)
    live = await new_set(work, person, dataSetType="continuous")
    basal = {"type": "basal", "deliveryType": "scheduled", "duration": 60000, "rate": 0.5, "time": cbg(1)["time"]}
    food = {"type": "food", "time": cbg(3)["time"], "nutrition": {"carbohydrate": {"units": "grams", "net": 40}}}
    await put(work, live.name, [food, bolus(2), basal, cbg(0)])
    found = await devicedata.insulin_and_carbs(work, person, START, START + timedelta(hours=1))
    assert [(one.kind, one.units, one.duration_ms, one.carbs_g) for one in found] == [
        ("basal", 0.5, 60000, 0.0),
        ("bolus", 2.0, 0, 0.0),
        ("carbs", 0.0, 0, 40.0),
    ]


async def test_too_many_shapes_spill_into_the_rows(work: Work) -> None:
    """A field that differs in every datum must neither be lost nor make a shape for each."""
    person = await new_person(work)
    live = await new_set(work, person, dataSetType="continuous")
    sent = [cbg(minute, clockDriftOffset=minute, deviceTime="2026-03-01T00:00:00") for minute in range(700)]
    for first in range(0, 700, 100):
        await put(work, live.name, sent[first : first + 100])
    found = sorted(await seen(work, person, types=("cbg",)), key=lambda one: one["time"])
    assert [one["clockDriftOffset"] for one in found] == list(range(700))
    assert {one["deviceTime"] for one in found} == {"2026-03-01T00:00:00"}
    held = await devicedata.lock(work, live.name)
    assert held.shapes <= 310
