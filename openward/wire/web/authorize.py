"""The front door of the authorization code flow (auth.v2): sign in here, and go back to the client with a code."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from openward.care import accounts
from openward.care.accounts import Authorization
from openward.care.errors import Invalid, NotFound
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.web.auth import identify_optional
from openward.wire.web.errors import render

PATH = "/realms/{realm}/protocol/openid-connect/auth"
_REALM = "openward"
_SCOPES = ("openid", "email")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_LONGEST = 2000  # characters of an address, a state or a nonce


async def authorize(work: Work, call: Call) -> Reply:
    """Lead the browser to the sign-in page or back to the client; only a wrong client or address is shown here."""
    if call.path["realm"] != _REALM:
        raise NotFound("Realm does not exist")
    query = call.query
    client_id, address = query.get("client_id", ""), query.get("redirect_uri", "")
    if len(address) > _LONGEST or not await _may_redirect(work, client_id, address):
        # Sending anybody to an address that the client does not own is what thieves of codes wait for.
        raise Invalid("client_id or redirect_uri is not registered")
    problem = _problem(query, address)
    if problem is not None:
        return _back(query, address, {"error": problem})
    person = work.actor.person
    if person is None or query.get("prompt") == "login":
        if query.get("prompt") == "none":
            return _back(query, address, {"error": "login_required"})
        return _sign_in(call)
    agreed = Authorization(
        client_id,
        person,
        address,
        " ".join(word for word in _SCOPES if word in query["scope"].split()),
        query.get("nonce"),
        query.get("code_challenge"),
    )
    return _back(query, address, {"code": await accounts.grant_code(work, agreed)})


async def _may_redirect(work: Work, client_id: str, address: str) -> bool:
    try:
        return await accounts.may_redirect(work, client_id, address)
    except NotFound:
        return False


def _problem(query: Mapping[str, str], address: str) -> str | None:
    """The OAuth word for what is wrong with the request, if anything is."""
    if query.get("response_type") != "code":
        return "unsupported_response_type" if query.get("response_type") else "invalid_request"
    if "openid" not in query.get("scope", "").split():
        return "invalid_scope"
    if query.get("prompt", "login") not in ("none", "login") or any(
        len(query.get(name, "")) > _LONGEST for name in ("state", "nonce")
    ):
        return "invalid_request"
    challenge = query.get("code_challenge")
    if challenge is None:
        # Any program on the machine may listen there, hence the client has to prove that it is the one that asked.
        return "invalid_request" if accounts.is_loopback(address) or "code_challenge_method" in query else None
    is_good = query.get("code_challenge_method") == "S256" and _CHALLENGE.match(challenge) is not None
    return None if is_good else "invalid_request"


def _sign_in(call: Call) -> Reply:
    """The sign-in page, and from there here again; asked to sign in anew, somebody who is signed in sees it, too."""
    kept = [(name, value) for name, value in call.query_items if name != "prompt"]
    target = f"{call.url_path}?{urlencode(kept)}"
    query = {"next": target, "again": "1"} if call.query.get("prompt") == "login" else {"next": target}
    hint = call.query.get("login_hint")
    return _moved(f"/signin?{urlencode(query | ({'email': hint} if hint else {}))}")


def _back(query: Mapping[str, str], address: str, said: dict[str, str]) -> Reply:
    parts = urlsplit(address)
    state = {"state": query["state"]} if "state" in query else {}
    joined = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *(said | state).items()])
    return _moved(urlunsplit(parts._replace(query=joined)))


def _moved(target: str) -> Reply:
    # The contract has 301 for every redirect; `no-store`, which the gateway adds, keeps browsers from remembering it.
    return Reply(301, b"", "", {"location": target, "referrer-policy": "no-referrer"})


ROUTES = [Route("GET", PATH, authorize, "auth.v2:Authorize", identify=identify_optional, render=render)]
