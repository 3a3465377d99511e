"""The parts of a provisioning file whose systems are not built yet: their shape is checked, then they are refused."""

from collections.abc import Mapping
from typing import Any

from openward.cli.provision.faults import Fault
from openward.cli.provision.shapes import Shape, by_name, email, list_of, record, secret, text
from openward.cli.provision.solo import PARTS

TWINE: Shape = record(
    {},
    {
        "clients": list_of(
            record({"name": text(), "client_id": text()}, {"client_secret": secret(), "groups": list_of(text())}),
            unique=by_name,
            what="name",
        ),
        "groups": list_of(record({"name": text()}, {"bio": text(shortest=0)}), unique=by_name, what="name"),
        "coaches": list_of(
            record({"email": email, "first_name": text(), "last_name": text()}, {"groups": list_of(text())})
        ),
        "question_definitions": list_of(record({"name": text()}, {})),
    },
)


def refuse(content: Mapping[str, Any]) -> list[Fault]:
    """One fault for each part of a well-shaped file that is not empty and not available yet."""
    places = [
        (f"organizations[{place}].twine", organization.get("twine"))
        for place, organization in enumerate(content["organizations"])
    ]
    places += [
        (f"organizations[{place}].solo.{name}", value)
        for place, organization in enumerate(content["organizations"])
        for name, value in (organization.get("solo") or {}).items()
        if name not in PARTS
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
