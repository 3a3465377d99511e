"""Merging one clinic into another."""

import msgspec

from openward.care import identity, transfers
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.patient_json import Hex24


class MergeBody(msgspec.Struct):
    """Which clinic is to be taken up; the published description forgets that it is needed."""

    sourceId: Hex24


async def pair(work: Work, call: Call) -> tuple[OrganizationKey, OrganizationKey]:
    """The target of the path and the source of the body, for services only."""
    callers.require_service(work)
    identity.require(System.CLINIC, call.path["clinicId"])
    body = await decoded(call, MergeBody)
    target = await callers.clinic(work, call)
    source = await identity.find(work, Identifier(System.CLINIC, body.sourceId))
    if source is None:
        raise NotFound("source clinic not found")
    return target, OrganizationKey(source)


async def merge_clinic(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/merge: whatever stands in the way is a 400 that names it all."""
    target, source = await pair(work, call)
    await transfers.merge(work, target, source)
    return empty(200)
