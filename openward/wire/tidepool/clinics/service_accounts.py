"""Programs as members of a clinic: an OAuth client's own user becomes a clinician."""

import msgspec

from openward.care import organizations
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded
from openward.wire.tidepool.clinics.clinicians import clinician_reply


class ServiceAccountBody(msgspec.Struct):
    """A name to show, and how the program proves itself."""

    name: Text
    client_id: Text
    client_secret: Text


async def add_service_account(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/service_accounts: 400 for credentials that nobody has."""
    key = await callers.service_clinic(work, call)
    body = await decoded(call, ServiceAccountBody)
    added = await organizations.add_service_account(
        work, key, name=body.name, client_id=body.client_id, client_secret=body.client_secret
    )
    return await clinician_reply(work, added)
