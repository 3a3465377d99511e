"""The shape of the `solo` part of an organization in a provisioning file."""

from itertools import pairwise
from typing import Any

from openward.cli.provision.faults import Fault
from openward.cli.provision.shapes import (
    Shape,
    by_name,
    clock,
    date,
    email,
    folded,
    list_of,
    one_of,
    pair,
    record,
    secret,
    text,
    url,
    uuid,
    whole,
    zone,
)
from openward.cli.provision.solo_templates import checked

_QUESTION = record(
    {"name": text(), "type": one_of("text", "single", "multiple")},
    {"id": uuid, "tag": text(), "choices": list_of(text(), unique=folded)},
)
_SECTION = record({"name": text(), "questions": list_of(_QUESTION)})
_TEMPLATE = checked(record({"name": text(), "sections": list_of(_SECTION)}))
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = pair(clock, lambda begin, end: begin < end, "must begin before it ends")


def _apart(spans: Shape) -> Shape:
    """Windows of one day, of which none overlaps another."""

    def check(value: Any, path: str, faults: list[Fault]) -> Any:
        before = len(faults)
        kept = spans(value, path, faults)
        if len(faults) == before:
            ordered = sorted(kept)
            if any(one[1] > other[0] for one, other in pairwise(ordered)):
                faults.append(Fault(path, "holds windows that overlap"))
        return kept

    return check


_ROOM = record(
    {"name": text()},
    {
        "service_line": text(),
        "service_type": text(),
        "timezone": zone,
        "slot_duration": whole(1, 86400),
        "capacity": whole(1, 1000),
        "hours": record({}, {day: _apart(list_of(_SPAN)) for day in _DAYS}),
        "closed": list_of(date),
        "templates": list_of(text()),
    },
)
_LOCATION = record({"name": text()}, {"geolocation_id": uuid, "waiting_room": text()})
_DEVICE = record(
    {"serial_number": text()},
    {name: text() for name in ("care_location", "location", "building", "floor", "department", "room", "bed")}
    | {"patient_mrn": text()},
)
_PROVIDER = record(
    {"email": email, "first_name": text(), "last_name": text()}, {"username": text(), "middle_name": text()}
)

SOLO: Shape = record(
    {},
    {
        "api_keys": list_of(record({"name": text()}, {"key": secret()}), unique=by_name, what="name"),
        "linking_secret": secret(),
        "linking_max_distance": whole(1, 366 * 86400),
        "templates": list_of(_TEMPLATE, unique=by_name, what="name"),
        "waiting_rooms": list_of(_ROOM, unique=by_name, what="name"),
        "locations": list_of(_LOCATION, unique=by_name, what="name"),
        "devices": list_of(_DEVICE, unique=lambda item: str(item["serial_number"]).lower(), what="serial_number"),
        "episode_types": list_of(text(), unique=folded),
        "report_presets": list_of(record({"name": text()}), unique=by_name, what="name"),
        "providers": list_of(_PROVIDER),
        "assistants": list_of(_PROVIDER),
        "teams": record({"graph_url": url}),
    },
)
