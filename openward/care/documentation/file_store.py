"""SQL of `documentation.attachment` and `documentation.document`."""

from uuid import UUID

from openward.care.documentation.model import Attachment, Document
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, from_json, to_json
from openward.infra.jobs import lock_number

_SELECT = (
    "select key, organization, appointment, person, title, media_type, size_bytes, content, uploaded_at"
    " from documentation.attachment"
)


async def insert(work: Work, made: Attachment) -> None:
    """Keep a new attachment."""
    await work.tx.execute(
        "insert into documentation.attachment (key, organization, appointment, person, title, media_type, size_bytes,"
        " content, uploaded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        made.key,
        made.organization,
        made.appointment,
        made.person,
        made.title,
        made.media_type,
        made.size_bytes,
        made.content,
        made.uploaded_at,
    )


async def of_visit(work: Work, appointment: UUID) -> list[Attachment]:
    """What was not removed, oldest first."""
    query = _SELECT + " where appointment = $1 and deleted_at is null order by uploaded_at, key"
    return [_attachment(row) for row in await work.tx.fetch(query, appointment)]


async def get(work: Work, organization: OrganizationKey, appointment: UUID, key: UUID) -> Attachment | None:
    """One that was not removed."""
    row = await work.tx.fetchrow(
        _SELECT + " where key = $1 and organization = $2 and appointment = $3 and deleted_at is null",
        key,
        organization,
        appointment,
    )
    return None if row is None else _attachment(row)


async def remove(work: Work, organization: OrganizationKey, appointment: UUID, key: UUID) -> Attachment | None:
    """Mark one as removed; None when it is not there (any more)."""
    found = await get(work, organization, appointment, key)
    done = await work.tx.fetchval(
        "update documentation.attachment set deleted_at = $4 where key = $1 and organization = $2 and appointment = $3"
        " and deleted_at is null returning true",
        key,
        organization,
        appointment,
        work.now,
    )
    return found if done else None


async def lock_content(work: Work, content: str) -> None:
    """Nobody else adds or drops this content until the end of the work."""
    await work.tx.execute("select pg_advisory_xact_lock($1)", lock_number(f"documentation.content:{content}"))


async def is_used(work: Work, content: str) -> bool:
    """Whether an attachment that was not removed has this content."""
    return bool(
        await work.tx.fetchval(
            "select exists (select from documentation.attachment where content = $1 and deleted_at is null)", content
        )
    )


async def insert_document(work: Work, made: Document) -> None:
    """Keep a document."""
    await work.tx.execute(
        "insert into documentation.document (key, organization, person, name, dated_at, responses, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        made.key,
        made.organization,
        made.person,
        made.name,
        made.dated_at,
        to_json([{"question": question, "response": response} for question, response in made.responses]),
        made.created_at,
    )


async def documents(work: Work, organization: OrganizationKey, person: PersonKey, limit: int) -> list[Document]:
    """The latest documents about a patient, latest first."""
    rows = await work.tx.fetch(
        "select key, organization, person, name, dated_at, responses, created_at from documentation.document"
        " where organization = $1 and person = $2 order by dated_at desc, key limit $3",
        organization,
        person,
        limit,
    )
    return [_document(row) for row in rows]


def _attachment(row: Record) -> Attachment:
    return Attachment(**dict(row))


def _document(row: Record) -> Document:
    said = tuple((item["question"], item["response"]) for item in from_json(row["responses"]))
    return Document(**dict(row) | {"responses": said})
