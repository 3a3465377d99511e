"""Making anew only the touched hours of a long record, and telling when the later ones can stay as they are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from openward.care.summaries.buckets import Buckets, bucket_at, fill, no_buckets
from openward.care.summaries.continuous import fill_continuous, no_continuous
from openward.care.summaries.model import DAY_MS, HORIZON_DAYS, HOUR_MS, MINUTE_MS, Rules
from openward.care.summaries.readings import Ints, Readings
from openward.care.summaries.rebuild import drop_from, newest, read_after, without_old
from openward.care.summaries.skipping import EARLY_MS

Read = Callable[[int, int], Awaitable[Readings]]
"""Readings later than the first time (ms) up to and including the second."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The times (ms) between which readings came, changed or went, and those of the newest reading before and now."""

    earliest_ms: int
    latest_ms: int
    old_last_ms: int | None
    last_ms: int


async def remade(buckets: Buckets, touched: Touched, read: Read, rules: Rules) -> Buckets:
    """The hours as a fresh start would give them, ascending, reading no more than it takes.

    buckets: the ascending hours of the last update. Hours before the touched ones stay. Hours after them stay too,
    once the last accepted reading before them is the one it was: nothing else is handed on from hour to hour.
    """
    start_ms = drop_from(touched.old_last_ms, touched.last_ms, touched.earliest_ms)
    kept = buckets if start_ms is None else buckets[buckets["time"] < start_ms]
    rest = buckets[kept.size :] if start_ms else no_buckets()
    end_ms = _hour(touched.latest_ms) + HOUR_MS
    after_ms = read_after(newest(kept), touched.last_ms)
    step_ms = HOUR_MS
    while True:
        rest = rest[np.searchsorted(rest["time"], end_ms) :]
        until_ms = touched.last_ms if rest.size == 0 else min(end_ms - 1, touched.last_ms)
        if until_ms > after_ms:
            kept = _added(kept, await read(after_ms, until_ms), rules)
            after_ms = until_ms
        if rest.size == 0 or _hands_on_the_same(buckets, kept, end_ms, rules):
            return without_old(np.concatenate((kept, rest)))
        end_ms += step_ms
        step_ms *= 2


def _hour(time_ms: int) -> int:
    return time_ms // HOUR_MS * HOUR_MS


def _added(kept: Buckets, readings: Readings, rules: Rules) -> Buckets:
    filled = fill(newest(kept), readings, rules)
    if filled.size and kept.size and kept["time"][-1] == filled["time"][0]:
        kept = kept[:-1]
    return np.concatenate((kept, filled))


def _hands_on_the_same(before: Buckets, now: Buckets, end_ms: int, rules: Rules) -> bool:
    """Whether the hours from end_ms on see the same past in both, or none that reaches them."""
    if rules.reference_merging:
        return True
    old = _last_accepted(before[: np.searchsorted(before["time"], end_ms)], end_ms)
    return old == _last_accepted(now, end_ms)


def _last_accepted(buckets: Buckets, end_ms: int) -> tuple[int, int] | None:
    """Time (ms) and minutes of the last accepted reading, None when it cannot overlap with one at end_ms."""
    if buckets.size == 0:
        return None
    last = bucket_at(buckets, -1)
    reach_ms = last.last_ms + last.last_duration_min * MINUTE_MS - EARLY_MS
    return (last.last_ms, last.last_duration_min) if reach_ms > end_ms else None


ReadArrivals = Callable[[int, int], Awaitable[tuple[Ints, Ints]]]
"""Times (ms) of readings later than the first time up to the second, and when each reached us (ms)."""


async def remade_continuous(buckets: Buckets, touched: Touched, read: ReadArrivals) -> Buckets:
    """`remade` for what continuous data sets delivered, where no hour hands anything on to the next."""
    start_ms = drop_from(touched.old_last_ms, touched.last_ms, touched.earliest_ms)
    kept = buckets if start_ms is None else buckets[buckets["time"] < start_ms]
    end_ms = _hour(touched.latest_ms) + HOUR_MS
    rest = buckets[buckets["time"] >= end_ms] if start_ms else no_continuous()
    horizon_ms = _hour(touched.last_ms) - HORIZON_DAYS * DAY_MS - 1
    after_ms = max(int(kept["last"][-1]), horizon_ms) if kept.size else horizon_ms
    until_ms = touched.last_ms if rest.size == 0 else min(end_ms - 1, touched.last_ms)
    if until_ms > after_ms:
        kept = fill_continuous(kept, *await read(after_ms, until_ms))
    return without_old(np.concatenate((kept, rest)))
