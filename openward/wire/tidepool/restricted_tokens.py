"""Restricted tokens: links for one person, some paths and some time (auth.v1)."""

from typing import Any

from openward.care import accounts, identity
from openward.care.accounts import RestrictedToken
from openward.care.errors import Invalid, NotAuthenticated, NotFound
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool.accounts_json import parse_timestamp, read_object, timestamp
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.errors import account as render


async def _encode(work: Work, token: RestrictedToken) -> dict[str, Any]:
    body = {
        "id": token.token,
        "userId": await identity.name(work, token.person, System.USER),
        "expirationTime": timestamp(token.expires_at),
        "createdTime": timestamp(token.created_at),
        "modifiedTime": timestamp(token.modified_at),
    }
    return body if token.paths is None else body | {"paths": list(token.paths)}


async def _read(call: Call) -> dict[str, Any]:
    """`paths` and `expires_at` as given, None where they are not."""
    body = await read_object(call, optional=True)
    paths, until = body.get("paths"), body.get("expirationTime")
    if paths is not None and not isinstance(paths, list):
        raise Invalid("paths is not an array", code="type-not-array")
    return {"paths": paths, "expires_at": None if until is None else parse_timestamp(until, "expirationTime")}


async def _person(work: Work, call: Call, *, may_self: bool = False) -> PersonKey:
    found = await accounts.find(work, call.path["userId"])
    if work.actor.is_service:
        if found is None:
            raise NotFound("Requested account was not found", code="user-id-not-found")
        return found.key
    if found is None or not (may_self and work.actor.is_person(found.key)):
        raise NotAuthenticated("A server token is required")
    return found.key


def _require_service(work: Work) -> None:
    if not work.actor.is_service:
        raise NotAuthenticated("A server token is required")


async def list_tokens(work: Work, call: Call) -> Reply:
    """All links of a user; for services."""
    person = await _person(work, call)
    page = page_size(call.query)
    found = await accounts.links(work, person, page.offset, page.limit)
    return json_reply([await _encode(work, token) for token in found])


async def create_token(work: Work, call: Call) -> Reply:
    """A new link: for a service, or for the user himself."""
    person = await _person(work, call, may_self=True)
    return json_reply(await _encode(work, await accounts.create_link(work, person, **await _read(call))), 201)


async def delete_tokens(work: Work, call: Call) -> Reply:
    """All links of a user; for services."""
    await accounts.delete_links(work, await _person(work, call))
    return empty(204)


async def get_token(work: Work, call: Call) -> Reply:
    """One link; for services."""
    _require_service(work)
    return json_reply(await _encode(work, await accounts.link(work, call.path["tokenId"])))


async def update_token(work: Work, call: Call) -> Reply:
    """Other paths, another end; for services."""
    _require_service(work)
    return json_reply(await _encode(work, await accounts.change_link(work, call.path["tokenId"], **await _read(call))))


async def delete_token(work: Work, call: Call) -> Reply:
    """Remove a link: for its owner or a service. A link that is not there is as good as removed."""
    try:
        owner = (await accounts.link(work, call.path["tokenId"])).person
    except NotFound:
        return empty(200)
    if not (work.actor.is_service or work.actor.is_person(owner)):
        raise NotAuthenticated("A server token is required")
    await accounts.delete_link(work, call.path["tokenId"])
    return empty(200)


def _both(method: str, path: str, handler: Handler, operation: str) -> tuple[Route, Route]:
    """Every path of the account service answers with and without the prefix `/auth`."""
    return (
        Route(method, path, handler, operation, identify=identify, render=render),
        Route(method, f"/auth{path}", handler, operation, identify=identify, render=render, is_documented=False),
    )


ROUTES = [
    *_both("GET", "/v1/users/{userId}/restricted_tokens", list_tokens, "auth.v1:ListUserRestrictedTokens"),
    *_both("POST", "/v1/users/{userId}/restricted_tokens", create_token, "auth.v1:CreateUserRestrictedToken"),
    *_both("DELETE", "/v1/users/{userId}/restricted_tokens", delete_tokens, "auth.v1:DeleteAllUserRestrictedTokens"),
    *_both("GET", "/v1/restricted_tokens/{tokenId}", get_token, "auth.v1:GetRestrictedToken"),
    *_both("PUT", "/v1/restricted_tokens/{tokenId}", update_token, "auth.v1:UpdateRestrictedToken"),
    *_both("DELETE", "/v1/restricted_tokens/{tokenId}", delete_token, "auth.v1:DeleteRestrictedToken"),
]
