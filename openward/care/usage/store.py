"""The only SQL of the room: `usage.event`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care.work import PersonKey, Work
from openward.infra.db import from_json, to_json


async def insert(
    work: Work,
    key: UUID,
    name: str,
    person: PersonKey | None,
    said_user: str | None,
    server: str | None,
    properties: Mapping[str, str],
) -> None:
    """One event, now."""
    await work.tx.execute(
        "insert into usage.event (key, at, name, person, said_user, server, properties)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        key,
        work.now,
        name,
        person,
        said_user,
        server,
        to_json(properties),
    )


async def unproven_since(work: Work, since: datetime) -> int:
    """How many events nobody signed for."""
    count: int = await work.tx.fetchval(
        "select count(*) from usage.event where person is null and server is null and at >= $1", since
    )
    return count


async def list_of(
    work: Work, name: str | None, since: datetime | None, offset: int, limit: int
) -> list[dict[str, Any]]:
    """Events as dictionaries, newest first."""
    rows = await work.tx.fetch(
        "select key, at, name, person, said_user, server, properties from usage.event"
        " where ($1::text is null or name = $1) and ($2::timestamptz is null or at >= $2)"
        " order by at desc, key desc offset $3 limit $4",
        name,
        since,
        offset,
        limit,
    )
    return [{**row, "properties": from_json(row["properties"])} for row in rows]


async def delete_before(work: Work, moment: datetime) -> None:
    """Forget what is older."""
    await work.tx.execute("delete from usage.event where at < $1", moment)
