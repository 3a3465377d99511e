"""Invitations to a care team, person to person (confirm.v1)."""

from collections.abc import Mapping

from openward.care import accounts, audit, patients
from openward.care.accounts import ConfirmationType, Invitation
from openward.care.errors import Invalid, NotAllowed, NotFound
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool.access import decode_permissions
from openward.wire.tidepool.accounts_json import read_object, text
from openward.wire.tidepool.auth import UNAUTHORIZED, identify_confirming, may_manage
from openward.wire.tidepool.confirm import managed, required
from openward.wire.tidepool.confirm_json import encode_confirmation, encode_confirmations
from openward.wire.tidepool.errors import account as render

_NICKNAME_MAX = 200


async def send_invite(work: Work, call: Call) -> Reply:
    """Invite an address to see the data of the user of the path."""
    owner = await managed(work, call)
    body = await read_object(call)
    if body.get("permissions") is None:
        raise Invalid("permissions are missing")
    nickname, alerts = text(body, "nickname"), body.get("alertsConfig")
    if nickname is not None and len(nickname) > _NICKNAME_MAX:
        raise Invalid(f"nickname has more than {_NICKNAME_MAX} characters")
    if alerts is not None and not isinstance(alerts, Mapping):
        raise Invalid("alertsConfig is not an object")
    extra = {name: value for name, value in (("nickname", nickname), ("alertsConfig", alerts)) if value is not None}
    invitation = Invitation(required(body, "email"), decode_permissions(body["permissions"]), extra)
    return json_reply(await encode_confirmation(work, await accounts.invite(work, owner, invitation)))


async def sent(work: Work, call: Call) -> Reply:
    """What the user sent and nobody has accepted; none is a 404."""
    owner = await managed(work, call)
    audit.note(work, "read", "invitations", owner)
    found = await accounts.sent_invites(work, owner)
    if not found:
        raise NotFound("No invitations were found")
    return json_reply(await encode_confirmations(work, found))


async def received(work: Work, call: Call) -> Reply:
    """What waits for the user; none is a 404."""
    invitee = await _invitee(work, call)
    found = await accounts.received_invites(work, invitee)
    if not found:
        raise NotFound("No invitations were found")
    return json_reply(await encode_confirmations(work, found))


async def _invitee(work: Work, call: Call) -> PersonKey:
    """The user of the path, who answers for himself; services may do it for him."""
    found = await accounts.find(work, call.path["userId"])
    if found is None and work.actor.is_service:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    if found is None or not (work.actor.is_service or work.actor.is_person(found.key)):
        raise NotAllowed(UNAUTHORIZED)
    return found.key


async def _answer(work: Work, call: Call) -> tuple[PersonKey, PersonKey, str]:
    invitee = await _invitee(work, call)
    key = required(await read_object(call), "key")
    owner = await accounts.find(work, call.path["invitedBy"])
    if owner is None:
        raise NotFound("No matching confirmation was found", code="confirmation-not-found")
    return invitee, owner.key, key


async def accept(work: Work, call: Call) -> Reply:
    """Join the care team."""
    invitee, owner, key = await _answer(work, call)
    await accounts.accept_invite(work, invitee, owner, key)
    return empty(200)


async def dismiss(work: Work, call: Call) -> Reply:
    """Decline."""
    invitee, owner, key = await _answer(work, call)
    await accounts.dismiss_invite(work, invitee, owner, key)
    return empty(200)


async def cancel(work: Work, call: Call) -> Reply:
    """Withdraw what waits for an address."""
    await accounts.cancel_invite(work, await managed(work, call), call.path["email"])
    return empty(200)


async def resend(work: Work, call: Call) -> Reply:
    """Mail a waiting invitation again."""
    found = await accounts.confirmation_by_key(work, call.path["inviteId"], ConfirmationType.CARETEAM)
    if found.creator is None or not await may_manage(work, found.creator):
        # The same answer as for a key that does not exist: keys are not to be tried out here.
        raise NotFound("No matching confirmation was found", code="confirmation-not-found")
    if found.organization is not None:
        return json_reply(await encode_confirmation(work, await patients.resend_offer(work, found)))
    return json_reply(await encode_confirmation(work, await accounts.resend_invite(work, call.path["inviteId"])))


_RESEND = {
    "summary": "Resend Care Team Invitation",
    "tags": ["Confirmations"],
    "description": "Mails a waiting invitation again and gives it its full time. For its sender or a service.",
    "responses": {"200": {"description": "The invitation"}},
    "security": [{"sessionToken": []}],
}


def _route(method: str, path: str, handler: Handler, operation: str) -> Route:
    return Route(method, path, handler, operation, identify=identify_confirming, render=render)


ROUTES = [
    _route("POST", "/confirm/send/invite/{userId}", send_invite, "confirm.v1:SendCareTeamInvite"),
    _route("GET", "/confirm/invite/{userId}", sent, "confirm.v1:GetSentInvitations"),
    _route("GET", "/confirm/invitations/{userId}", received, "confirm.v1:GetReceivedInvitations"),
    _route("PUT", "/confirm/accept/invite/{userId}/{invitedBy}", accept, "confirm.v1:AcceptCareTeamInvite"),
    _route("PUT", "/confirm/dismiss/invite/{userId}/{invitedBy}", dismiss, "confirm.v1:DismissInvite"),
    _route("PUT", "/confirm/{userId}/invited/{email}", cancel, "confirm.v1:CancelInvite"),
    Route(
        "PATCH",
        "/confirm/resend/invite/{inviteId}",
        resend,
        describe=_RESEND,
        identify=identify_confirming,
        render=render,
    ),
]
