"""The only SQL of the room: `files.file`."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.files.model import File, FileKind, Span
from openward.care.work import PersonKey, Work
from openward.infra.db import Record

_COLUMNS = "key, person, kind, content, md5, media_type, size_bytes, start_at, end_at, created_at"


def _file(row: Record) -> File:
    values = dict(row)
    return File(**values | {"kind": FileKind(values["kind"])})


async def lock_content(work: Work, content: str) -> None:
    """Let nobody else keep or drop this content until the end of the work."""
    await work.tx.execute("select pg_advisory_xact_lock(hashtextextended('files:' || $1, 0))", content)


async def insert(work: Work, one: File) -> None:
    """A new file."""
    await work.tx.execute(
        f"insert into files.file ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",  # noqa: S608
        one.key,
        one.person,
        one.kind.value,
        one.content,
        one.md5,
        one.media_type,
        one.size_bytes,
        one.start_at,
        one.end_at,
        one.created_at,
    )


async def find(work: Work, key: UUID) -> File | None:
    """One file."""
    row = await work.tx.fetchrow(f"select {_COLUMNS} from files.file where key = $1", key)  # noqa: S608
    return None if row is None else _file(row)


async def list_of(
    work: Work,
    person: PersonKey,
    kind: FileKind,
    media_types: Sequence[str] | None,
    span: Span | None,
    offset: int,
    limit: int,
) -> list[File]:
    """A person's files of a kind, newest first; those that overlap the span, when one is given."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from files.file where person = $1 and kind = $2"  # noqa: S608 -- constants
        " and ($3::text[] is null or media_type = any($3))"
        " and ($4::timestamptz is null or (end_at >= $4 and start_at <= $5))"
        " order by created_at desc, key desc offset $6 limit $7",
        person,
        kind.value,
        None if media_types is None else list(media_types),
        span.start if span else None,
        span.end if span else None,
        offset,
        limit,
    )
    return [_file(row) for row in rows]


async def delete(work: Work, person: PersonKey, key: UUID | None, kind: FileKind | None) -> list[str]:
    """Remove one file of a person, or all of a kind; the contents that they had."""
    rows = await work.tx.fetch(
        "delete from files.file where person = $1 and ($2::uuid is null or key = $2)"
        " and ($3::text is null or kind = $3) returning content",
        person,
        key,
        None if kind is None else kind.value,
    )
    return sorted({row["content"] for row in rows})


async def is_used(work: Work, content: str) -> bool:
    """Whether some file has this content."""
    found: bool = await work.tx.fetchval("select exists (select from files.file where content = $1)", content)
    return found
