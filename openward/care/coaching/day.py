"""What is due of one plan on one day: an item for each action and part of the day, in the order of the day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from openward.care.coaching import rules
from openward.care.coaching.model import Action, Ordered, PartOfDay, Plan, Result, Window

ANYTIME = "anytime"
"""How the order of a plan calls what has no part of the day."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do on a day, and the latest result that it has; `is_late`: open after its part of today."""

    action: Action
    window: Window | None
    result: Result | None
    is_due: bool
    is_late: bool

    @property
    def part(self) -> PartOfDay | None:
        """When in the day it is due; None for any time."""
        return None if self.window is None else self.window.type

    @property
    def is_done(self) -> bool:
        """Whether something was done, rather than skipped."""
        return self.result is not None and not self.result.outcome.is_skipped

    @property
    def is_skipped(self) -> bool:
        """Whether somebody said to leave it out."""
        return self.result is not None and self.result.outcome.is_skipped

    @property
    def is_open(self) -> bool:
        """Whether nothing was said of it yet."""
        return self.result is None


def items_on(
    plan: Plan, actions: Sequence[Action], results: Sequence[Result], day: date, now: datetime, *, is_due: bool = True
) -> list[Item]:
    """What is due on a day of the plan's zone; or (not `is_due`) what is in force on it and due on no particular day.

    results: those of these actions on that day at least, in the order in which they came about.
    """
    zone = plan.content.zone
    said: dict[tuple[UUID, str | None], Result] = {}
    for result in results:
        if rules.local_day(result.outcome.occurred_at, zone) == day:
            there = said.get((result.action, result.outcome.window))
            # What was done counts, whatever was said besides.
            if there is None or there.outcome.is_skipped or not result.outcome.is_skipped:
                said[result.action, result.outcome.window] = result
    shown = [one for one in actions if _is_on(one, plan, day, is_due)]
    is_today = rules.local_day(now, zone) == day
    items = [item for action in shown for item in _items(action, plan, said, now, is_today and is_due, is_due)]
    return in_order(plan, items)


def _is_on(action: Action, plan: Plan, day: date, is_due: bool) -> bool:
    first, last = rules.span(action.content, plan.content.zone)
    return first <= day <= last and rules.is_due_on(action.content, day) == is_due


def _items(
    action: Action, plan: Plan, said: dict[tuple[UUID, str | None], Result], now: datetime, is_today: bool, is_due: bool
) -> Iterator[Item]:
    for window in action.content.windows or (None,):
        found = said.get((action.key, None if window is None else window.id))
        is_over = is_today and window is not None and rules.is_over(window.type, plan.content, now)
        yield Item(action, window, found, is_due, is_over and found is None)


def in_order(plan: Plan, items: Sequence[Item]) -> list[Item]:
    """By part of the day, those of any time last; within a part as the plan orders them, then the oldest first."""
    orders = {one.type: {key: place for place, key in enumerate(one.actions)} for one in plan.content.window_order}
    starts = plan.content.times

    def place(item: Item) -> tuple[int, int]:
        own = orders.get(item.part or ANYTIME, {})
        return 86400 if item.part is None else starts[item.part], own.get(item.action.key, len(own))

    return sorted(items, key=place)


def moved(order: Sequence[Ordered], part: str, keys: Sequence[UUID], key: UUID, step: int) -> tuple[Ordered, ...]:
    """The order of a plan in which one action of a part has moved by a place; `keys`: those of the part."""
    there = list(keys)
    before = there.index(key)
    after = min(max(before + step, 0), len(there) - 1)
    there.insert(after, there.pop(before))
    return (*(one for one in order if one.type != part), Ordered(part, tuple(there)))
