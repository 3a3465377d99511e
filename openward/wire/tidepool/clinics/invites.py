"""Invites to work for a clinic: what admins send, what the invited answer, and the pieces that services use."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from openward.care import organizations
from openward.care.errors import NotFound
from openward.care.organizations import Invite
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.clinics import callers
from openward.wire.tidepool.clinics.bodies import Text, decoded, email, present
from openward.wire.tidepool.clinics.clinicians import clinician_reply, person_of, roles_of
from openward.wire.tidepool.confirm_json import encode_confirmation, encode_confirmations


class InviteBody(msgspec.Struct):
    """Whom to invite, and what he shall be."""

    email: Text
    roles: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class AssociateBody(msgspec.Struct):
    """Who the invited clinician turned out to be."""

    userId: Text


async def invite_clinician(work: Work, call: Call) -> Reply:
    """POST /v1/clinics/{clinicId}/invites/clinicians: a pending clinician, and a mail to the address."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    body = await decoded(call, InviteBody)
    address, roles = email(body.email) or "", roles_of(body.roles)
    return await clinician_reply(work, await organizations.invite_member(work, key, email=address, roles=roles))


async def resend_invite(work: Work, call: Call) -> Reply:
    """PATCH .../invites/clinicians/{inviteId}: the mail again."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    found = await organizations.resend_invite(work, key, call.path["inviteId"])
    return json_reply(await encode_confirmation(work, found))


async def get_invite(work: Work, call: Call) -> Reply:
    """GET .../invites/clinicians/{inviteId}: the confirmation while it waits."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    found = await organizations.invite_confirmation(work, key, call.path["inviteId"])
    return json_reply(await encode_confirmation(work, found))


async def delete_invite(work: Work, call: Call) -> Reply:
    """DELETE .../invites/clinicians/{inviteId}: withdraws it; one that is gone already is no error."""
    key = await callers.staff_clinic(work, call, as_admin=True)
    await organizations.cancel_invite(work, key, call.path["inviteId"])
    return empty(200)


async def get_invited(work: Work, call: Call) -> Reply:
    """GET .../invites/clinicians/{inviteId}/clinician: the pending clinician."""
    key = await callers.service_clinic(work, call)
    return await clinician_reply(work, await organizations.invited_member(work, key, call.path["inviteId"]))


async def associate_invited(work: Work, call: Call) -> Reply:
    """PATCH .../invites/clinicians/{inviteId}/clinician: the pending clinician becomes this user."""
    key = await callers.service_clinic(work, call)
    person = await person_of(work, (await decoded(call, AssociateBody)).userId)
    return await clinician_reply(work, await organizations.join_invited(work, key, call.path["inviteId"], person))


async def delete_invited(work: Work, call: Call) -> Reply:
    """DELETE .../invites/clinicians/{inviteId}/clinician."""
    key = await callers.service_clinic(work, call)
    await organizations.discard_invited(work, key, call.path["inviteId"])
    return empty(200)


async def list_received(work: Work, call: Call) -> Reply:
    """GET /v1/clinicians/{userId}/invites: what waits for the caller; none is a 404."""
    found = await organizations.received_invites(work, await _self(work, call))
    if not found:
        raise NotFound("there are no invites")
    return json_reply(await _encode(work, found))


async def accept_invite(work: Work, call: Call) -> Reply:
    """PUT /v1/clinicians/{userId}/invites/{inviteId}: join the clinic."""
    person = await _self(work, call)
    return await clinician_reply(work, await organizations.accept_invite(work, person, call.path["inviteId"]))


async def decline_invite(work: Work, call: Call) -> Reply:
    """DELETE /v1/clinicians/{userId}/invites/{inviteId}: decline."""
    await organizations.decline_invite(work, await _self(work, call), call.path["inviteId"])
    return empty(200)


async def _self(work: Work, call: Call) -> PersonKey:
    """The user of the path, who must be the caller: nobody answers for somebody else."""
    if not await callers.is_self(work, call, "userId"):
        raise callers.refuse()
    return callers.require_person(work)


async def _encode(work: Work, found: Sequence[Invite]) -> list[dict[str, Any]]:
    written = await encode_confirmations(work, [one.confirmation for one in found])
    return [
        body
        | {
            "restrictions": present(
                {"canAccept": one.admission.may_join, "requiredIdp": one.admission.required_idp},
            )
        }
        for one, body in zip(found, written, strict=True)
    ]
