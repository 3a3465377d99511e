"""Plans in words: when something is due, what it measures, what became of it, as pages say it."""

from collections.abc import Mapping, Sequence
from typing import Any

from openward.care.coaching import ActionContent, BundleContent, Metric, PartOfDay, Result
from openward.care.observations import BLOOD_PRESSURE, TYPES
from openward.wire.web.patient_observed import name_of

PARTS: Mapping[PartOfDay, str] = {
    PartOfDay.MORNING: "Morning",
    PartOfDay.AFTERNOON: "Afternoon",
    PartOfDay.EVENING: "Evening",
    PartOfDay.NIGHT: "Night",
}
ANY_PART = "Any time"
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
FULL_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
BEYOND: Mapping[str, tuple[str, str]] = {
    "steps": ("Steps", "steps"),
    "sleep": ("Sleep", "h"),
    "active_minutes": ("Active minutes", "min"),
    "waist_circumference": ("Waist circumference", "cm"),
}
"""What people often measure that no code of the record stands for: name and unit."""
_UNITS = {"degf": "°F", "degc": "°C", "mg/dl": "mg/dL", "mmol/l": "mmol/L", "miu/l": "mIU/L", "mmhg": "mmHg"}
_EVERY, _WORKING = frozenset(range(7)), frozenset(range(1, 6))


def metric_name(kind: str) -> str:
    """A type of measurement in words."""
    return BEYOND[kind][0] if kind in BEYOND else name_of(kind)


def metric_choices() -> list[tuple[str, str]]:
    """All types that an action may measure, by name."""
    return sorted(((kind, metric_name(kind)) for kind in [*TYPES, *BEYOND]), key=lambda one: one[1].casefold())


def units_of(kind: str) -> list[str]:
    """The units in which a type is entered, the first one first; empty where it has none, or nobody knows."""
    if kind in BEYOND:
        return [BEYOND[kind][1]]
    known = TYPES.get(kind)
    if known is None or known.unit is None:
        return []
    return [known.unit, *(unit for unit in known.scales if unit != known.unit.lower())]


def all_units() -> list[str]:
    """Every unit that any measurement has, as people write it."""
    return sorted({unit_words(unit) for kind, _ in metric_choices() for unit in units_of(kind)}, key=str.casefold)


def unit_words(unit: str | None) -> str:
    """A unit as people write it."""
    return _UNITS.get((unit or "").lower(), unit or "")


def number(value: Any) -> str:
    """A number without superfluous digits."""
    return f"{value:.10g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def day_words(days: Sequence[int] | None) -> str:
    """The weekdays of an action."""
    if not days:
        return "Whenever it suits"
    wanted = frozenset(days)
    if wanted == _EVERY:
        return "Every day"
    if wanted == _WORKING:
        return "On weekdays"
    # A week begins on Monday for those who read it, whatever the contract counts from.
    return ", ".join(WEEKDAYS[day] for day in (1, 2, 3, 4, 5, 6, 0) if day in wanted)


def window_words(content: ActionContent) -> str:
    """The parts of the day of an action; "" for any time."""
    return ", ".join(one.title or PARTS[one.type] for one in content.windows)


def schedule(content: ActionContent) -> str:
    """When an action is due."""
    parts = window_words(content)
    return f"{day_words(content.days)} · {parts}" if parts else day_words(content.days)


def measures(content: ActionContent | BundleContent) -> str:
    """What an action measures, with its goals."""
    if isinstance(content, BundleContent):
        return ""
    return ", ".join(f"{metric_name(one.metric_type)}{_goal(one)}" for one in content.metrics)


def _goal(metric: Metric) -> str:
    words = goal_words(metric)
    return f" ({words})" if words else ""


def goal_words(metric: Metric) -> str:
    """The goal of a measurement: one number, both of a pressure, or what is accepted."""
    data = (metric.goal or {}).get("data") or {}
    if isinstance(data.get("value"), int | float):
        return f"goal {number(data['value'])} {unit_words(data.get('unit') or metric.unit)}".strip()
    if metric.metric_type == BLOOD_PRESSURE and {"systolic", "diastolic"} <= set(data):
        both = "/".join(number(data[name].get("value")) for name in ("systolic", "diastolic"))
        return f"goal {both} {unit_words(metric.unit or 'mmHg')}"
    return ""


def result_words(result: Result) -> str:
    """What became of something: the value with its unit, done, or skipped."""
    outcome = result.outcome
    if outcome.is_skipped:
        return "skipped"
    if outcome.metric_type is None:
        return "done"
    return value_words(outcome.metric_type, outcome.value, outcome.unit)


def value_words(kind: str, value: Any, unit: str | None) -> str:
    """A value with its unit, as it was sent."""
    if isinstance(value, Mapping):
        value = "/".join(number(value[name]) for name in ("systolic", "diastolic") if name in value) or "noted"
    known = TYPES.get(kind)
    shown = known.unit if known and known.unit and (unit or known.unit).lower() == known.unit.lower() else unit
    return f"{number(value)} {unit_words(shown)}".strip()
