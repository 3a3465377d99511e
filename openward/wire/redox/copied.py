"""What every message that leaves begins with, and what it copies from the order that it answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from openward.care.ehr import Head
from openward.wire.redox.schema import fitting

_VISIT = ("VisitNumber", "AccountNumber")


def instant(moment: datetime) -> str:
    """A moment as Redox writes it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read(order: bytes) -> Mapping[str, Any]:
    """What an order says that keeps to its shape; it was read before it was kept."""
    found = fitting(msgspec.json.decode(order))
    return found if isinstance(found, Mapping) else {}


def at(value: Any, *names: str) -> Any:
    """What lies below these names, None where there is nothing."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text(value: Any) -> str | None:
    """A text; None for all else and for a blank one."""
    return value if isinstance(value, str) and value.strip() else None


def ordered_at(order: bytes) -> datetime | None:
    """`Meta.EventDateTime`; one without a zone counts as UTC, one that cannot be read is none."""
    said = at(read(order), "Meta", "EventDateTime")
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def order_id(order: Mapping[str, Any], head: Head) -> str:
    """The id that the sender gave the order; an order without one, which the contract rules out, has ours."""
    return text(at(order, "Order", "ID")) or head.document


def start(head: Head, order: Mapping[str, Any], model: str, event: str) -> dict[str, Any]:
    """`Meta`, `Patient` and `Visit` of a message."""
    source = {"ID": head.link.get("source_id"), "Name": head.link.get("source_name")}
    meta: dict[str, Any] = {
        "DataModel": model,
        "EventType": event,
        "EventDateTime": instant(head.at),
        "Source": {name: value for name, value in source.items() if value},
        "Destinations": [{"ID": head.destination}],
        # A message that is sent again, because its answer was lost, has the same number: whoever has it can drop it.
        "Message": {"ID": head.number},
    }
    is_test = at(order, "Meta", "Test")
    if isinstance(is_test, bool):
        meta["Test"] = is_test
    facility = text(at(order, "Meta", "FacilityCode"))
    if facility is not None:
        meta["FacilityCode"] = facility
    return {"Meta": meta, "Patient": _patient(order), "Visit": _visit(order)}


def _patient(order: Mapping[str, Any]) -> dict[str, Any]:
    given = at(order, "Patient", "Identifiers")
    pairs = ((text(at(one, "ID")), text(at(one, "IDType"))) for one in (given if isinstance(given, list) else ()))
    identifiers = [{"ID": value, "IDType": kind} for value, kind in pairs if value is not None and kind is not None]
    demographics = at(order, "Patient", "Demographics")
    return {"Identifiers": identifiers} | ({"Demographics": demographics} if isinstance(demographics, dict) else {})


def _visit(order: Mapping[str, Any]) -> dict[str, Any]:
    visit = at(order, "Visit")
    copied: dict[str, Any] = {name: found for name in _VISIT if (found := text(at(visit, name))) is not None}
    location = at(visit, "Location")
    return copied | ({"Location": location} if isinstance(location, dict) else {})
