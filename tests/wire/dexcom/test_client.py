"""What is asked of Dexcom and in what stretches, against a partner of a few lines."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from openward.care.connections.ports import Failed, Progress, Stretch, decode
from openward.care.devicedata import sent_form
from openward.wire.dexcom import PARTNER

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 10, 12, 0, 0, 500_000, tzinfo=UTC)


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def reading(at: datetime) -> dict[str, Any]:
    return {
        "recordId": f"r-{written(at)}",
        "systemTime": written(at),
        "displayTime": written(at).removesuffix("Z"),
        "value": 100,
        "unit": "mg/dL",
        "transmitterGeneration": "g7",
    }


class Cloud:
    """Answers as the partner would from a list of readings; remembers what it was asked."""

    def __init__(self, readings: list[dict[str, Any]], devices: list[dict[str, Any]] | None = None) -> None:
        self.readings, self.devices = readings, devices or []
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, read: Callable[[bytes], Any] = decode
    ) -> Any:
        return read(msgspec.json.encode(self.answer(path, params)))

    def answer(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        resource = path.removeprefix("/v3/users/self/")
        self.asked.append((resource, dict(params or {})))
        if resource == "dataRange":
            edges = sorted(one["systemTime"] for one in self.readings)
            group = {"start": {"systemTime": edges[0]}, "end": {"systemTime": edges[-1]}} if edges else None
            return {"recordType": "dataRange", "recordVersion": "3.0", "userId": "u"} | (
                {"egvs": group} if group else {}
            )
        records = self.devices if resource == "devices" else []
        if resource == "egvs":
            start, end = (params or {})["startDate"], (params or {})["endDate"]
            records = [one for one in self.readings if start <= one["systemTime"][:19] <= end]
        return {"recordType": resource.removesuffix("s"), "recordVersion": "3.0", "userId": "u", "records": records}


async def fetched(cloud: Cloud, since: datetime | None = None, **policy: Any) -> list[Stretch]:
    progress = Progress(NOW, since)
    return [one async for one in PARTNER.fetch(cloud, replace(PARTNER.policy, **policy), progress)]


def ids(stretches: list[Stretch]) -> list[str]:
    return [one["origin"]["id"] for stretch in stretches for one in data(stretch)]


def data(stretch: Stretch) -> list[Mapping[str, Any]]:
    assert stretch.readings is not None
    made = [stretch.readings.make(place) for place in range(len(stretch.readings.ids))]
    assert all(made)
    return [*stretch.data, *(sent_form(one) for one in made if one is not None)]


async def test_nothing_there_asks_nothing_more() -> None:
    cloud = Cloud([])
    assert await fetched(cloud) == []
    assert [resource for resource, _ in cloud.asked] == ["dataRange"]


async def test_the_first_fetch_takes_all_in_stretches_without_gaps() -> None:
    first = NOW - timedelta(days=90)
    readings = [reading(first + timedelta(minutes=277 * place, milliseconds=place * 7)) for place in range(460)]
    cloud = Cloud(readings)
    stretches = await fetched(cloud)
    assert len(stretches) == 3
    assert set(ids(stretches)) == {one["recordId"] for one in readings}
    assert written(stretches[-1].until) > readings[-1]["systemTime"]
    assert [one.until for one in stretches] == sorted(one.until for one in stretches)
    assert stretches[0].timezone_offset_min == 0
    assert [resource for resource, _ in cloud.asked[1:6]] == ["alerts", "calibrations", "devices", "egvs", "events"]
    spans = [params for resource, params in cloud.asked if resource == "egvs"]
    assert spans[0]["startDate"] == written(first)[:19]
    assert all(before["endDate"] == after["startDate"] for before, after in pairwise(spans))
    assert "lastSyncTime" not in cloud.asked[0][1]


async def test_a_later_fetch_looks_back_for_what_came_late() -> None:
    since = NOW - timedelta(minutes=20)
    late = reading(NOW - timedelta(hours=20))
    stale = reading(NOW - timedelta(hours=30))
    cloud = Cloud([stale, late, reading(NOW - timedelta(minutes=5))])
    stretches = await fetched(cloud, since)
    assert late["recordId"] in ids(stretches)
    assert stale["recordId"] not in ids(stretches)
    assert cloud.asked[0][1] == {"lastSyncTime": "2026-03-10T11:40:00Z"}
    assert len(ids(await fetched(cloud, since, overlap_minutes=0))) == 1


async def test_a_sync_time_that_is_too_old_is_not_given() -> None:
    cloud = Cloud([reading(NOW - timedelta(days=40)), reading(NOW)])
    await fetched(cloud, NOW - timedelta(days=35))
    assert cloud.asked[0][1] == {}


async def test_an_operator_may_limit_how_far_back_the_first_fetch_goes() -> None:
    cloud = Cloud([reading(NOW - timedelta(days=40)), reading(NOW - timedelta(days=2))])
    assert len(ids(await fetched(cloud, backfill_days=10))) == 1


async def test_settings_come_once_until_they_change() -> None:
    device = {"lastUploadDate": "2026-03-10T08:00:00Z", "transmitterGeneration": "g7", "alertSchedules": []}
    cloud = Cloud([reading(NOW - timedelta(days=45)), reading(NOW - timedelta(hours=1))], [device])
    stretches = await fetched(cloud)
    kinds = [one["type"] for stretch in stretches for one in data(stretch)]
    assert kinds.count("cgmSettings") == 1
    progress = Progress(NOW, NOW, stretches[-1].memory)
    again = [one async for one in PARTNER.fetch(cloud, PARTNER.policy, progress)]
    assert [one["type"] for stretch in again for one in data(stretch)] == ["cbg"]


@pytest.mark.parametrize(
    "envelope",
    [
        {"recordType": "egv", "recordVersion": "3.0", "userId": "u", "records": []},
        {"recordType": "alert", "recordVersion": "2.0", "userId": "u", "records": []},
        {"recordType": "alert", "recordVersion": "3.0", "records": []},
        {"recordType": "alert", "recordVersion": "3.0", "userId": "u"},
        [],
    ],
    ids=["kind", "version", "user", "records", "list"],
)
async def test_a_wrong_envelope_fails_the_stretch(envelope: Any) -> None:
    class Odd(Cloud):
        def answer(self, path: str, params: Mapping[str, str] | None = None) -> Any:
            return envelope if path.endswith("alerts") else super().answer(path, params)

    with pytest.raises(Failed, match="wrong-envelope"):
        await fetched(Odd([reading(NOW - timedelta(hours=1))]))


async def test_a_value_that_cannot_be_read_spoils_no_others() -> None:
    at = NOW - timedelta(hours=2, minutes=30)
    odd: list[Any] = [
        None,
        5,
        {},
        {"recordId": 7, "systemTime": written(NOW)},
        reading(at) | {"systemTime": "2026-03-10T25:00:00Z", "recordId": "no-time"},
        reading(at) | {"displayTime": "2026-02-30T11:00:00", "recordId": "no-display"},
        reading(at) | {"unit": ["mg/dL"], "recordId": "no-unit"},
        reading(at) | {"value": None, "trend": {}, "recordId": "no-value"},
        reading(at) | {"value": "105", "transmitterGeneration": 3, "recordId": "text"},
        reading(at) | {"systemTime": "2026-3-10 9:30:0", "recordId": "lenient"},
    ]

    class Odd(Cloud):
        def answer(self, path: str, params: Mapping[str, str] | None = None) -> Any:
            answer = super().answer(path, params)
            return answer | {"records": [*odd, *answer["records"]]} if path.endswith("egvs") else answer

    (stretch,) = await fetched(Odd([reading(NOW - timedelta(hours=2))]), NOW - timedelta(hours=3))
    assert stretch.readings is not None
    made = [stretch.readings.make(place) for place in range(len(stretch.readings.ids))]
    kept = {one.extras["origin"]["id"]: one for one in made if one is not None and one.extras}
    assert kept.keys() == {f"r-{written(NOW - timedelta(hours=2))}", "text", "lenient"}
    assert kept["lenient"].time_sent == "2026-03-10T09:30:00Z"
    assert kept["text"].value == 105
    assert stretch.timezone_offset_min == 0
