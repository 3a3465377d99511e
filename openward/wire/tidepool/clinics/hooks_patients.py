"""What other programs of the installation tell the clinics about a patient: summaries and data sources."""

from typing import Annotated

import msgspec

from openward.care import identity, patients, roster
from openward.care.errors import NotFound
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.patient_json import SourceBody, sources_of
from openward.wire.tidepool.clinics.summary_body import stats_of

SourcesBody = Annotated[tuple[SourceBody, ...], msgspec.Meta(max_length=1000)]


async def update_summary(work: Work, call: Call) -> Reply:
    """POST /v1/patients/{patientId}/summary: the kinds that are given are replaced; an empty body removes all."""
    callers.require_service(work)
    identity.require(System.USER, call.path["patientId"])
    given = stats_of(await call.json(optional=True))
    person = await _patient(work, call, "patientId")
    await patients.touch(work, person)
    for kind in roster.FIELDS:
        if given is None or kind in given:
            await roster.put_summary(work, person, kind, None if given is None else given[kind])
    return empty(200)


async def delete_summary(work: Work, call: Call) -> Reply:
    """DELETE /v1/summaries/{summaryId}/clinics: 204 when no list shows it."""
    callers.require_service(work)
    name = identity.require(System.SUMMARY, call.path["summaryId"])
    return empty(200 if await roster.forget_summary(work, name) else 204)


async def update_sources(work: Work, call: Call) -> Reply:
    """PUT /v1/patients/{userId}/data_sources: replaces the entries in every record of the user."""
    callers.require_service(work)
    identity.require(System.USER, call.path["userId"])
    sources = sources_of(await decoded(call, SourcesBody))
    await patients.set_sources(work, await _patient(work, call, "userId"), sources or ())
    return empty(200)


async def _patient(work: Work, call: Call, parameter: str) -> PersonKey:
    """The user of the path; that he is nobody's patient is found out by whoever writes to his records."""
    try:
        return await callers.person(work, call, parameter)
    except NotFound:
        raise NotFound("patient not found") from None
