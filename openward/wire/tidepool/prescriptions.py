"""Prescriptions of a clinic, and what a patient has claimed of them (prescription.v1)."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from openward.care import accounts, identity, prescriptions
from openward.care.errors import Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Member
from openward.care.prescriptions import Prescription, Query, State
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded, moment
from openward.wire.tidepool.data.people import person_of
from openward.wire.tidepool.prescriptions_json import (
    Attributes,
    day,
    decode_attributes,
    encode_prescription,
    encode_revision,
)

_LARGEST = 1 << 18  # bytes


class ClaimBody(msgspec.Struct):
    """What the patient was told."""

    accessCode: Annotated[str, msgspec.Meta(pattern=r"^[A-HJ-NP-Z2-9]{6}$")]
    birthday: str


class StateBody(msgspec.Struct):
    """What a patient may make of a prescription of his."""

    state: Literal["active"]


async def _member(work: Work, call: Call) -> Member:
    """The caller as a member of the clinic, in any role."""
    key = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
    return await prescriptions.require_member(work, OrganizationKey(key) if key else None)


async def _clinic(work: Work, call: Call) -> OrganizationKey:
    """The clinic of the path, for its members in any role and for services."""
    if work.actor.is_service:
        return await callers.clinic(work, call)
    return (await _member(work, call)).organization


async def _key(work: Work, call: Call) -> UUID:
    found = await identity.find(work, Identifier(System.PRESCRIPTION, call.path["prescriptionId"]))
    if found is None:
        raise NotFound("prescription not found")
    return found


async def list_of_clinic(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/prescriptions."""
    organization = await _clinic(work, call)
    page, query = page_size(call.query), await _query(work, call)
    if query is None:
        return json_reply([])
    found = await prescriptions.list_of(work, organization, query, offset=page.offset, limit=page.limit)
    return json_reply(await _encode(work, found))


async def _query(work: Work, call: Call) -> Query | None:
    """The filters; None when one of them names something that does not exist."""
    given = call.query
    keys: dict[str, UUID] = {}
    for name, system in (("id", System.PRESCRIPTION), ("patientUserId", System.USER)):
        if name in given:
            key = await identity.find(work, Identifier(system, given[name]))
            if key is None:
                return None
            keys[name] = key
    if "state" in given and given["state"] not in tuple(State):
        raise Invalid(f"state is not one of {', '.join(State)}")
    return Query(
        key=keys.get("id"),
        person=PersonKey(keys["patientUserId"]) if "patientUserId" in keys else None,
        email=accounts.clean_email(given["patientEmail"]) if "patientEmail" in given else None,
        state=State(given["state"]) if "state" in given else None,
        created_after=moment(given, "createdAfter"),
        created_before=moment(given, "createdBefore"),
        modified_after=moment(given, "modifiedAfter"),
        modified_before=moment(given, "modifiedBefore"),
    )


async def create(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/prescriptions."""
    member = await _member(work, call)
    draft = decode_attributes(await decoded(call, Attributes))
    return await _reply(work, await prescriptions.create(work, member, draft), 201)


async def get(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/prescriptions/{prescriptionId}."""
    organization = await _clinic(work, call)
    return await _reply(work, await prescriptions.get(work, organization, await _key(work, call)))


async def delete(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}/prescriptions/{prescriptionId}."""
    member = await _member(work, call)
    await prescriptions.delete(work, member, await _key(work, call))
    return empty(200)


async def revise(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/prescriptions/{prescriptionId}/revisions."""
    member = await _member(work, call)
    draft = decode_attributes(await decoded(call, Attributes))
    found = await prescriptions.revise(work, member, await _key(work, call), draft)
    return json_reply(encode_revision(found, await identity.names(work, [found.revised_by], System.USER)))


async def claim(work: Work, call: Call) -> Reply:
    """POST /v1/patients/{userId}/prescriptions."""
    person = await person_of(work, call)
    body = await decoded(call, ClaimBody)
    birth_date = day(body.birthday, "birthday")
    try:
        found = await prescriptions.claim(work, person, body.accessCode, birth_date)
    except NotFound as error:
        raise KeepAndRaise(error) from None  # a wrong guess counts
    return await _reply(work, found)


async def list_of_patient(work: Work, call: Call) -> Reply:
    """GET /v1/patients/{userId}/prescriptions."""
    person, page = await person_of(work, call), page_size(call.query)
    found = await prescriptions.of_person(work, person, Query(person=person), offset=page.offset, limit=page.limit)
    return json_reply(await _encode(work, found))


async def get_of_patient(work: Work, call: Call) -> Reply:
    """GET /v1/patients/{userId}/prescriptions/{prescriptionId}."""
    person = await person_of(work, call)
    return await _reply(work, await prescriptions.get_own(work, person, await _key(work, call)))


async def set_state(work: Work, call: Call) -> Reply:
    """PATCH /v1/patients/{userId}/prescriptions/{prescriptionId}: only `active` is a patient's to say."""
    person = await person_of(work, call)
    await decoded(call, StateBody)
    return await _reply(work, await prescriptions.activate(work, person, await _key(work, call)))


async def _reply(work: Work, one: Prescription, status: int = 200) -> Reply:
    return json_reply((await _encode(work, [one]))[0], status)


async def _encode(work: Work, found: Sequence[Prescription]) -> list[dict[str, Any]]:
    people: set[UUID | None] = set()
    for one in found:
        people |= {one.person, one.prescriber, one.created_by, one.modified_by, one.revised_by}
    users = await identity.names(work, [key for key in people if key is not None], System.USER)
    ids = await identity.names(work, [one.key for one in found], System.PRESCRIPTION)
    clinics = await identity.names(work, list({one.organization for one in found}), System.CLINIC)
    return [encode_prescription(one, ids[one.key], clinics[one.organization], users) for one in found]


_CLINIC = "/v1/clinics/{clinicId}/prescriptions"
_PATIENT = "/v1/patients/{userId}/prescriptions"
_TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", _CLINIC, "ListClinicPrescriptions", list_of_clinic),
    ("POST", _CLINIC, "CreatePrescription", create),
    ("GET", _CLINIC + "/{prescriptionId}", "GetPrescriptionById", get),
    ("DELETE", _CLINIC + "/{prescriptionId}", "DeletePrescription", delete),
    ("POST", _CLINIC + "/{prescriptionId}/revisions", "CreatePrescriptionRevision", revise),
    ("POST", _PATIENT, "ClaimPrescription", claim),
    ("GET", _PATIENT, "ListPatientPrescriptions", list_of_patient),
    ("GET", _PATIENT + "/{prescriptionId}", "GetPrescriptionForUser", get_of_patient),
    ("PATCH", _PATIENT + "/{prescriptionId}", "UpdatePrescriptionState", set_state),
)

ROUTES = [
    Route(
        method,
        path,
        handler,
        f"prescription.v1:{operation}",
        identify=identify,
        render=errors.account,
        max_body=_LARGEST,
    )
    for method, path, operation, handler in _TABLE
]
