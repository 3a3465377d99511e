"""Daily schedules: arrays whose first item starts at midnight and whose later items start later."""

from collections.abc import Sequence
from typing import Any

from openward.care.devicedata.rules.datum import DAY_MS
from openward.care.devicedata.rules.glucose import settle
from openward.care.devicedata.rules.reading import Notebook, Reader
from openward.care.devicedata.rules.scalars import number, whole
from openward.care.devicedata.rules.shapes import Field, Shape, array, needs
from openward.care.devicedata.rules.target import TARGET_FIELDS, settle_target


def daily(*fields: Field) -> Reader:
    """Read one daily schedule: item 0 starts at 0 ms, each later one strictly later, none after 24 hours."""
    items = array(Shape((*fields, needs("start", whole()))), 0)

    def read(value: Any, at: str, notes: Notebook) -> list[dict[str, Any] | None] | None:
        kept = items(value, at, notes)
        if kept is None:
            return None
        earliest = 0
        for place, item in enumerate(kept):
            start = item.get("start") if item is not None else None
            if start is None:
                continue
            if place == 0:
                if start != 0:
                    notes.not_equal(start, 0, f"{at}/0/start")
            elif not earliest <= start <= DAY_MS:
                notes.not_between(start, earliest, DAY_MS, f"{at}/{place}/start")
            earliest = max(earliest, start + 1)
        return kept  # type: ignore[no-any-return]

    return read


basal_schedule = daily(needs("rate", number(0, 100)))
carb_ratio_schedule = daily(needs("amount", number(0, 250)))
sensitivity_schedule = daily(needs("amount", number()))
target_schedule = daily(*TARGET_FIELDS)


def settle_sensitivities(items: Sequence[Any], units: str | None, at: str, notes: Notebook) -> None:
    """Check and convert the glucose amounts of one schedule of insulin sensitivities."""
    for place, item in enumerate(items):
        if item is not None:
            settle(item, "amount", units, f"{at}/{place}", notes)


def settle_targets(items: Sequence[Any], units: str | None, at: str, notes: Notebook) -> None:
    """Check and convert the targets of one schedule of glucose targets."""
    for place, item in enumerate(items):
        if item is not None:
            settle_target(item, units, f"{at}/{place}", notes)
