"""Patients of a clinic: list, create, read, update, delete, find."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from openward.care import identity, organizations, patients, roster
from openward.care.errors import Invalid
from openward.care.identity import Identifier, System
from openward.care.patients import Enrolment, Permission
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import offset_limit
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.clinic import encode_clinics
from openward.wire.tidepool.clinics.joining import JoiningBody, joining_of
from openward.wire.tidepool.clinics.list_query import list_query
from openward.wire.tidepool.clinics.patient_json import (
    PatientBody,
    UserId,
    details_of,
    encode_patient,
    encode_patients,
)


class PermissionsBody(msgspec.Struct):
    """Presence of a key grants; its value is an empty object. `null` is refused, lest it take something away."""

    custodian: dict[str, Any] | UnsetType = UNSET
    view: dict[str, Any] | UnsetType = UNSET
    upload: dict[str, Any] | UnsetType = UNSET
    note: dict[str, Any] | UnsetType = UNSET


def permissions_of(body: PermissionsBody | None) -> frozenset[Permission]:
    """The permissions that a body grants."""
    if body is None:
        return frozenset()
    return frozenset(Permission(name) for name in body.__struct_fields__ if getattr(body, name) is not UNSET)


class UserBody(JoiningBody):
    """What is said about a user who becomes a patient."""

    permissions: PermissionsBody | None = None
    isMigrated: bool | None = None
    legacyClinicianId: UserId | None = None
    attestationSubmitted: bool | None = None


async def list_patients(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/patients."""
    key = await callers.staff_clinic(work, call)
    query = await list_query(work, call)
    shown, found = await roster.patients_of(work, key, query)
    meta = {"count": found.count, "totalCount": found.total}
    return json_reply({"data": await encode_patients(work, shown), "meta": meta})


async def create_patient(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients: a patient with an account made for the purpose."""
    key = await callers.staff_clinic(work, call)
    details = await details_of(work, await decoded(call, PatientBody))
    return json_reply(await encode_patient(work, await patients.create_custodial(work, key, details)))


async def create_patient_from_user(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients/{patientId}: a user who has an account becomes a patient."""
    key = await callers.service_clinic(work, call)
    body = await decoded(call, UserBody, optional=True)
    person = await callers.person(work, call, "patientId")
    joining = replace(
        await joining_of(work, body),
        permissions=permissions_of(body.permissions),
        is_migrated=bool(body.isMigrated),
        legacy_clinician=body.legacyClinicianId,
        attestation_submitted=body.attestationSubmitted,
    )
    return json_reply(await encode_patient(work, await patients.enrol(work, key, person, joining)))


async def get_patient(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/patients/{patientId}."""
    key = await callers.staff_clinic(work, call)
    found = await patients.get(work, key, await callers.person(work, call, "patientId"))
    return json_reply(await encode_patient(work, found))


async def update_patient(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/patients/{patientId}."""
    key = await callers.staff_clinic(work, call)
    person = await callers.person(work, call, "patientId")
    details = await details_of(work, await decoded(call, PatientBody))
    return json_reply(await encode_patient(work, await patients.update(work, key, person, details)))


async def delete_patient(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}/patients/{patientId}: by an admin, or by the patient himself."""
    if await callers.is_self(work, call, "patientId"):
        key = await callers.clinic(work, call)
    else:
        key = await callers.staff_clinic(work, call, as_admin=True, or_service=False)
    await patients.remove(work, key, await callers.person(work, call, "patientId"))
    return empty(204)


async def list_clinics_of_patient(work: Work, call: Call) -> Reply:
    """GET /v1/patients/{userId}/clinics."""
    if not work.actor.is_service and not await callers.is_self(work, call, "userId"):
        raise callers.refuse()
    page = offset_limit(call.query)
    person = await callers.known_person(work, call, "userId")
    if person is None:
        return json_reply([])
    return await _relations(work, await patients.of_person(work, person, offset=page.offset, limit=page.limit))


async def find_patients(work: Work, call: Call) -> Reply:
    """GET /v1/patients: over all clinics where the caller works."""
    person = callers.require_person(work)
    query = call.query
    page = offset_limit(query)
    birth_date = _birth_date(query.get("birthDate"))
    members = await organizations.memberships(work, person, limit=1000)
    places = [member.organization for member in members if member.is_staff]
    if query.get("workspaceIdType", "clinicId") not in ("clinicId", "ehrSourceId"):
        raise Invalid("workspaceIdType is clinicId or ehrSourceId")
    if "workspaceId" in query:
        places = await _workspace(work, query["workspaceId"], query.get("workspaceIdType"), places)
    found = await patients.find(
        work, places, mrn=query.get("mrn"), birth_date=birth_date, offset=page.offset, limit=page.limit
    )
    return await _relations(work, found)


def _birth_date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        raise Invalid("birthDate is not a date") from None


async def _workspace(
    work: Work, workspace: str, kind: str | None, places: list[OrganizationKey]
) -> list[OrganizationKey]:
    """Those of the caller's clinics that the given id names: its own, or the one an EHR gives it."""
    if kind == "clinicId":
        key = await identity.find(work, Identifier(System.CLINIC, workspace))
        return [place for place in places if place == key]
    if kind == "ehrSourceId":
        known = await organizations.get_many(work, places)
        return [key for key, one in known.items() if (one.ehr or {}).get("sourceId") == workspace]
    raise Invalid("workspaceIdType is clinicId or ehrSourceId")


async def _relations(work: Work, found: list[Enrolment]) -> Reply:
    places = await organizations.get_many(work, list({one.organization for one in found}))
    clinics = await encode_clinics(work, list(places.values()))
    written = await encode_patients(work, found)
    return json_reply(
        [{"patient": patient, "clinic": clinics[one.organization]} for one, patient in zip(found, written, strict=True)]
    )
