"""Served: the platform's summaries of a person, one of each type, and which of them wait to be computed."""

from collections.abc import Mapping
from typing import Any

from openward.care import identity, summaries
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, System
from openward.care.summaries import Kind
from openward.care.work import PersonKey, Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, Route, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.summary_json import summary_document


async def get(work: Work, call: Call) -> Reply:
    """`GET /v1/summaries/{summaryType}/{userId}`: 404 when there is none."""
    kind, person = _kind(call.path["summaryType"]), await _person(work, call)
    kept = await summaries.shown(work, person, kind)
    if kept is None:
        raise NotFound("summary not found")
    return json_reply(summary_document(kept.summary, summary_id=kept.summary_id, user_id=call.path["userId"]))


async def update(work: Work, call: Call) -> Reply:
    """`POST` of the same path: compute from all data, now; `?reason=` joins the reasons of the update."""
    kind = _kind(call.path["summaryType"])
    _require_service(work)
    person = await _person(work, call)
    kept = await summaries.recompute(work, person, kind, await _reason(call))
    return json_reply(summary_document(kept.summary, summary_id=kept.summary_id, user_id=call.path["userId"]))


async def outdated(work: Work, call: Call) -> Reply:
    """`GET /v1/summaries/outdated/{summaryType}`: user ids, longest waiting first."""
    kind = _kind(call.path["summaryType"])
    _require_service(work)
    return await _user_ids(work, await summaries.outdated(work, kind, page_size(call.query).limit))


async def migratable(work: Work, call: Call) -> Reply:
    """`GET /v1/summaries/migratable/{summaryType}`: user ids whose summary was computed by other rules."""
    kind = _kind(call.path["summaryType"])
    _require_service(work)
    return await _user_ids(work, await summaries.migratable(work, kind, page_size(call.query).limit))


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        known = ", ".join(Kind)
        raise Invalid([Fault("value-not-allowed", "summaryType", f"value is not one of {known}")]) from None


async def _person(work: Work, call: Call) -> PersonKey:
    """The person; to whoever is no service an unknown one looks like one that he may not see."""
    name = Identifier(System.USER, call.path["userId"])
    if work.actor.is_service:
        return PersonKey(await identity.resolve(work, name))
    identity.require(name.system, name.value)
    found = await identity.find(work, name)
    if found is None:
        raise NotAllowed("user is not authorized", code="unauthorized")
    return PersonKey(found)


def _require_service(work: Work) -> None:
    if not work.actor.is_service:
        raise NotAllowed("a service token is required", code="unauthorized")


async def _reason(call: Call) -> str | None:
    """One word, as parameter or as `{"reason": ...}`."""
    body = await call.json(optional=True)
    reason = call.query.get("reason") or (body.get("reason") if isinstance(body, dict) else None)
    if reason is None:
        return None
    if not isinstance(reason, str) or not 0 < len(reason) <= _LONGEST_REASON:
        raise Invalid([Fault("length-out-of-range", "/reason", f"reason is a word of 1 to {_LONGEST_REASON} letters")])
    return reason


_LONGEST_REASON = 64


async def _user_ids(work: Work, people: list[PersonKey]) -> Reply:
    names = await identity.names(work, people, System.USER)
    return json_reply([names[person] for person in people if person in names])


_TYPE = {"type": "string", "enum": [kind.value for kind in Kind]}
_IDS = {"type": "array", "items": {"type": "string"}}


def _described(summary: str, answer: Mapping[str, Any], *parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Summary"],
        "parameters": list(parameters),
        "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": answer}}}},
    }


_OF_TYPE = {"name": "summaryType", "in": "path", "required": True, "schema": _TYPE}
_OF_USER = {"name": "userId", "in": "path", "required": True, "schema": {"type": "string"}}
_REASON = {"name": "reason", "in": "query", "schema": {"type": "string", "minLength": 1, "maxLength": _LONGEST_REASON}}
_SIZE = {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}

ROUTES = [
    Route("GET", "/v1/summaries/{summaryType}/{userId}", get, "summary.v1:GetSummary", render=errors.data),
    Route(
        "POST",
        "/v1/summaries/{summaryType}/{userId}",
        update,
        describe=_described("Compute a summary now (services only)", {"type": "object"}, _OF_TYPE, _OF_USER, _REASON),
        render=errors.data,
    ),
    Route(
        "GET",
        "/v1/summaries/outdated/{summaryType}",
        outdated,
        describe=_described("User ids whose summary waits to be computed (services only)", _IDS, _OF_TYPE, _SIZE),
        render=errors.data,
    ),
    Route(
        "GET",
        "/v1/summaries/migratable/{summaryType}",
        migratable,
        describe=_described("User ids whose summary is of an older kind (services only)", _IDS, _OF_TYPE, _SIZE),
        render=errors.data,
    ),
]
