"""Request documents checked against the published schemas: every fault with its JSON pointer."""

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import yaml

from openward.care.errors import Fault, Invalid
from openward.gateway import shape
from openward.gateway.call import Call
from openward.gateway.quick_shape import pick, quick
from openward.gateway.shape import Breach, Shape
from openward.wire.twine.errors import body_fault
from openward.wire.twine.media import require_document
from openward.wire.twine.together import Together

_FOLDER = Path(__file__).parent / "spec"
_FILES = ("rewards.v7.yaml", "twine.v7.yaml")
LONGEST_NAME = 255
"""How many characters a name may have, and whatever else says in a line what something is."""
_OWN_LIMITS: Mapping[str, Mapping[str, int]] = {
    "PatientAttributes": {"first_name": LONGEST_NAME, "last_name": LONGEST_NAME, "note": 20_000},
    "PatientIdentifier": {"label": LONGEST_NAME, "system": LONGEST_NAME, "value": LONGEST_NAME},
    "PhoneNumber": {"value": LONGEST_NAME},
    "PostalAddress": dict.fromkeys(
        ("city", "state", "postal_code", "use", "type", "text", "district", "country", "lines"), LONGEST_NAME
    ),
}
"""How many characters texts may have of which the published schemas do not say it."""
Check = Callable[[dict[str, Any]], list[Fault]]


@functools.cache
def components() -> Mapping[str, Any]:
    """The published schemas by name, with our limits; of one that stands in both files, that of the base contract."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    schemas: dict[str, Any] = {}
    for name in _FILES:
        text = (_FOLDER / name).read_text("utf-8")
        schemas |= yaml.load(text, Loader=loader)["components"]["schemas"]  # noqa: S506 -- a safe loader
    for name, limits in _OWN_LIMITS.items():
        given = schemas[name]["properties"]
        schemas[name]["properties"] = given | {part: _limited(given[part], most) for part, most in limits.items()}
    return schemas


def _limited(schema: Mapping[str, Any], most: int) -> Mapping[str, Any]:
    """A text, or each of a list of texts, with at most so many characters."""
    if schema["type"] == "array":
        return {**schema, "items": _limited(schema["items"], most)}
    return {**schema, "maxLength": most}


async def read(call: Call, name: str) -> dict[str, Any]:
    """The request document as the published schema `name` has it; unknown members are left out.

    Optional members given as null are kept, for a change that clears them. A path with an `id` wants the same in
    `data.id` where that is given. `NotAllowed` for another media type; `Invalid` with every fault.
    """
    kept, faults = await look(call, name)
    if faults:
        raise Invalid(faults)
    return kept


async def look(call: Call, name: str) -> tuple[dict[str, Any], list[Fault]]:
    """The same as far as it has the shape, and its faults: what is of another type is None or missing."""
    require_document(call)
    value = await call.json()
    kept, faults = check_shape(value, name)
    if isinstance(value, dict) and isinstance(value.get("data"), dict):
        faults += _wrong_id(value["data"], call)
    return dict(kept or {}), faults


async def look_together(call: Call, name: str, check: Check | None = None) -> tuple[dict[str, Any], Together]:
    """The same with what `check` finds in it besides; more faults may be added before all are told."""
    kept, faults = await look(call, name)
    told = Together(faults)
    told.add(check(kept) if check else ())
    return kept, told


def below(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at this place of a document of whatever shape; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


async def check_body(call: Call, name: str) -> tuple[Any, list[Fault]]:
    """The body as the published schema has it, and every fault; one without any is read in one go."""
    short = _quick(name)
    if short is not None:
        with suppress(msgspec.DecodeError, RecursionError):
            return pick(await call.body(), short), []
    return check_shape(await call.json(), name)


def check_shape(value: Any, name: str, known: Mapping[str, Any] | None = None) -> tuple[Any, list[Fault]]:
    """A value as the published schema has it, and every fault; `known` are the schemas, where some are changed."""
    schemas = known or components()
    kept, breaches = Shape(schemas[name], schemas, keeps_null=True).check(value)
    return kept, [body_fault(pointer(breach.path), _sentence(breach)) for breach in breaches]


@functools.cache
def _quick(name: str) -> msgspec.json.Decoder[Any] | None:
    return quick(components()[name], components())


def _wrong_id(data: Mapping[str, Any], call: Call) -> list[Fault]:
    wanted = call.path.get("id")
    if wanted is None or data.get("id") in (None, wanted):
        return []
    return [body_fault("/data/id", "The id is not that of the path")]


def pointer(path: shape.Path) -> str:
    """`/data/attributes/title`."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _sentence(breach: Breach) -> str:
    limit = breach.limit
    match breach.rule:
        case "required":
            return "This is missing"
        case "blank":
            return "This must not be blank"
        case "type":
            return f"This must be of type {limit}"
        case "enum":
            return f"This must be one of {', '.join(map(str, limit[:50]))}"
        case "const":
            return f"This must be {limit}"
        case "format":
            return f"This is not a {limit}"
        case "between":
            return f"This must be between {limit[0]} and {limit[1]}"
        case "minimum" | "maximum":
            return f"This must be {limit} or {'more' if breach.rule == 'minimum' else 'less'}"
        case "minLength" | "minItems":
            return f"This must have at least {limit} {'characters' if breach.rule == 'minLength' else 'items'}"
        case "maxLength" | "maxItems":
            return f"This must have at most {limit} {'characters' if breach.rule == 'maxLength' else 'items'}"
        case "uniqueItems":
            return "This holds something twice"
        case _:
            return "This is not valid"
