"""What a measurement has to say: its type or a code that means one, a value of the right form, a unit of its type."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from openward.care.errors import Fault, Invalid
from openward.care.observations.catalogue import BLOOD_PRESSURE, TYPES, ObservationType, by_code
from openward.care.observations.model import Measured

_AHEAD = timedelta(hours=24)
_NUMBER = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]*)?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,4})?", re.ASCII)


class Said(msgspec.Struct, gc=False):
    """What somebody says was measured, unchecked: texts and numbers as they came, an aware time."""

    type: str | None = None
    code_system: str | None = None
    code: str | None = None
    value: Any = None
    systolic: float | None = None
    diastolic: float | None = None
    unit: str | None = None
    occurred_at: datetime | None = None


def check(said: Said, now: datetime) -> Measured | list[Fault]:
    """The measurement, ready to be kept; else every fault, each with the field of `Said` as its pointer."""
    faults: list[Fault] = []
    kind = _kind(said, faults)
    at = _moment(said.occurred_at, now, faults)
    if kind is None:
        return faults
    unit = _unit(kind, said.unit, faults)
    value, systolic, diastolic, other = _values(kind, said, faults)
    if faults or at is None:
        return faults
    system, code = said.code_system, said.code
    if code is None and len(kind.codes) == 1:
        system, code = "LOINC", kind.codes[0]
    canonical = None if value is None else kind.canonical(value, unit)
    if canonical is not None and not math.isfinite(canonical):
        return [_fault("value", "This number is too large")]
    return Measured(kind.name, at, system, code, value, systolic, diastolic, other, unit, canonical)


def _fault(field: str, sentence: str) -> Fault:
    return Fault("value-invalid", field, sentence)


def _kind(said: Said, faults: list[Fault]) -> ObservationType | None:
    """The type, by its name or else by the code; a code may not mean another type."""
    meant = by_code(said.code_system, said.code) if said.code is not None and said.code_system is not None else None
    if said.type is None:
        if meant is None:
            faults.append(_fault("type", "This is missing, and no code says it"))
        return meant
    kind = TYPES.get(said.type)
    if kind is None:
        faults.append(_fault("type", "This type is not known"))
    elif meant is not None and meant is not kind:
        faults.append(_fault("code", f"This code is one of {meant.name}"))
    return kind


def _moment(at: datetime | None, now: datetime, faults: list[Fault]) -> datetime | None:
    if at is None:
        faults.append(_fault("occurred_at", "This is missing"))
        return None
    if at.tzinfo is None:
        faults.append(_fault("occurred_at", "This needs an offset from UTC, or Z"))
        return None
    if at.tzinfo is not UTC:
        try:
            at = at.astimezone(UTC)
        except OverflowError:
            faults.append(_fault("occurred_at", "No calendar holds this"))
            return None
    if at.year == 1:
        # The very first moment means "since ever" to the database.
        faults.append(_fault("occurred_at", "This is before anybody measured"))
        return None
    if at > now + _AHEAD:
        faults.append(_fault("occurred_at", "This is more than 24 hours ahead"))
        return None
    return at


def _unit(kind: ObservationType, unit: str | None, faults: list[Fault]) -> str | None:
    """The unit as it was sent; the type's first one where none was."""
    if unit is None or not unit.strip():
        return kind.unit
    if unit.lower() not in kind.scales:
        allowed = ", ".join(kind.scales) or "left out"
        faults.append(_fault("unit", f"This must be {'one of ' if len(kind.scales) > 1 else ''}{allowed}"))
    return unit


_Values = tuple[float | None, float | None, float | None, Any]


def _values(kind: ObservationType, said: Said, faults: list[Fault]) -> _Values:
    """(value, systolic, diastolic, other), of which the type decides what is there."""
    if kind.name == BLOOD_PRESSURE:
        upper, lower = (
            _number(field, given, faults)
            for field, given in (("systolic", said.systolic), ("diastolic", said.diastolic))
        )
        return None, upper, lower, None
    if kind.is_numeric or said.value is None or type(said.value) in (int, float):
        return _number("value", said.value, faults), None, None, None
    return None, None, None, said.value


def as_number(value: Any) -> float:
    """A finite number, given as such or as text; `Invalid` for anything else."""
    faults: list[Fault] = []
    number = _number("value", value, faults)
    if number is None:
        raise Invalid(faults)
    return number


def _number(field: str, given: Any, faults: list[Fault]) -> float | None:
    """A finite number, given as such or as text."""
    if given is None:
        faults.append(_fault(field, "This is missing"))
        return None
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        given = float(given)
    if type(given) not in (int, float):
        faults.append(_fault(field, "This must be a number"))
        return None
    try:
        number = float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        faults.append(_fault(field, "This number is too large"))
        return None
    return number
