"""What one glucose report says about one person: plain values, ready to be drawn, printed or pasted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from openward.care.reports.bands import BandShares, RangePreset
from openward.care.reports.coverage import Enough
from openward.care.reports.curve import Curve
from openward.care.reports.episodes import EpisodeSummary
from openward.care.reports.metrics import GlycemiaRisk, Grade
from openward.care.reports.readings import Floats

Units = Literal["mg/dL", "mmol/L"]


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the report is about; every text may be missing."""

    name: str | None = None
    birth_date: str | None = None
    mrn: str | None = None
    diagnosis: str | None = None
    clinic: str | None = None


@dataclass(frozen=True, slots=True)
class Bolus:
    """Insulin given at once; wall-clock ms, units; `is_injected` for pens and syringes."""

    local_ms: int
    units: float
    is_injected: bool = False
    is_long_acting: bool = False


@dataclass(frozen=True, slots=True)
class Basal:
    """A stretch of basal delivery: wall-clock ms from and until, units per hour."""

    start_local_ms: int
    end_local_ms: int
    units_per_hour: float


@dataclass(frozen=True, slots=True)
class Carbs:
    """Carbohydrate eaten, in grams; None when a meal was noted without an amount."""

    local_ms: int
    grams: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many calendar days."""
        return (self.last - self.first).days + 1


class Extent(StrEnum):
    """How much of the report the record allows."""

    FULL = "full"
    BOXES = "boxes"
    INSUFFICIENT = "insufficient"
    EMPTY = "empty"


class Flag(StrEnum):
    """What a reader must know before trusting the figures."""

    BELOW_CONSENSUS_MINIMUM = "below-consensus-minimum"
    GMI_WITHHELD = "gmi-withheld"
    SPREAD_WITHHELD = "spread-withheld"
    CURVE_HIDDEN = "curve-hidden"
    LESS_THAN_A_DAY = "less-than-24-hours"
    NO_CGM = "no-cgm"
    NO_DATA = "no-data"


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sensor figures, mg/dL and percent, unrounded; None where there is not enough to compute.

    sd is the sample form (n - 1). gmi is withheld (None) below the consensus minimum. conga: hours -> mg/dL.
    """

    readings: int
    measured_min: float
    days_with_data: int
    active_in_wear: float | None
    active_in_window: float | None
    enough: Enough
    mean: float | None
    sd: float | None
    cv: float | None
    gmi: float | None
    gmi_mmol_mol: float | None
    estimated_a1c: float | None
    risk: GlycemiaRisk | None
    lbgi: float | None
    hbgi: float | None
    adrr: float | None
    grade: Grade | None
    j_index: float | None
    percentiles: tuple[float, ...] | None
    iqr: float | None
    modd: float | None
    conga: tuple[tuple[int, float | None], ...]
    mage: float | None
    episodes: tuple[EpisodeSummary, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DayStrip:
    """One local day; minute_of_day and mgdl are parallel arrays, events are (minute, amount)."""

    day: date
    minute_of_day: Floats
    mgdl: Floats
    interval_min: float
    meter: tuple[tuple[float, float], ...]
    boluses: tuple[tuple[float, float], ...]
    carbs: tuple[tuple[float, float | None], ...]
    basal: tuple[tuple[float, float, float], ...]
    bolus_total: float
    basal_total: float

    @property
    def insulin_total(self) -> float:
        """Units of the whole day."""
        return self.bolus_total + self.basal_total


@dataclass(frozen=True, slots=True, eq=False)
class MeterPart:
    """Finger-stick figures: counted by reading, not by minute; `curve` needs 30 readings in every bin that has any."""

    readings: int
    per_day: float
    mean: float
    sd: float | None
    cv: float | None
    shares: BandShares
    minute_of_day: Floats
    mgdl: Floats
    curve: Curve | None


@dataclass(frozen=True, slots=True)
class InsulinPart:
    """Units per day over the `days` of the period that have insulin data; carbs in grams per day with carbs."""

    days: int
    total_per_day: float
    basal_per_day: float
    bolus_per_day: float
    boluses_per_day: float
    carbs_per_day: float | None

    @property
    def basal_percent(self) -> float | None:
        """Basal share of the total, in percent."""
        return 100.0 * self.basal_per_day / self.total_per_day if self.total_per_day > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class GlucoseReport:
    """One person, one period, everything the page, the PDF and the text form show.

    `kept`: names and values of figures that are known from elsewhere, for a record without readings.
    """

    person: Person
    period: Period
    made_on: date
    units: Units
    preset: RangePreset
    extent: Extent
    flags: tuple[Flag, ...]
    statistics: Statistics | None
    shares: BandShares | None
    curve: Curve | None
    strips: Sequence[DayStrip]
    meter: MeterPart | None
    insulin: InsulinPart | None
    kept: tuple[tuple[str, str], ...] = ()
