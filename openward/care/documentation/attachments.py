"""Files of visits: checked while they arrive, kept, listed, removed."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from openward.care import audit, visits
from openward.care.documentation import file_store
from openward.care.documentation.model import Attachment
from openward.care.errors import Invalid, NotFound, TooLarge, Unavailable
from openward.care.work import OrganizationKey, Tools, Work
from openward.infra.blobs import Blob, BlobMissing, Blobs, BlobTooLarge
from openward.infra.jobs import Deferred
from openward.infra.scan import Verdict, scan

WHAT = "attachment"
DROP = "documentation.drop"
LIMIT_BYTES = 5 * 1024 * 1024
BEGINNINGS: Mapping[str, bytes] = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
"""The kinds of files there may be, and how each begins."""
_LONGEST_BEGINNING = max(map(len, BEGINNINGS.values()))
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SEPARATORS = re.compile(r"[/\\]")
_MOST_TITLE = 255


class WrongContent(Invalid):
    """The bytes are not of the kind that they are said to be."""


class EmptyFile(Invalid):
    """There are no bytes."""


class RefusedByScanner(Invalid):
    """The outside program that looks at files refused it."""


def _blobs(tools: Tools) -> Blobs:
    return Blobs(tools.settings.data_dir / "blobs" / "visits")


async def receive(tools: Tools, kind: str, chunks: AsyncIterable[bytes]) -> Blob:
    """Take a file of this kind in, without a transaction, as it may come slowly; `keep` makes it somebody's.

    `WrongContent` at its first bytes, `TooLarge` while it arrives, `EmptyFile`, `RefusedByScanner`; `Unavailable` when
    the scanner that the installation has set cannot be asked.
    """
    blobs = _blobs(tools)
    try:
        kept = await blobs.write(_checked(kind, chunks), limit_bytes=LIMIT_BYTES)
    except BlobTooLarge:
        raise TooLarge(f"the file is larger than {LIMIT_BYTES} bytes") from None
    command = tools.settings.scan_command
    if command:
        verdict = await scan(command, blobs.read(kept.key))
        if verdict is Verdict.REFUSED:
            raise RefusedByScanner("the file was refused")
        if verdict is Verdict.UNKNOWN:
            raise Unavailable("the file could not be looked at, try again")
    return kept


async def _checked(kind: str, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The chunks, once the first bytes are those of the kind."""
    begun = b""
    async for chunk in chunks:
        if len(begun) < _LONGEST_BEGINNING:
            begun += chunk
            if len(begun) < _LONGEST_BEGINNING:
                continue
            _require_beginning(kind, begun)
            yield begun
        else:
            yield chunk
    if len(begun) < _LONGEST_BEGINNING:
        if not begun:
            raise EmptyFile("the file is empty")
        _require_beginning(kind, begun)
        yield begun


def _require_beginning(kind: str, begun: bytes) -> None:
    if not begun.startswith(BEGINNINGS[kind]):
        raise WrongContent("the bytes are of another kind")


async def keep(
    work: Work, organization: OrganizationKey, appointment: UUID, kept: Blob, *, title: str, media_type: str
) -> Attachment:
    """Make a file that was received belong to a visit; `NotFound` for a visit of another practice."""
    visit = await visits.get(work, organization, appointment)
    await file_store.lock_content(work, kept.key)
    try:
        await _blobs(work.tools).size_bytes(kept.key)
    except BlobMissing:
        # Its last owner removed the same content between our writing it and our lock.
        raise Unavailable("the file could not be kept, try again") from None
    made = Attachment(
        uuid4(), organization, appointment, visit.person, title, media_type, kept.size_bytes, kept.key, work.now
    )
    await file_store.insert(work, made)
    audit.note(work, "write", WHAT, visit.person, organization)
    return made


def clean_title(given: str) -> str:
    """What a file may be called: without folders, control characters or marks that turn the writing direction."""
    return _SEPARATORS.sub("", _CONTROL.sub("", given)).strip()[:_MOST_TITLE]


async def attachments(work: Work, organization: OrganizationKey, appointment: UUID) -> list[Attachment]:
    """The files of a visit that were not removed, oldest first; `NotFound` for a visit of another practice."""
    visit = await visits.get(work, organization, appointment)
    audit.note(work, "read", WHAT, visit.person, organization)
    return await file_store.of_visit(work, appointment)


async def open_attachment(
    work: Work, organization: OrganizationKey, appointment: UUID, key: UUID
) -> tuple[Attachment, AsyncIterator[bytes]]:
    """A file with its content; `NotFound` for one that was removed or is another visit's."""
    found = await file_store.get(work, organization, appointment, key)
    if found is None:
        raise NotFound("Attachment not found")
    audit.note(work, "read", WHAT, found.person, organization)
    return found, _blobs(work.tools).read(found.content)


async def remove(work: Work, organization: OrganizationKey, appointment: UUID, key: UUID) -> None:
    """Take a file off a visit; its row stays as history, its content goes when nobody else has it.

    `NotFound` for one that was removed or is another visit's.
    """
    found = await file_store.remove(work, organization, appointment, key)
    if found is None:
        raise NotFound("Attachment not found")
    work.tasks.append(Deferred(DROP, {"content": found.content}))
    audit.note(work, "delete", WHAT, found.person, organization)


async def drop_job(work: Work, data: Mapping[str, Any]) -> None:
    """Remove a content that no attachment names any more; may run twice."""
    content = str(data["content"])
    await file_store.lock_content(work, content)
    if not await file_store.is_used(work, content):
        await _blobs(work.tools).delete(content)
