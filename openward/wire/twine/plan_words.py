"""What actions, bundles and plans have in common when they are read and written, and what no schema says of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care.coaching import Adherence, Written
from openward.care.errors import Fault
from openward.wire.twine import moments
from openward.wire.twine.errors import body_fault
from openward.wire.twine.moments import moment_of
from openward.wire.twine.schema import below

_BASE = "/data/attributes"
NEEDED = ("type", "title", "effective_from")
TOO_SOON = "This must be after effective_from"
_MOMENTS = ("effective_from", "effective_to")


def attributes_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The attributes of a request, whatever its shape; none is as good as empty ones."""
    return below(document, "data", "attributes")


def faults(document: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with an action or bundle: what must be there cleared, times off the calendar or out of order."""
    given = attributes_of(document)
    found = [
        body_fault(f"{_BASE}/{name}", "This must not be null" if given[name] is None else "This must not be blank")
        for name in NEEDED
        if name in given and (given[name] is None or not given[name].strip())
    ]
    found += [
        body_fault(f"{_BASE}/{name}", "No calendar holds this")
        for name in _MOMENTS
        if given.get(name) and moment_of(given[name]) is None
    ]
    begins, ends = (moment_of(given.get(name)) for name in _MOMENTS)
    if begins is not None and ends is not None and ends <= begins:
        found.append(body_fault(f"{_BASE}/effective_to", TOO_SOON))
    return found


def critical_faults(critical: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with limits: `{type: {data: {minimum, maximum}}}`, quantities both, and a time."""
    for name, given in critical.items():
        at = f"{_BASE}/critical/{name.replace('~', '~0').replace('/', '~1')}"
        if name == "effective_from":
            if not isinstance(given, str) or moment_of(given) is None:
                yield body_fault(at, "This is not a date-time")
        elif not isinstance(given, dict) or not isinstance(given.get("data", {}), dict):
            yield body_fault(at, "This must be an object with data")
        else:
            for bound in ("minimum", "maximum"):
                limit = given.get("data", {}).get(bound)
                if limit is not None and not is_quantity(limit):
                    yield body_fault(f"{at}/data/{bound}", "This must have a number as its value")


def is_quantity(given: Any) -> bool:
    """Whether this is `{value, unit?}` with a number."""
    value = given.get("value") if isinstance(given, dict) else None
    return isinstance(value, int | float) and not isinstance(value, bool)


def adherence(found: Adherence) -> dict[str, Any]:
    """How well something is kept to."""
    streak: dict[str, Any] = {"count": found.streak}
    if found.streak_at is not None:
        streak["updated_at"] = moments.written(found.streak_at)
    return {"due": found.due, "complete": found.complete, "streak": streak}


def written(when: Written, names: Mapping[UUID, str]) -> dict[str, Any]:
    """When and by whom something was made and last changed; a program is not named."""
    shown: dict[str, Any] = {"created_at": moments.written(when.created_at)}
    if when.created_by is not None and when.created_by in names:
        shown["created_by"] = names[when.created_by]
    shown["updated_at"] = moments.written(when.updated_at)
    if when.updated_by is not None and when.updated_by in names:
        shown["updated_by"] = names[when.updated_by]
    return shown


def without_nulls(given: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say something, at every depth of objects."""
    return {
        name: without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in given.items()
        if value is not None
    }


def of_list(given: Sequence[Any] | None) -> list[Any]:
    """A list; nothing is an empty one."""
    return list(given or ())
