"""What other programs of the installation tell the clinics about a user: the account is gone, the address changed."""

import msgspec

from openward.care import transfers
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import decoded, email


class DetailsBody(msgspec.Struct):
    """The address that the user has now; none, or an empty one, takes it off his patient records."""

    email: str | None = None


async def delete_user(work: Work, call: Call) -> Reply:
    """DELETE /v1/users/{userId}/clinics: an unknown user is in no clinic already."""
    callers.require_service(work)
    person = await callers.known_person(work, call, "userId")
    if person is not None:
        await transfers.leave_everything(work, person)
    return empty(200)


async def update_user(work: Work, call: Call) -> Reply:
    """POST /v1/users/{userId}/clinics: an unknown user has no records."""
    callers.require_service(work)
    person = await callers.known_person(work, call, "userId")
    address = email((await decoded(call, DetailsBody, optional=True)).email)
    if person is not None:
        await transfers.change_address(work, person, address)
    return empty(204)
