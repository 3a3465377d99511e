"""The parts of a provisioning file whose systems are not built yet: their shape is checked, then they are refused."""

from collections.abc import Mapping
from typing import Any

from openward.cli.provision import solo, twine
from openward.cli.provision.faults import Fault


def refuse(content: Mapping[str, Any]) -> list[Fault]:
    """One fault for each part of a well-shaped file that is not empty and not available yet."""
    places = [
        (f"organizations[{place}].{system}.{name}", value)
        for place, organization in enumerate(content["organizations"])
        for system, parts in (("solo", solo.PARTS), ("twine", twine.PARTS))
        for name, value in (organization.get(system) or {}).items()
        if name not in parts
    ]
    return [
        Fault(path, "is not available yet in this version; leave it out or empty")
        for path, value in places
        if _says_something(value)
    ]


def _says_something(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_says_something(item) for item in value.values())
    return bool(value) if isinstance(value, list | str) else value is not None
