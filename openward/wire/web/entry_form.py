"""The form in which a number is entered, by the patient for his plan and by those who coach him."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from openward.care.coaching import Metric
from openward.care.observations import BLOOD_PRESSURE, TYPES, Said
from openward.wire.web import plan_words


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered for an action: a number with its unit, both of a pressure, or one of the accepted values."""

    kind: str
    name: str
    unit: str
    unit_words: str
    units: tuple[tuple[str, str], ...]
    is_pressure: bool
    choices: tuple[str, ...]
    goal: str


def entry_of(metric: Metric) -> Entry:
    """The form of a measurement, in the unit that it asks for first."""
    kind = metric.metric_type
    known = plan_words.units_of(kind)
    unit = metric.unit or (known[0] if known else "")
    is_free = kind not in TYPES
    units = [unit] if is_free or len(known) < 2 else [unit, *(one for one in known if one.lower() != unit.lower())]
    return Entry(
        kind=kind,
        name=plan_words.metric_name(kind),
        unit=unit,
        unit_words=plan_words.unit_words(unit),
        units=tuple((one, plan_words.unit_words(one)) for one in units) if len(units) > 1 else (),
        is_pressure=kind == BLOOD_PRESSURE,
        choices=tuple(plan_words.number(one) for one in metric.accepted_values),
        goal=plan_words.goal_words(metric),
    )


def said_of(fields: Mapping[str, str], at: datetime) -> Said:
    """What was typed: a comma is as good as a point."""
    texts = {
        name: fields.get(name, "").strip().replace(",", ".") or None for name in ("value", "systolic", "diastolic")
    }
    kind, unit = fields.get("metric", ""), fields.get("unit") or None
    if kind == BLOOD_PRESSURE:
        # What is no number is refused under the name of its field when the measurement is checked.
        upper: Any = texts["systolic"]
        lower: Any = texts["diastolic"]
        return Said(kind, systolic=upper, diastolic=lower, unit=unit, occurred_at=at)
    return Said(kind, value=texts["value"], unit=unit, occurred_at=at)
