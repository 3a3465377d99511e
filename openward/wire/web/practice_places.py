"""Locations of a practice and the devices at its bedsides: listed with their state, made, changed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from openward.care import assistance, identity, visits
from openward.care.assistance import Device, DeviceSettings
from openward.care.identity import System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import read_form
from openward.wire.web.desk import Desk, enter, go, show_page

PATH = "/clinic/practice/places"
WHERE = {
    "building": "Building",
    "floor": "Floor",
    "department": "Department",
    "room": "Room",
    "bed": "Bed",
    "patient_mrn": "Record number of who lies there",
}
_MOST = 255


async def show(work: Work, call: Call) -> Reply:
    """The page; `?device=` fills the form with one that is there."""
    desk = await enter(work, call)
    asked = call.query.get("device", "")
    found = next((one for one in await assistance.devices(work, desk.key) if one.settings.serial_number == asked), None)
    return await _page(work, call, desk, device=_typed(found) if found else {})


async def _page(
    work: Work,
    call: Call,
    desk: Desk,
    *,
    location: Mapping[str, str] | None = None,
    device: Mapping[str, str] | None = None,
    problem: str = "",
) -> Reply:
    rooms = await visits.rooms(work, desk.key)
    names = {room.key: room.name for room in rooms}
    room_ids = await identity.names(work, list(names), System.SOLO)
    places = await assistance.locations(work, desk.key)
    place_ids = await identity.names(work, [one.key for one in places], System.SOLO)
    devices = await assistance.devices(work, desk.key)
    ids = await identity.names(work, [one.key for one in devices], System.SOLO)
    where = {one.key: one.name for one in places}
    shown = device or {}
    values = {
        "locations": [
            {"name": one.name, "geolocation": one.geolocation_id, "room": names.get(one.room) if one.room else ""}
            for one in places
        ],
        "devices": [_row(one, ids[one.key], where, work, desk) for one in devices],
        "rooms": [(room_ids[key], name) for key, name in names.items()],
        "places": [(place_ids[one.key], one.name) for one in places],
        "location": location or {},
        "device": {**shown, "location": place_ids.get(_uuid(shown.get("location", "")), "")},
        "problem": problem,
        "problem_of": "location" if location else "device",
        "where": WHERE,
        "path": PATH,
    }
    return show_page(work, call, desk, "practice_places.html", values, status=400 if problem else 200)


def _row(one: Device, id_: str, where: Mapping[UUID, str], work: Work, desk: Desk) -> dict[str, Any]:
    said = one.settings
    parts = (said.building or said.department, said.floor, f"room {said.room}" if said.room else "", said.bed)
    return {
        "id": id_,
        "serial": said.serial_number,
        "name": said.care_location,
        "place": ", ".join(part for part in parts if part),
        "location": where.get(said.location, "") if said.location else "",
        "is_active": one.is_active,
        "is_online": one.is_online(work.now),
        "seen": one.seen_at,
    }


def _typed(one: Device) -> dict[str, str]:
    said = one.settings
    fields = {name: getattr(said, name) for name in ("serial_number", "care_location", *WHERE)}
    return fields | {"location": str(said.location or "")}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def save_location(work: Work, call: Call) -> Reply:
    """Make a location, or change the one of this name."""
    desk = await enter(work, call, as_admin=True)
    fields = await read_form(work, call)
    name, given = " ".join(fields.get("name", "").split()), fields.get("geolocation", "").strip()
    rooms = await identity.names(work, [room.key for room in await visits.rooms(work, desk.key)], System.SOLO)
    room = next((key for key, id_ in rooms.items() if id_ == fields.get("room")), None)
    geolocation = _uuid(given) if given else None
    problem = ""
    if not name or len(name) > _MOST:
        problem = f"A name has 1 to {_MOST} characters."
    elif geolocation == UUID(int=0):
        problem = "A geolocation id is a UUID, such as 3f0c6a2e-9c55-4c6e-8a57-0f7b7d0c9f11."
    elif fields.get("room") and room is None:
        problem = "Choose a waiting room of this practice."
    if problem:
        return await _page(work, call, desk, location=fields | {"name": name}, problem=problem)
    await assistance.put_location(work, desk.key, name, geolocation, room)
    return go(desk, PATH, "saved")


async def save_device(work: Work, call: Call) -> Reply:
    """Make a device, or change the one with this serial number to just what the form says."""
    desk = await enter(work, call, as_admin=True)
    fields = {name: " ".join(text.split()) for name, text in (await read_form(work, call)).items()}
    places = await identity.names(work, [one.key for one in await assistance.locations(work, desk.key)], System.SOLO)
    location = next((key for key, id_ in places.items() if id_ == fields.get("location")), None)
    serial = fields.get("serial_number", "")
    problem = ""
    if not serial:
        problem = "A device has a serial number."
    elif any(len(text) > _MOST for text in fields.values()):
        problem = f"No field takes more than {_MOST} characters."
    elif fields.get("location") and location is None:
        problem = "Choose a location of this practice."
    if problem:
        return await _page(work, call, desk, device=fields | {"location": str(location or "")}, problem=problem)
    settings = DeviceSettings(
        serial, fields.get("care_location") or serial, location, **{name: fields.get(name, "") for name in WHERE}
    )
    await assistance.put_device(work, desk.key, settings)
    return go(desk, PATH, "saved")


ROUTES = [
    Route("GET", PATH, show, is_documented=False),
    Route("POST", f"{PATH}/location", save_location, is_documented=False),
    Route("POST", f"{PATH}/device", save_device, is_documented=False),
]
