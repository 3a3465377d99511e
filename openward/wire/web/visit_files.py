"""Files of a visit on the staff's page: uploaded by a plain form, opened in the browser, removed."""

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from openward.care import documentation
from openward.care.documentation import EmptyFile, RefusedByScanner, WrongContent
from openward.care.errors import CareError, Invalid, NotFound, TooLarge, Unavailable
from openward.care.work import Tools, Work
from openward.gateway.attempt import attempt
from openward.gateway.call import Call
from openward.gateway.wiring import Outside, Reply, Route
from openward.infra.blobs import Blob
from openward.wire.web.auth import form_token, read_form
from openward.wire.web.desk import confirm, enter, go, problem_of
from openward.wire.web.errors import status_of
from openward.wire.web.visit_page import PATH, page
from openward.wire.web.visit_words import visit_of_path

_ONE = f"{PATH}/{{appointment}}/files"
_MEDIA = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}
_KINDS = {"application/x-pdf": "pdf", "image/pdf": "pdf"} | {media: kind for kind, media in _MEDIA.items()}
_ENVELOPE_BYTES = 64 * 1024
_LONGEST_TOKEN = 256
_WORDS: dict[type[CareError], str] = {
    TooLarge: "The file is larger than 5 MB.",
    EmptyFile: "Choose a file first.",
    WrongContent: "This is no PDF, PNG or JPEG file, whatever its name says.",
    RefusedByScanner: "The virus scanner refused this file.",
    Unavailable: "The file could not be looked at. Try again in a moment.",
}
_IMAGE_POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
# Chromium shows no PDF in a sandboxed page; its own viewer, which runs apart, needs a plugin and a style instead.
_PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@dataclass(frozen=True, slots=True)
class _Arrived:
    """What came of an upload: the file, or why there is none."""

    kept: Blob | None = None
    title: str = ""
    kind: str = ""
    refused: CareError | None = None


async def upload(work: Work, call: Call) -> Outside:
    """Take a file in; it arrives while no connection to the database is held for it."""
    desk = await enter(work, call)
    await visit_of_path(work, call, desk)
    token, tools = form_token(work, call), work.tools

    async def ask() -> _Arrived:
        try:
            return await _receive(tools, call, token)
        except CareError as error:
            return _Arrived(refused=error)

    async def then(work: Work, call: Call, arrived: _Arrived) -> Reply:
        desk = await enter(work, call)
        visit = await visit_of_path(work, call, desk)
        error = arrived.refused
        if arrived.kept is not None:
            try:
                async with attempt(work):
                    media_type = _MEDIA[arrived.kind]
                    await documentation.keep(
                        work, desk.key, visit.key, arrived.kept, title=arrived.title, media_type=media_type
                    )
                return go(desk, f"{PATH}/{call.path['appointment']}", "file-kept")
            except Unavailable as refused:
                error = refused
        assert error is not None
        problem = problem_of(error, _WORDS)
        return await page(work, call, desk, visit, problem=problem, at="files", status=status_of(error))

    return Outside(ask, then)


async def _receive(tools: Tools, call: Call, token: str) -> _Arrived:
    """The file of the form; its token comes before it, and nothing is kept without the right one."""
    parts = _parts(call)
    given = b""
    async for segment, data in parts:
        if segment.name == "form_token":
            given += data[:_LONGEST_TOKEN]
        if segment.name != "file":
            continue
        if not token or not hmac.compare_digest(given, token.encode()):
            raise Invalid("this form has grown old: reload the page and try again")
        kind = _KINDS.get((segment.content_type or "").lower())
        if not segment.filename:
            raise EmptyFile("there is no file")
        if kind is None:
            raise WrongContent("this kind of file is not taken")

        async def content(first: bytes = data) -> AsyncIterator[bytes]:
            yield first
            async for other, more in parts:
                if other.name == "file":
                    yield more

        kept = await documentation.receive(tools, kind, content())
        title = documentation.clean_title(segment.filename) or f"Attachment.{kind}"
        return _Arrived(kept, title, kind)
    raise EmptyFile("there is no file")


async def _parts(call: Call) -> AsyncIterator[tuple[MultipartSegment, bytes]]:
    """The pieces of a form with a file as they arrive, each with the field that it belongs to."""
    media_type, options = parse_options_header(call.header("content-type") or "")
    if media_type != "multipart/form-data" or not options.get("boundary"):
        raise Invalid("the form cannot be read")
    try:
        with PushMultipartParser(options["boundary"], max_segment_count=8) as parser:
            segment: MultipartSegment | None = None
            async for chunk in call.chunks():
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        segment = event
                        yield segment, b""
                    elif event and segment is not None:
                        yield segment, bytes(event)
    except MultipartError:
        raise Invalid("the form cannot be read") from None


async def view(work: Work, call: Call) -> Reply:
    """A file in the browser's own viewer; whatever it holds, it runs nothing and reaches nothing of ours."""
    desk = await enter(work, call)
    visit = await visit_of_path(work, call, desk)
    found, content = await documentation.open_attachment(work, desk.key, visit.key, _key(call))
    media = _MEDIA[_KINDS[found.media_type]]
    headers: Mapping[str, Any] = {
        "content-disposition": f"inline; filename*=UTF-8''{quote(found.title, safe='')}",
        "content-length": str(found.size_bytes),
        "x-content-type-options": "nosniff",
        "content-security-policy": _PDF_POLICY if media == _MEDIA["pdf"] else _IMAGE_POLICY,
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "cache-control": "private, no-store",
    }
    return Reply(200, content, media, dict(headers))


async def ask_removal(work: Work, call: Call) -> Reply:
    """Ask before a file goes."""
    desk = await enter(work, call)
    visit = await visit_of_path(work, call, desk)
    files = await documentation.attachments(work, desk.key, visit.key)
    found = next((one for one in files if one.key == _key(call)), None)
    if found is None:
        raise NotFound("there is no such file")
    return confirm(
        work,
        call,
        desk,
        title=f"Remove the file “{found.title}”?",
        text="It leaves the visit, also for programs. This cannot be undone.",
        button="Remove the file",
        action=call.url_path,
        back=f"{PATH}/{call.path['appointment']}",
    )


async def remove(work: Work, call: Call) -> Reply:
    """Take it off the visit; one that is gone is no error."""
    desk = await enter(work, call)
    await read_form(work, call)
    visit = await visit_of_path(work, call, desk)
    with suppress(NotFound):
        await documentation.remove(work, desk.key, visit.key, _key(call))
    return go(desk, f"{PATH}/{call.path['appointment']}", "file-removed")


def _key(call: Call) -> UUID:
    try:
        return UUID(call.path["fileId"])
    except ValueError:
        raise NotFound("there is no such file") from None


ROUTES = [
    Route("POST", _ONE, upload, is_documented=False, max_body=documentation.LIMIT_BYTES + _ENVELOPE_BYTES),
    Route("GET", f"{_ONE}/{{fileId}}", view, is_documented=False),
    Route("GET", f"{_ONE}/{{fileId}}/delete", ask_removal, is_documented=False),
    Route("POST", f"{_ONE}/{{fileId}}/delete", remove, is_documented=False),
]
