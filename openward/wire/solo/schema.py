"""Bodies checked against the published schemas: every fault, in the order of the fields there, in fixed sentences.

The published file is the one list of fields and limits; what a schema cannot say is checked by each resource.
"""

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from openward.care.errors import Fault, Invalid
from openward.gateway import shape
from openward.gateway.call import Call
from openward.gateway.shape import Breach, Shape, as_date, is_uuid

BLANK = "This value should not be blank."
NOT_UUID = "This is not a valid UUID."
NOT_CHOICE = "The value you selected is not a valid choice."
NOT_DATE = "This value is not a valid date."
NOT_VALID = "This value is not valid."
USED = "This value is already used."

_FILE = Path(__file__).parent / "spec" / "solo.v1.yaml"
LAST_SECOND = 253402300799  # of the year 9999; later ones fit no calendar
_FORMATS = {"uuid": NOT_UUID, "date": NOT_DATE, "date-time": NOT_DATE}


@functools.cache
def _schemas() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(_FILE.read_text("utf-8"), Loader=loader)  # noqa: S506 -- a safe loader
    schemas: Mapping[str, Any] = loaded["components"]["schemas"]
    for schema in schemas.values():
        for field in schema.get("properties", {}).values():
            if field.get("type") == "integer":
                field.setdefault("maximum", LAST_SECOND)
    return schemas


Check = Callable[[dict[str, Any]], list[Fault]]
"""What a schema cannot say. A required field may be missing, and one that breaks the schema is None: it is told."""


async def read(call: Call, name: str, check: Check | None = None) -> dict[str, Any]:
    """The body as the published schema `name` has it, unknown and empty (null) fields left out where they may be.

    `Invalid` with every fault, those of the schema and those that `check` finds, in the order of the fields.
    """
    return checked(await call.json(), name, check)


def checked(value: Any, name: str, check: Check | None = None) -> dict[str, Any]:
    """`read` of a value that is at hand."""
    kept, breaches = Shape(_schemas()[name], _schemas()).check(value)
    faults = [fault(_field(breach.path), _sentence(breach)) for breach in breaches]
    if check is not None and isinstance(kept, dict):
        broken = {breach.path[0] for breach in breaches}
        found = check({field: None if field in broken else given for field, given in kept.items()})
        order = list(_schemas()[name]["properties"])
        faults += [one for one in found if _top(one) not in broken]
        faults.sort(key=lambda one: order.index(_top(one)) if _top(one) in order else len(order))
    if faults:
        raise Invalid(faults)
    return dict(kept)


def _top(found: Fault) -> str:
    """The field of the body itself in which a fault lies."""
    return re.split(r"[.\[]", found.pointer, maxsplit=1)[0]


def fault(field: str, sentence: str) -> Fault:
    """One field that breaks one rule."""
    return Fault("invalid", pointer=field, detail=sentence)


def _field(path: shape.Path) -> str:
    """`telecom[0].value`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "body"


def _sentence(breach: Breach) -> str:
    match breach.rule:
        case "required" | "blank" | "minItems" | "minLength":
            return BLANK
        case "type":
            return f"This value should be of type {breach.limit}."
        case "enum" | "const":
            return NOT_CHOICE
        case "format":
            return _FORMATS.get(breach.limit, NOT_VALID)
        case "between":
            return f"This value should be between {breach.limit[0]} and {breach.limit[1]}."
        case "minimum":
            return f"This value should be {breach.limit} or more."
        case "maximum":
            return f"This value should be {breach.limit} or less."
        case "maxLength":
            return f"This value is too long. It should have {breach.limit} characters or less."
        case "pattern" if str(breach.limit).startswith(r"^\d{4}-"):
            return NOT_DATE
        case "maxItems":
            return f"This collection should contain {breach.limit} elements or less."
        case _:
            return NOT_VALID


__all__ = [
    "BLANK",
    "LAST_SECOND",
    "NOT_CHOICE",
    "NOT_DATE",
    "NOT_UUID",
    "NOT_VALID",
    "USED",
    "as_date",
    "checked",
    "fault",
    "is_uuid",
    "read",
]
