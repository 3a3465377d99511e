"""What an action measures, as its form has it: type, unit, goal, and the values that are accepted."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openward.care.coaching import Metric
from openward.care.errors import Fault
from openward.care.observations import BLOOD_PRESSURE, TYPES
from openward.wire.web.plan_words import BEYOND, number, unit_words, units_of

_NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,6})?", re.ASCII)
_PAIR = re.compile(r"(\d{1,4}([.,]\d)?)\s*/\s*(\d{1,4}([.,]\d)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement as it was typed; `id` is "" for a new one."""

    id: str = ""
    metric: str = ""
    unit: str = ""
    goal: str = ""
    minimum: str = ""
    maximum: str = ""
    accepted: str = ""


def line_of(metric: Metric) -> Line:
    """A measurement as the form shows it."""
    bounds = metric.validations or {}
    data = (metric.goal or {}).get("data") or {}
    goal = number(data["value"]) if "value" in data else ""
    if {"systolic", "diastolic"} <= set(data):
        goal = "/".join(number(data[name].get("value")) for name in ("systolic", "diastolic"))
    low, high = (number(one["value"]) if (one := bounds.get(name)) else "" for name in ("minimum", "maximum"))
    accepted = "; ".join(number(one) for one in metric.accepted_values)
    return Line(metric.id, metric.metric_type, unit_words(metric.unit), goal, low, high, accepted)


def metrics_of(
    lines: Sequence[Line], before: Sequence[Metric], mint: Callable[[], str], faults: list[Fault]
) -> tuple[Metric, ...]:
    """The measurements that were typed; one that is as it was keeps all that programs wrote of it."""
    known = {one.id: one for one in before}
    made: list[Metric] = []
    for place, line in enumerate(lines):
        if not line.metric:
            continue
        if (
            line.metric not in TYPES
            and line.metric not in BEYOND
            and line.metric not in {one.metric_type for one in known.values()}
        ):
            faults.append(Fault("unknown", f"metric-{place}", "choose what is measured"))
        elif line.metric in {one.metric_type for one in made}:
            faults.append(Fault("repeated", f"metric-{place}", "this is measured already"))
        else:
            there = known.get(line.id)
            is_same = there is not None and line_of(there) == line
            made.append(there if is_same and there else _metric(line, place, there.id if there else mint(), faults))
    return tuple(made)


def _metric(line: Line, place: int, name: str, faults: list[Fault]) -> Metric:
    units = units_of(line.metric)
    spelled = {unit_words(one).lower(): one for one in units} | {one.lower(): one for one in units}
    unit = spelled.get(line.unit.lower()) if line.unit else (units[0] if units else None)
    if line.unit and line.metric in TYPES and unit is None:
        allowed = ", ".join(unit_words(one) for one in units)
        words = f"the unit is one of: {allowed}" if units else "it has no unit"
        faults.append(Fault("unknown", f"unit-{place}", words))
    if line.unit and line.metric not in TYPES:
        unit = line.unit[:40]
    lowest, highest = (_bound(line, which, place, unit, faults) for which in ("minimum", "maximum"))
    bounds = {which: one for which, one in (("minimum", lowest), ("maximum", highest)) if one}
    if lowest and highest and lowest["value"] > highest["value"]:
        faults.append(Fault("too-low", f"maximum-{place}", "this is below the lowest value"))
    accepted = [_plain(one.strip()) for one in line.accepted.split(";") if one.strip()][:50]
    return Metric(name, line.metric, unit, _goal(line, place, unit, faults), bounds or None, accepted)


def _plain(text: str) -> float | str:
    """A number where it is one."""
    return _value(text) if _NUMBER.fullmatch(text) else text[:100]


def _value(text: str) -> float:
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() else value


def _bound(line: Line, which: str, place: int, unit: str | None, faults: list[Fault]) -> dict[str, Any] | None:
    text = getattr(line, which)
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        faults.append(Fault("invalid", f"{which}-{place}", "this is no number"))
        return None
    return {"value": _value(text)} | ({"unit": unit} if unit else {})


def _goal(line: Line, place: int, unit: str | None, faults: list[Fault]) -> Mapping[str, Any] | None:
    if not line.goal:
        return None
    beside = {"unit": unit} if unit else {}
    pair = _PAIR.fullmatch(line.goal) if line.metric == BLOOD_PRESSURE else None
    if pair:
        both = {"systolic": pair[1], "diastolic": pair[3]}
        return {"data": {name: {"value": _value(text), **beside} for name, text in both.items()}}
    if line.metric == BLOOD_PRESSURE or not _NUMBER.fullmatch(line.goal):
        words = "write both values, like 130/80" if line.metric == BLOOD_PRESSURE else "this is no number"
        faults.append(Fault("invalid", f"goal-{place}", words))
        return None
    return {"data": {"value": _value(line.goal), **beside}}
