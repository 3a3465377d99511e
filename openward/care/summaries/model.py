"""What a glucose summary is made of: hours, windows of days, and the dates that say how fresh it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
HORIZON_DAYS = 60  # Twice the longest period, so that its predecessor is still there to compare with.
PERIOD_DAYS = (1, 7, 14, 30)


class Kind(StrEnum):
    """Which readings a summary counts: sensor, meter, or both where they come from continuous data sets."""

    CGM = "cgm"
    BGM = "bgm"
    CONTINUOUS = "con"


class Band(StrEnum):
    """The eight overlapping bands that are reported, in the order of the published fields."""

    VERY_LOW = "VeryLow"
    LOW = "Low"
    TARGET = "Target"
    HIGH = "High"
    VERY_HIGH = "VeryHigh"
    EXTREME_HIGH = "ExtremeHigh"
    ANY_LOW = "AnyLow"
    ANY_HIGH = "AnyHigh"


@dataclass(frozen=True, slots=True)
class Rules:
    """Two habits of the reference service, off unless numbers are compared during a move.

    reference_edges: compare unrounded mmol/L with the thresholds, so that 54 mg/dL is very low and 70 is low.
    reference_merging: forget the last reading's interval at every hour, and the newest hour's variance in a window.
    """

    reference_edges: bool = False
    reference_merging: bool = False


@dataclass(frozen=True, slots=True)
class Bucket:
    """One UTC hour of accepted readings of one patient and kind; times in ms since 1970, glucose in mmol/L.

    minutes and records have one number per cell of `bands.CELLS` (disjoint, very low to extreme high).
    glucose is the sum of value times minutes (of values where an interval is 0), variance the sum of weighted
    squared deviations from the mean of the hour.
    """

    time_ms: int
    first_ms: int
    last_ms: int
    minutes: tuple[int, ...]
    records: tuple[int, ...]
    glucose: float
    variance: float
    minimum: float
    maximum: float
    last_duration_min: int

    @property
    def total_minutes(self) -> int:
        """Minutes that the accepted readings of this hour stand for."""
        return sum(self.minutes)

    @property
    def total_records(self) -> int:
        """Accepted readings of this hour."""
        return sum(self.records)


@dataclass(frozen=True, slots=True)
class Share:
    """One band of a window: minutes, readings, and the fraction 0..1 of the window's readings or minutes."""

    minutes: int
    records: int
    percent: float


NO_SHARE = Share(0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Window:
    """The figures of one stretch of days, or the difference of two; fractions 0..1, glucose in mmol/L.

    An empty window has zeros everywhere; what is then shown or withheld is decided where it is shown.
    """

    glucose: float = 0.0
    variance: float = 0.0
    minutes: int = 0
    records: int = 0
    use_percent: float = 0.0
    bands: Mapping[Band, Share] = field(default_factory=lambda: dict.fromkeys(Band, NO_SHARE))
    minimum: float = 0.0
    maximum: float = 0.0
    hours_with_data: int = 0
    days_with_data: int = 0
    average_mmol: float = 0.0
    glucose_management_indicator: float = 0.0
    standard_deviation: float = 0.0
    coefficient_of_variation: float = 0.0
    average_daily_records: float = 0.0


@dataclass(frozen=True, slots=True)
class Period:
    """The newest `days` days of a record, and the equally long window before them."""

    days: int
    current: Window
    offset: Window

    @property
    def delta(self) -> Window:
        """Current minus offset for every shown number; sums of glucose and variance have no difference (0)."""
        now, before = self.current, self.offset
        return Window(
            minutes=now.minutes - before.minutes,
            records=now.records - before.records,
            use_percent=now.use_percent - before.use_percent,
            bands={band: _share_delta(now.bands[band], before.bands[band]) for band in Band},
            minimum=now.minimum - before.minimum,
            maximum=now.maximum - before.maximum,
            hours_with_data=now.hours_with_data - before.hours_with_data,
            days_with_data=now.days_with_data - before.days_with_data,
            average_mmol=now.average_mmol - before.average_mmol,
            glucose_management_indicator=now.glucose_management_indicator - before.glucose_management_indicator,
            standard_deviation=now.standard_deviation - before.standard_deviation,
            coefficient_of_variation=now.coefficient_of_variation - before.coefficient_of_variation,
            average_daily_records=now.average_daily_records - before.average_daily_records,
        )


def _share_delta(now: Share, before: Share) -> Share:
    return Share(now.minutes - before.minutes, now.records - before.records, now.percent - before.percent)


@dataclass(frozen=True, slots=True)
class ContinuousPeriod:
    """How many readings of the newest `days` days reached us within a day (realtime) or later (deferred)."""

    days: int
    realtime: int
    deferred: int

    @property
    def total(self) -> int:
        """All readings of the window."""
        return self.realtime + self.deferred

    @property
    def average_daily_records(self) -> float:
        """Readings per day of the window, empty days included."""
        return self.total / self.days


@dataclass(frozen=True, slots=True)
class Dates:
    """How fresh a summary is: aware UTC times, None where nothing is known (yet)."""

    last_updated: datetime | None = None
    last_updated_reason: tuple[str, ...] = ()
    last_upload: datetime | None = None
    first_data: datetime | None = None
    last_data: datetime | None = None
    outdated_since: datetime | None = None
    outdated_reason: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GlucoseSummary:
    """A sensor or meter summary; periods keyed by length ("1d", "7d", "14d", "30d"), empty without buckets."""

    kind: Kind
    dates: Dates
    periods: Mapping[str, Period]


@dataclass(frozen=True, slots=True)
class ContinuousSummary:
    """The summary of what continuous data sets delivered in time; periods keyed as in `GlucoseSummary`."""

    dates: Dates
    periods: Mapping[str, ContinuousPeriod]
    kind: Kind = Kind.CONTINUOUS
