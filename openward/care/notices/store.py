"""The only SQL of the room: `notices.message`."""

from datetime import datetime
from uuid import UUID

from openward.care.work import Work
from openward.infra.db import Record


async def insert(
    work: Work,
    key: UUID,
    template: str,
    recipient: str,
    person: UUID | None,
    organization: UUID | None,
    content: bytes,
    sender: UUID | None,
    receiver: UUID | None,
) -> None:
    """Keep a message that waits."""
    await work.tx.execute(
        "insert into notices.message (key, template, recipient, person, organization, status, content, created_at,"
        " sender, receiver) values ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9)",
        key,
        template,
        recipient,
        person,
        organization,
        content,
        work.now,
        sender,
        receiver,
    )


async def waiting(work: Work, key: UUID) -> Record | None:
    """A message that was not sent yet."""
    return await work.tx.fetchrow(
        "select key, number, created_at, template, recipient, content from notices.message"
        " where key = $1 and status = 'waiting'",
        key,
    )


async def finish(work: Work, key: UUID, status: str) -> None:
    """What became of it; the values are forgotten."""
    await work.tx.execute(
        "update notices.message set status = $2, content = null,"
        " sent_at = case when $2 = 'sent' then $3::timestamptz end,"
        " dropped_at = case when $2 = 'sent' then null else $3::timestamptz end"
        " where key = $1 and status = 'waiting'",
        key,
        status,
        work.now,
    )


async def defer(work: Work, key: UUID) -> None:
    """The mail server has put us off; we come again."""
    await work.tx.execute(
        "update notices.message set deferred_at = $2 where key = $1 and status = 'waiting'", key, work.now
    )


async def history(
    work: Work, recipient: str | None, person: UUID | None, before: datetime | None, limit: int
) -> list[Record]:
    """Messages to an address or about a person, newest first."""
    return list(
        await work.tx.fetch(
            "select key, template, recipient, person, organization, status, created_at, sent_at from notices.message"
            " where ($1::text is null or recipient = $1) and ($2::uuid is null or person = $2)"
            " and ($3::timestamptz is null or created_at < $3) order by created_at desc, key desc limit $4",
            recipient,
            person,
            before,
            limit,
        )
    )
