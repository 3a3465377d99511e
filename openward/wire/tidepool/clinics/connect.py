"""A clinic asks its patient to connect a partner cloud."""

from openward.care import connections, patients
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers


async def connect_provider(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients/{patientId}/connect/{providerId}: the patient gets a link by mail."""
    return await _request(work, call, call.path["providerId"])


async def connect_dexcom(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients/{patientId}/send_dexcom_connect_request: the same, as older clients ask."""
    return await _request(work, call, "dexcom")


async def _request(work: Work, call: Call, provider: str) -> Reply:
    key = await callers.staff_clinic(work, call)
    if provider not in await connections.askable(work):
        raise Invalid("providerId is dexcom, twiist, abbott or a partner that is set up here")
    await patients.request_connection(work, key, await callers.person(work, call, "patientId"), provider)
    return empty(204)
