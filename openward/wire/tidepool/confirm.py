"""Confirming a sign-up, claiming an account, and a forgotten password (confirm.v1)."""

from openward.care import accounts, audit, identity, organizations, patients
from openward.care.accounts import Confirmation, ConfirmationStatus
from openward.care.errors import Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route, empty, json_reply
from openward.wire.tidepool.accounts_json import read_object, text
from openward.wire.tidepool.auth import UNAUTHORIZED, identify_confirming, identify_nobody, may_manage
from openward.wire.tidepool.confirm_json import encode_confirmation
from openward.wire.tidepool.errors import account as render


async def managed(work: Work, call: Call) -> PersonKey:
    """The person of the path, if the caller may manage that account; services are told when there is none."""
    found = await accounts.find(work, call.path["userId"]) if "@" not in call.path["userId"] else None
    if found is None and work.actor.is_service:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    if found is None or not await may_manage(work, found.key):
        raise NotAllowed(UNAUTHORIZED)
    return found.key


def required(body: dict[str, object], name: str) -> str:
    """A member that has to be there, as text."""
    value = text(body, name)
    if not value:
        raise Invalid(f"{name} is missing")
    return value


async def _request(work: Work, call: Call, *, should_mail: bool) -> Confirmation | None:
    person = await managed(work, call)
    body = await read_object(call, optional=True)
    clinic, inviter = text(body, "clinicId"), text(body, "invitedBy")
    if not work.actor.is_service or clinic is None:
        await patients.lend_address(work, person, None)
        return await accounts.request_signup(work, person, should_mail=should_mail)
    key = OrganizationKey(await identity.resolve(work, Identifier(System.CLINIC, clinic)))
    place = await organizations.get(work, key)
    by = await accounts.find(work, inviter) if inviter else None
    await patients.lend_address(work, person, key)
    return await accounts.request_signup(
        work,
        person,
        organization=key,
        invited_by=by.key if by else None,
        organization_name=place.profile.name or "",
        should_mail=should_mail,
    )


async def send_signup(work: Work, call: Call) -> Reply:
    """Start the confirmation and mail the key."""
    await _request(work, call, should_mail=True)
    return empty(200)


async def upsert_signup(work: Work, call: Call) -> Reply:
    """The same without a mail: the one who asks, a service, sends the key himself."""
    made = await _request(work, call, should_mail=False)
    return empty(200) if made is None else json_reply(await encode_confirmation(work, made))


async def get_signup(work: Work, call: Call) -> Reply:
    """The confirmation that waits."""
    person = await managed(work, call)
    audit.note(work, "read", "signup-confirmation", person)
    return json_reply(await encode_confirmation(work, await accounts.signup_confirmation(work, person)))


async def resend_signup(work: Work, call: Call) -> Reply:
    """A new key for somebody whose mail got lost."""
    await accounts.resend_signup(work, call.path["email"])
    return empty(200)


async def _end(work: Work, call: Call, status: ConfirmationStatus) -> Reply:
    key = required(await read_object(call), "key")
    found = await accounts.find(work, call.path["userId"])
    if found is None:
        raise NotFound("No matching confirmation was found", code="confirmation-not-found")
    await accounts.end_signup(work, found.key, key, status)
    return empty(200)


async def cancel_signup(work: Work, call: Call) -> Reply:
    """Withdraw a sign-up, shown its key."""
    return await _end(work, call, ConfirmationStatus.CANCELED)


async def dismiss_signup(work: Work, call: Call) -> Reply:
    """Decline a sign-up that somebody else made with one's address, shown its key."""
    return await _end(work, call, ConfirmationStatus.DECLINED)


async def accept_signup(work: Work, call: Call) -> Reply:
    """Confirm the address, or claim the account with a password and the birthday."""
    has_body = bool((await call.body()).strip())
    await accounts.accept_signup(work, call.path["key"], await read_object(call) if has_body else None)
    return empty(200)


async def send_forgot(work: Work, call: Call) -> Reply:
    """Mail a key for a new password; the answer is the same for every address."""
    try:
        email = accounts.clean_email(call.path["email"])
    except Invalid:
        raise Invalid("the address is not an e-mail address") from None
    await accounts.request_reset(work, email)
    return empty(200)


async def accept_forgot(work: Work, call: Call) -> Reply:
    """Set the new password."""
    body = await read_object(call)
    key, email = required(body, "key"), required(body, "email")
    await accounts.accept_reset(work, key, email, body.get("password"))
    # The contract describes this success, alone among all, with a code and a reason.
    return json_reply({"code": 200, "reason": "OK"})


_FORGOT_ALIAS = {
    "summary": "Send Password Reset Email",
    "tags": ["Confirmations"],
    "description": "The path that clients use; the same as `/confirm/forgot/{email}`.",
    "responses": {"200": {"description": "Success, whether or not an account has this address"}},
    "security": [],
}

ROUTES = [
    Route(
        "POST",
        "/confirm/send/signup/{userId}",
        send_signup,
        "confirm.v1:SendAccountSignupConfirmation",
        identify=identify_confirming,
        render=render,
    ),
    Route(
        "POST",
        "/confirm/resend/signup/{email}",
        resend_signup,
        "confirm.v1:ResendAccountSignup",
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "PUT",
        "/confirm/accept/signup/{key}",
        accept_signup,
        "confirm.v1:ConfirmAccountSignup",
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "PUT",
        "/confirm/dismiss/signup/{userId}",
        dismiss_signup,
        "confirm.v1:DismissAccountSignup",
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "GET",
        "/confirm/signup/{userId}",
        get_signup,
        "confirm.v1:GetAccountSignupConfirmation",
        identify=identify_confirming,
        render=render,
    ),
    Route(
        "POST",
        "/confirm/signup/{userId}",
        upsert_signup,
        "confirm.v1:UpsertAccountSignupConfirmation",
        identify=identify_confirming,
        render=render,
    ),
    Route(
        "PUT",
        "/confirm/signup/{userId}",
        cancel_signup,
        "confirm.v1:CancelAccountSignupConfirmation",
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "POST",
        "/confirm/forgot/{email}",
        send_forgot,
        "confirm.v1:SendPasswordReset",
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "POST",
        "/confirm/send/forgot/{email}",
        send_forgot,
        describe=_FORGOT_ALIAS,
        identify=identify_nobody,
        render=render,
    ),
    Route(
        "PUT",
        "/confirm/accept/forgot",
        accept_forgot,
        "confirm.v1:AcceptPasswordChange",
        identify=identify_nobody,
        render=render,
    ),
]
