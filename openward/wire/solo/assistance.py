"""Assistance requests: one path, three methods; and devices that report in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from openward.care import assistance, identity, organizations, patients
from openward.care.assistance import ByBuilding, ByDepartment, ByPatient, BySerialNumber, Request, Way
from openward.care.errors import Invalid, NotFound
from openward.care.identity import System
from openward.care.patients import HumanName
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import schema
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import render_flat

_PATH = "/qapi/v1/request-assistance"
_MISSING = (
    "Service Request Error: Missing Required Parameters. Please include either Device ID, Patient ID, or a combination"
    " of Building, Floor, Room, and Bed (opt.), or Department, Room, and Bed (opt.) to proceed"
)
_NO_DEVICE = "Device could not be found from the data submitted"
_NO_REQUEST = "Service Request Error: Request not found"
_KEYS = ("building", "floor", "department", "room", "bed", "patientMrn", "deviceSerialNumber")
_LONGEST = 255
_MOST_BODY = 64 * 1024


async def create_request(work: Work, call: Call) -> Reply:
    """`POST`: 201 for a new request, 200 for the one that is open already."""
    ways = ways_of(await _keys(call))
    try:
        found, is_new = await assistance.ask(work, practice(work), ways)
    except NotFound:
        raise NotFound(_NO_DEVICE) from None
    return json_reply(await encode(work, found), 201 if is_new else 200)


async def get_request(work: Work, call: Call) -> Reply:
    """`GET`: the open request of the device."""
    ways = ways_of(await _keys(call))
    try:
        return json_reply(await encode(work, await assistance.find_open(work, practice(work), ways)))
    except NotFound:
        raise NotFound(_NO_REQUEST) from None


async def cancel_request(work: Work, call: Call) -> Reply:
    """`DELETE`: the open request of the device is cancelled."""
    ways = ways_of(await _keys(call))
    try:
        await assistance.cancel(work, practice(work), ways)
    except NotFound:
        raise NotFound(_NO_REQUEST) from None
    return json_reply([])


async def report_in(work: Work, call: Call) -> Reply:
    """`POST /devices/{serialNumber}/heartbeat`: ours, for devices to say that they are online."""
    await assistance.report_in(work, practice(work), call.path["serialNumber"])
    return json_reply([])


async def _keys(call: Call) -> dict[str, str]:
    """The keys that name a device, without blank ones.

    Clients and proxies drop the bodies of GET and DELETE, hence an empty one leaves the word to the query.
    """
    given = await call.json(optional=True)
    if given is None or given == {}:
        given = call.query if call.method != "POST" else {}
    if not isinstance(given, dict):
        raise Invalid([schema.fault("body", "This value should be of type object.")])
    faults = []
    for name in _KEYS:
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            faults.append(schema.fault(name, "This value should be of type string."))
        elif value is not None and len(value) > _LONGEST:
            faults.append(schema.fault(name, f"This value is too long. It should have {_LONGEST} characters or less."))
    if faults:
        raise Invalid(faults)
    return {name: given[name].strip() for name in _KEYS if given.get(name) and given[name].strip()}


def ways_of(keys: Mapping[str, str]) -> list[Way]:
    """Every complete set of keys, in the order in which they are tried; `Invalid` without one."""
    bed = keys.get("bed", "")
    ways: list[Way] = []
    if "deviceSerialNumber" in keys:
        ways.append(BySerialNumber(keys["deviceSerialNumber"]))
    if "patientMrn" in keys:
        ways.append(ByPatient(keys["patientMrn"]))
    if {"building", "floor", "room"} <= keys.keys():
        ways.append(ByBuilding(keys["building"], keys["floor"], keys["room"], bed))
    if {"department", "room"} <= keys.keys():
        ways.append(ByDepartment(keys["department"], keys["room"], bed))
    if not ways:
        raise Invalid(_MISSING)
    return ways


async def encode(work: Work, request: Request) -> dict[str, Any]:
    """One request as the published schema has it."""
    device, settings = request.device, request.device.settings
    place = next(
        (one for one in await assistance.locations(work, request.organization) if one.key == settings.location), None
    )
    people = [key for key in (request.person, request.assigned_to) if key is not None]
    entities: list[UUID] = [request.key, device.key, request.organization, *people, *([place.key] if place else [])]
    names = await identity.names(work, entities, System.SOLO)
    clinic = await organizations.get(work, request.organization)
    return {
        "id": names[request.key],
        "device": settings.serial_number,
        "careLocation": {
            "availability": "online" if device.is_online(work.now) else "offline",
            "id": names[device.key],
            "name": settings.care_location,
            "status": "active" if device.is_active else "inactive",
            "video": {
                "type": "robot",
                "clientId": None,
                "serialNumber": settings.serial_number,
                "careLocationId": str(device.number),
                "skipActivation": True,
            },
        },
        "practice": names[request.organization],
        "patient": await _patient(work, request, names, clinic.profile.timezone),
        "assignedTo": await _staff(work, request, names),
        "room": settings.room or settings.care_location,
        "status": request.status.value,
        "createdAt": _moment(request.created_at),
        "finishedAt": _moment(request.finished_at) if request.finished_at else None,
        # A device without a location of its own belongs to the practice as a whole.
        "location": {
            "id": str(place.geolocation_id or names[place.key]) if place else names[request.organization],
            "name": place.name if place else clinic.profile.name,
        },
        "avSessions": [],
        "createdFromExternalApi": request.is_external,
    }


async def _patient(
    work: Work, request: Request, names: Mapping[UUID, str], timezone: str | None
) -> dict[str, Any] | None:
    """Whoever lies in the bed; a birth date that nobody knows is left out, and the age with it."""
    if request.person is None:
        return None
    found = await patients.described(work, request.organization, request.person)
    name = patients.usual(found.names) or HumanName()
    born: dict[str, Any] = {}
    if found.birth_date is not None:
        today = request.created_at.astimezone(ZoneInfo(timezone or "UTC")).date()
        born = {"age": max(_years(found.birth_date, today), 0), "dob": found.birth_date.isoformat()}
    return {
        "id": names[request.person],
        "firstName": name.given or "",
        "lastName": name.family or "",
        "middleName": name.middle or "",
        "mrn": found.mrn or request.device.settings.patient_mrn,
    } | born


def _years(born: date, today: date) -> int:
    """Whole years of life."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


async def _staff(work: Work, request: Request, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    if request.assigned_to is None:
        return None
    by = PersonKey(request.assigned_to)
    member = await organizations.membership(work, request.organization, by)
    return {"id": names.get(by), "name": (member.name if member else None) or ""}


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")


_HEARTBEAT: dict[str, Any] = {
    "summary": "A device reports that it is online",
    "description": "Our own. Its care location is `online` for two minutes from each report.",
    "tags": ["Assistance requests"],
    "parameters": [{"name": "serialNumber", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {
        "200": {
            "description": "Noted.",
            "content": {"application/json": {"schema": {"type": "array", "maxItems": 0}}},
        },
        "404": {"description": "There is no such device in service."},
    },
}

ROUTES = [
    Route("POST", _PATH, create_request, "solo.v1:createAssistanceRequest", render=render_flat, max_body=_MOST_BODY),
    Route("GET", _PATH, get_request, "solo.v1:getAssistanceRequest", render=render_flat, max_body=_MOST_BODY),
    Route("DELETE", _PATH, cancel_request, "solo.v1:cancelAssistanceRequest", render=render_flat, max_body=_MOST_BODY),
    Route("POST", "/qapi/v1/devices/{serialNumber}/heartbeat", report_in, describe=_HEARTBEAT),
]
