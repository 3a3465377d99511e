"""What partner clouds deliver: again, late, overlapping, and with faults in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openward.care import devicedata
from openward.care.devicedata import DataChanged
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
