"""Provider sessions: what services see of people's connections with partner clouds, tokens included (auth.v1)."""

from collections.abc import Mapping
from typing import Any

from openward.care import accounts, connections, identity
from openward.care.connections import ProviderSession, Token
from openward.care.errors import Invalid, NotAuthenticated, NotFound
from openward.care.identity import System
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool.accounts_json import parse_timestamp, read_object, timestamp
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.errors import account as render

_LONGEST_NAME = 100
_LONGEST_SECRET = 16384
_MOST_SCOPES = 100
_TYPES = ("oauth",)


async def list_of_user(work: Work, call: Call) -> Reply:
    """The sessions of a user."""
    return await _list(work, call, await _person(work, call.path["userId"]), _filters(call))


async def list_of(work: Work, call: Call) -> Reply:
    """The sessions of a user, of an external id, or of both."""
    return await _list(work, call, await _owner(work, call), _filters(call, "externalId"))


async def create_for_user(work: Work, call: Call) -> Reply:
    """A new session of a user."""
    person = await _person(work, call.path["userId"])
    return await _create(work, person, await read_object(call))


async def create(work: Work, call: Call) -> Reply:
    """A new session of the user whom the body names."""
    _require_service(work)
    body = await read_object(call)
    return await _create(work, await _person(work, _text(body, "userId", is_needed=True) or ""), body)


async def delete_of_user(work: Work, call: Call) -> Reply:
    """End the sessions of a user."""
    await connections.delete_sessions(work, await _person(work, call.path["userId"]), _filters(call))
    return empty(204)


async def delete_of(work: Work, call: Call) -> Reply:
    """End the sessions of a user, of an external id, or of both."""
    await connections.delete_sessions(work, await _owner(work, call), _filters(call, "externalId"))
    return empty(204)


async def get(work: Work, call: Call) -> Reply:
    """One session."""
    _require_service(work)
    found = await connections.find_session(work, call.path["sessionId"])
    return json_reply((await _documents(work, [found]))[0])


async def update(work: Work, call: Call) -> Reply:
    """Replace token and external id; what is left out is removed."""
    _require_service(work)
    body = await read_object(call)
    token, external_id = _token(body), _text(body, "externalId")
    changed = await connections.change_session(work, call.path["sessionId"], token, external_id)
    return json_reply((await _documents(work, [changed]))[0])


async def delete(work: Work, call: Call) -> Reply:
    """End one session."""
    _require_service(work)
    await connections.delete_session(work, call.path["sessionId"])
    return empty(200)


async def _list(work: Work, call: Call, person: PersonKey | None, filters: Mapping[str, str]) -> Reply:
    page = page_size(call.query)
    found = await connections.list_sessions(work, person, filters, offset=page.offset, limit=page.limit)
    return json_reply(await _documents(work, found))


async def _create(work: Work, person: PersonKey, body: Mapping[str, Any]) -> Reply:
    kind, name = _text(body, "type", is_needed=True), _text(body, "name", is_needed=True)
    if kind not in _TYPES:
        raise Invalid("type is not oauth", code="value-not-allowed")
    token, external_id = _token(body), _text(body, "externalId")
    if token is None:
        raise Invalid("oauthToken is missing", code="value-not-exists")
    made = await connections.open_session(
        work, person, name or "", token, external_id=external_id, provider_type=kind or ""
    )
    return json_reply((await _documents(work, [made]))[0])


def _require_service(work: Work) -> None:
    if not work.actor.is_service:
        raise NotAuthenticated("A server token is required", code="unauthorized")


async def _person(work: Work, user_id: str) -> PersonKey:
    _require_service(work)
    found = None if "@" in user_id else await accounts.find(work, user_id)
    if found is None:
        raise NotFound("Requested account was not found", code="user-id-not-found")
    return found.key


async def _owner(work: Work, call: Call) -> PersonKey | None:
    """The user of the query; None when only an external id is given. `Invalid` without either."""
    _require_service(work)
    if call.query.get("userId"):
        return await _person(work, call.query["userId"])
    if not call.query.get("externalId"):
        raise Invalid("userId or externalId is missing", code="value-not-exists")
    return None


def _filters(call: Call, *more: str) -> dict[str, str]:
    columns = {"type": "provider_type", "name": "provider_name", "externalId": "external_id"}
    found = {}
    for name in ("type", "name", *more):
        value = call.query.get(name)
        if value is None:
            continue
        if not 0 < len(value) <= _LONGEST_NAME or (name == "type" and value not in _TYPES):
            raise Invalid(f"{name} is not valid", code="value-not-allowed")
        found[columns[name]] = value
    return found


def _text(body: Mapping[str, Any], name: str, *, is_needed: bool = False, longest: int = _LONGEST_NAME) -> str | None:
    value = body.get(name)
    if value is None and not is_needed:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Invalid(f"{name} is not a text of 1 to {longest} characters", code="type-not-string")
    return value


def _token(body: Mapping[str, Any]) -> Token | None:
    given = body.get("oauthToken")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise Invalid("oauthToken is not an object", code="type-not-object")
    until, scope = given.get("expirationTime"), given.get("scope")
    if scope is not None and not _is_scope(scope):
        raise Invalid("scope is not an array of different texts", code="type-not-array")
    access = _text(given, "accessToken", is_needed=True, longest=_LONGEST_SECRET) or ""
    if not connections.is_access_token(access):
        raise Invalid("accessToken is not printable ASCII", code="value-not-valid")
    return Token(
        access=access,
        kind=_text(given, "tokenType") or "Bearer",
        refresh=_text(given, "refreshToken", longest=_LONGEST_SECRET),
        expires_at=None if until is None else parse_timestamp(until, "expirationTime"),
        scopes=tuple(sorted(scope or ())),
        id_token=_text(given, "idToken", longest=_LONGEST_SECRET),
    )


def _is_scope(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST_SCOPES
        and all(isinstance(one, str) and 0 < len(one) <= _LONGEST_NAME for one in value)
        and len(set(value)) == len(value)
    )


async def _documents(work: Work, found: list[ProviderSession]) -> list[dict[str, Any]]:
    users = await identity.names(work, [one.person for one in found], System.USER)
    return [_document(one, users[one.person]) for one in found]


def _document(one: ProviderSession, user_id: str) -> dict[str, Any]:
    values = {
        "id": one.id,
        "userId": user_id,
        "type": one.provider_type,
        "name": one.provider_name,
        "oauthToken": None if one.token is None else _token_document(one.token),
        "externalId": one.external_id,
        "createdTime": timestamp(one.created_at),
        "modifiedTime": None if one.modified_at is None else timestamp(one.modified_at),
    }
    return {name: value for name, value in values.items() if value is not None}


def _token_document(token: Token) -> dict[str, Any]:
    values = {
        "accessToken": token.access,
        "tokenType": token.kind,
        "refreshToken": token.refresh,
        "expirationTime": None if token.expires_at is None else timestamp(token.expires_at),
        "scope": list(token.scopes) or None,
        "idToken": token.id_token,
    }
    return {name: value for name, value in values.items() if value is not None}


def _told(summary: str, responses: Mapping[str, str]) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Authentication", "Internal"],
        "responses": {status: {"description": text} for status, text in responses.items()},
        "security": [{"serverToken": []}],
    }


_WHOSE = "`userId`, `externalId` or both; `type` and `name` narrow it down"
_LIST = _told("List Provider Sessions", {"200": f"the sessions of {_WHOSE}", "400": "neither is given"})
_DELETE = _told("Delete Provider Sessions", {"204": f"the sessions of {_WHOSE} have ended", "400": "neither is given"})
_CREATE = _told("Create Provider Session", {"200": "the session", "400": "bad body", "409": "there is one already"})


def _both(
    method: str, path: str, handler: Handler, operation: str = "", describe: Mapping[str, Any] | None = None
) -> tuple[Route, Route]:
    """Every path of the account service answers with and without the prefix `/auth`."""
    return (
        Route(method, path, handler, operation, describe, identify=identify, render=render),
        Route(method, f"/auth{path}", handler, identify=identify, render=render, is_documented=False),
    )


_OF_USER = "/v1/users/{userId}/provider_sessions"
_ALL = "/v1/provider_sessions"
_ONE = "/v1/provider_sessions/{sessionId}"

ROUTES = [
    *_both("GET", _OF_USER, list_of_user, "auth.v1:ListUserDataProviderSessions"),
    *_both("POST", _OF_USER, create_for_user, "auth.v1:CreateUserDataProviderSession"),
    *_both("DELETE", _OF_USER, delete_of_user, "auth.v1:DeleteAllUserDataProviderSessions"),
    *_both("GET", _ALL, list_of, describe=_LIST),
    *_both("POST", _ALL, create, describe=_CREATE),
    *_both("DELETE", _ALL, delete_of, describe=_DELETE),
    *_both("GET", _ONE, get, "auth.v1:GetUserDataProviderSession"),
    *_both("PUT", _ONE, update, "auth.v1:UpdateUserDataProviderSession"),
    *_both("DELETE", _ONE, delete, "auth.v1:DeleteUserDataProviderSession"),
]
