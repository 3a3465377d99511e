"""Files of visits: uploaded as raw bytes, listed, removed."""

from uuid import UUID

from openward.care import documentation, identity, visits
from openward.care.documentation import Attachment, EmptyFile, RefusedByScanner, WrongContent
from openward.care.errors import Invalid, NotFound, TooLarge
from openward.care.identity import System
from openward.care.work import Tools, Work
from openward.gateway.call import Call
from openward.gateway.wiring import Outside, Reply, Route, json_reply
from openward.infra.blobs import Blob
from openward.wire.solo import addresses
from openward.wire.solo.auth import practice
from openward.wire.solo.errors import bad
from openward.wire.solo.schema import is_uuid

_KINDS = {
    "application/pdf": "pdf",
    "application/x-pdf": "pdf",
    "image/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
}
_ATTACHMENT = "Attachment not found"
_MOST_NAME = 255


async def upload(work: Work, call: Call) -> Outside:
    """`POST /appointments/{appointmentId}/attachments?fileName=`: the kind is what the Content-Type says."""
    key = await addresses.appointment(work, call.path["appointmentId"])
    await visits.require(work, practice(work), key)
    media_type = (call.header("content-type") or "").partition(";")[0].strip() or "application/octet-stream"
    kind = _KINDS.get(media_type.lower())
    if kind is None:
        available = ", ".join(f'"{one}"' for one in _KINDS)
        raise Invalid(f'Mime type "{media_type}" not supported. Available file mime-types: {available}')
    title = _title(call, kind)
    tools = work.tools

    async def ask() -> Blob:
        return await _receive(tools, call, kind, media_type)

    async def then(work: Work, _call: Call, kept: Blob) -> Reply:
        made = await documentation.keep(work, practice(work), key, kept, title=title, media_type=media_type.lower())
        return json_reply(_render(made, await _name(work, key)), 201)

    return Outside(ask, then)


def _title(call: Call, kind: str) -> str:
    given = dict(call.query_items).get("fileName", "")
    if len(given) > _MOST_NAME:
        raise bad("fileName", f"This value is too long. It should have {_MOST_NAME} characters or less.")
    return documentation.clean_title(given) or f"Attachment.{kind}"


async def _receive(tools: Tools, call: Call, kind: str, media_type: str) -> Blob:
    """The file, while no connection to the database is held for it; what is wrong with it in this system's words."""
    try:
        return await documentation.receive(tools, kind, call.chunks())
    except TooLarge:
        raise TooLarge("File is too large. Max file size: 5Mb") from None
    except EmptyFile:
        raise Invalid("File is empty") from None
    except WrongContent:
        raise Invalid(f'File content does not match mime type "{media_type}"') from None
    except RefusedByScanner:
        raise Invalid("File was refused by the virus scanner") from None


async def list_all(work: Work, call: Call) -> Reply:
    """`GET /appointments/{appointmentId}/attachments`: oldest first, without deleted ones."""
    key = await addresses.appointment(work, call.path["appointmentId"])
    found = await documentation.attachments(work, practice(work), key)
    name = await _name(work, key)
    return json_reply({"attachments": [_render(one, name) for one in found]})


async def delete(work: Work, call: Call) -> Reply:
    """`DELETE /appointments/{appointmentId}/attachments/{attachmentId}`: a second time there is nothing."""
    key = await addresses.appointment(work, call.path["appointmentId"])
    await visits.require(work, practice(work), key)
    if not is_uuid(call.path["attachmentId"]):
        raise NotFound(_ATTACHMENT)
    await documentation.remove(work, practice(work), key, UUID(call.path["attachmentId"]))
    return json_reply([])


async def _name(work: Work, appointment: UUID) -> str:
    return await identity.name(work, appointment, System.SOLO)


def _render(made: Attachment, appointment: str) -> dict[str, object]:
    return {
        "id": str(made.key),
        "appointmentId": appointment,
        "title": made.title,
        "mimeType": made.media_type,
        "size": made.size_bytes,
        "uploadedAt": made.uploaded_at.replace(microsecond=0).isoformat(),
        "deleted": False,
    }


ROUTES = [
    Route(
        "POST",
        "/qapi/v1/appointments/{appointmentId}/attachments",
        upload,
        "solo.v1:uploadAttachment",
        max_body=documentation.LIMIT_BYTES,
    ),
    Route("GET", "/qapi/v1/appointments/{appointmentId}/attachments", list_all, "solo.v1:listAttachments"),
    Route(
        "DELETE",
        "/qapi/v1/appointments/{appointmentId}/attachments/{attachmentId}",
        delete,
        "solo.v1:deleteAttachment",
    ),
]
