"""What leaves, checked against the published shapes of Redox's messages."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from openward.gateway.shape import Shape

_FILE = Path(__file__).parent / "spec" / "redox.v1.yaml"


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
