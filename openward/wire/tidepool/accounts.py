"""Users: sign up, look up, change, delete, custodial accounts (auth.v1)."""

from datetime import date

from openward.care import accounts, audit, identity
from openward.care.accounts import Account
from openward.care.errors import CareError, Invalid, NotAuthenticated, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Handler, Identify, Reply, Route, empty, json_reply
from openward.wire.tidepool.accounts_json import (
    INVALID_DETAILS,
    MISSING_DETAILS,
    decode_change,
    decode_roles,
    encode_user,
    one_address,
    read_object,
    text,
)
from openward.wire.tidepool.auth import (
    SESSION_HEADER,
    UNAUTHORIZED,
    identify,
    identify_nobody,
    require_manager,
    require_service,
    session_token,
)
from openward.wire.tidepool.errors import account as render

_IDS_MAX = 200


async def create_user(work: Work, call: Call) -> Reply:
    """Sign up: the account and a first session, which is good for asking for the confirmation mail."""
    body = await read_object(call)
    email, password = one_address(body), body.get("password")
    if email is None or password is None:
        raise Invalid(MISSING_DETAILS)
    roles = decode_roles(body) or ()
    if not accounts.SIGNUP_ROLES.issuperset(roles):
        raise Invalid(INVALID_DETAILS)
    if not isinstance(password, str):
        raise Invalid(INVALID_DETAILS)
    made = await accounts.create(work, email=email, password=password, roles=roles)
    token = await accounts.open_session(work, made.key)
    return json_reply(encode_user(made), 201, {SESSION_HEADER: token})


async def _target(work: Work, call: Call) -> Account:
    """The account of the path (or the caller's own), if the caller may manage it."""
    named = call.path.get("userId")
    if named is None:
        if work.actor.person is None:
            raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
        return await accounts.get(work, work.actor.person)
    found = await accounts.find(work, named)
    if found is None and work.actor.is_service:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    await require_manager(work, found.key if found else None)
    assert found is not None  # require_manager refuses None
    return found


async def get_user(work: Work, call: Call) -> Reply:
    """An account, for its owner, its custodian or a service."""
    found = await _target(work, call)
    audit.note(work, "read", "account", found.key)
    return json_reply(encode_user(found, is_for_service=work.actor.is_service))


async def update_user(work: Work, call: Call) -> Reply:
    """Change an account."""
    found = await _target(work, call)
    change = decode_change(await read_object(call))
    changed = await accounts.update(work, found.key, change, keep_token=session_token(call))
    return json_reply(encode_user(changed, is_for_service=work.actor.is_service))


async def delete_user(work: Work, call: Call) -> Reply:
    """Delete an account: the owner gives the password, custodians and services need none."""
    found = await _target(work, call)
    body = await read_object(call, optional=True)
    if not work.actor.is_person(found.key):
        await accounts.delete(work, found.key)
        return empty(202)
    try:
        await accounts.delete_own(work, found.key, text(body, "password") or "")
    except CareError as error:
        raise KeepAndRaise(error) from None
    return empty(202)


async def find_users(work: Work, call: Call) -> Reply:
    """Accounts by role and time, or by ids; for services."""
    require_service(work)
    role, ids = call.query.get("role"), call.query.get("id")
    if (role is None) == (ids is None):
        raise Invalid("Either role or id is needed, not both")
    if role is not None:
        found = await accounts.with_role(work, role, _day(call, "createdFrom"), _day(call, "createdTo"))
    else:
        wanted = [user_id for user_id in (ids or "").split(",") if user_id]
        if not 1 <= len(wanted) <= _IDS_MAX:
            raise Invalid(f"id names 1 to {_IDS_MAX} users")
        found = await accounts.with_ids(work, wanted)
    for one in found:
        audit.note(work, "read", "account", one.key)
    return json_reply([encode_user(one, is_for_service=True) for one in found])


def _day(call: Call, name: str) -> date | None:
    given = call.query.get(name)
    day = accounts.parse_date(given)
    if given is not None and day is None:
        raise Invalid(f"{name} is not a date (YYYY-MM-DD)")
    return day


async def create_custodial(work: Work, call: Call) -> Reply:
    """An account that the user of the path keeps: custodian, view and upload."""
    keeper = await accounts.find(work, call.path["userId"])
    if keeper is None and work.actor.is_service:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    if keeper is None or not (work.actor.is_service or work.actor.is_person(keeper.key)):
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    made = await accounts.create_custodial(work, email=one_address(await read_object(call, optional=True)))
    await accounts.grant_custody(work, made.key, keeper.key)
    return json_reply(encode_user(made, is_for_service=work.actor.is_service), 201)


async def create_clinic_custodial(work: Work, call: Call) -> Reply:
    """An account that a clinic keeps; the clinic's service makes the patient record next."""
    require_service(work)
    await identity.resolve(work, Identifier(System.CLINIC, call.path["clinicId"]))
    made = await accounts.create_custodial(work, email=one_address(await read_object(call, optional=True)))
    return json_reply(encode_user(made, is_for_service=True), 201)


_CLINIC_CUSTODIAL = {
    "summary": "Create Custodial User of a Clinic",
    "tags": ["Users"],
    "description": "Makes an account without login that the clinic keeps until its owner claims it. Services only.",
    "responses": {"201": {"description": "The user"}},
}


def _both(method: str, path: str, handler: Handler, operation: str, who: Identify = identify) -> tuple[Route, Route]:
    """A route under `/auth`, and the bare path that the service behind it answers, too."""
    return (
        Route(method, f"/auth{path}", handler, operation, identify=who, render=render),
        Route(method, path, handler, operation, identify=who, render=render, is_documented=False),
    )


ROUTES = [
    *_both("POST", "/user", create_user, "auth.v1:CreateNewUser", identify_nobody),
    *_both("GET", "/user", get_user, "auth.v1:GetCurrentUserInfo"),
    *_both("PUT", "/user", update_user, "auth.v1:UpdateCurrentUser"),
    *_both("GET", "/users", find_users, "auth.v1:GetUsers"),
    *_both("GET", "/user/{userId}", get_user, "auth.v1:GetUserInfo"),
    *_both("PUT", "/user/{userId}", update_user, "auth.v1:UpdateUser"),
    *_both("DELETE", "/user/{userId}", delete_user, "auth.v1:DeleteUser"),
    *_both("POST", "/user/{userId}/user", create_custodial, "auth.v1:CreateCustodialUser"),
    Route("GET", "/v1/users/{userId}", get_user, "auth.v1:GetUserInfo", identify=identify, render=render),
    Route(
        "POST",
        "/v1/clinics/{clinicId}/users",
        create_clinic_custodial,
        describe=_CLINIC_CUSTODIAL,
        identify=identify,
        render=render,
    ),
]
