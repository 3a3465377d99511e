"""Data sources: list, create, show, change, delete."""

from hashlib import blake2b
from typing import Any
from uuid import UUID

import msgspec

from openward.care import connections, devicedata, identity
from openward.care.connections import DataSource, NewSource, SourceState
from openward.care.errors import Fault, Invalid, NotAllowed, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Reply, empty, json_reply
from openward.wire.tidepool.data.parameters import whole
from openward.wire.tidepool.data.people import person_of

_SHORT = 24
_MOST_METADATA = 4096
_SHOWN_OF_ERROR = ("code", "title", "detail", "source", "meta")
_TYPES = ("oauth",)
_FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "providerType": ("provider_type", _TYPES),
    "providerName": ("provider_name", ()),
    "providerExternalId": ("external_id", ()),
    "state": ("state", tuple(SourceState)),
}
"""The filters of a list: the column, and what it may hold (empty: any text)."""


async def list_of(work: Work, call: Call) -> Reply:
    """`GET /v1/users/{userId}/data_sources`."""
    page = page_size(call.query)
    filters = {}
    for name, (column, allowed) in _FILTERS.items():
        value = call.query.get(name)
        if value == "":
            raise Invalid([Fault("value-empty", name, "value is empty")])
        if value is not None and allowed and value not in allowed:
            raise Invalid([Fault("value-not-allowed", name, f"value is not one of {', '.join(allowed)}")])
        if value is not None:
            filters[column] = value
    person = await person_of(work, call)
    found = await connections.list_of(work, person, filters, offset=page.offset, limit=page.limit)
    return json_reply(await _documents(work, found))


async def create(work: Work, call: Call) -> Reply:
    """`POST /v1/users/{userId}/data_sources`: services only."""
    _require_service(work)
    person = await person_of(work, call)
    reading = _Reading(await call.json())
    kind = reading.text("providerType", allowed=_TYPES)
    name = reading.text("providerName", most=100)
    session = reading.text("providerSessionId", is_needed=False)
    state = reading.text("state", is_needed=False, allowed=tuple(SourceState))
    if session is not None and state not in (None, SourceState.CONNECTED):
        reading.faults.append(Fault("value-exists", "/providerSessionId", "a session belongs to a connected source"))
    external = reading.text("providerExternalId", is_needed=False, most=100)
    metadata = reading.object("metadata", most=_MOST_METADATA)
    reading.finish()
    new = NewSource(str(kind), str(name), session, external, metadata)
    made = await connections.create(work, person, new)
    return json_reply((await _documents(work, [made]))[0], 201)


async def of_session(work: Work, call: Call) -> Reply:
    """`GET /v1/provider_sessions/{sessionId}/data_source`: services only."""
    _require_service(work)
    found = await connections.source_of_session(work, call.path["sessionId"])
    return json_reply((await _documents(work, [found]))[0])


async def delete_all(work: Work, call: Call) -> Reply:
    """`DELETE /v1/users/{userId}/data_sources`: services only."""
    _require_service(work)
    await connections.delete_all(work, await person_of(work, call))
    return empty(204)


async def get(work: Work, call: Call) -> Reply:
    """`GET /v1/data_sources/{dataSourceId}`."""
    found = await connections.get(work, await _key(work, call))
    return json_reply((await _documents(work, [found]))[0])


async def update(work: Work, call: Call) -> Reply:
    """`PUT /v1/data_sources/{dataSourceId}?revision=n`: services only."""
    _require_service(work)
    reading = _Reading(await call.json())
    changes: dict[str, Any] = {}
    state = reading.text("state", is_needed=False, allowed=tuple(SourceState))
    if state is not None:
        changes["state"] = SourceState(state)
    for name, field in (("providerSessionId", "session_id"), ("providerExternalId", "external_id")):
        value = reading.text(name, is_needed=False)
        if value is not None:
            changes[field] = value
    for name, field in (("metadata", "metadata"), ("error", "error")):
        given = reading.object(name, most=_MOST_METADATA)
        if given is not None:
            changes[field] = given
    sets = reading.data_sets()
    if sets is not None:
        changes["data_sets"] = sets
    for name, field in (
        ("earliestDataTime", "earliest_data_at"),
        ("latestDataTime", "latest_data_at"),
        ("lastImportTime", "last_import_at"),
    ):
        moment = reading.instant(name)
        if moment is not None:
            changes[field] = moment
    reading.finish()
    changed = await connections.change(work, await _key(work, call), changes, whole(call.query, "revision"))
    return json_reply((await _documents(work, [changed]))[0])


async def delete(work: Work, call: Call) -> Reply:
    """`DELETE /v1/data_sources/{dataSourceId}?revision=n`: services only."""
    _require_service(work)
    await connections.delete(work, await _key(work, call), whole(call.query, "revision"))
    return json_reply({})


def _require_service(work: Work) -> None:
    """Before anything is looked up, so that nobody else learns what there is."""
    if not work.actor.is_service:
        raise NotAllowed("user is not authorized", code="unauthorized")


def _long_id(name: str) -> str:
    """The platform's ids have 32 digits where the Clinics API shows 24 of the same source: a check is appended."""
    return name + blake2b(name.encode(), digest_size=4).hexdigest()


async def _key(work: Work, call: Call) -> UUID:
    name = call.path["dataSourceId"][:_SHORT]
    found = await identity.find(work, Identifier(System.DATA_SOURCE, name))
    if found is None or call.path["dataSourceId"] != _long_id(name):
        raise NotFound("data source not found", code="resource-not-found")
    return found


async def _documents(work: Work, found: list[DataSource]) -> list[dict[str, Any]]:
    ids = await identity.names(work, [one.key for one in found], System.DATA_SOURCE)
    users = await identity.names(work, [one.person for one in found], System.USER)
    return [_document(one, _long_id(ids[one.key]), users[one.person], is_whole=work.actor.is_service) for one in found]


def _document(one: DataSource, source_id: str, user_id: str, *, is_whole: bool) -> dict[str, Any]:
    """A source as printed; people are not shown the session, and of an error only what says something to them."""
    error = one.error
    if error is not None and not is_whole:
        error = {name: error[name] for name in _SHOWN_OF_ERROR if name in error}
    moments = {
        "earliestDataTime": one.earliest_data_at,
        "latestDataTime": one.latest_data_at,
        "lastImportTime": one.last_import_at,
        "createdTime": one.created_at,
        "modifiedTime": one.modified_at,
    }
    values: dict[str, Any] = {
        "id": source_id,
        "userId": user_id,
        "providerType": one.provider_type,
        "providerName": one.provider_name,
        "providerSessionId": one.session_id if is_whole else None,
        "providerExternalId": one.external_id,
        "state": one.state.value,
        "metadata": one.metadata,
        "error": error,
        "dataSetId": one.data_sets[0] if one.data_sets else None,
        "dataSetIds": list(one.data_sets) or None,
        **{name: devicedata.print_instant(moment) for name, moment in moments.items() if moment is not None},
        "revision": one.revision,
    }
    return {name: value for name, value in values.items() if value is not None}


class _Reading:
    """Reads the fields of one JSON object and gathers what is wrong with them."""

    def __init__(self, body: Any) -> None:
        if not isinstance(body, dict):
            raise Invalid("the body is not an object", code="json-malformed")
        self._body = body
        self.faults: list[Fault] = []

    def text(self, name: str, *, is_needed: bool = True, allowed: tuple[str, ...] = (), most: int = 255) -> str | None:
        value = self._body.get(name)
        if value is None:
            if is_needed:
                self.faults.append(Fault("value-not-exists", f"/{name}"))
        elif not isinstance(value, str):
            self.faults.append(Fault("type-not-string", f"/{name}"))
        elif not value:
            self.faults.append(Fault("value-empty", f"/{name}"))
        elif allowed and value not in allowed:
            self.faults.append(Fault("value-not-allowed", f"/{name}", f"value is not one of {', '.join(allowed)}"))
        elif len(value) > most:
            self.faults.append(Fault("length-out-of-range", f"/{name}"))
        else:
            return value
        return None

    def object(self, name: str, *, most: int) -> dict[str, Any] | None:
        value = self._body.get(name)
        if value is not None and not isinstance(value, dict):
            self.faults.append(Fault("type-not-object", f"/{name}"))
        elif value is not None and len(msgspec.json.encode(value)) > most:
            self.faults.append(Fault("size-out-of-range", f"/{name}"))
        else:
            return value
        return None

    def instant(self, name: str) -> Any:
        text = self.text(name, is_needed=False)
        found = devicedata.parse_instant(text) if text is not None else None
        if text is not None and found is None:
            self.faults.append(Fault("value-not-parsable", f"/{name}"))
        if found == devicedata.ZERO:
            self.faults.append(Fault("value-empty", f"/{name}"))
        return found

    def data_sets(self) -> tuple[str, ...] | None:
        """`dataSetId`, or the first of the older `dataSetIds`."""
        one = self.text("dataSetId", is_needed=False)
        many = self._body.get("dataSetIds")
        if many is not None and not (isinstance(many, list) and all(isinstance(name, str) and name for name in many)):
            self.faults.append(Fault("type-not-array", "/dataSetIds"))
            return None
        if one is None and many is None:
            return None
        return (one,) if one is not None else tuple(many or ())[:1]

    def finish(self) -> None:
        if self.faults:
            raise Invalid(self.faults)
