"""Bodies checked against the published schemas: every fault, in the order of the fields there, in fixed sentences.

The published file is the one list of fields and limits; what a schema cannot say is checked by each resource.
"""

import functools
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from openward.care.errors import Fault, Invalid
from openward.gateway.call import Call

BLANK = "This value should not be blank."
NOT_UUID = "This is not a valid UUID."
NOT_CHOICE = "The value you selected is not a valid choice."
NOT_DATE = "This value is not a valid date."
NOT_VALID = "This value is not valid."

_FILE = Path(__file__).parent / "spec" / "solo.v1.yaml"
_MOST_SECONDS = 253402300799  # the last second of the year 9999; later ones fit no calendar
_MOST_DEPTH = 20
_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "null": lambda value: value is None,
}


@functools.cache
def _schemas() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(_FILE.read_text("utf-8"), Loader=loader)  # noqa: S506 -- a safe loader
    schemas: Mapping[str, Any] = loaded["components"]["schemas"]
    return schemas


async def read(call: Call, name: str, check: Callable[[dict[str, Any]], list[Fault]] | None = None) -> dict[str, Any]:
    """The body as the published schema `name` has it, unknown and empty (null) fields left out where they may be.

    `Invalid` with every fault: those of the schema, then those that `check` finds in a body of the right shape.
    """
    return checked(await call.json(), name, check)


def checked(value: Any, name: str, check: Callable[[dict[str, Any]], list[Fault]] | None = None) -> dict[str, Any]:
    """`read` of a value that is at hand."""
    faults: list[Fault] = []
    kept = _value(value, _schemas()[name], "", faults, 0)
    if not faults and check is not None:
        faults = check(kept)
    if faults:
        raise Invalid(faults)
    return dict(kept)


def fault(field: str, sentence: str) -> Fault:
    """One field that breaks one rule."""
    return Fault("invalid", pointer=field, detail=sentence)


def _resolve(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = _schemas()[schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _value(value: Any, schema: Mapping[str, Any], path: str, faults: list[Fault], depth: int) -> Any:
    """The value as it is kept; what is wrong with it is added to `faults`."""
    schema = _resolve(schema)
    if "anyOf" in schema:
        if value is None:
            return None
        schema = _resolve(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_TYPES[kind](value) for kind in kinds):
        faults.append(fault(path or "body", f"This value should be of type {kinds[0]}."))
        return None
    if isinstance(value, dict) and "properties" in schema:
        return _object(value, schema, path, faults, depth + 1) if depth < _MOST_DEPTH else {}
    if isinstance(value, list):
        return _list(value, schema, path, faults, depth + 1)
    sentence = _sentence(value, schema)
    if sentence:
        faults.append(fault(path or "body", sentence))
    return value


def _object(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: str, faults: list[Fault], depth: int
) -> dict[str, Any]:
    kept = {}
    needed = schema.get("required", ())
    for name, inner in schema["properties"].items():
        place = f"{path}.{name}" if path else name
        given = value.get(name)
        if given is None and not (name in value and _may_be_null(inner)):
            if name in needed:
                faults.append(fault(place, BLANK))
            continue
        if name in needed and isinstance(given, str) and not given.strip():
            faults.append(fault(place, BLANK))
            continue
        kept[name] = _value(given, inner, place, faults, depth)
    return kept


def _list(value: list[Any], schema: Mapping[str, Any], path: str, faults: list[Fault], depth: int) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        faults.append(fault(path, BLANK))
    if len(value) > schema.get("maxItems", 1000):
        faults.append(fault(path, f"This collection should contain {schema.get('maxItems', 1000)} elements or less."))
        return []
    items = schema.get("items", {})
    return [_value(item, items, f"{path}[{place}]", faults, depth) for place, item in enumerate(value)]


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    schema = _resolve(schema)
    if "anyOf" in schema:
        return any(one.get("type") == "null" for one in schema["anyOf"])
    return "null" in schema.get("type", ()) if isinstance(schema.get("type"), list) else False


def _sentence(value: Any, schema: Mapping[str, Any]) -> str:
    """What is wrong with a plain value, or ""."""
    if "enum" in schema and value not in schema["enum"]:
        return NOT_CHOICE
    if isinstance(value, str):
        return _text_sentence(value, schema)
    if isinstance(value, int) and not isinstance(value, bool):
        lowest, highest = schema.get("minimum"), schema.get("maximum")
        if highest is None:
            highest = _MOST_SECONDS
            if value > highest:
                return f"This value should be {highest} or less."
        if lowest is not None and not lowest <= value <= highest:
            if schema.get("maximum") is None:
                return f"This value should be {lowest} or more."
            return f"This value should be between {lowest} and {highest}."
    return ""


def _text_sentence(value: str, schema: Mapping[str, Any]) -> str:
    shape = schema.get("format")
    if shape == "uuid" and not is_uuid(value):
        return NOT_UUID
    if shape == "date" and as_date(value) is None:
        return NOT_DATE
    if len(value) < schema.get("minLength", 0) or (schema.get("minLength") and not value.strip()):
        return BLANK
    longest = schema.get("maxLength", 65536)
    if len(value) > longest:
        return f"This value is too long. It should have {longest} characters or less."
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return NOT_VALID
    return ""


def is_uuid(value: str) -> bool:
    """Whether this is a UUID in its usual form with hyphens."""
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def as_date(value: str) -> date | None:
    """A calendar date written `1983-08-15`, else None."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
