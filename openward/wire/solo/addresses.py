"""How callers name things: a patient in three ways, an appointment in two; unknown and foreign ones are a 404 alike."""

import re
from uuid import UUID

from openward.care import identity
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad
from openward.wire.solo.schema import is_uuid

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

PATIENT = "Patient not found"
APPOINTMENT = "Appointment not found"
EPISODE = "Episode not found"


async def patient(work: Work, call: Call) -> PersonKey:
    """The person whom the path names, by `patient_id`, SPID or HSID; `NotFound` when this practice has none."""
    if "hsid" in call.path:
        return await by_hsid(work, call.path["hsid"])
    if "solo_patient_id" in call.path:
        return await by_spid(work, call.path["solo_patient_id"])
    return await by_external_id(work, call.path["patient_id"])


async def by_external_id(work: Work, value: str) -> PersonKey:
    """The patient with the id that the practice's own system chose."""
    found = await identity.find(work, Identifier(System.PRACTICE_PATIENT, value, practice(work)))
    if found is None:
        raise NotFound(PATIENT)
    return PersonKey(found)


async def by_spid(work: Work, value: str) -> PersonKey:
    """The patient with the number that we gave.

    The number is one for all practices; whoever is a patient of one has an external id there, too.
    """
    found = await identity.find(work, Identifier(System.SPID, value)) if _NUMBER.fullmatch(value) else None
    if found is None or not await identity.names(work, [found], System.PRACTICE_PATIENT, practice(work)):
        raise NotFound(PATIENT)
    return PersonKey(found)


async def by_hsid(work: Work, value: str) -> PersonKey:
    """The patient with this id in the EHR; else with this external id; else with this MRN."""
    for system in (System.HSID, System.PRACTICE_PATIENT, System.MRN):
        name = Identifier(system, value, practice(work))
        found = set(await identity.match(work, name)) if identity.is_valid(system, value) else set()
        if len(found) > 1:
            raise bad("hsid", "More than one patient matches.")
        if found:
            return PersonKey(found.pop())
    raise NotFound(PATIENT)


async def appointment(work: Work, value: str) -> UUID:
    """The appointment with this SAID (digits) or aggregate id (a UUID).

    Whether it is one of this practice is for the care function to say, which looks it up anyway.
    """
    system = System.SAID if _NUMBER.fullmatch(value) else System.SOLO if is_uuid(value) else None
    found = await identity.find(work, Identifier(system, value.lower())) if system else None
    if found is None:
        raise NotFound(APPOINTMENT)
    return found


async def by_said(work: Work, value: str) -> UUID:
    """The appointment with the number that we gave."""
    found = await identity.find(work, Identifier(System.SAID, value)) if _NUMBER.fullmatch(value) else None
    if found is None:
        raise NotFound(APPOINTMENT)
    return found


async def episode(work: Work, value: str) -> UUID:
    """The episode with this UUID; whether it is one of this practice is for the care function to say."""
    found = await identity.find(work, Identifier(System.SOLO, value.lower())) if is_uuid(value) else None
    if found is None:
        raise NotFound(EPISODE)
    return found
