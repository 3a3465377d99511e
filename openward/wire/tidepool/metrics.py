"""Usage events that clients report without waiting for an answer (metrics.v1)."""

from typing import Any

from openward.care import identity, usage
from openward.care.errors import Invalid, NotAuthenticated
from openward.care.identity import System
from openward.care.usage import Event
from openward.care.work import Actor, ActorKind, Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, Route, empty, json_reply
from openward.wire.tidepool.auth import identify, identify_optional, session_token
from openward.wire.tidepool.clinics.bodies import instant, moment
from openward.wire.tidepool.errors import SessionUnknown
from openward.wire.tidepool.errors import account as render

_NAME_MAX = 200
_MOST_PROPERTIES = 50
_VALUE_MAX = 500


def _name(call: Call, parameter: str = "eventName") -> str:
    name = call.path[parameter]
    if not 1 <= len(name) <= _NAME_MAX:
        raise Invalid(f"{parameter} has 1 to {_NAME_MAX} characters")
    return name


def _properties(call: Call) -> dict[str, str]:
    """The query as it came, cut to a size: nothing in it is worth refusing the event for."""
    given = list(call.query.items())[:_MOST_PROPERTIES]
    return {name[:_NAME_MAX]: value[:_VALUE_MAX] for name, value in given}


async def identify_if_said(work: Work, call: Call) -> Actor:
    """Whoever the token belongs to, or nobody without one; a token that is given has to be good."""
    actor = await identify_optional(work, call)
    if actor.kind is ActorKind.NOBODY and session_token(call):
        raise SessionUnknown
    return actor


async def this_user(work: Work, call: Call) -> Reply:
    """GET /metrics/thisuser/{eventName}."""
    if work.actor.kind is not ActorKind.PERSON or work.actor.person is None:
        raise NotAuthenticated("A user token is required")
    await usage.record(work, _name(call), _properties(call), person=work.actor.person)
    return empty(200)


async def named_user(work: Work, call: Call) -> Reply:
    """GET /metrics/user/{userId}/{eventName}: the user is whoever the client says."""
    said = _name(call, "userId")
    await usage.record(work, _name(call), _properties(call), person=work.actor.person, said_user=said)
    return empty(200)


async def server(work: Work, call: Call) -> Reply:
    """GET /metrics/server/{serverName}/{eventName}."""
    if not work.actor.is_service:
        raise NotAuthenticated("A server token is required")
    await usage.record(work, _name(call), _properties(call), server=_name(call, "serverName"))
    return empty(200)


async def list_events(work: Work, call: Call) -> Reply:
    """GET /v1/usage_events: what was reported, newest first; for services."""
    page = page_size(call.query)
    found = await usage.list_of(
        work, name=call.query.get("name"), since=moment(call.query, "since"), offset=page.offset, limit=page.limit
    )
    users = await identity.names(work, [one.person for one in found if one.person], System.USER)
    return json_reply([_encode(one, users.get(one.person) if one.person else None) for one in found])


def _encode(one: Event, user_id: str | None) -> dict[str, Any]:
    values = {
        "name": one.name,
        "time": instant(one.at),
        "userId": user_id,
        "saidUserId": one.said_user,
        "server": one.server,
        "properties": one.properties,
    }
    return {name: value for name, value in values.items() if value is not None}


_LIST = {
    "summary": "List Usage Events",
    "tags": ["Metrics", "Internal"],
    "description": "Events of the last 90 days, newest first; for services.",
    "parameters": [
        {"name": "name", "in": "query", "schema": {"type": "string"}},
        {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
    ],
    "responses": {"200": {"description": "The events"}},
    "security": [{"sessionToken": []}],
}

ROUTES = [
    Route(
        "GET",
        "/metrics/thisuser/{eventName}",
        this_user,
        "metrics.v1:RecordMetricsEventForLoggedInUser",
        identify=identify,
        render=render,
    ),
    Route(
        "GET",
        "/metrics/user/{userId}/{eventName}",
        named_user,
        "metrics.v1:RecordMetricsEventForNamedUser",
        identify=identify_if_said,
        render=render,
    ),
    Route(
        "GET",
        "/metrics/server/{serverName}/{eventName}",
        server,
        "metrics.v1:RecordMetricsEventForServer",
        identify=identify,
        render=render,
    ),
    Route("GET", "/v1/usage_events", list_events, describe=_LIST, identify=identify),
]
