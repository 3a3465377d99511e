"""Keep, list, read and remove files. Contents lie in a folder of this room, so that only its rows can name them."""

import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from openward.care import audit, identity, patients
from openward.care.errors import Fault, Invalid, NotFound, TooLarge, Unavailable
from openward.care.files import store
from openward.care.files.model import File, FileKind, NewFile, Span
from openward.care.identity import Identifier, Kind, System
from openward.care.patients import Permission
from openward.care.work import PersonKey, Work, new_key
from openward.infra.blobs import BlobMissing, Blobs, BlobTooLarge
from openward.infra.jobs import Deferred

DROP = "files.drop"


def _blobs(work: Work) -> Blobs:
    return Blobs(work.tools.settings.data_dir / "blobs" / "files")


async def add(work: Work, person: PersonKey, new: NewFile, chunks: AsyncIterable[bytes], *, limit_bytes: int) -> File:
    """Keep a content while it arrives; `Invalid` when it is not the one that the sender meant, `TooLarge`."""
    await patients.require(work, person, Permission.UPLOAD)
    digest = hashlib.md5(usedforsecurity=False)

    async def passing() -> AsyncIterator[bytes]:
        async for chunk in chunks:
            digest.update(chunk)
            yield chunk

    blobs = _blobs(work)
    try:
        kept = await blobs.write(passing(), limit_bytes=limit_bytes)
    except BlobTooLarge:
        raise TooLarge(f"the file is larger than {limit_bytes} bytes") from None
    await store.lock_content(work, kept.key)
    if digest.digest() != new.md5:
        if not await store.is_used(work, kept.key):
            await blobs.delete(kept.key)
        raise Invalid([Fault("digests-not-equal", detail="the content does not have the digest given")])
    try:
        await blobs.size_bytes(kept.key)
    except BlobMissing:
        # Its last owner removed the same content between our writing it and our lock.
        raise Unavailable("the file could not be kept, try again") from None
    span = new.span
    one = File(
        key=new_key(work),
        person=person,
        kind=new.kind,
        content=kept.key,
        md5=new.md5,
        media_type=new.media_type,
        size_bytes=kept.size_bytes,
        start_at=span.start if span else None,
        end_at=span.end if span else None,
        created_at=work.now,
    )
    await store.insert(work, one)
    await identity.add(work, Identifier(System.FILE, one.key.hex), one.key, Kind.OTHER)
    audit.note(work, "write", "file", person)
    return one


async def list_of(
    work: Work,
    person: PersonKey,
    kind: FileKind,
    *,
    media_types: Sequence[str] | None = None,
    span: Span | None = None,
    offset: int = 0,
    limit: int = 100,
) -> list[File]:
    """A person's files of a kind, newest first."""
    await patients.require(work, person, Permission.VIEW)
    audit.note(work, "read", "file", person)
    return await store.list_of(work, person, kind, media_types, span, offset, limit)


async def get(work: Work, key: UUID) -> File:
    """What is known of one file."""
    found = await store.find(work, key)
    if found is None:
        raise NotFound("file not found")
    await patients.require(work, found.person, Permission.VIEW)
    audit.note(work, "read", "file", found.person)
    return found


def content(work: Work, one: File) -> AsyncIterator[bytes]:
    """The content of a file that `get` gave, in chunks."""
    return _blobs(work).read(one.content)


async def delete(work: Work, key: UUID) -> None:
    """Remove one file; for whoever may manage the person's data."""
    found = await store.find(work, key)
    if found is None:
        raise NotFound("file not found")
    await patients.require(work, found.person, Permission.CUSTODIAN)
    await _drop(work, found.person, await store.delete(work, found.person, key, None))


async def delete_all(work: Work, person: PersonKey, kind: FileKind) -> None:
    """Remove all files of a kind."""
    await patients.require(work, person, Permission.CUSTODIAN)
    await _drop(work, person, await store.delete(work, person, None, kind))


async def _drop(work: Work, person: PersonKey, contents: Sequence[str]) -> None:
    audit.note(work, "delete", "file", person)
    work.tasks.extend(Deferred(DROP, {"content": name}, key=f"{DROP}:{name}") for name in contents)


async def drop_job(work: Work, data: Mapping[str, Any]) -> None:
    """The job: take a content that no file has any more off the disk."""
    await store.lock_content(work, data["content"])
    if not await store.is_used(work, data["content"]):
        await _blobs(work).delete(data["content"])
