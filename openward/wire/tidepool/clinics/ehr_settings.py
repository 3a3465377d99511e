"""The settings of a clinic's link with a record system."""

from collections.abc import Mapping

from openward.care import ehr, organizations
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers


async def get_ehr(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/settings/ehr: 404 before they were ever set."""
    settings = ehr.settings_of(await organizations.get(work, await callers.staff_clinic(work, call)))
    if settings is None:
        raise NotFound("the clinic has no EHR settings")
    return json_reply(ehr.document_of(settings))


async def put_ehr(work: Work, call: Call) -> Reply:
    """PUT /v1/clinics/{clinicId}/settings/ehr: replaces all."""
    key = await callers.service_clinic(work, call)
    body = await call.json()
    if not isinstance(body, Mapping):
        raise Invalid("the body is not a JSON object")
    settings = ehr.read_settings(body)
    await ehr.put_settings(work, key, settings)
    return json_reply(ehr.document_of(settings))
