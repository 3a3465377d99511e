"""Readers of single values: numbers, words, texts, times and small free objects.

JSON typing: `5.0` may stand for an int, `5.5` may not; strings are never coerced; a bool is no number.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import msgspec

from openward.care.devicedata.rules.instants import ZERO, is_local_time, parse_instant, print_instant
from openward.care.devicedata.rules.reading import (
    MAX_DEPTH,
    Notebook,
    Reader,
    is_storable,
    quoted,
    quoted_list,
)

# Whole numbers beyond this cannot be read back by most other programs.
INT64 = 2**63
_MAX_BYTES = 4096
DATUM_ID = r"[0-9a-z]{32}"
_RFC3339_LAYOUT = '"2006-01-02T15:04:05.999999999Z07:00"'
_LOCAL_LAYOUT = '"2006-01-02T15:04:05"'
_measure = msgspec.json.Encoder().encode


def flag(value: Any, at: str, notes: Notebook) -> bool | None:
    """Read true or false."""
    if type(value) is bool:
        return value
    notes.wrong_type("bool", value, at)
    return None


def number(low: float | None = None, high: float | None = None) -> Reader:
    """Read a finite number within `[low, high]`; None leaves that side open."""

    def read(value: Any, at: str, notes: Notebook) -> float | None:
        kind = type(value)
        if kind is not float and kind is not int:
            notes.wrong_type("float64", value, at)
            return None
        if not -INT64 < value < INT64:
            # Infinity and NaN land here, and whole numbers too long for any other program to read back.
            value = _as_float(value)
            if not math.isfinite(value):
                notes.broken("value-not-valid", at, "value is not a finite number")
                return None
        if (low is not None and value < low) or (high is not None and value > high):
            _refuse(value, low, high, at, notes)
            return None
        return value  # type: ignore[no-any-return]

    return read


def whole(low: int | None = None, high: int | None = None) -> Reader:
    """Read an int within `[low, high]`; None leaves that side open. `5.0` is 5."""

    def read(value: Any, at: str, notes: Notebook) -> int | None:
        kind = type(value)
        if kind is float and -INT64 < value < INT64 and value.is_integer():
            value = int(value)
        elif kind is not int or not -INT64 < value < INT64:
            notes.wrong_type("int", value, at)
            return None
        if (low is not None and value < low) or (high is not None and value > high):
            _refuse(value, low, high, at, notes)
            return None
        return value  # type: ignore[no-any-return]

    return read


def text(most: int | None = None, least: int = 1) -> Reader:
    """Read a text that is not empty and has `least` to `most` characters."""

    def read(value: Any, at: str, notes: Notebook) -> str | None:
        if type(value) is not str:
            notes.wrong_type("string", value, at)
            return None
        if not value:
            notes.broken("value-empty", at)
            return None
        if len(value) < least:
            notes.broken("length-out-of-range", at, f"length {len(value)} is not greater than or equal to {least}")
            return None
        if most is not None and len(value) > most:
            notes.broken("length-out-of-range", at, f"length {len(value)} is not less than or equal to {most}")
            return None
        if not (value.isascii() and "\x00" not in value) and not is_storable(value):
            notes.broken("value-not-valid", at, "value has a character that cannot be stored")
            return None
        return value

    return read


def word(*allowed: str, kept_as: Mapping[str, str] | None = None) -> Reader:
    """Read one of the allowed words; `kept_as` maps spellings to the one that is kept."""
    known = {entry: kept_as.get(entry, entry) if kept_as else entry for entry in allowed}

    def read(value: Any, at: str, notes: Notebook) -> str | None:
        if type(value) is not str:
            notes.wrong_type("string", value, at)
            return None
        kept = known.get(value)
        if kept is None:
            notes.broken("value-not-allowed", at, f"value {quoted(value)} is not one of {quoted_list(allowed)}")
        return kept

    return read


def literal(only: str) -> Reader:
    """Read exactly one text; another one is out of range, in the wire's way of speaking."""

    def read(value: Any, at: str, notes: Notebook) -> str | None:
        if type(value) is not str:
            notes.wrong_type("string", value, at)
            return None
        if value != only:
            notes.not_equal(value, only, at)
            return None
        return value

    return read


def one_of_numbers(read_number: Reader, allowed: Sequence[float]) -> Reader:
    """Read a number that is one of a short list."""

    def read(value: Any, at: str, notes: Notebook) -> Any:
        kept = read_number(value, at, notes)
        if kept is not None and kept not in allowed:
            notes.broken("value-not-allowed", at, f"value {quoted(kept)} is not one of {quoted_list(allowed)}")
            return None
        return kept

    return read


def pattern(expression: str, what: str, *, may_be_empty: bool = False) -> Reader:
    """Read a text that matches the whole expression, else it is not a valid `what`."""
    compiled = re.compile(expression)

    def read(value: Any, at: str, notes: Notebook) -> str | None:
        if type(value) is not str:
            notes.wrong_type("string", value, at)
            return None
        if not value and not may_be_empty:
            notes.broken("value-empty", at)
            return None
        if value and compiled.fullmatch(value) is None:
            notes.broken("value-not-valid", at, f"value {quoted(value)} is not valid as {what}")
            return None
        return value

    return read


datum_id = pattern(DATUM_ID, "data id")


def moment(value: Any, at: str, notes: Notebook) -> datetime | None:
    """Read RFC 3339 with a zone into aware UTC, cut to milliseconds; the zero time is empty."""
    if type(value) is not str:
        notes.wrong_type("time", value, at)
        return None
    found = parse_instant(value)
    if found is None:
        notes.unparsed(
            "value-not-parsable", at, f"value {quoted(value)} is not a parsable time of format {_RFC3339_LAYOUT}"
        )
    elif found == ZERO:
        notes.broken("value-empty", at)
        return None
    return found


def instant(value: Any, at: str, notes: Notebook) -> str | None:
    """Read RFC 3339 with a zone into the UTC text that will be printed."""
    found = moment(value, at, notes)
    return None if found is None else print_instant(found)


def instant_text(value: Any, at: str, notes: Notebook) -> str | None:
    """Read RFC 3339 that is kept as it was sent (clients compare origin times with their own copy)."""
    if type(value) is not str:
        notes.wrong_type("string", value, at)
        return None
    found = parse_instant(value)
    if found is None:
        notes.broken("value-not-valid", at, f"value {quoted(value)} is not valid as time with layout {_RFC3339_LAYOUT}")
        return None
    if found == ZERO:
        notes.broken("value-empty", at)
        return None
    return value


def local_time(value: Any, at: str, notes: Notebook) -> str | None:
    """Read `YYYY-MM-DDTHH:MM:SS` without zone and fraction, kept as it is."""
    if type(value) is not str:
        notes.wrong_type("string", value, at)
        return None
    if not is_local_time(value):
        notes.broken("value-not-valid", at, f"value {quoted(value)} is not valid as time with layout {_LOCAL_LAYOUT}")
        return None
    return value


@cache
def known_zones() -> frozenset[str]:
    """List the zone names of the host, once."""
    return frozenset(available_timezones())


def zone_name(value: Any, at: str, notes: Notebook) -> str | None:
    """Read the IANA name of a time zone known to the host."""
    if type(value) is not str:
        notes.wrong_type("string", value, at)
        return None
    if not value:
        notes.broken("value-empty", at)
        return None
    if value not in known_zones():
        notes.broken("value-not-valid", at, f"value {quoted(value)} is not valid as time zone name")
        return None
    return value


def free_object(value: Any, at: str, notes: Notebook) -> dict[str, Any] | None:
    """Read an object of the client's own making: not empty, at most 4096 bytes when serialised, at most 50 deep."""
    if type(value) is not dict:
        notes.wrong_type("object", value, at)
        return None
    if not value:
        notes.broken("value-empty", at)
        return None
    if trouble := _free_trouble(value, 1):
        notes.broken("value-not-valid", at, trouble)
        return None
    size = len(_measure(value))
    if size > _MAX_BYTES:
        notes.broken("size-out-of-range", at, f"size {size} is not less than or equal to {_MAX_BYTES}")
        return None
    return value


def _free_trouble(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return "" if is_storable(value) else "value has a character that cannot be stored"
    if kind is float or kind is int:
        return "" if math.isfinite(_as_float(value)) else "value has a number that is not finite"
    if kind is not dict and kind is not list:
        return "" if value is None or kind is bool else "value is not JSON"
    if depth > MAX_DEPTH:
        return f"value is nested deeper than {MAX_DEPTH}"
    if kind is dict and not all(type(name) is str and is_storable(name) for name in value):
        return "value has a name that cannot be stored"
    for inner in value.values() if kind is dict else value:
        if trouble := _free_trouble(inner, depth + 1):
            return trouble
    return ""


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _refuse(value: float, low: float | None, high: float | None, at: str, notes: Notebook) -> None:
    if low is not None and high is not None:
        notes.not_between(value, low, high, at)
    elif low is not None:
        notes.broken("value-out-of-range", at, f"value {quoted(value)} is not greater than or equal to {quoted(low)}")
    else:
        notes.broken("value-out-of-range", at, f"value {quoted(value)} is not less than or equal to {quoted(high)}")
