"""The published shapes of Redox's messages: what an order says in them, and whether what leaves keeps to them."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from openward.gateway.shape import Shape

_FILE = Path(__file__).parent / "spec" / "redox.v1.yaml"
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}


@functools.cache
def _schemas() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded = yaml.load(_FILE.read_text("utf-8"), Loader=loader)  # noqa: S506 -- a safe loader
    found: Mapping[str, Any] = loaded["components"]["schemas"]
    return found


def faults(model: str, event: str, message: Any) -> list[str]:
    """What is wrong with a message, as places and rules; a model and event that are not published are wrong, too."""
    name = f"{event[:1].lower()}{event[1:]}{model}"
    if name not in _schemas():
        return [f"{model}/{event} is not known"]
    if model == "Notes" and isinstance(message, dict) and isinstance(message.get("Note"), dict):
        # A file is longer than any text that the shapes are meant for.
        message = message | {"Note": message["Note"] | {"FileContents": str(message["Note"].get("FileContents"))[:1]}}
    _, breaches = Shape(_schemas()[name], _schemas()).check(message)
    return ["/".join(map(str, breach.path)) + f": {breach.rule}" for breach in breaches]


def fitting(order: Any) -> Any:
    """What of an order keeps to its published shape, as what leaves copies parts of it to the letter.

    Null and whatever has another type than the published one is left out; a number that stands for a text becomes one.
    What is not published stays.
    """
    return _fitting(order, _schemas()["newOrder"])


def _fitting(value: Any, shape: Mapping[str, Any]) -> Any:
    kind = shape.get("type")
    if isinstance(value, Mapping):
        fields = shape.get("properties", {})
        kept = {name: _fitting(item, fields.get(name, {})) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item is not None} if kind in (None, "object") else None
    if isinstance(value, list):
        items = [_fitting(item, shape.get("items", {})) for item in value]
        return [item for item in items if item is not None] if kind in (None, "array") else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string" and is_number:
        return str(value)
    is_fit = kind is None or (isinstance(value, _TYPES.get(kind, ())) and (kind != "number" or is_number))
    return value if is_fit else None
