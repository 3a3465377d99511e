"""Invites from patients to a clinic: those that wait, and the answers."""

from typing import Any

from openward.care import identity, patients
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded
from openward.wire.tidepool.clinics.joining import JoiningBody, joining_of
from openward.wire.tidepool.clinics.patient_json import (
    encode_patient,
)
from openward.wire.tidepool.confirm_json import encode_confirmations


async def list_invites(work: Work, call: Call) -> Reply:
    """GET /v1/clinics/{clinicId}/invites/patients: those that wait."""
    found = await patients.offers(work, await callers.staff_clinic(work, call))
    return json_reply(await encode_confirmations(work, found, has_patient=True))


async def accept_invite(work: Work, call: Call) -> Reply:
    """PUT .../invites/patients/{inviteId}: the sender becomes a patient."""
    key = await callers.staff_clinic(work, call)
    joining = await joining_of(work, await decoded(call, JoiningBody, optional=True))
    return json_reply(
        await encode_patient(work, await patients.accept_offer(work, key, call.path["inviteId"], joining))
    )


async def end_invite(work: Work, call: Call) -> Reply:
    """DELETE .../invites/patients/{inviteId}: withdrawn by its sender, declined by a member of the clinic."""
    key = await identity.find(work, Identifier(System.CLINIC, call.path["clinicId"]))
    found = await patients.end_offer(work, OrganizationKey(key) if key else None, call.path["inviteId"])
    return json_reply((await encode_confirmations(work, [found], has_patient=True))[0])


END: dict[str, Any] = {
    "operationId": "DeletePatientInvite",
    "summary": "Withdraw or Decline Patient Invite",
    "tags": ["Confirmations"],
    "description": "Withdraws an invite (for its sender, the custodian, a service) or declines it (for the clinic).",
    "responses": {"200": {"description": "The invite"}},
    "security": [{"sessionToken": []}],
}
