"""Consents: texts in versions, and who agreed to which (`/v1/consents`, `/v1/users/{userId}/consents`)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from openward.care import consents, identity
from openward.care.consents import AgeGroup, Document, Grantor, NewRecord, Record, Status
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics.bodies import decoded, instant
from openward.wire.tidepool.data.parameters import flag, whole
from openward.wire.tidepool.data.people import person_of

_LARGEST = 1 << 18  # bytes of a text or an agreement
_METADATA_MAX = 4096

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Type = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,64}$")]
Version = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class DocumentBody(msgspec.Struct):
    """A new version of a text, in Markdown."""

    type: Type
    version: Version
    content: Annotated[str, msgspec.Meta(min_length=1)]


class RecordBody(msgspec.Struct):
    """What somebody agrees to."""

    type: Type
    version: Version
    ageGroup: AgeGroup
    ownerName: Name
    grantorType: Grantor
    parentGuardianName: Name | None = None
    metadata: dict[str, Any] | None = None


class ChangeBody(msgspec.Struct):
    """Only the particulars of an agreement can change."""

    metadata: dict[str, Any] | None


def _listed(found: list[dict[str, Any]]) -> Reply:
    return json_reply({"count": len(found), "data": found})


async def list_documents(work: Work, call: Call) -> Reply:
    """GET /v1/consents."""
    page = page_size(call.query)
    latest = flag(call.query, "latest")
    found = await consents.documents(
        work,
        type_=call.query.get("type"),
        version=whole(call.query, "version"),
        only_latest=bool(latest),
        offset=page.offset,
        limit=page.limit,
    )
    return _listed([_document(one) for one in found])


async def publish(work: Work, call: Call) -> Reply:
    """POST /v1/consents: services only."""
    body = await decoded(call, DocumentBody)
    return json_reply(_document(await consents.publish(work, body.type, body.version, body.content)), 201)


async def latest_document(work: Work, call: Call) -> Reply:
    """GET /v1/consents/{type}: the newest version, in a list of one as the clients expect it."""
    found = await consents.documents(work, type_=call.path["type"], only_latest=True)
    if not found:
        raise NotFound("there is no such consent", code="resource-not-found")
    return _listed([_document(one) for one in found])


async def versions(work: Work, call: Call) -> Reply:
    """GET /v1/consents/{type}/versions."""
    page = page_size(call.query)
    found = await consents.documents(work, type_=call.path["type"], offset=page.offset, limit=page.limit)
    return _listed([_document(one) for one in found])


async def list_records(work: Work, call: Call) -> Reply:
    """GET /v1/users/{userId}/consents: the newest of each type unless `latest=false`."""
    page = page_size(call.query)
    filters = {"type": call.query.get("type"), "version": whole(call.query, "version")}
    status = call.query.get("status")
    if status is not None and status not in tuple(Status):
        raise Invalid([Fault("value-not-allowed", "status", "status is not one of active, revoked")])
    latest = flag(call.query, "latest")
    person = await person_of(work, call)
    found = await consents.list_of(
        work,
        person,
        filters | {"status": status},
        only_latest=latest is not False,
        offset=page.offset,
        limit=page.limit,
    )
    return _listed([_record(one, call.path["userId"]) for one in found])


async def create_record(work: Work, call: Call) -> Reply:
    """POST /v1/users/{userId}/consents: the clients take nothing but 200."""
    person = await person_of(work, call)
    body = await decoded(call, RecordBody)
    _check_size(body.metadata)
    new = NewRecord(
        type=body.type,
        version=body.version,
        age_group=body.ageGroup,
        owner_name=body.ownerName,
        grantor=body.grantorType,
        guardian_name=body.parentGuardianName,
        metadata=body.metadata,
    )
    return json_reply(_record(await consents.give(work, person, new), call.path["userId"]))


async def get_record(work: Work, call: Call) -> Reply:
    """GET /v1/users/{userId}/consents/{recordId}."""
    person = await person_of(work, call)
    return json_reply(_record(await consents.get(work, person, await _key(work, call)), call.path["userId"]))


async def update_record(work: Work, call: Call) -> Reply:
    """PATCH /v1/users/{userId}/consents/{recordId}."""
    person = await person_of(work, call)
    body = await decoded(call, ChangeBody)
    _check_size(body.metadata)
    changed = await consents.change(work, person, await _key(work, call), body.metadata)
    return json_reply(_record(changed, call.path["userId"]))


async def revoke_record(work: Work, call: Call) -> Reply:
    """DELETE /v1/users/{userId}/consents/{recordId}."""
    person = await person_of(work, call)
    await consents.revoke(work, person, await _key(work, call))
    return empty(204)


async def _key(work: Work, call: Call) -> UUID:
    found = await identity.find(work, Identifier(System.CONSENT, call.path["recordId"]))
    if found is None:
        raise NotFound("consent record not found", code="resource-not-found")
    return found


def _check_size(metadata: dict[str, Any] | None) -> None:
    if metadata is not None and len(msgspec.json.encode(metadata)) > _METADATA_MAX:
        raise Invalid([Fault("size-out-of-range", "/metadata", "metadata is too large")])


def _document(one: Document) -> dict[str, Any]:
    return {
        "type": one.type,
        "version": one.version,
        "content": one.content,
        "contentType": one.content_type,
        "createdTime": instant(one.created_at),
    }


def _record(one: Record, user_id: str) -> dict[str, Any]:
    values = {
        "id": one.key.hex,
        "userId": user_id,
        "status": one.status.value,
        "ageGroup": one.age_group.value,
        "ownerName": one.owner_name,
        "parentGuardianName": one.guardian_name,
        "grantorType": one.grantor.value,
        "type": one.type,
        "version": one.version,
        "metadata": one.metadata,
        "grantTime": instant(one.granted_at),
        "revocationTime": instant(one.revoked_at) if one.revoked_at else None,
        "createdTime": instant(one.created_at),
        "modifiedTime": instant(one.modified_at),
    }
    return {name: value for name, value in values.items() if value is not None}


def _told(summary: str, status: int) -> dict[str, Any]:
    return {
        "summary": summary,
        "tags": ["Consents"],
        "responses": {str(status): {"description": "Done" if status == 204 else "What is kept"}},
        "security": [{"sessionToken": []}],
    }


_RECORDS = "/v1/users/{userId}/consents"
_TABLE: tuple[tuple[str, str, Handler, str, int], ...] = (
    ("GET", "/v1/consents", list_documents, "List Consents", 200),
    ("POST", "/v1/consents", publish, "Publish Consent", 201),
    ("GET", "/v1/consents/{type}", latest_document, "Get Latest Consent", 200),
    ("GET", "/v1/consents/{type}/versions", versions, "List Versions of Consent", 200),
    ("GET", _RECORDS, list_records, "List Consent Records", 200),
    ("POST", _RECORDS, create_record, "Create Consent Record", 200),
    ("GET", _RECORDS + "/{recordId}", get_record, "Get Consent Record", 200),
    ("PATCH", _RECORDS + "/{recordId}", update_record, "Update Consent Record", 200),
    ("DELETE", _RECORDS + "/{recordId}", revoke_record, "Revoke Consent Record", 204),
)

ROUTES = [
    Route(
        method,
        path,
        handler,
        describe=_told(summary, status),
        identify=identify,
        render=errors.data,
        max_body=_LARGEST,
    )
    for method, path, handler, summary, status in _TABLE
]
