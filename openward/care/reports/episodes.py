"""Hypo- and hyperglycaemic episodes as the 2017 and 2023 consensus count them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from openward.care.reports.readings import HOUR_MS, MINUTE_MS, Floats, Readings

HOLD_MIN = 15.0
GAP_MIN = 30.0
EXTENDED_LOW_MIN = 120.0
EXTENDED_HIGH_MIN, EXTENDED_SPAN_MIN = 90.0, 120.0
NIGHT_HOURS = 6


class EpisodeKind(StrEnum):
    """What is counted: below 70 or 54, above 180 or 250 mg/dL."""

    LOW = "low"
    VERY_LOW = "very-low"
    HIGH = "high"
    VERY_HIGH = "very-high"


# Where an episode begins and where it is over; both levels end back in the target range.
LIMITS = {
    EpisodeKind.LOW: (70, 70),
    EpisodeKind.VERY_LOW: (54, 70),
    EpisodeKind.HIGH: (180, 180),
    EpisodeKind.VERY_HIGH: (250, 180),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode; times in UTC ms, `extreme_mgdl` is its lowest or highest reading."""

    kind: EpisodeKind
    start_ms: int
    end_ms: int
    extreme_mgdl: float
    is_extended: bool
    is_at_night: bool

    @property
    def minutes(self) -> float:
        """How long it lasted."""
        return (self.end_ms - self.start_ms) / MINUTE_MS


@dataclass(frozen=True, slots=True)
class EpisodeSummary:
    """Figures of one kind; night is 00:00-06:00 local, by the time of onset."""

    kind: EpisodeKind
    count: int
    extended: int
    per_week: float | None
    mean_min: float | None
    night_percent: float | None


def _first_hold(state: npt.NDArray[np.bool_], readings: Readings, begin: int, end: int) -> int | None:
    """The first place from `begin` where `state` holds for 15 minutes of consecutive readings, or None."""
    held_from: int | None = None
    for place in range(begin, end):
        if not state[place]:
            held_from = None
            continue
        held_from = place if held_from is None else held_from
        held_ms = int(readings.time_ms[place]) - int(readings.time_ms[held_from])
        if held_ms / MINUTE_MS + float(readings.interval_min[place]) >= HOLD_MIN:
            return held_from
    return None


def _stretches(readings: Readings) -> list[tuple[int, int]]:
    """Index ranges without a gap of more than 30 minutes; such a gap ends an episode."""
    ends = readings.time_ms[:-1] + (readings.interval_min[:-1] * MINUTE_MS).astype(np.int64)
    cuts = (np.flatnonzero(readings.time_ms[1:] - ends > GAP_MIN * MINUTE_MS) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(readings)], strict=True))


def _is_extended(kind: EpisodeKind, readings: Readings, whole: Floats, first: int, last: int, minutes: float) -> bool:
    if kind in (EpisodeKind.LOW, EpisodeKind.VERY_LOW):
        return minutes >= EXTENDED_LOW_MIN
    weights = np.where(whole[first:last] > LIMITS[EpisodeKind.VERY_HIGH][0], readings.interval_min[first:last], 0.0)
    time = readings.time_ms[first:last]
    until = np.searchsorted(time, time + int(EXTENDED_SPAN_MIN * MINUTE_MS))
    summed = np.concatenate(([0.0], np.cumsum(weights)))
    return bool(np.any(summed[until] - summed[:-1] >= EXTENDED_HIGH_MIN))


def find(readings: Readings, kind: EpisodeKind) -> list[Episode]:
    """All episodes of one kind in order of time; the readings must be in order and without overlap."""
    if not len(readings):
        return []
    whole = readings.whole_mgdl
    onset, over = LIMITS[kind]
    is_low = kind in (EpisodeKind.LOW, EpisodeKind.VERY_LOW)
    beyond = whole < onset if is_low else whole > onset
    recovered = whole >= over if is_low else whole <= over
    if not beyond.any():
        return []
    found: list[Episode] = []
    for begin, end in _stretches(readings):
        place = begin
        while place < end and (first := _first_hold(beyond, readings, place, end)) is not None:
            back = _first_hold(recovered, readings, first, end)
            last = end if back is None else back
            tail_ms = int(readings.interval_min[last - 1] * MINUTE_MS)
            end_ms = int(readings.time_ms[last - 1]) + tail_ms if back is None else int(readings.time_ms[back])
            start_ms = int(readings.time_ms[first])
            values = whole[first:last]
            minutes = (end_ms - start_ms) / MINUTE_MS
            found.append(
                Episode(
                    kind,
                    start_ms,
                    end_ms,
                    float(values.min() if is_low else values.max()),
                    _is_extended(kind, readings, whole, first, last, minutes),
                    int(readings.local_ms[first]) // HOUR_MS % 24 < NIGHT_HOURS,
                )
            )
            place = last
    return found


def summarize(kind: EpisodeKind, found: Sequence[Episode], measured_min: float) -> EpisodeSummary:
    """Count per measured week, mean duration and share at night."""
    count = len(found)
    return EpisodeSummary(
        kind,
        count,
        sum(one.is_extended for one in found),
        count / (measured_min / 10_080.0) if measured_min > 0 else None,
        float(np.mean([one.minutes for one in found])) if found else None,
        100.0 * sum(one.is_at_night for one in found) / count if found else None,
    )
