"""Files of a user as they came, and logs of devices (blob.v1)."""

import base64
import binascii
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from openward.care import devicedata, files, identity
from openward.care.errors import Fault, Invalid, NotFound
from openward.care.files import File, FileKind, NewFile, Span
from openward.care.identity import Identifier, System
from openward.care.work import Work
from openward.gateway.call import Call
from openward.gateway.paging import page_size
from openward.gateway.wiring import Handler, Reply, Route, empty, json_reply
from openward.wire.tidepool import errors
from openward.wire.tidepool.auth import identify
from openward.wire.tidepool.clinics.bodies import Moment, Text, converted, instant
from openward.wire.tidepool.data.parameters import instant as instant_of
from openward.wire.tidepool.data.people import person_of

_LOGS_LARGEST = 4 << 20  # bytes
_MEDIA_TYPE = re.compile(r"\w+/[-+.\w]+(;.+)?\Z")
_STATES = ("created", "available")


class LogEntry(msgspec.Struct):
    """One line of a device's log."""

    type: Literal["send", "receive", "error", "delegate", "delegateResponse", "connection"]
    managerIdentifier: Text
    deviceIdentifier: Text
    timestamp: Moment
    message: Annotated[str, msgspec.Meta(min_length=1)]


async def create(work: Work, call: Call) -> Reply:
    """POST /v1/users/{userId}/blobs."""
    person = await person_of(work, call)
    media_type = call.header("content-type")
    if media_type is None:
        raise Invalid([Fault("header-missing", detail="header Content-Type is missing")], code="header-missing")
    if len(media_type) > 256 or _MEDIA_TYPE.match(media_type) is None:
        raise Invalid([Fault("header-invalid", detail="header Content-Type is invalid")], code="header-invalid")
    new = NewFile(FileKind.BLOB, media_type, _digest(call))
    made = await files.add(work, person, new, call.chunks(), limit_bytes=call.max_body)
    return json_reply(_blob(made, call.path["userId"]), 201)


def _digest(call: Call) -> bytes:
    """The MD5 that the header states, 16 bytes."""
    text = call.header("digest")
    if text is None:
        raise Invalid([Fault("header-missing", detail="header Digest is missing")], code="header-missing")
    name, _, value = text.partition("=")
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if name.lower() != "md5" or len(found) != 16:
        raise Invalid([Fault("header-invalid", detail="header Digest is not md5=<Base64>")], code="header-invalid")
    return found


async def list_of(work: Work, call: Call) -> Reply:
    """GET /v1/users/{userId}/blobs."""
    page = page_size(call.query)
    types = tuple(value for name, value in call.query_items if name == "mediaType") or None
    states = [value for name, value in call.query_items if name == "status"]
    if not set(states) <= set(_STATES):
        raise Invalid([Fault("value-not-allowed", "status", "status is not one of created, available")])
    person = await person_of(work, call)
    found = await files.list_of(work, person, FileKind.BLOB, media_types=types, offset=page.offset, limit=page.limit)
    # Every blob here came with its content, so none is merely created.
    shown = found if not states or "available" in states else []
    return json_reply([_blob(one, call.path["userId"]) for one in shown])


async def delete_all(work: Work, call: Call) -> Reply:
    """DELETE /v1/users/{userId}/blobs."""
    await files.delete_all(work, await person_of(work, call), FileKind.BLOB)
    return empty(204)


async def get(work: Work, call: Call) -> Reply:
    """GET /v1/blobs/{blobId}."""
    found = await files.get(work, await _key(work, call))
    return json_reply(_blob(found, await identity.name(work, found.person, System.USER)))


async def delete(work: Work, call: Call) -> Reply:
    """DELETE /v1/blobs/{blobId}."""
    await files.delete(work, await _key(work, call))
    return empty(204)


async def content(work: Work, call: Call) -> Reply:
    """GET /v1/blobs/{blobId}/content: never shown inside our pages, whatever it says it is."""
    found = await files.get(work, await _key(work, call))
    headers = {
        "digest": "md5=" + base64.b64encode(found.md5).decode(),
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
    }
    return Reply(200, files.content(work, found), found.media_type, headers)


async def upload_logs(work: Work, call: Call) -> Reply:
    """POST /v1/users/{userId}/device_logs."""
    person = await person_of(work, call)
    span = Span(_header_time(call, "X-Logs-Start-At-Time"), _header_time(call, "X-Logs-End-At-Time"))
    if span.end < span.start:
        raise Invalid("the logs end before they start", code="header-invalid")
    digest = _digest(call)
    converted(await call.json(), list[LogEntry])
    body = await call.body()

    async def whole() -> AsyncIterator[bytes]:
        yield body

    new = NewFile(FileKind.DEVICE_LOG, "application/json", digest, span)
    made = await files.add(work, person, new, whole(), limit_bytes=call.max_body)
    return json_reply(_log(made, call.path["userId"]), 201)


def _header_time(call: Call, name: str) -> datetime:
    found = devicedata.parse_instant(call.header(name) or "")
    if found is None:
        raise Invalid([Fault("header-invalid", detail=f"header {name} is not a time with a zone")])
    return found


async def list_logs(work: Work, call: Call) -> Reply:
    """GET /v1/users/{userId}/device_logs: those that overlap the time asked for."""
    start, end = instant_of(call.query, "startAtTime"), instant_of(call.query, "endAtTime")
    if start is None or end is None:
        name = "startAtTime" if start is None else "endAtTime"
        raise Invalid([Fault("value-not-exists", name, f"{name} is missing")])
    page = page_size(call.query)
    person = await person_of(work, call)
    found = await files.list_of(
        work, person, FileKind.DEVICE_LOG, span=Span(start, end), offset=page.offset, limit=page.limit
    )
    return json_reply([_log(one, call.path["userId"]) for one in found])


async def _key(work: Work, call: Call) -> UUID:
    found = await identity.find(work, Identifier(System.FILE, call.path["blobId"]))
    if found is None:
        raise NotFound("blob not found", code="resource-not-found")
    return found


def _both(one: File, user_id: str) -> dict[str, Any]:
    return {
        "id": one.key.hex,
        "userId": user_id,
        "digestMD5": base64.b64encode(one.md5).decode(),
        "mediaType": one.media_type,
        "size": one.size_bytes,
        "createdTime": instant(one.created_at),
    }


def _blob(one: File, user_id: str) -> dict[str, Any]:
    return _both(one, user_id) | {"status": "available", "revision": 0}


def _log(one: File, user_id: str) -> dict[str, Any]:
    """The file lists `startAtTime` and requires `startAt`; both are written."""
    assert one.start_at is not None
    assert one.end_at is not None
    start, end = instant(one.start_at), instant(one.end_at)
    return _both(one, user_id) | {"startAt": start, "endAt": end, "startAtTime": start, "endAtTime": end}


_TABLE: tuple[tuple[str, str, str, Handler, int | None], ...] = (
    ("GET", "/v1/users/{userId}/blobs", "ListBlobs", list_of, None),
    ("POST", "/v1/users/{userId}/blobs", "CreateBlob", create, None),
    ("DELETE", "/v1/users/{userId}/blobs", "DeleteAllBlobs", delete_all, None),
    ("GET", "/v1/blobs/{blobId}", "GetBlobMetadata", get, None),
    ("DELETE", "/v1/blobs/{blobId}", "DeleteBlob", delete, None),
    ("GET", "/v1/blobs/{blobId}/content", "GetBlobContent", content, None),
    ("POST", "/v1/users/{userId}/device_logs", "UploadDeviceLogs", upload_logs, _LOGS_LARGEST),
    ("GET", "/v1/users/{userId}/device_logs", "ListDeviceLogs", list_logs, None),
)

ROUTES = [
    Route(method, path, handler, f"blob.v1:{operation}", identify=identify, render=errors.data, max_body=largest)
    for method, path, operation, handler, largest in _TABLE
]
