"""What is asked of the pump cloud and in what stretches, against a partner of a few lines."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from openward.care.connections.policy import contradictions
from openward.care.connections.ports import Failed, Progress, Stretch
from openward.wire.pump import PARTNER

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 10, 12, 0, 0, 500_000, tzinfo=UTC)


def change(at: datetime) -> dict[str, Any]:
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": f"r-{text}", "deviceId": "d", "deviceTime": text, "timezone": "UTC", "type": "reservoirChange"}


class Cloud:
    """Answers as the partner would from a list of records; remembers what it was asked."""

    def __init__(self, records: list[dict[str, Any]], page: int = 3, *, is_strict: bool = False) -> None:
        self.records, self.page, self.is_strict = records, page, is_strict
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(self, path: str, params: Mapping[str, str] | None = None, read: Any = None) -> Any:
        kind, given = path.removeprefix("/api/v1/users/self/"), dict(params or {})
        self.asked.append((kind, given))
        if kind == "span":
            # Everything is received when it happens; what was received in the named second itself does not count.
            since = given.get("receivedSince", "") if self.is_strict else ""
            times = sorted(one["deviceTime"] for one in self.records if one["deviceTime"] > since)
            edges = {"earliest": times[0], "latest": times[-1]} if times else {"earliest": None, "latest": None}
            return {"userId": "u", **edges}
        found = [one for one in self.records if given["from"] <= one["deviceTime"] < given["to"]]
        if kind != "events":
            found = []
        begin = int(given.get("after", "0"))
        following = str(begin + self.page) if begin + self.page < len(found) else None
        return {"userId": "u", "kind": kind, "records": found[begin : begin + self.page], "page": {"next": following}}


async def fetched(cloud: Cloud, since: datetime | None = None, **policy: Any) -> list[Stretch]:
    progress = Progress(NOW, since)
    return [one async for one in PARTNER.fetch(cloud, replace(PARTNER.policy, **policy), progress)]


def ids(stretches: list[Stretch]) -> list[str]:
    return [one["origin"]["id"] for stretch in stretches for one in stretch.data]


def test_the_policy_has_no_contradiction() -> None:
    assert contradictions(PARTNER.policy) == []
    assert (PARTNER.name, PARTNER.title) == ("pump", "Pump Cloud")


async def test_nothing_new_asks_nothing_more() -> None:
    cloud = Cloud([])
    assert await fetched(cloud, NOW - timedelta(hours=1)) == []
    assert cloud.asked == [("span", {"receivedSince": "2026-03-10T10:59:59Z"})]


async def test_the_first_fetch_takes_all_pages_of_all_stretches() -> None:
    records = [change(NOW - timedelta(days=40) + timedelta(hours=37 * place)) for place in range(26)]
    cloud = Cloud(records)
    stretches = await fetched(cloud)
    assert len(stretches) == 3
    assert ids(stretches) == [one["id"] for one in records]
    assert cloud.asked[0] == ("span", {})
    events = [given for kind, given in cloud.asked if kind == "events"]
    assert all(given["pageSize"] == "500" for given in events)
    spans = sorted({(given["from"], given["to"]) for given in events})
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert stretches[-1].until > NOW - timedelta(days=2)


async def test_a_later_fetch_begins_where_new_records_do_but_within_the_overlap() -> None:
    since = NOW - timedelta(minutes=30)
    late, stale = change(NOW - timedelta(hours=20)), change(NOW - timedelta(hours=30))
    assert ids(await fetched(Cloud([late, change(NOW - timedelta(minutes=5))]), since))[0] == late["id"]
    assert stale["id"] not in ids(await fetched(Cloud([stale, late]), since))
    stretches = await fetched(Cloud([late]), since)
    assert stretches[-1].until >= since.replace(microsecond=0)


async def test_what_came_in_the_very_second_of_a_fetch_is_not_lost() -> None:
    before, same, after = (change(NOW + timedelta(minutes=minutes)) for minutes in (-60, 0, 30))
    first = await fetched(Cloud([before, same], is_strict=True))
    progress = Progress(NOW + timedelta(hours=1), first[-1].until)
    cloud = Cloud([before, same, after], is_strict=True)
    later = [one async for one in PARTNER.fetch(cloud, PARTNER.policy, progress)]
    assert {*ids(first), *ids(later)} == {before["id"], same["id"], after["id"]}


async def test_an_operator_may_limit_days_and_pages() -> None:
    cloud = Cloud([change(NOW - timedelta(days=20)), change(NOW - timedelta(days=1))])
    assert len(ids(await fetched(cloud, backfill_days=5, page_size=7))) == 1
    assert {given["pageSize"] for kind, given in cloud.asked if kind == "events"} == {"7"}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"records": []},
        {"kind": "alarms", "records": [], "page": {"next": None}},
        {"kind": "deliveries", "records": {}, "page": {"next": None}},
        {"kind": "deliveries", "records": [], "page": {"next": 7}},
        {"kind": "deliveries", "records": [], "page": {"next": "same"}},
    ],
    ids=["list", "page", "kind", "records", "number", "loop"],
)
async def test_a_wrong_envelope_fails_the_stretch(answer: Any) -> None:
    class Odd(Cloud):
        async def get(self, path: str, params: Mapping[str, str] | None = None, read: Any = None) -> Any:
            return answer if path.endswith("deliveries") else await super().get(path, params)

    with pytest.raises(Failed, match="wrong-envelope"):
        await fetched(Odd([change(NOW - timedelta(hours=1))]))


@pytest.mark.parametrize(
    "answer",
    [[], {}, {"userId": "u"}, {"userId": "u", "earliest": "x", "latest": "y"}, {"earliest": None, "latest": None}],
    ids=["list", "empty", "edges", "words", "user"],
)
async def test_a_wrong_span_fails_the_run(answer: Any) -> None:
    class Odd(Cloud):
        async def get(self, path: str, params: Mapping[str, str] | None = None, read: Any = None) -> Any:
            return answer

    with pytest.raises(Failed, match="wrong-envelope"):
        await fetched(Odd([]))


async def test_the_data_set_tells_of_the_pump_that_was_used_last() -> None:
    old = {"deviceManufacturer": "Acme", "deviceModel": "One", "deviceSerialNumber": "1"}
    new = {"deviceId": "e", "deviceManufacturer": "Acme", "deviceModel": "Two", "deviceSerialNumber": " "}
    records = [change(NOW - timedelta(days=2)) | old, change(NOW - timedelta(days=1)) | new]
    (stretch,) = await fetched(Cloud(records))
    assert stretch.device == {"deviceId": "e", "deviceModel": "Two", "deviceManufacturers": ["Acme"]}
    (stretch,) = await fetched(Cloud(records[:1]))
    assert stretch.device["deviceSerialNumber"] == "1"
