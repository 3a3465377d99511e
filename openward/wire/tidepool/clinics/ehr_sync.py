"""Pushing reports to record systems: the tasks are made here and carried out later."""

from openward.care import ehr
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers


async def sync_clinic(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/ehr/sync: for each patient with active reports."""
    await ehr.sync_organization(work, await callers.service_clinic(work, call))
    return empty(202)


async def sync_patient(work: Work, call: Call) -> Reply:
    """POST /v1/patients/{patientId}/ehr/sync: in each clinic that reports on this patient after uploads."""
    callers.require_service(work)
    await ehr.sync_patient(work, await callers.person(work, call, "patientId"))
    return empty(202)
