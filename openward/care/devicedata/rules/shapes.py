"""Readers of composed values: objects with declared fields, arrays, maps, and rules across fields."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openward.care.devicedata.rules.reading import (
    MAX_DEPTH,
    Notebook,
    Reader,
    Rule,
    is_storable,
    pointer_token,
    quoted_list,
)
from openward.care.devicedata.units import plain


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field: its name on the wire, its reader, and whether it must be there."""

    name: str
    read: Reader
    required: bool = False


def needs(name: str, read: Reader) -> Field:
    """Declare a field that must be there."""
    return Field(name, read, required=True)


def may(name: str, read: Reader) -> Field:
    """Declare a field that may be there."""
    return Field(name, read)


@dataclass(frozen=True, slots=True)
class Shape:
    """A reader of objects: declared fields in order, then rules across them. Undeclared fields are dropped.

    With `closed`, an undeclared field is a `not-parsed` fault instead.
    """

    fields: Sequence[Field]
    rules: Sequence[Rule] = ()
    closed: bool = False
    _plan: Sequence[tuple[str, Reader, bool]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay the fields out as plain tuples, which the hot loop unpacks faster than attributes."""
        object.__setattr__(self, "_plan", tuple((entry.name, entry.read, entry.required) for entry in self.fields))

    def __call__(self, value: Any, at: str, notes: Notebook) -> dict[str, Any] | None:
        """Read one object; fields with faults are missing from the result."""
        if type(value) is not dict:
            notes.wrong_type("object", value, at)
            return None
        kept: dict[str, Any] = {}
        get = value.get
        for name, read, required in self._plan:
            sent = get(name)
            if sent is not None:
                result = read(sent, f"{at}/{name}", notes)
                if result is not None:
                    kept[name] = result
            elif required:
                notes.broken("value-not-exists", f"{at}/{name}")
        for rule in self.rules:
            rule(value, kept, at, notes)
        if self.closed:
            self._refuse_others(value, at, notes)
        return kept

    def _refuse_others(self, value: dict[str, Any], at: str, notes: Notebook) -> None:
        declared = {entry.name for entry in self.fields}
        for name in value:
            if name not in declared:
                notes.unparsed("not-parsed", f"{at}/{pointer_token(name)}")


def array(
    item: Reader, least: int = 1, most: int | None = None, *, unique: bool = False, ordered: bool = False
) -> Reader:
    """Read an array of `least` to `most` items, no two alike with `unique`, sorted ascending with `ordered`."""

    def read(value: Any, at: str, notes: Notebook) -> list[Any] | None:
        if type(value) is not list:
            notes.wrong_type("array", value, at)
            return None
        if not value and least > 0:
            notes.broken("value-empty", at)
            return None
        if most is not None and len(value) > most:
            notes.broken("length-out-of-range", at, f"length {len(value)} is not less than or equal to {most}")
            return None
        kept = []
        seen = set()
        for place, sent in enumerate(value):
            here = f"{at}/{place}"
            result = None
            if sent is None:
                notes.broken("value-not-exists", here)
            else:
                result = item(sent, here, notes)
            if unique and result is not None:
                if result in seen:
                    notes.broken("value-duplicate", here)
                seen.add(result)
            kept.append(result)
        # A faulty item leaves None behind, which cannot be sorted and will be thrown away anyhow.
        return sorted(kept) if ordered and None not in kept else kept

    return read


def mapping(read_value: Reader) -> Reader:
    """Read an object whose names are the client's own and whose values are all of one kind."""

    def read(value: Any, at: str, notes: Notebook) -> dict[str, Any] | None:
        if type(value) is not dict:
            notes.wrong_type("object", value, at)
            return None
        kept = {}
        for name, sent in value.items():
            if not is_storable(name):
                notes.broken("value-not-valid", at, "a name has a character that cannot be stored")
                continue
            here = f"{at}/{pointer_token(name)}"
            result = read_value(sent, here, notes) if sent is not None else None
            if sent is None:
                notes.broken("value-not-exists", here)
            if result is not None:
                kept[name] = result
        return kept

    return read


def recursive(shape: Callable[[], Reader]) -> Reader:
    """Read an object that may hold its own kind again, up to 50 levels."""

    def read(value: Any, at: str, notes: Notebook) -> Any:
        if notes.depth >= MAX_DEPTH:
            notes.broken("value-not-valid", at, f"value is nested deeper than {MAX_DEPTH}")
            return None
        notes.depth += 1
        try:
            return shape()(value, at, notes)
        finally:
            notes.depth -= 1

    return read


def is_there(sent: dict[str, Any], name: str) -> bool:
    """Say whether a field was sent; null counts as absent."""
    return sent.get(name) is not None


def any_of(*names: str) -> Rule:
    """Ask for at least one of these fields."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        if all(sent.get(name) is None for name in names):
            detail = f"values do not exist for any of {quoted_list(names)}"
            notes.broken("values-not-exist-for-any", at, detail)

    return rule


def absent(*names: str) -> Rule:
    """Ask that none of these fields is there."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        for name in names:
            if sent.get(name) is not None:
                notes.broken("value-exists", f"{at}/{name}")

    return rule


def only_if(name: str, condition: Callable[[dict[str, Any]], bool], *, required: bool = True) -> Rule:
    """Ask for a field when the condition on the sent object holds, and refuse it otherwise."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        if condition(sent):
            if required and sent.get(name) is None:
                notes.broken("value-not-exists", f"{at}/{name}")
        elif sent.get(name) is not None:
            notes.broken("value-exists", f"{at}/{name}")

    return rule


def field_is(name: str, *values: str) -> Callable[[dict[str, Any]], bool]:
    """Make the condition that a field was sent with one of these values."""
    return lambda sent: any(sent.get(name) == value for value in values)


def field_is_there(name: str) -> Callable[[dict[str, Any]], bool]:
    """Make the condition that a field was sent."""
    return lambda sent: sent.get(name) is not None


def at_least_field(name: str, floor: str, low: float, high: float | None) -> Rule:
    """Ask that a number lies in `[floor, high]`, or in `[low, high]` when the floor is missing or faulty itself."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        value = kept.get(name)
        if value is None:
            return
        bottom = kept.get(floor, low)
        if high is None:
            if value < bottom:
                detail = f"value {plain(value)} is not greater than or equal to {plain(bottom)}"
                notes.broken("value-out-of-range", f"{at}/{name}", detail)
        elif not bottom <= value <= high:
            notes.not_between(value, bottom, high, f"{at}/{name}")

    return rule


def at_most_field(name: str, ceiling: str) -> Rule:
    """Ask that a number lies in `[0, ceiling]` when the ceiling is there and valid itself."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        value, top = kept.get(name), kept.get(ceiling)
        if value is not None and top is not None and value > top:
            notes.not_between(value, 0, top, f"{at}/{name}")

    return rule


def within_units(name: str, ranges: dict[str, tuple[float, float]], units: str = "units") -> Rule:
    """Ask that a number lies in the range that goes with its units; unknown units have no range."""

    def rule(sent: dict[str, Any], kept: dict[str, Any], at: str, notes: Notebook) -> None:
        value = kept.get(name)
        bounds = ranges.get(kept.get(units, ""))
        if value is not None and bounds is not None and not bounds[0] <= value <= bounds[1]:
            notes.not_between(value, bounds[0], bounds[1], f"{at}/{name}")

    return rule
