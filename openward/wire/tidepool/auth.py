"""Credentials of the Tidepool platform turned into an actor: session tokens, links, and who may manage an account."""

from openward.care import accounts, patients
from openward.care.errors import NotAllowed, NotAuthenticated
from openward.care.patients import Permission
from openward.care.work import NOBODY, Actor, PersonKey, Work
from openward.gateway.call import Call
from openward.wire.tidepool.errors import SessionUnknown, TokenMissing

SESSION_HEADER = "x-tidepool-session-token"
TRACE_SESSION_HEADER = "x-tidepool-trace-session"
LINK_PARAMETER = "restricted_token"
UNAUTHORIZED = "Not authorized for requested operation"


def session_token(call: Call) -> str | None:
    """The token as sent: in the platform's own header, or as a bearer token the way OAuth clients send it."""
    token = call.header(SESSION_HEADER)
    if token:
        return token
    scheme, _, rest = (call.header("authorization") or "").partition(" ")
    return rest.strip() or None if scheme.lower() == "bearer" else None


async def identify(work: Work, call: Call) -> Actor:
    """The holder of the session token; `TokenMissing` without one, `NotAuthenticated` for one that we do not know."""
    token = session_token(call)
    if token is None:
        raise TokenMissing
    actor = await accounts.session(work, token)
    if actor is None:
        raise SessionUnknown
    return actor


async def identify_optional(work: Work, call: Call) -> Actor:
    """The holder of the session token, or nobody: for what everybody may ask."""
    token = session_token(call)
    return (await accounts.session(work, token) if token else None) or NOBODY


async def identify_nobody(_work: Work, _call: Call) -> Actor:
    """For operations that bring their own proof (a key from a mail, a password): no look-up at all."""
    return NOBODY


async def identify_confirming(work: Work, call: Call) -> Actor:
    """Like `identify`; but the confirmation service says 403, not 401, to a token that it does not know."""
    try:
        return await identify(work, call)
    except NotAuthenticated:
        raise NotAllowed("session token is invalid or expired") from None


async def identify_link_or_session(work: Work, call: Call) -> Actor:
    """The holder of a link made for one person (`?restricted_token=`), or of a session token."""
    links = [value for name, value in call.query_items if name == LINK_PARAMETER]
    if not any(links):
        return await identify(work, call)
    # Exactly one link counts; of two nobody could tell which one the answer was given for.
    actor = await accounts.link_actor(work, links[0], call.url_path) if len(links) == 1 else None
    if actor is None:
        raise NotAuthenticated("restricted token is invalid or expired")
    return actor


def require_service(work: Work) -> None:
    """Only another program of the installation may do this; the account service says 401 to everybody else."""
    if not work.actor.is_service:
        raise NotAuthenticated("A server token is required", code="unauthorized")


async def may_manage(work: Work, person: PersonKey) -> bool:
    """Whether the caller may manage this account: the person himself, its custodian, or a service."""
    if work.actor.is_service or work.actor.is_person(person):
        return True
    return work.actor.person is not None and await patients.may(work, person, Permission.CUSTODIAN)


async def require_manager(work: Work, person: PersonKey | None) -> PersonKey:
    """The account, or a refusal that does not tell whether it exists."""
    if person is None or not await may_manage(work, person):
        raise NotAuthenticated(UNAUTHORIZED, code="unauthorized")
    return person
