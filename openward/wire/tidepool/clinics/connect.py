"""A clinic asks its patient to connect a partner cloud."""

from openward.care import connections, patients
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers


async def connect_provider(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/patients/{patientId}/connect/{providerId}: the patient gets a link by mail."""
    key = await callers.staff_clinic(work, call)
    provider = call.path["providerId"]
    if provider not in await connections.askable(work):
        raise Invalid("providerId is dexcom, twiist, abbott or a partner that is set up here")
    await patients.request_connection(work, key, await callers.person(work, call, "patientId"), provider)
    return empty(204)
