"""Appointments: booked in three ways, read, changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from openward.care import accounts, episodes, identity, patients, visits
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import System
from openward.care.visits import Appointment, Booking, Change, EpisodeUnknown, ExternalIdTaken, Role, RoomUnknown
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import addresses, demographics, schema
from openward.wire.solo.auth import practice
from openward.wire.solo.rooms import UNKNOWN_ROOM


async def create(work: Work, call: Call) -> Reply:
    """`POST .../appointments`, the patient named in any of the three ways."""
    person = await addresses.patient(work, call)
    given = await schema.read(call, "AppointmentCreate")
    try:
        made = await visits.book_numbered(work, practice(work), person, await _booking(work, given))
    except (RoomUnknown, EpisodeUnknown, ExternalIdTaken):
        raise Invalid(await _faults(work, person, given)) from None
    return json_reply(_reference(work, made.visit, made.number), 201)


async def _booking(work: Work, given: Mapping[str, Any]) -> Booking:
    return Booking(
        room=await visits.room_by_name(work, practice(work), given["waitingRoom"]),
        starts_at=_moment(given),
        duration_s=given.get("duration"),
        reasons=given.get("reasons", ()),
        external_id=given.get("externalId"),
        account_number=given.get("accountNumber"),
        episode=await _episode(work, given),
    )


async def _episode(work: Work, given: Mapping[str, Any]) -> UUID | None:
    if "episodeOfCareId" not in given:
        return None
    try:
        return await addresses.episode(work, given["episodeOfCareId"])
    except NotFound:
        raise EpisodeUnknown("Episode not found") from None


async def _faults(work: Work, person: PersonKey, given: Mapping[str, Any]) -> list[Fault]:
    """Every name in a refused body that is in use or means nothing, in the order of the fields."""
    faults = []
    external_id = given.get("externalId")
    if external_id and await visits.is_taken(work, practice(work), external_id):
        faults.append(schema.fault("externalId", schema.USED))
    try:
        await visits.room_by_name(work, practice(work), given["waitingRoom"])
    except NotFound:
        faults.append(UNKNOWN_ROOM)
    try:
        episode = await _episode(work, given)
        if episode is not None:
            await episodes.require(work, practice(work), person, episode)
    except NotFound:
        faults.append(schema.fault("episodeOfCareId", "Episode not found."))
    return faults


async def get(work: Work, call: Call) -> Reply:
    """`GET /appointments/{appointment_id}`."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    visit = await visits.get(work, practice(work), key)
    patient = await identity.name(work, visit.person, System.PRACTICE_PATIENT, visit.organization)
    known = await patients.described(work, visit.organization, visit.person)
    return json_reply(
        {
            "id": int(await identity.name(work, visit.key, System.SAID)),
            "date": int(visit.starts_at.timestamp()),
            "duration": visit.duration_s,
            "reasons": visit.reasons,
            "status": visit.status,
            "videoCall": {"id": visit.call.id, "status": visit.call.status} if visit.call else None,
            "externalId": visit.external_id,
            "patient": {"id": patient, "demographics": demographics.encode(known)},
            "providers": await _providers(work, visit),
        }
    )


async def _providers(work: Work, visit: Appointment) -> list[dict[str, str]]:
    """The assigned clinicians; one who has left the practice is not shown any more."""
    if not visit.providers:
        return []
    staff = await visits.staff_of(work, visit.organization, visit.providers)
    known = await accounts.get_many(work, list(staff))
    return [
        {
            "id": str(staff[person].number),
            "email": known[person].email or "",
            "firstName": staff[person].first_name,
            "middleName": staff[person].middle_name,
            "lastName": staff[person].last_name,
        }
        for person in visit.providers
        if person in known
    ]


async def update(work: Work, call: Call) -> Reply:
    """`PUT /appointments/{appointment_id}`: what the body does not name stays as it is."""
    key = await addresses.appointment(work, call.path["appointment_id"])
    await visits.require(work, practice(work), key)
    given = await schema.read(call, "AppointmentUpdate")
    change = Change(
        starts_at=_moment(given),
        duration_s=given.get("duration"),
        cancels="status" in given,
        reasons=given.get("reasons"),
        external_id=given.get("externalId"),
        account_number=given.get("accountNumber"),
    )
    try:
        changed = await visits.update(work, practice(work), key, change)
    except ExternalIdTaken:
        raise Invalid([schema.fault("externalId", schema.USED)]) from None
    return json_reply(_reference(work, changed, int(await identity.name(work, key, System.SAID))))


def _reference(work: Work, visit: Appointment, number: int) -> dict[str, Any]:
    return {"id": number, "visitUrl": visits.visit_url(work, visit.key, Role.PATIENT)}


def _moment(given: Mapping[str, Any]) -> datetime | None:
    return datetime.fromtimestamp(given["date"], UTC) if "date" in given else None


_ONE = "/qapi/v1/appointments/{appointment_id}"

ROUTES = [
    Route("POST", "/qapi/v1/patients/{patient_id}/appointments", create, "solo.v1:createAppointment"),
    Route("POST", "/qapi/v1/patients/HSID/{hsid}/appointments", create, "solo.v1:createAppointmentByHsid"),
    Route(
        "POST",
        "/qapi/v1/patients/id/type/SPID/value/{solo_patient_id}/appointments",
        create,
        "solo.v1:createAppointmentBySpid",
    ),
    Route("GET", _ONE, get, "solo.v1:getAppointment"),
    Route("PUT", _ONE, update, "solo.v1:updateAppointment"),
]
