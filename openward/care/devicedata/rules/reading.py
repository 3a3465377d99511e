"""What a reader is, and the notebook in which readers write down the faults they meet.

A reader takes one JSON value (never null), its pointer and the notebook; it returns the value as it will be kept, or
None after noting a fault. Reading, checking and normalising are one pass: when any fault was noted the results are
thrown away, so a reader may go on after a fault to find the next one.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from openward.care.devicedata.units import plain
from openward.care.errors import Fault, Invalid

Reader: TypeAlias = Callable[[Any, str, "Notebook"], Any]
# A rule sees the object as sent, the object as it will be kept (which it may change), and the object's pointer.
Rule: TypeAlias = Callable[[dict[str, Any], dict[str, Any], str, "Notebook"], None]

MAX_DEPTH = 50
_QUOTED_LENGTH = 200

_TITLES = {
    "type-not-bool": "type is not bool",
    "type-not-int": "type is not int",
    "type-not-float64": "type is not float64",
    "type-not-string": "type is not string",
    "type-not-time": "type is not time",
    "type-not-object": "type is not object",
    "type-not-array": "type is not array",
    "value-not-parsable": "value is not a parsable time",
    "not-parsed": "not parsed",
    "value-not-exists": "value does not exist",
    "value-exists": "value exists",
    "value-empty": "value is empty",
    "value-duplicate": "value is a duplicate",
    "value-out-of-range": "value is out of range",
    "value-not-allowed": "value is not one of the allowed values",
    "value-not-after": "value is not after the specified time",
    "value-not-valid": "value is not valid",
    "values-not-exist-for-any": "values do not exist for any",
    "values-not-exist-for-one": "values do not exist for one",
    "length-out-of-range": "length is out of range",
    "size-out-of-range": "size is out of range",
}
_WORDS: dict[type, str] = {
    bool: "bool",
    int: "float64",
    float: "float64",
    str: "string",
    dict: "object",
    list: "array",
    tuple: "array",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One datum that obeys every rule, normalised.

    kind: its `type`; time: aware UTC with millisecond precision; fields: everything else that is kept and shown, under
    the wire's own names as plain JSON values (glucose in mmol/L, times inside printed in UTC).
    """

    kind: str
    time: datetime
    fields: dict[str, object]


@dataclass(slots=True)
class Notebook:
    """Faults of two ranks: those of parsing hide those of validation. Also gathers data split off their parents."""

    mint_id: Callable[[], str]
    meta: Mapping[str, str] = field(default_factory=dict)
    parsing: list[Fault] = field(default_factory=list)
    validation: list[Fault] = field(default_factory=list)
    split_off: list[Checked] = field(default_factory=list)
    depth: int = 0

    def unparsed(self, code: str, at: str, detail: str = "") -> None:
        """Note that something could not be read at all."""
        self.parsing.append(Fault(code, at, detail or _TITLES[code], self.meta, _TITLES[code]))

    def wrong_type(self, expected: str, value: object, at: str) -> None:
        """Note that a value has another JSON type than `expected` (`int`, `string`, ...)."""
        code = f"type-not-{expected}"
        found = _WORDS.get(type(value), type(value).__name__)
        self.unparsed(code, at, f"{_TITLES[code]}, but {found}")

    def broken(self, code: str, at: str, detail: str = "") -> None:
        """Note that a value was read but breaks a rule."""
        self.validation.append(Fault(code, at, detail or _TITLES[code], self.meta, _TITLES[code]))

    def not_between(self, value: float, low: float, high: float, at: str) -> None:
        """Note a number outside of its range."""
        self.broken("value-out-of-range", at, f"value {plain(value)} is not between {plain(low)} and {plain(high)}")

    def not_equal(self, value: object, wanted: object, at: str) -> None:
        """Note a value that should be one certain value; the wire calls this out of range, too."""
        self.broken("value-out-of-range", at, f"value {quoted(value)} is not equal to {quoted(wanted)}")

    def finish(self) -> None:
        """Raise Invalid with all parse faults, else with all validation faults, else return."""
        if self.parsing or self.validation:
            raise Invalid(self.parsing or self.validation)


def quoted(value: object) -> str:
    """Print a value for a fault's detail: strings quoted and cut to a sane length, numbers without exponent."""
    if isinstance(value, str):
        text = json.dumps(value[:_QUOTED_LENGTH], ensure_ascii=False)
        return text.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(value)
    return str(value)


def quoted_list(values: Sequence[object]) -> str:
    """Print the allowed values for a fault's detail."""
    return "[" + ", ".join(quoted(value) for value in values) + "]"


def pointer_token(name: str) -> str:
    """Escape a name for use as one step of a JSON pointer."""
    return name.encode("utf-8", "replace").decode("utf-8").replace("~", "~0").replace("/", "~1")


def is_storable(text: str) -> bool:
    """Say whether PostgreSQL can keep this text: it takes neither NUL nor half of a surrogate pair."""
    if "\x00" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
