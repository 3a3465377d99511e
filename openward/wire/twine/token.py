"""OAuth 2 tokens: client credentials and refresh, in two forms of body; what a token reaches."""

from typing import Any

from openward.care import accounts
from openward.care.accounts import ClientTokens
from openward.care.errors import Fault, Invalid, NotAllowed, NotAuthenticated, NotFound
from openward.care.identity import System, is_valid
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.wiring import Reply, Route
from openward.wire.twine import groups, media, query
from openward.wire.twine.auth import bearer, identify_nobody, organization
from openward.wire.twine.errors import CREDENTIALS, GRANT, body_fault
from openward.wire.twine.names import organization_name
from openward.wire.twine.organization import render as render_organization
from openward.wire.twine.resource import Included, collection, one, pointer_to, pointers, resource
from openward.wire.twine.schema import check_shape
from openward.wire.twine.together import Together

_GRANTS = ("client_credentials", "refresh_token")
_NEEDED = {"client_credentials": "client_secret", "refresh_token": "refresh_token"}


async def create(work: Work, call: Call) -> Reply:
    """POST /oauth/token: 201 with a pair of tokens; in plain JSON when the request was."""
    media.require_document(call)
    is_plain = media.body_type(call) == media.JSON
    asked = query.read(call, include=("groups", "organization"))
    attributes = _attributes(await call.json(), is_plain=is_plain)
    tokens = await _grant(work, attributes)
    owner = await organization_name(work, organization(work))
    visible = await groups.visible(work)
    shown = await groups.render(work, visible)
    given = {
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "token_type": "bearer",
        "expires_in": tokens.expires_in_s,
    }
    relationships = {
        "groups": pointers("group", [group["id"] for group in shown]),
        "organization": pointer_to("organization", owner),
    }
    made = resource("token", tokens.id, given, relationships, path=f"/oauth/token/{tokens.id}")
    included = Included()
    if "groups" in asked.include:
        included.add(shown)
    if "organization" in asked.include:
        included.add([await render_organization(work, organization(work))])
    if not is_plain:
        return one(call, made, included, 201)
    reply = media.answer(call, {**given, "data": made, "included": included.beside(made)}, 201)
    reply.media_type = media.JSON
    return reply


def _attributes(body: Any, *, is_plain: bool) -> dict[str, Any]:
    """What is asked for, from a document or from a flat body; `Invalid` with every fault."""
    if is_plain:
        prefix = ""
        kept, faults = check_shape(_without_grant(body), "TokenRequestAttributes")
    else:
        prefix = "/data/attributes"
        kept, faults = check_shape(_without_grant(body, "data", "attributes"), "TokenRequest")
        kept = {} if faults else kept["data"]["attributes"]
    at = body if is_plain else _at(_at(body, "data"), "attributes")
    grant = at.get("grant_type") if isinstance(at, dict) else None
    if isinstance(grant, str) and grant not in _GRANTS:
        raise Invalid([Fault(GRANT, f"{prefix}/grant_type", f"The grant must be one of {', '.join(_GRANTS)}")])
    told = Together(faults)
    if isinstance(grant, str) and not at.get(_NEEDED[grant]):
        told.add([body_fault(f"{prefix}/{_NEEDED[grant]}", "This is missing")])
    told.require()
    return dict(kept)


def _without_grant(body: Any, *path: str) -> Any:
    """The body with a known grant in the place of an unknown one, which has an answer of its own."""
    if not isinstance(body, dict):
        return body
    if path:
        return body | {path[0]: _without_grant(body[path[0]], *path[1:])} if path[0] in body else body
    grant = body.get("grant_type")
    return body | {"grant_type": _GRANTS[0]} if isinstance(grant, str) and grant not in _GRANTS else body


def _at(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


async def _grant(work: Work, asked: dict[str, Any]) -> ClientTokens:
    """The tokens, and from now on the work is the client's; `NotAuthenticated` with the code of wrong credentials."""
    try:
        if asked["grant_type"] == "client_credentials":
            tokens, actor = await accounts.grant_client_tokens(work, asked["client_id"], asked["client_secret"])
        else:
            tokens, actor = await accounts.refresh_client_tokens(
                work, asked["client_id"], asked["refresh_token"], asked.get("client_secret")
            )
    except NotAuthenticated:
        raise NotAuthenticated(code=CREDENTIALS) from None
    work.actor = actor
    return tokens


async def _require_own(work: Work, call: Call) -> None:
    """`NotAllowed` unless the id is that of the very token that is shown; 404 for an id of another form."""
    query.read_nothing(call)
    _, name = await accounts.by_client_token(work, bearer(call))
    if not is_valid(System.TWINE, call.path["id"]):
        raise NotFound
    if call.path["id"] != name:
        raise NotAllowed


async def fetch_groups(work: Work, call: Call) -> Reply:
    """GET /oauth/token/{id}/groups: the groups that the token reaches."""
    await _require_own(work, call)
    shown = await groups.render(work, await groups.visible(work))
    return collection(call, shown, len(shown), {"self": call.url_path})


async def fetch_organization(work: Work, call: Call) -> Reply:
    """GET /oauth/token/{id}/organization."""
    await _require_own(work, call)
    return one(call, await render_organization(work, organization(work)))


ROUTES = [
    Route("POST", "/pub/oauth/token", create, "twine.v7:createToken", identify=identify_nobody),
    Route("GET", "/pub/oauth/token/{id}/groups", fetch_groups, "twine.v7:fetchTokenGroups"),
    Route("GET", "/pub/oauth/token/{id}/organization", fetch_organization, "twine.v7:fetchTokenOrganization"),
]
