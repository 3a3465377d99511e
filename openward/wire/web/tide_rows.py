"""One line of the weekly review: who, the figures of the period with those that miss a goal, how fresh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

from markupsafe import Markup

from openward.care import patients, reports
from openward.care.roster import TideRow
from openward.wire.web.list_rows import Cell, may_undo_review
from openward.wire.web.viewer import Place
from openward.wire.web.words import ago, glucose_number, percent, years

_BANDS: Final = ("VeryLow", "Low", "Target", "High", "VeryHigh")
_STATES: Final = {
    "pending": "not connected yet",
    "pendingReconnect": "waits to be connected again",
    "disconnected": "disconnected",
    "error": "broken connection",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line; the cells are by column, `bar` is SVG, `sources` says which clouds have no working connection."""

    id: str
    href: str
    name: str
    birth_date: date | None
    age: int | None
    mrn: str | None
    is_standard: bool
    bar: Markup | None
    cells: Mapping[str, Cell]
    last_data: datetime | None
    last_ago: str
    sources: str
    reviewed_at: datetime | None
    reviewed_ago: str
    may_undo: bool


def rows_of(rows: Sequence[TideRow], user_ids: Mapping[UUID, str], place: Place, now: datetime, key: str) -> list[Row]:
    """The lines of one section, in its order; `key` tells its drawings from those of others."""
    return [_row(row, user_ids, place, now, f"{key}-{number}") for number, row in enumerate(rows)]


def _row(row: TideRow, user_ids: Mapping[UUID, str], place: Place, now: datetime, key: str) -> Row:
    one = row.enrolment
    user_id = user_ids[one.person]
    shares = [row.figures.get(f"timeIn{band}Percent") for band in _BANDS]
    known = [share for share in shares if share is not None]
    bar = reports.slim_bar(known, label=f"Ranges of {one.full_name}", key=key) if len(known) == len(shares) else None
    return Row(
        id=user_id,
        href=f"/patients/{quote(user_id)}{place.query}",
        name=one.full_name or "(no name)",
        birth_date=one.birth_date,
        age=years(one.birth_date, now.date()),
        mrn=one.mrn,
        is_standard=patients.has_standard_ranges(one.glycemic_ranges),
        bar=None if bar is None else Markup(bar),  # noqa: S704 -- the chart room escapes every text
        cells=_cells(row.figures, place.units),
        last_data=row.last_data,
        last_ago=ago(row.last_data, now),
        sources=", ".join(
            f"{source.provider.capitalize()} {_STATES[source.state]}"
            for source in one.data_sources or ()
            if source.state in _STATES
        ),
        reviewed_at=one.last_reviewed_at,
        reviewed_ago=ago(one.last_reviewed_at, now),
        may_undo=may_undo_review(one, place.member.person, now),
    )


def _cells(figures: Mapping[str, float], units: str) -> dict[str, Cell]:
    """The figures as shown; off are those that put patients into a category."""

    def share(name: str, *, above: float | None = None, below: float | None = None, decimals: int = 0) -> Cell:
        found = figures.get(name)
        if found is None:
            return Cell()
        is_off = (above is not None and found > above) or (below is not None and found < below)
        return Cell(percent(found, decimals), is_off)

    gmi, change = figures.get("glucoseManagementIndicator"), figures.get("timeInTargetPercentDelta")
    return {
        "target": share("timeInTargetPercent", below=0.7),
        "change": Cell() if change is None else Cell(_points(change), change < -0.15),
        "very_low": share("timeInVeryLowPercent", above=0.01, decimals=1),
        "low": share("timeInAnyLowPercent", above=0.04, decimals=1),
        "high": share("timeInAnyHighPercent", above=0.25),
        "very_high": share("timeInVeryHighPercent", above=0.05, decimals=1),
        "mean": Cell(glucose_number(figures.get("averageGlucoseMmol"), units)),
        "gmi": Cell("" if gmi is None else f"{gmi:.1f} %"),
        "use": share("timeCGMUsePercent", below=0.7),
    }


def _points(change: float) -> str:
    """A difference of two shares in points, with its sign and a true minus."""
    points = round(round(100 * change, 9))
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "±0"
