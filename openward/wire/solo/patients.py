"""Patients: create, read and update, by the practice's own id or by ours."""

from openward.care import identity, patients
from openward.care.errors import Invalid, NotFound
from openward.care.identity import System
from openward.care.patients import Demographics
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.solo import addresses, demographics, schema
from openward.wire.solo.auth import practice

_FIELDS = {"external_id": "id", "deceased_at": "deceasedAt"}
_SENTENCES = {
    "taken": "This value is already used.",
    "missing": schema.BLANK,
    "future": schema.NOT_DATE,
    "shared": "This email is already used by another patient.",
}
_ORDER = ("id", "mrn", "telecom", "deceasedAt")


async def create_patient(work: Work, call: Call) -> Reply:
    """`POST /patients`: the answer is the bare number that we gave."""
    body = await schema.read(call, "PatientCreate", demographics.check)
    said = demographics.changed(Demographics(), body)
    try:
        made = await patients.register(work, practice(work), said, body["id"])
    except Invalid as refused:
        raise in_words(refused) from None
    return json_reply(int(await identity.name(work, made.person, System.SPID)), 201)


async def get_patient(work: Work, call: Call) -> Reply:
    """`GET /patients/{patient_id}` and by our number."""
    person = await addresses.patient(work, call)
    try:
        return json_reply(encode(await patients.described(work, practice(work), person)))
    except NotFound:
        raise NotFound(addresses.PATIENT) from None


async def update_patient(work: Work, call: Call) -> Reply:
    """`PUT /patients/{patient_id}` and by our number: what the body does not name stays as it is."""
    person = await addresses.patient(work, call)
    body = await schema.read(call, "PatientUpdate", demographics.check)
    try:
        await patients.describe(work, practice(work), person, lambda before: demographics.changed(before, body))
    except Invalid as refused:
        raise in_words(refused) from None
    except NotFound:
        raise NotFound(addresses.PATIENT) from None
    return json_reply([])


encode = demographics.encode


def in_words(refused: Invalid) -> Invalid:
    """What care refused, with the fields and sentences of this system, in the order of the fields."""
    placed = [
        schema.fault(_FIELDS.get(one.pointer, one.pointer), _SENTENCES[one.code]) if one.code in _SENTENCES else one
        for one in refused.faults
    ]
    return Invalid(sorted(placed, key=lambda one: _ORDER.index(one.pointer) if one.pointer in _ORDER else len(_ORDER)))


_BY_ID = "/qapi/v1/patients/{patient_id}"
_BY_NUMBER = "/qapi/v1/patients/id/type/SPID/value/{solo_patient_id}"

ROUTES = [
    Route("POST", "/qapi/v1/patients", create_patient, "solo.v1:createPatient"),
    Route("GET", _BY_ID, get_patient, "solo.v1:getPatient"),
    Route("PUT", _BY_ID, update_patient, "solo.v1:updatePatient"),
    Route("GET", _BY_NUMBER, get_patient, "solo.v1:getPatientBySpid"),
    Route("PUT", _BY_NUMBER, update_patient, "solo.v1:updatePatientBySpid"),
]
