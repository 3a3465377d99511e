"""One line of the patient list: who, which tags, the figures of the period, how fresh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import quote
from uuid import UUID

import msgspec
from markupsafe import Markup

from openward.care import patients, reports
from openward.care.patients import Enrolment
from openward.care.summaries import Kind
from openward.care.work import PersonKey
from openward.wire.web.connection_words import Entry, entries_of
from openward.wire.web.list_query import Asked
from openward.wire.web.viewer import Place
from openward.wire.web.words import ago, glucose_number, percent, years

_BANDS = ("very_low", "low", "target", "high", "very_high")
_FRESH = timedelta(hours=12)
# Battelino 2019: goals for most people with type 1 or type 2 diabetes.
_MOST_LOW, _LEAST_TARGET, _LEAST_USE = 0.04, 0.7, 0.7


class _Figures(msgspec.Struct, rename="camel"):
    """The figures of a period that the list shows; None is withheld by the rules of the clinic's copy."""

    average_glucose_mmol: float | None = None
    glucose_management_indicator: float | None = None
    use: float | None = msgspec.field(default=None, name="timeCGMUsePercent")
    time_in_very_low_percent: float | None = None
    time_in_low_percent: float | None = None
    time_in_any_low_percent: float | None = None
    time_in_target_percent: float | None = None
    time_in_high_percent: float | None = None
    time_in_very_high_percent: float | None = None
    total_records: int = 0


class _Dates(msgspec.Struct, rename="camel"):
    last_data: datetime | None = None


class _Stats(msgspec.Struct):
    dates: _Dates = msgspec.field(default_factory=_Dates)
    periods: dict[str, _Figures] = {}


_stats = msgspec.json.Decoder(_Stats)
_NONE = _Stats()


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure as shown ("" when there is none), and whether it misses its goal."""

    text: str = ""
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `source` is sensor, meter or nothing; `bar` is SVG."""

    id: str
    href: str
    name: str
    birth_date: date | None
    age: int | None
    mrn: str | None
    tags: tuple[str, ...]
    source: str
    bar: Markup
    has_bar: bool
    target: Cell
    low: Cell
    mean: Cell
    gmi: Cell
    use: Cell
    last_data: datetime | None
    last_ago: str
    is_standard: bool
    reviewed_at: datetime | None
    reviewed_ago: str
    may_undo: bool
    entries: tuple[Entry, ...]


def rows_of(
    enrolments: Sequence[Enrolment],
    summaries: Mapping[PersonKey, Mapping[Kind, bytes]],
    user_ids: Mapping[UUID, str],
    tag_names: Mapping[UUID, str],
    place: Place,
    asked: Asked,
    now: datetime,
    titles: Mapping[str, str],
) -> list[Row]:
    """The lines in the order of the enrolments; `titles` are those of partner clouds by their names."""
    made = []
    for number, one in enumerate(enrolments):
        kept = summaries.get(one.person, {})
        stats = {kind: _stats.decode(kept[kind]) if kind in kept else _NONE for kind in (Kind.CGM, Kind.BGM)}
        tags = sorted((tag_names[tag] for tag in one.tags if tag in tag_names), key=str.casefold)
        made.append(_row(one, stats, tuple(tags), user_ids[one.person], place, asked.period, now, number, titles))
    return made


def may_undo_review(one: Enrolment, viewer: PersonKey | None, now: datetime) -> bool:
    """Whether the newest review is the viewer's own and fresh, so that taking it back is what he may want."""
    return bool(one.reviews) and one.reviews[0].by == viewer and now - one.reviews[0].at < _FRESH


def _row(
    one: Enrolment,
    stats: Mapping[Kind, _Stats],
    tags: tuple[str, ...],
    user_id: str,
    place: Place,
    period: str,
    now: datetime,
    number: int,
    titles: Mapping[str, str],
) -> Row:
    sensor = stats[Kind.CGM].periods.get(period, _Figures())
    meter = stats[Kind.BGM].periods.get(period, _Figures())
    source = "sensor" if sensor.total_records else "meter" if meter.total_records else ""
    shown = meter if source == "meter" else sensor
    shares = [getattr(shown, f"time_in_{band}_percent") for band in _BANDS]
    has_bar = all(share is not None for share in shares)
    is_standard = patients.has_standard_ranges(one.glycemic_ranges)
    has_goals = is_standard and source == "sensor"
    last_data = max((one.dates.last_data for one in stats.values() if one.dates.last_data), default=None)
    bar = reports.slim_bar(shares if has_bar else None, label=f"Ranges of {one.full_name}", key=f"bar{number}")
    target, low, use = shown.time_in_target_percent, shown.time_in_any_low_percent, sensor.use
    gmi = sensor.glucose_management_indicator
    return Row(
        id=user_id,
        href=f"/patients/{quote(user_id)}{place.query}",
        name=one.full_name or "(no name)",
        birth_date=one.birth_date,
        age=years(one.birth_date, now.date()),
        mrn=one.mrn,
        tags=tags,
        source=source,
        bar=Markup(bar),  # noqa: S704 -- the chart room escapes every text
        has_bar=has_bar,
        target=_share(target, has_goals and target is not None and target < _LEAST_TARGET),
        low=_share(low, has_goals and low is not None and low > _MOST_LOW, decimals=1),
        mean=Cell(glucose_number(shown.average_glucose_mmol, place.units)),
        gmi=Cell("" if gmi is None else f"{gmi:.1f} %"),
        use=_share(use, source == "sensor" and use is not None and use < _LEAST_USE),
        last_data=last_data,
        last_ago=ago(last_data, now),
        is_standard=is_standard,
        reviewed_at=one.last_reviewed_at,
        reviewed_ago=ago(one.last_reviewed_at, now),
        may_undo=may_undo_review(one, place.member.person, now),
        entries=tuple(entries_of(one, titles, now)),
    )


def _share(fraction: float | None, is_off: bool, decimals: int = 0) -> Cell:
    return Cell() if fraction is None else Cell(percent(fraction, decimals), is_off)
