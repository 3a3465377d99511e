"""Connecting a partner cloud in the browser, and letting go of it (`/v1/oauth/...`)."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import structlog

from openward.care import accounts, connections
from openward.care.connections import Consent, LinkSpent, StateWrong, Token
from openward.care.connections.ports import Failed, Refused
from openward.care.errors import CareError, NotAllowed, NotAuthenticated, NotFound
from openward.care.work import Actor, ActorKind, PersonKey, Work
from openward.gateway import tokens
from openward.gateway.call import Call
from openward.gateway.request import KeepAndRaise
from openward.gateway.wiring import Handler, Outside, Reply, Route, empty
from openward.infra.http import open_session
from openward.wire.tidepool.auth import LINK_PARAMETER, identify, identify_nobody
from openward.wire.tidepool.errors import account as render
from openward.wire.tidepool.oauth_pages import ConsentFailed, cookie, cookie_name, moved, refused

log = structlog.get_logger("openward.oauth")
_LONGEST = 4000  # characters of what a partner sends back
_DECLINED = "access_denied"


async def authorize(work: Work, call: Call) -> Reply:
    """Send whoever holds a link to the partner's own login, by way of the page where he agrees, if there is one."""
    provider = call.path["provider"]
    setup = await connections.partner(work, provider)
    given = [value for name, value in call.query_items if name == LINK_PARAMETER]
    if len(given) != 1:
        raise LinkSpent("exactly one link counts")
    link = await connections.open_link(work, provider, given[0])
    accept = connections.accept_url(work, setup, link.token)
    if accept is not None and call.query.get("accept") != "authorize":
        return Reply(307, b"", "", {"location": accept, "referrer-policy": "no-referrer"})
    life_s = int((link.expires_at - work.now).total_seconds())
    sent = [cookie(provider, link.token, max_age_s=max(life_s, 1), is_secure=_is_secure(work))]
    headers = {"location": connections.login_url(work, setup, link), "referrer-policy": "no-referrer"}
    return Reply(307, b"", "", headers, [] if setup.policy.cookie_disabled else sent)


async def redirect(work: Work, call: Call) -> Reply | Outside:
    """Take what the partner sent back: a code is exchanged for a session, a refusal leads to the page that says so."""
    provider = call.path["provider"]
    setup, query = await connections.partner(work, provider), call.query
    state, error = query.get("state"), query.get("error")
    is_plain = setup.policy.cookie_disabled
    token = (state or "") if is_plain else call.request.cookies.get(cookie_name(provider), "")
    link = await connections.open_link(work, provider, token)
    work.actor = _holder(link.person)
    if not is_plain and (state is not None or error != _DECLINED):
        connections.check_state(work, provider, token, state or "")
    if error == _DECLINED:
        return await _onward(work, provider, link.person, "declined")
    code = query.get("code", "")
    if error is not None:
        raise ConsentFailed("the partner sent an error")
    if not 0 < len(code) <= _LONGEST:
        raise StateWrong("there is no code")
    consent = await connections.take_code(work, provider, token, state or "", code)
    now, allow_private = work.now, work.tools.settings.webhooks_allow_private

    async def ask() -> Token | None:
        return await _exchange(consent, now, allow_private=allow_private)

    async def then(work: Work, _call: Call, found: Token | None) -> Reply:
        return await _connect(work, consent, found)

    return Outside(ask, then)


async def _exchange(consent: Consent, now: datetime, *, allow_private: bool) -> Token | None:
    """The token for the code; None when there is none, for then nothing changes."""
    async with open_session(allow_private=allow_private) as session:
        try:
            return await tokens.exchange(
                session, consent.setup, consent.code, consent.redirect_uri, consent.verifier, now
            )
        except Refused:
            log.warning("code_not_exchanged", reason_code="invalid_grant")
        except Failed as failed:
            log.warning("code_not_exchanged", reason_code=failed.reason)
    return None


async def _connect(work: Work, consent: Consent, token: Token | None) -> Reply:
    if token is None:
        raise ConsentFailed("there is no token for the code")
    work.actor = _holder(consent.person)
    try:
        await connections.connect(work, consent, token)
    except CareError as error:
        raise KeepAndRaise(error) from None
    return await _onward(work, consent.setup.name, consent.person, "authorized")


def _holder(person: PersonKey) -> Actor:
    return Actor(ActorKind.LINK, person, None, "link:oauth")


async def _onward(work: Work, provider: str, person: PersonKey, outcome: str) -> Reply:
    """The page that tells how it ended; somebody who has not finished his sign-up is reminded of it there."""
    target = f"/oauth/{provider}/{outcome}"
    try:
        waiting = await accounts.signup_confirmation(work, person)
    except NotFound:
        pass
    else:
        query = {"signupEmail": waiting.email, "signupKey": accounts.confirmation_key(work, waiting)}
        target = f"{target}?{urlencode(query)}"
    return moved(target, [cookie(provider, "", max_age_s=0, is_secure=_is_secure(work))])


def _is_secure(work: Work) -> bool:
    return work.tools.settings.public_url.startswith("https://")


async def disconnect_own(work: Work, call: Call) -> Reply:
    """`DELETE /v1/oauth/{provider}/authorize`: for the user himself."""
    if work.actor.kind is not ActorKind.PERSON or work.actor.person is None:
        raise NotAuthenticated("A user token is required", code="unauthorized")
    setup = next((one for one in await connections.partners(work) if one.name == call.path["provider"]), None)
    if setup is not None and setup.policy.ends_at_partner_only:
        raise NotAllowed("This connection is ended at the partner", code="unauthorized")
    accept = None if setup is None else connections.accept_url(work, setup, None)
    if accept is not None and call.query.get("accept") != "revoke":
        return Reply(303, b"", "", {"location": accept})
    return await _disconnect(work, call.path["provider"], work.actor.person)


async def disconnect(work: Work, call: Call) -> Reply:
    """`DELETE /v1/users/{userId}/oauth/{providerName}/authorize`: services only."""
    if not work.actor.is_service:
        raise NotAuthenticated("A server token is required", code="unauthorized")
    found = await accounts.find(work, call.path["userId"])
    if found is None or "@" in call.path["userId"]:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    return await _disconnect(work, call.path["providerName"], found.key)


async def _disconnect(work: Work, provider: str, person: PersonKey) -> Reply:
    if provider not in connections.known_partners(work).keys() | connections.PARTNERS.keys():
        raise NotFound("Requested provider was not found", code="provider-not-found")
    await connections.close_sessions(work, person, provider)
    return empty(200)


def _told(summary: str, meaning: Any) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Authentication"],
        "responses": {status: {"description": text} for status, text in meaning.items()},
    }


_AUTHORIZE = _told(
    "Begin To Connect A Partner",
    {
        "307": "to the partner's own login, with a state that only this browser can bring back",
        "401": "a page: the link was already used, or has expired",
        "404": "a page: no such partner",
    },
)
_REDIRECT = _told(
    "Come Back From A Partner",
    {
        "200": "a page that goes on to `/oauth/{provider}/authorized` or `/oauth/{provider}/declined`",
        "400": "a page: the answer is not for this browser, or the partner gave no token; nothing was changed",
        "401": "a page: the link or the answer was already used, or the link has expired",
        "404": "a page: no such partner",
    },
)
_OWN = _told(
    "Disconnect A Partner",
    {
        "200": "Success",
        "303": "to the page where people agree first, where the partner has one",
        "401": "A user token is required",
        "403": "The partner wants it ended there",
        "404": "No such partner",
    },
)
_OWN |= {"security": [{"sessionToken": []}]}


def _both(path: str, handler: Handler, operation: str = "", describe: Any = None) -> tuple[Route, Route]:
    """Every path of the account service answers with and without the prefix `/auth`."""
    return (
        Route("DELETE", path, handler, operation, describe, identify=identify, render=render),
        Route("DELETE", f"/auth{path}", handler, identify=identify, render=render, is_documented=False),
    )


ROUTES = [
    Route(
        "GET",
        "/v1/oauth/{provider}/authorize",
        authorize,
        describe=_AUTHORIZE,
        identify=identify_nobody,
        render=refused,
    ),
    Route(
        "GET", "/v1/oauth/{provider}/redirect", redirect, describe=_REDIRECT, identify=identify_nobody, render=refused
    ),
    *_both("/v1/oauth/{provider}/authorize", disconnect_own, describe=_OWN),
    *_both("/v1/users/{userId}/oauth/{providerName}/authorize", disconnect, "auth.v1:DeleteUserOauthAuthorization"),
]
