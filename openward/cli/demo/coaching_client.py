"""Coaching in the demo, as its provisioning file has it: groups, coaches, and a program that may call `/pub`."""

from collections.abc import Sequence
from typing import Any, Final

SECRET: Final = "demo-coaching-secret"  # noqa: S105 - printed on the screen for everybody to use
GROUPS: Final = (("Heart and weight", "Blood pressure, weight and movement."), ("New on insulin", "The first months."))


def client_of(clinic: str) -> str:
    """The name of a clinic's program."""
    return f"demo-coaching-{clinic}"


def provisioning(clinic: str, staff: Sequence[tuple[str, str, tuple[str, ...]]]) -> dict[str, Any]:
    """The `twine` part of a provisioning file for one clinic: everybody but its first admin coaches a group."""
    coaches = []
    for place, (name, email, _) in enumerate(staff):
        first, _, last = name.removeprefix("Dr ").rpartition(" ")
        groups = [name for name, _ in GROUPS] if place == 1 else [GROUPS[1][0]] if place else []
        coaches.append({"email": email, "first_name": first or last, "last_name": last, "groups": groups})
    return {
        "groups": [{"name": name, "bio": bio} for name, bio in GROUPS],
        "clients": [{"name": "demo", "client_id": client_of(clinic), "client_secret": SECRET}],
        "coaches": coaches,
    }
