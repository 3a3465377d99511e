"""A patient invites a clinic to see his data (confirmation service)."""

from openward.care import patients
from openward.care.errors import Invalid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool.access import decode_permissions
from openward.wire.tidepool.accounts_json import read_object
from openward.wire.tidepool.auth import identify_confirming
from openward.wire.tidepool.confirm import managed, required
from openward.wire.tidepool.confirm_json import encode_confirmations
from openward.wire.tidepool.errors import account as render


async def send_clinic_invite(work: Work, call: Call) -> Reply:
    """Invite the clinic with the share code of the body."""
    person = await managed(work, call)
    body = await read_object(call)
    code = required(body, "shareCode")
    if body.get("permissions") is None:
        raise Invalid("permissions are missing")
    made = await patients.offer(work, person, code, decode_permissions(body["permissions"]))
    return json_reply((await encode_confirmations(work, [made], has_patient=True))[0])


_SEND = {
    "operationId": "SendClinicInvite",
    "summary": "Invite Clinic",
    "tags": ["Confirmations"],
    "description": "Offers the data of a user to the clinic with the given share code. For the user, the custodian"
    " or a service.",
    "responses": {"200": {"description": "The invite"}},
    "security": [{"sessionToken": []}],
}

ROUTES = [
    Route(
        "POST",
        "/confirm/send/invite/{userId}/clinic",
        send_clinic_invite,
        describe=_SEND,
        identify=identify_confirming,
        render=render,
    )
]
