"""Refreshing on real data: whatever arrives in whatever order, the summaries are those of a fresh start."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openward.care import accounts, audit, devicedata, events, reactions, summaries
from openward.care.devicedata import DataSet
from openward.care.errors import NotAllowed
from openward.care.identity import System
from openward.care.summaries import Kind, store
from openward.care.summaries.mark import SCHEMA_MIGRATION, sweep
from openward.care.summaries.packing import unpack_days
from openward.care.summaries.rebuild import without_old
from openward.care.summaries.source import Source
from openward.care.work import Actor, ActorKind, PersonKey, Work
from openward.infra import jobs

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NONE = "org.tidepool.deduplicator.none"
ORIGIN = "org.tidepool.deduplicator.dataset.delete.origin"
HASH = "org.tidepool.deduplicator.device.deactivate.hash"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading in a test: a sensor's (interval in minutes) or a meter's (None)."""

    time: datetime
    value: float = 6.0
    minutes: int | None = 5

    def body(self, number: int) -> dict[str, Any]:
        """As an uploader sends it."""
        common = {"time": self.time.isoformat(), "deviceId": "test", "units": "mmol/L", "value": self.value}
        common["origin"] = {"id": f"o{number}"}
        if self.minutes is None:
            return common | {"type": "smbg"}
        return common | {"type": "cbg", "sampleInterval": self.minutes * 60_000}


def _unused() -> str:
    raise AssertionError("nothing here is split off")


class Uploader:
    """Uploads for one person, each change followed by what the gateway does just before commit."""

    def __init__(self, work: Work, person: PersonKey) -> None:
        self.work = work
        self.person = person
        self.number = 0

    async def commit(self) -> None:
        """React to what was recorded, as the gateway would; jobs stay to be called by hand."""
        await reactions.react(self.work)
        self.work.recorded.clear()

    async def data_set(self, kind: str = "continuous", deduplicator: str = NONE) -> str:
        body = {
            "dataSetType": kind,
            "deviceId": "test",
            "deduplicator": {"name": deduplicator},
            "client": {"name": "test", "version": "1.0.0"},
        }
        return (await devicedata.create(self.work, self.person, body)).name

    async def append(self, name: str, readings: Sequence[Reading]) -> list[str]:
        target: DataSet = await devicedata.lock(self.work, name)
        bodies = []
        for reading in readings:
            self.number += 1
            bodies.append(reading.body(self.number))
        checked = devicedata.check_batch(bodies, mint_id=_unused)
        await devicedata.append(self.work, target, devicedata.pack_batch(checked))
        await self.commit()
        return [body["origin"]["id"] for body in bodies]

    async def withdraw(self, name: str, origins: Sequence[str]) -> None:
        target = await devicedata.lock(self.work, name)
        await devicedata.remove_selected(self.work, target, [{"origin": {"id": one}} for one in origins])
        await self.commit()

    async def close(self, name: str) -> None:
        await devicedata.update(self.work, name, {"state": "closed"})
        await self.commit()

    async def delete(self, name: str) -> None:
        await devicedata.delete(self.work, name)
        await self.commit()

    async def refresh(self) -> list[Kind]:
        changed = await summaries.refresh(self.work, self.person)
        await self.commit()
        return changed

    async def stand(self) -> dict[Kind, tuple[Any, Any]]:
        """Hours and periods of each kind as they are kept."""
        found: dict[Kind, tuple[Any, Any]] = {}
        for kind in Kind:
            kept = await summaries.current(self.work, self.person, kind)
            days = await store.days(self.work, self.person, kind)
            assert (kept is None) == (not days)
            if kept is not None:
                found[kind] = (without_old(unpack_days(days.items(), store.LAYOUT[kind])), kept.summary)
        return found


@pytest.fixture
async def uploader(work: Work) -> Uploader:
    account = await accounts.create_custodial(work, email=None)
    return Uploader(work, account.key)


def _alike(one: Any, other: Any) -> None:
    """Equal hours, periods and dates of data; only numbers may differ, by rounding."""
    assert one.keys() == other.keys()
    for kind, (buckets, summary) in one.items():
        other_buckets, other_summary = other[kind]
        for name in buckets.dtype.names:
            assert buckets[name] == pytest.approx(other_buckets[name], rel=1e-9, abs=1e-9), (kind, name)
        for dates in ("first_data", "last_data", "last_upload"):
            assert getattr(summary.dates, dates) == getattr(other_summary.dates, dates)
        assert _numbers(summary.periods) == pytest.approx(_numbers(other_summary.periods), rel=1e-9, abs=1e-9)


def _numbers(periods: Any) -> list[float]:
    numbers: list[float] = []
    for period in periods.values():
        if hasattr(period, "realtime"):
            numbers += [period.realtime, period.deferred]
            continue
        for window in (period.current, period.offset):
            numbers += [getattr(window, name) for name in window.__slots__ if name != "bands"]
            for share in window.bands.values():
                numbers += [share.minutes, share.records, share.percent]
    return numbers


readings = st.builds(
    Reading,
    st.one_of(
        # Dense enough that readings coincide, overlap across hours and fill an hour; and far apart.
        st.integers(0, 600).map(lambda n: START + n * MINUTE / 2),
        st.integers(0, 90 * 24).map(lambda n: START - 20 * DAY + n * 60 * MINUTE),
    ),
    st.floats(1.0, 30.0).map(lambda value: round(value, 5)),
    st.sampled_from([1, 5, 15, None]),
)
batches = st.lists(readings, min_size=1, max_size=25)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("continuous"), batches),
        st.tuples(st.just("normal"), batches),
        st.tuples(st.just("hash"), batches),
        st.tuples(st.just("withdraw"), st.integers(0, 1000)),
        st.tuples(st.just("delete"), st.integers(0, 1000)),
        st.tuples(st.just("refresh"), st.none()),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
async def test_any_history_gives_the_summaries_of_a_fresh_start(work: Work, steps: list[tuple[str, Any]]) -> None:
    account = await accounts.create_custodial(work, email=None)
    uploader = Uploader(work, account.key)
    stream = await uploader.data_set(deduplicator=ORIGIN)
    origins: list[str] = []
    others: list[str] = []
    for word, what in steps:
        work.now += 7 * MINUTE
        if word == "continuous":
            origins += await uploader.append(stream, what)
        elif word in ("normal", "hash"):
            others.append(await uploader.data_set("normal", HASH if word == "hash" else NONE))
            await uploader.append(others[-1], what)
            await uploader.close(others[-1])
        elif word == "withdraw" and origins:
            await uploader.withdraw(stream, [origins.pop(what % len(origins))])
        elif word == "delete" and others:
            await uploader.delete(others.pop(what % len(others)))
        elif word == "refresh":
            await uploader.refresh()
    await uploader.refresh()
    kept_up = await uploader.stand()
    for kind in Kind:
        await summaries.recompute(work, uploader.person, kind, None)
    _alike(kept_up, await uploader.stand())
    for kind in Kind:
        await store.delete_days(work, uploader.person, kind, await store.days(work, uploader.person, kind))
    await work.tx.execute("update summaries.summary set version = 'old' where person = $1", uploader.person)
    for kind in Kind:
        await summaries.recompute(work, uploader.person, kind, None)
    _alike(kept_up, await uploader.stand())


def _stretch(start: datetime, count: int) -> list[Reading]:
    return [Reading(start + 5 * MINUTE * n, 5.0 + n % 40 / 8) for n in range(count)]


async def test_an_appended_batch_is_all_that_is_read(uploader: Uploader, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = await uploader.data_set()
    for number in range(12):
        await uploader.append(stream, _stretch(START + number * 5 * DAY, 1440))
    await uploader.refresh()
    read: list[int] = []

    async def counted(self: Source, after_ms: int, until_ms: int) -> Any:
        found = await original(self, after_ms, until_ms)
        read.append(found.time_ms.size)
        return found

    original = Source._read
    monkeypatch.setattr(Source, "_read", counted)
    await uploader.append(stream, _stretch(START + 60 * DAY, 100))
    assert await uploader.refresh() == [Kind.CGM, Kind.CONTINUOUS]
    assert read == [100, 100]
    read.clear()
    # Far back, in the middle of the record: the touched hour and the two readings that overlap with it.
    await uploader.append(stream, [Reading(START + 30 * DAY + 32 * MINUTE, 9.0)])
    await uploader.refresh()
    assert read == [13, 13]
    read.clear()
    await uploader.append(stream, _stretch(START - 30 * DAY, 500))
    await uploader.refresh()
    assert read == []
    kept_up = await uploader.stand()
    for kind in Kind:
        await summaries.recompute(uploader.work, uploader.person, kind, None)
    _alike(kept_up, await uploader.stand())


async def _alone(uploader: Uploader) -> None:
    """Hide, until this test is rolled back, what other tests of the same worker have committed."""
    for table in ("mark", "summary"):
        await uploader.work.tx.execute(f"delete from summaries.{table} where person <> $1", uploader.person)


async def test_marks_say_since_when_and_why(uploader: Uploader) -> None:
    await _alone(uploader)
    stream = await uploader.data_set()
    began = uploader.work.now
    await uploader.append(stream, [Reading(START)])
    await uploader.refresh()
    uploader.work.now += MINUTE
    await uploader.append(stream, [Reading(START + 5 * MINUTE)])
    uploader.work.now += MINUTE
    await uploader.withdraw(stream, ["o1"])
    kept = await summaries.current(uploader.work, uploader.person, Kind.CGM)
    assert kept is not None
    assert kept.summary.dates.outdated_since == began + MINUTE
    assert kept.summary.dates.outdated_reason == ("DATA_ADDED", "DATA_REMOVED")
    assert kept.summary.dates.last_updated_reason == ("DATA_ADDED",)
    assert await summaries.outdated(uploader.work, Kind.CGM, 1000) == [uploader.person]
    assert await summaries.outdated(uploader.work, Kind.BGM, 1000) == []
    await uploader.refresh()
    kept = await summaries.current(uploader.work, uploader.person, Kind.CGM)
    assert kept is not None
    assert kept.summary.dates.outdated_since is None
    assert kept.summary.dates.last_updated_reason == ("DATA_ADDED", "DATA_REMOVED")
    assert kept.summary.dates.last_upload == began + MINUTE
    assert kept.summary.dates.first_data == kept.summary.dates.last_data == START + 5 * MINUTE


async def test_uploads_call_for_one_refresh_and_other_data_for_none(uploader: Uploader) -> None:
    stream = await uploader.data_set()
    await uploader.append(stream, [Reading(START)])
    await uploader.append(stream, [Reading(START + 5 * MINUTE)])
    wanted = ("summaries.refresh", {"person": str(uploader.person)}, f"summary:{uploader.person}")
    assert [(job.name, job.data, job.key) for job in uploader.work.tasks] == [wanted, wanted]
    uploader.work.tasks.clear()
    target = await devicedata.lock(uploader.work, stream)
    food = {"type": "food", "time": START.isoformat(), "deviceId": "test"}
    checked = devicedata.check_batch([food], mint_id=_unused)
    await devicedata.append(uploader.work, target, devicedata.pack_batch(checked))
    await uploader.commit()
    assert uploader.work.tasks == []


async def test_without_data_there_is_no_summary(uploader: Uploader) -> None:
    name = await uploader.data_set()
    await uploader.append(name, [Reading(START), Reading(START, minutes=None)])
    assert await uploader.refresh() == [Kind.CGM, Kind.BGM, Kind.CONTINUOUS]
    ids = await _summary_ids(uploader)
    assert len(ids) == 3
    await uploader.delete(name)
    await summaries.refresh(uploader.work, uploader.person)
    assert uploader.work.recorded == [summaries.SummaryChanged(uploader.person, kind.value) for kind in Kind]
    await uploader.commit()
    assert await uploader.stand() == {}
    assert await _summary_ids(uploader) == []
    assert await uploader.refresh() == []


async def _summary_ids(uploader: Uploader) -> list[str]:
    kept = [await summaries.current(uploader.work, uploader.person, kind) for kind in Kind]
    return [one.summary_id for one in kept if one is not None]


async def test_a_second_refresh_changes_nothing(uploader: Uploader) -> None:
    await uploader.append(await uploader.data_set(), _stretch(START, 50))
    await uploader.refresh()
    before = await uploader.stand()
    assert await uploader.refresh() == []
    _alike(before, await uploader.stand())


async def test_data_of_the_far_future_wait(uploader: Uploader) -> None:
    now = uploader.work.now
    stream = await uploader.data_set()
    await uploader.append(stream, [Reading(now - DAY), Reading(now + 3 * DAY)])
    await uploader.refresh()
    kept = await summaries.current(uploader.work, uploader.person, Kind.CGM)
    assert kept is not None
    assert kept.summary.dates.last_data == now - DAY
    uploader.work.now += 4 * DAY
    await uploader.append(stream, [Reading(now + 3.5 * DAY)])
    await uploader.refresh()
    buckets, summary = (await uploader.stand())[Kind.CGM]
    assert summary.dates.last_data == now + 3.5 * DAY
    assert buckets["records"].sum() == 3


async def test_the_sweep_finds_what_was_left_and_what_is_of_older_rules(uploader: Uploader) -> None:
    work = uploader.work
    await _alone(uploader)
    await uploader.append(await uploader.data_set(), _stretch(START, 20))
    work.tasks.clear()
    assert await sweep(work) == 0
    work.now += 2 * MINUTE
    assert await sweep(work) == 1
    assert [task.key for task in work.tasks if isinstance(task, jobs.Deferred)] == [f"summary:{uploader.person}"]
    await uploader.refresh()
    before = await uploader.stand()
    assert await summaries.migratable(work, Kind.CGM, 10) == []
    work.tools = replace(work.tools, settings=replace(work.tools.settings, reference_edges=True))
    assert await summaries.migratable(work, Kind.CGM, 10) == [uploader.person]
    assert await sweep(work) == 1
    assert await sweep(work) == 0
    await uploader.refresh()
    after = await uploader.stand()
    assert after[Kind.CGM][1].dates.last_updated_reason == (SCHEMA_MIGRATION,)
    assert after[Kind.CGM][1].dates.last_upload == before[Kind.CGM][1].dates.last_upload
    assert np.array_equal(after[Kind.CGM][0]["time"], before[Kind.CGM][0]["time"])
    assert await summaries.migratable(work, Kind.CGM, 10) == []


async def test_the_published_id_stays_and_is_found(uploader: Uploader) -> None:
    stream = await uploader.data_set()
    await uploader.append(stream, [Reading(START)])
    await uploader.refresh()
    first = await _summary_ids(uploader)
    await uploader.append(stream, [Reading(START + DAY)])
    await uploader.refresh()
    assert await _summary_ids(uploader) == first
    assert System.SUMMARY == "tidepool-summary"
    assert all(len(one) == 24 for one in first)


async def test_realtime_days_are_counted_for_many(uploader: Uploader) -> None:
    work = uploader.work
    stream = await uploader.data_set()
    await uploader.append(stream, [Reading(work.now - n * DAY / 4) for n in range(8)])
    work.now += DAY
    await uploader.append(stream, [Reading(work.now)])
    await uploader.refresh()
    nobody = (await accounts.create_custodial(work, email=None)).key
    found = await summaries.realtime(work, [uploader.person, nobody], work.now - 10 * DAY, work.now)
    assert found == {uploader.person: 2, nobody: 0}


async def test_events_of_a_refresh_hold_no_health_data(uploader: Uploader) -> None:
    await uploader.append(await uploader.data_set(), [Reading(START, 17.125)])
    await summaries.refresh(uploader.work, uploader.person)
    await events.keep(uploader.work)
    rows = await uploader.work.tx.fetch("select data::text from events.event where kind = 'SummaryChanged'")
    assert rows
    assert not any("17.125" in row["data"] for row in rows)


async def test_showing_is_noted_and_computing_is_for_services(uploader: Uploader) -> None:
    work = uploader.work
    await uploader.append(await uploader.data_set(), [Reading(START)])
    await uploader.refresh()
    work.audited.clear()
    assert await summaries.shown(work, uploader.person, Kind.CGM) is not None
    assert work.audited == [audit.Entry("read", "summary", uploader.person)]
    work.audited.clear()
    await summaries.recompute(work, uploader.person, Kind.CGM, "TEST")
    assert work.audited == [audit.Entry("read", "summary", uploader.person)]
    stranger = (await accounts.create_custodial(work, email=None)).key
    work.actor = Actor(ActorKind.PERSON, stranger)
    with pytest.raises(NotAllowed):
        await summaries.shown(work, uploader.person, Kind.CGM)
    work.actor = Actor(ActorKind.PERSON, uploader.person)
    with pytest.raises(NotAllowed):
        await summaries.recompute(work, uploader.person, Kind.CGM, "TEST")
