"""Pure decisions: when an action is due, how well it is kept to, and which values it accepts."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care.coaching.model import (
    Action,
    ActionContent,
    Adherence,
    BundleContent,
    Figures,
    Metric,
    PartOfDay,
    PlanContent,
)
from openward.care.observations import TYPES

LOOK_BACK = timedelta(days=30)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The day in a zone; at the ends of the calendar, the day in UTC."""
    try:
        return at.astimezone(zone).date()
    except OverflowError:
        return at.astimezone(UTC).date()


def in_force(content: ActionContent | BundleContent, at: datetime) -> bool:
    """Whether something is in force at a time."""
    return content.effective_from <= at and (content.effective_to is None or at < content.effective_to)


def span(content: ActionContent, zone: ZoneInfo) -> tuple[date, date]:
    """The first and last day on which an action is in force for a moment at least."""
    first = local_day(content.effective_from, zone)
    return first, date.max if content.effective_to is None else local_day(content.effective_to - _INSTANT, zone)


def is_due_on(content: ActionContent, day: date) -> bool:
    """Whether the goal names this day of the week."""
    return content.days is not None and day.isoweekday() % 7 in content.days


def scheduled(content: ActionContent, zone: ZoneInfo, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last` on which an action is due, the latest first."""
    begin, end = span(content, zone)
    day, stop = min(last, end), max(first, begin)
    while content.days and day >= stop:
        if is_due_on(content, day):
            yield day
        if day == date.min:
            return
        day -= _DAY


def this_week(content: ActionContent, zone: ZoneInfo, now: datetime) -> int:
    """Scheduled days since Sunday, today included."""
    today = local_day(now, zone)
    return sum(1 for _ in scheduled(content, zone, today - timedelta(days=today.isoweekday() % 7), today))


def adherence(
    content: ActionContent, done: Collection[date], zone: ZoneInfo, now: datetime, last: datetime | None = None
) -> Adherence:
    """How an action is kept to. `done`: the days with a result; `last`: when the latest result was written.

    Days count from 30 days ago through today. A day that is not over breaks no run, and an action that ended before
    has none.
    """
    today = local_day(now, zone)
    recent = list(scheduled(content, zone, today - LOOK_BACK, today))
    complete = sum(day in done for day in recent)
    run = _run(scheduled(content, zone, date.min, today), today, lambda day: day in done) if complete else 0
    return Adherence(len(recent), complete, run, last if run else None)


def together(actions: Sequence[tuple[ActionContent, Collection[date]]], zone: ZoneInfo, now: datetime) -> int:
    """The unbroken run up to now of days on which all that was due of several actions was done."""
    today = local_day(now, zone)
    begin = min((day for _, done in actions for day in done), default=today)  # a day without any result ends every run

    def days() -> Iterator[date]:
        day = today
        while day >= begin:
            if any(True for content, _ in actions for _ in scheduled(content, zone, day, day)):
                yield day
            day -= _DAY

    def is_done(day: date) -> bool:
        return all(day in done for content, done in actions for _ in scheduled(content, zone, day, day))

    return _run(days(), today, is_done)


def _run(days: Iterator[date], today: date, is_done: Any) -> int:
    count = 0
    for day in days:
        if is_done(day):
            count += 1
        elif day != today:
            break
    return count


def figures(
    plan: PlanContent,
    actions: Sequence[Action],
    done: Mapping[UUID, Collection[date]],
    last: Mapping[UUID, datetime],
    now: datetime,
) -> Figures:
    """What is computed of a plan and its actions. `done`: days with a result, by action."""
    zone = plan.zone
    each = {one.key: adherence(one.content, done.get(one.key, ()), zone, now, last.get(one.key)) for one in actions}
    complete = sum(one.complete for one in each.values())
    run = together([(one.content, done.get(one.key, ())) for one in actions], zone, now) if complete else 0
    latest = max((one.streak_at for one in each.values() if one.streak_at), default=None)
    whole = Adherence(sum(one.due for one in each.values()), complete, run, latest if run else None)
    return Figures(whole, each, {one.key: this_week(one.content, zone, now) for one in actions})


def may_go_back(plan: PlanContent, actions: Sequence[Action], found: Figures, now: datetime) -> bool:
    """Whether a run may have begun before the days that adherence looks back on."""
    horizon = now - LOOK_BACK
    return any(
        found.actions[one.key].streak >= found.actions[one.key].complete > 0 and one.content.effective_from < horizon
        for one in actions
    )


def seconds_of_day(at: datetime, zone: ZoneInfo) -> int:
    """What the clock of a zone shows, in seconds."""
    local = at.astimezone(zone)
    return local.hour * 3600 + local.minute * 60 + local.second


def is_over(part: PartOfDay, plan: PlanContent, now: datetime) -> bool:
    """Whether a part of today is over: a later one has begun."""
    gone = seconds_of_day(now, plan.zone)
    return any(plan.times[part] < start <= gone for start in plan.times.values())


def part_of_day(at: datetime, plan: PlanContent) -> PartOfDay:
    """The part of a local day: each lasts until the next one begins, and the first begins at midnight."""
    seconds = seconds_of_day(at, plan.zone)
    times = sorted(plan.times.items(), key=lambda item: item[1])
    begun = [part for part, start in times if start <= seconds]
    return begun[-1] if begun else times[0][0]


def refused(metric: Metric, value: Any, unit: str | None) -> str | None:
    """Why a value is not accepted for a metric, or None. Both values of a blood pressure are held to its bounds."""
    if metric.accepted_values and value not in metric.accepted_values:
        return "this value is not one of those that are accepted"
    numbers = list(value.values()) if isinstance(value, Mapping) else [value]
    for name in ("minimum", "maximum"):
        bound = (metric.validations or {}).get(name)
        if not bound:
            continue
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, int | float):
                return "this is not a number"
            given = _in_unit(metric.metric_type, number, unit or metric.unit)
            limit = _in_unit(metric.metric_type, bound["value"], bound.get("unit") or metric.unit)
            if given < limit if name == "minimum" else given > limit:
                return f"this is {'below the minimum' if name == 'minimum' else 'above the maximum'}"
    return None


def _in_unit(metric_type: str, value: float, unit: str | None) -> float:
    """The value in the first unit of its type; of an unknown type or unit, as it is."""
    known = TYPES.get(metric_type)
    if known is None or unit is None or unit.lower() not in known.scales:
        return value
    return known.canonical(value, unit)


def ends_too_soon(content: ActionContent | BundleContent) -> bool:
    """Whether something would end before or when it begins."""
    return content.effective_to is not None and content.effective_to <= content.effective_from
