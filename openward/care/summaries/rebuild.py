"""Which hours are made anew when readings arrive, change or go, and where reading resumes."""

import numpy as np

from openward.care.summaries.buckets import Buckets, bucket_at, fill
from openward.care.summaries.model import DAY_MS, HORIZON_DAYS, HOUR_MS, Bucket, Rules
from openward.care.summaries.readings import Readings

EVERYTHING = 0  # Dropping from the first hour of 1970 on drops every bucket there is.


def drop_from(old_last_ms: int | None, last_ms: int, earliest_modified_ms: int) -> int | None:
    """The hour (ms) from which buckets are deleted, or None when only newer readings came and all can stay.

    old_last_ms: time of the newest reading at the last update, None on the first run; last_ms: the newest now;
    earliest_modified_ms: time of the earliest reading added, changed or removed since. When the newest hour moved
    back, so did the horizon, and hours may be wanted again that were dropped as too old: all are made anew.
    """
    if old_last_ms is None or last_ms // HOUR_MS < old_last_ms // HOUR_MS:
        return EVERYTHING
    if earliest_modified_ms <= old_last_ms:
        return earliest_modified_ms // HOUR_MS * HOUR_MS
    return None


def read_after(newest_kept: Bucket | None, last_ms: int) -> int:
    """Readings later than this time (ms, exclusive) up to last_ms are to be added.

    Readings after the newest kept bucket's last accepted one that were skipped before are skipped again, since
    that bucket's state is the same; nothing older than the hour 60 days before the newest reading is read. That hour
    is read whole, since it is whole where it was kept while time went by.
    """
    horizon = last_ms // HOUR_MS * HOUR_MS - HORIZON_DAYS * DAY_MS - 1
    return horizon if newest_kept is None else max(newest_kept.last_ms, horizon)


def newest(buckets: Buckets) -> Bucket | None:
    """The last hour of an ascending array, None if it is empty."""
    return bucket_at(buckets, -1) if buckets.size else None


def refreshed(kept: Buckets, readings: Readings, rules: Rules) -> Buckets:
    """The kept hours with the readings added, ascending, without what is older than 60 days before the newest.

    kept: ascending hours that were not dropped; readings: what `read_after` asks for.
    """
    filled = fill(newest(kept), readings, rules)
    if filled.size == 0:
        return kept
    if kept.size and kept["time"][-1] == filled["time"][0]:
        kept = kept[:-1]
    return without_old(np.concatenate((kept, filled)))


def without_old(buckets: Buckets) -> Buckets:
    """The hours not older than the newest minus 1440 h; ascending in, ascending out."""
    if buckets.size == 0:
        return buckets
    oldest = buckets["time"][-1] - HORIZON_DAYS * DAY_MS
    return buckets[np.searchsorted(buckets["time"], oldest, side="left") :]
