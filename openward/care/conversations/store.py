"""The only SQL of the room: `conversations.message`."""

from datetime import datetime
from uuid import UUID

from openward.care.conversations.model import Message
from openward.care.work import PersonKey, Work

_COLUMNS = "key, person, author, parent, root, guid, body, at, created_at, modified_at"


async def insert(work: Work, one: Message) -> UUID:
    """Keep a message; the key of the one that is there when this author sent it before."""
    row = await work.tx.fetchrow(
        "insert into conversations.message (key, person, author, parent, root, guid, body, at, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " on conflict (person, author, guid) do update set guid = excluded.guid returning key",
        one.key,
        one.person,
        one.author,
        one.parent,
        one.root,
        one.guid,
        one.body,
        one.at,
        one.created_at,
    )
    found: UUID = row["key"]
    return found


async def find(work: Work, key: UUID, *, lock: bool = False) -> Message | None:
    """One message, held until the end of the work if so asked."""
    ending = " for update" if lock else ""
    row = await work.tx.fetchrow(f"select {_COLUMNS} from conversations.message where key = $1{ending}", key)  # noqa: S608
    return None if row is None else Message(**dict(row))


async def list_of(
    work: Work, person: PersonKey, start: datetime | None, end: datetime | None, *, only_first: bool, limit: int
) -> list[Message]:
    """Messages on a person's data, newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from conversations.message where person = $1"  # noqa: S608 -- constants
        " and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at <= $3)"
        " and (not $4::boolean or parent is null) order by at desc, key desc limit $5",
        person,
        start,
        end,
        only_first,
        limit,
    )
    return [Message(**dict(row)) for row in rows]


async def thread(work: Work, root: UUID, limit: int) -> list[Message]:
    """A thread, newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from conversations.message where root = $1 order by at desc, key desc limit $2",  # noqa: S608
        root,
        limit,
    )
    return [Message(**dict(row)) for row in rows]


async def change(work: Work, key: UUID, body: str | None, at: datetime | None) -> None:
    """Other words, another moment; None leaves either."""
    await work.tx.execute(
        "update conversations.message set body = coalesce($2, body), at = coalesce($3, at), modified_at = $4"
        " where key = $1",
        key,
        body,
        at,
        work.now,
    )


async def delete(work: Work, key: UUID) -> None:
    """Remove one message; answers to it stay in the thread."""
    await work.tx.execute("delete from conversations.message where key = $1", key)
