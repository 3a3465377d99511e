"""What a patient measures as charts: one for each type, with the numbers beside it for those who cannot see it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from markupsafe import Markup

from openward.care import coaching, observations, reports
from openward.care.coaching import Action, Metric, Plan, Result
from openward.care.observations import BLOOD_PRESSURE, GLUCOSE, TYPES, Observation
from openward.care.reports import Trend, TrendPoint
from openward.care.work import Work
from openward.wire.web import plan_words

PERIODS = (30, 90, 365)
_MOST = 1000
_LISTED = 60


@dataclass(frozen=True, slots=True)
class Chart:
    """One card: the drawing, the newest value in words, how it has changed, and the newest numbers as a table."""

    kind: str
    name: str
    unit: str
    drawing: Markup
    latest: TrendPoint
    change: str
    goals: str
    beyond: str
    points: tuple[TrendPoint, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Period:
    """What was measured from `start` up to `now`, latest first: on the record, and beside it, such as steps."""

    start: datetime
    now: datetime
    observed: Sequence[Observation]
    beside: Sequence[Result]


async def read_period(work: Work, plan: Plan, days: int) -> Period:
    """What was measured in so many days; two queries."""
    start = work.now - timedelta(days=days)
    found = await observations.series(work, plan.person, plan.organization, start, _MOST)
    return Period(start, work.now, found, await coaching.measured_since(work, plan.key, start, _MOST))


def charts_of(period: Period, plan: Plan, actions: Sequence[Action], units: str, zone: tzinfo) -> list[Chart]:
    """A chart of each kind, what the plan asks for first. `units` of glucose."""
    asked = {one.metric_type: one for action in actions for one in action.content.metrics}
    drawn = {**_observed(period.observed, asked, units, zone), **_beside(period.beside, zone)}
    order = {kind: place for place, kind in enumerate(asked)}
    kinds = sorted(drawn, key=lambda kind: (order.get(kind, len(order)), -len(drawn[kind][1]), kind))
    return [_chart(kind, *drawn[kind], plan, asked.get(kind), period.start, period.now, zone) for kind in kinds]


_Series = tuple[str, list[TrendPoint]]


def _observed(
    found: Sequence[Observation], asked: Mapping[str, Metric], units: str, zone: tzinfo
) -> dict[str, _Series]:
    """The points of each type in the order of time, all in the unit in which it was last sent."""
    grouped: dict[str, list[Observation]] = defaultdict(list)
    for one in reversed(found):
        if one.measured.value is not None or one.measured.systolic is not None:
            grouped[one.measured.type].append(one)
    shown = {}
    for kind, these in grouped.items():
        wanted = units if kind == GLUCOSE else _unit_of(kind, these[-1], asked.get(kind))
        points = [_point(one, wanted, zone) for one in these]
        shown[kind] = (plan_words.unit_words(wanted or TYPES[kind].unit), points)
    return shown


def _unit_of(kind: str, last: Observation, metric: Metric | None) -> str | None:
    asked = metric.unit if metric is not None else None
    return asked if asked is not None and asked.lower() in TYPES[kind].scales else last.measured.unit


def _point(one: Observation, unit: str | None, zone: tzinfo) -> TrendPoint:
    what = one.measured
    at = what.occurred_at.astimezone(zone)
    if what.type == BLOOD_PRESSURE:
        return TrendPoint(at, what.systolic or 0.0, what.diastolic)
    return TrendPoint(at, _converted(what.type, what.value or 0.0, what.unit, unit))


def _converted(kind: str, value: float, unit: str | None, wanted: str | None) -> float:
    """A value in another unit of its type, rounded to what one measures; as it is where the unit is the same."""
    known = TYPES[kind]
    if unit is None or wanted is None or unit.lower() == wanted.lower():
        return value
    factor, offset = known.scales[wanted.lower()]
    return round((known.canonical(value, unit) - offset) / factor, 1)


def _beside(found: Sequence[Result], zone: tzinfo) -> dict[str, _Series]:
    """What has no code in the record, such as steps, by type and the unit that it was last sent in."""
    shown: dict[str, _Series] = {}
    for one in found:
        outcome = one.outcome
        kind, value, unit = outcome.metric_type or "", outcome.value, outcome.unit or ""
        if isinstance(value, int | float) and not isinstance(value, bool) and kind not in TYPES:
            there = shown.setdefault(kind, (unit, []))
            if there[0] == unit:
                there[1].insert(0, TrendPoint(outcome.occurred_at.astimezone(zone), float(value)))
    return shown


def _chart(
    kind: str,
    unit: str,
    points: list[TrendPoint],
    plan: Plan,
    metric: Metric | None,
    start: datetime,
    now: datetime,
    zone: tzinfo,
) -> Chart:
    limits = _limits(kind, plan, unit)
    name = plan_words.metric_name(kind)
    trend = Trend(name, unit, tuple(points), _goals(kind, metric, unit), tuple(limits.values()))
    drawing = reports.trend_chart(trend, start.astimezone(zone), now.astimezone(zone), f"trend-{kind}")
    return Chart(
        kind,
        name,
        unit,
        Markup(drawing),  # noqa: S704 -- the chart room escapes every text
        points[-1],
        _change(points, unit),
        "" if metric is None else plan_words.goal_words(metric),
        _beyond(points[-1], limits, unit),
        tuple(reversed(points[-_LISTED:])),
        max(len(points) - _LISTED, 0),
    )


def _goals(kind: str, metric: Metric | None, unit: str) -> tuple[float, ...]:
    data = ((metric.goal or {}).get("data") or {}) if metric is not None else {}
    both = [data] if "value" in data else [one for one in data.values() if isinstance(one, Mapping)]
    return tuple(
        _in_chart(kind, one["value"], one.get("unit") or (metric.unit if metric else None), unit)
        for one in both
        if isinstance(one.get("value"), int | float)
    )


def _limits(kind: str, plan: Plan, unit: str) -> dict[str, float]:
    """What is critical by the plan: `minimum` and `maximum`, as far as they are said."""
    said = plan.content.critical.get(kind)
    data: Mapping[str, Any] = (said.get("data") or {}) if isinstance(said, Mapping) else {}
    bounds = {name: data.get(name) or {} for name in ("minimum", "maximum")}
    return {
        name: _in_chart(kind, one["value"], one.get("unit"), unit)
        for name, one in bounds.items()
        if isinstance(one.get("value"), int | float)
    }


def _in_chart(kind: str, value: float, unit: str | None, wanted: str) -> float:
    if kind not in TYPES or unit is None or unit.lower() not in TYPES[kind].scales:
        return float(value)
    return _converted(kind, float(value), unit, wanted if wanted.lower() in TYPES[kind].scales else None)


def _change(points: Sequence[TrendPoint], unit: str) -> str:
    """How far the newest value is from the first one of the period."""
    if len(points) < 2 or points[0].low is not None:
        return ""
    moved = round(points[-1].value - points[0].value, 2)
    since = f"since {points[0].at.day} {points[0].at:%b}"
    if moved == 0:
        return f"unchanged {since}"
    return f"{'+' if moved > 0 else '−'}{abs(moved):.10g} {unit}".strip() + f" {since}"


def _beyond(latest: TrendPoint, limits: Mapping[str, float], unit: str) -> str:
    highest, lowest = limits.get("maximum"), limits.get("minimum")
    if highest is not None and latest.value > highest:
        return f"above the limit of {highest:.10g} {unit}".strip()
    if lowest is not None and (latest.value if latest.low is None else latest.low) < lowest:
        return f"below the limit of {lowest:.10g} {unit}".strip()
    return ""
