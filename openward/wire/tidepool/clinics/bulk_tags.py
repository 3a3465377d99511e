"""Tags of many patients at once, a tag that becomes a site, and sites that are merged."""

from typing import Annotated

import msgspec

from openward.care import identity, roster
from openward.care.errors import Invalid
from openward.care.identity import Identifier, System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import converted, decoded
from openward.wire.tidepool.clinics.labels import label_key, label_reply
from openward.wire.tidepool.clinics.patient_json import Hex24, UserId

UserIds = Annotated[tuple[UserId, ...], msgspec.Meta(min_length=1, max_length=1000)]


class SiteId(msgspec.Struct):
    """A site by its id alone."""

    id: Hex24


async def _people(work: Work, call: Call) -> list[PersonKey] | None:
    """Whom the body names, None for all patients: there is no body, or it is null. Unknown ids are passed over."""
    raw = await call.json(optional=True)
    if raw is None:
        return None
    ids = converted(raw, UserIds)
    if len(set(ids)) != len(ids):
        raise Invalid("a user id is given twice")
    known = await identity.resolve_many(work, System.USER, ids)
    return [PersonKey(key) for key in known.values()]


async def assign_tag(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients/assign_tag/{patientTagId}: to the patients of the body, or to all."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    identity.require(System.TAG, call.path["patientTagId"])
    people = await _people(work, call)
    await roster.assign_tag(work, key, await label_key(work, call, "patientTagId", System.TAG), people)
    return empty(200)


async def delete_tag(work: Work, call: Call) -> Reply:
    """POST .../patients/delete_tag/{patientTagId}: the tag may have been deleted just now, hence any id will do."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    identity.require(System.TAG, call.path["patientTagId"])
    people = await _people(work, call)
    tag = await identity.find(work, Identifier(System.TAG, call.path["patientTagId"]))
    if tag is not None:
        await roster.withdraw_tag(work, key, tag, people)
    return empty(200)


async def convert_tag(work: Work, call: Call) -> Reply:
    """POST .../patient_tags/{patientTagId}/site: the tag becomes a site."""
    key = await callers.service_clinic(work, call)
    tag = await label_key(work, call, "patientTagId", System.TAG)
    return await label_reply(work, await roster.convert_tag(work, key, tag), System.SITE)


async def merge_site(work: Work, call: Call) -> Reply:
    """POST .../sites/{siteId}/merge: the patients of the body's site move to that of the path."""
    key = await callers.service_clinic(work, call)
    identity.require(System.SITE, call.path["siteId"])
    body = await decoded(call, SiteId)
    target = await label_key(work, call, "siteId", System.SITE)
    source = await identity.find(work, Identifier(System.SITE, body.id))
    return await label_reply(work, await roster.merge_site(work, key, target, source), System.SITE)
