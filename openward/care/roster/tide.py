"""The weekly review of a population by need (TIDE): whom to look at first, by categories that are walked in order.

Tidepool: each patient stands in the first category of the walk that holds for him, at most a hundred in all; those
without recent data are listed apart, whether or not they stand elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from openward.care import patients
from openward.care.patients import Enrolment
from openward.care.roster import tide_store
from openward.care.roster.model import Comparison, FigureFilter
from openward.care.summaries import Kind
from openward.care.work import OrganizationKey, Work

MOST_PLACED: Final = 100
"""Patients over all categories."""
MOST_WITHOUT_DATA: Final = 50
QUIET_FOR: Final = timedelta(hours=8)
"""Younger data are never missed, whatever their source says."""


def _when(name: str, comparison: Comparison, value: float) -> FigureFilter:
    return FigureFilter(Kind.CGM, name, comparison, value)


_VERY_LOW: Final = _when("timeInVeryLowPercent", Comparison.ABOVE, 0.01)
_ANY_LOW: Final = _when("timeInAnyLowPercent", Comparison.ABOVE, 0.04)
_VERY_HIGH: Final = _when("timeInVeryHighPercent", Comparison.ABOVE, 0.05)
_ANY_HIGH: Final = _when("timeInAnyHighPercent", Comparison.ABOVE, 0.25)
_EXTREME_HIGH: Final = _when("timeInExtremeHighPercent", Comparison.AT_LEAST, 0.01)
_DROP: Final = _when("timeInTargetPercentDelta", Comparison.BELOW, -0.15)
_TARGET: Final = _when("timeInTargetPercent", Comparison.BELOW, 0.7)
_USE: Final = _when("timeCGMUsePercent", Comparison.BELOW, 0.7)


@dataclass(frozen=True, slots=True)
class Category:
    """Patients of whom all of `when` holds and none of `unless`, by one figure; an absent figure holds nothing."""

    when: tuple[FigureFilter, ...]
    is_descending: bool
    by: str
    unless: tuple[FigureFilter, ...] = ()


def _of(one: FigureFilter) -> Category:
    return Category((one,), not one.comparison.value.startswith("<"), one.name)


CATEGORIES: Final[Mapping[str, Category]] = {
    "timeInVeryLowPercent": _of(_VERY_LOW),
    "timeInAnyLowPercent": _of(_ANY_LOW),
    "timeInVeryHighPercent": _of(_VERY_HIGH),
    "timeInAnyHighPercent": _of(_ANY_HIGH),
    "timeInExtremeHighPercent": _of(_EXTREME_HIGH),
    "dropInTimeInTargetPercent": _of(_DROP),
    "timeInTargetPercent": _of(_TARGET),
    "timeCGMUsePercent": _of(_USE),
    "meetingTargets": Category(
        (
            _when("timeInTargetPercent", Comparison.AT_LEAST, 0.7),
            _when("timeCGMUsePercent", Comparison.AT_LEAST, 0.7),
        ),
        True,
        "timeInTargetPercent",
        unless=(_ANY_LOW, _VERY_LOW, _ANY_HIGH, _VERY_HIGH, _EXTREME_HIGH),
    ),
}
"""All categories by their published names."""

USUAL: Final = (
    "timeInVeryLowPercent",
    "timeInAnyLowPercent",
    "timeInVeryHighPercent",
    "timeInAnyHighPercent",
    "dropInTimeInTargetPercent",
    "timeCGMUsePercent",
    "meetingTargets",
)
"""The walk when none is asked for."""


@dataclass(frozen=True, slots=True)
class TideQuery:
    """Patients with all these tags (none: everybody); their latest sensor reading is recent from `cutoff` (aware) on.

    `categories`: names of `CATEGORIES`, walked in this order. `lapsed_source`: patients with an entry for this
    partner cloud that is not connected are missed after eight hours already. `with_no_data`: whether to list them.
    """

    tags: tuple[UUID, ...]
    cutoff: datetime
    period: str = "14d"
    categories: tuple[str, ...] = USUAL
    with_no_data: bool = True
    lapsed_source: str | None = None


@dataclass(frozen=True, slots=True)
class TideRow:
    """A patient in the report: the latest sensor reading, and those figures of the period that are known."""

    enrolment: Enrolment
    last_data: datetime | None
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Tide:
    """The report: rows of each category that was walked, in order, and those without recent data (None: not asked)."""

    categories: Mapping[str, Sequence[TideRow]]
    no_data: Sequence[TideRow] | None


async def tide(work: Work, organization: OrganizationKey, query: TideQuery) -> Tide:
    """The report, in two statements and one for the enrolments; each patient shown is noted in the audit."""
    walk = [CATEGORIES[name] for name in query.categories]
    steps = [tide_store.Step(one.when, one.unless, one.by, one.is_descending) for one in walk]
    placed = await tide_store.placed(work, organization, query.period, query.tags, query.cutoff, steps, MOST_PLACED)
    missed = []
    if query.with_no_data:
        quiet_since = work.now - QUIET_FOR
        missed = await tide_store.without_data(
            work,
            organization,
            query.period,
            query.tags,
            query.cutoff,
            quiet_since,
            query.lapsed_source,
            MOST_WITHOUT_DATA,
        )
    found = await patients.get_many(work, organization, list({row.person for row in (*placed, *missed)}))
    by_place: dict[int, list[TideRow]] = {}
    for row in placed:
        if row.person in found:
            by_place.setdefault(row.place, []).append(TideRow(found[row.person], row.last_data, row.figures))
    # A used up budget ends the walk: what would come after its last category is not said to be empty.
    walked = placed[-1].place + 1 if len(placed) == MOST_PLACED else len(walk)
    return Tide(
        {name: by_place.get(place, []) for place, name in enumerate(query.categories[:walked])},
        [TideRow(found[row.person], row.last_data, row.figures) for row in missed if row.person in found]
        if query.with_no_data
        else None,
    )
