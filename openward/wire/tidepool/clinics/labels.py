"""Patient tags and sites of a clinic."""

from uuid import UUID

import msgspec

from openward.care import identity, organizations, roster
from openward.care.errors import NotFound
from openward.care.identity import Identifier, System
from openward.care.organizations import Label
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.clinic import encode_label


class LabelBody(msgspec.Struct):
    """A name; an id in the body is ignored, the one in the path counts."""

    name: str


async def _name(call: Call) -> str:
    return (await decoded(call, LabelBody)).name


async def label_key(work: Work, call: Call, parameter: str, system: System) -> UUID:
    """The tag or site that a path parameter names: `Invalid` for a bad id, `NotFound` for an unknown one."""
    try:
        return await identity.resolve(work, Identifier(system, call.path[parameter]))
    except NotFound:
        raise NotFound("tag not found" if system is System.TAG else "site not found") from None


async def label_reply(work: Work, label: Label, system: System) -> Reply:
    """A tag or site with its live count."""
    ids = await identity.names(work, [label.key], system)
    counts = await roster.label_counts(work, [label.organization])
    return json_reply(encode_label(label, ids, counts))


async def create_tag(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patient_tags."""
    key = await callers.staff_clinic(work, call)
    return await label_reply(work, await organizations.create_tag(work, key, await _name(call)), System.TAG)


async def update_tag(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/patient_tags/{patientTagId}."""
    key = await callers.staff_clinic(work, call)
    name = await _name(call)
    tag = await label_key(work, call, "patientTagId", System.TAG)
    return await label_reply(work, await organizations.rename_tag(work, key, tag, name), System.TAG)


async def delete_tag(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}/patient_tags/{patientTagId}: an unknown tag is no error."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    identity.require(System.TAG, call.path["patientTagId"])
    tag = await identity.find(work, Identifier(System.TAG, call.path["patientTagId"]))
    if tag is not None:
        await organizations.delete_tag(work, key, tag)
    return empty(204)


async def create_site(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/sites."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    return await label_reply(work, await organizations.create_site(work, key, await _name(call)), System.SITE)


async def update_site(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/sites/{siteId}."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    name = await _name(call)
    site = await label_key(work, call, "siteId", System.SITE)
    return await label_reply(work, await organizations.rename_site(work, key, site, name), System.SITE)


async def delete_site(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinics/{clinicId}/sites/{siteId}."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    await organizations.delete_site(work, key, await label_key(work, call, "siteId", System.SITE))
    return empty(204)
