"""The SQL of provider sessions: `connections.session`. Tokens are sealed before they come here."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.work import PersonKey, Work
from openward.infra.db import Record

_READ = (
    "select key, id, person, provider_type, provider_name, external_id, token_sealed, created_at, modified_at"
    " from connections.session"
)


async def lock_person(work: Work, person: PersonKey) -> None:
    """Whoever opens or closes a session of a person does so alone; taken before any row."""
    await work.tx.execute("select pg_advisory_xact_lock(hashtextextended('connections:' || $1::text, 0))", str(person))


async def insert(work: Work, row: Mapping[str, Any]) -> None:
    """A new session; `Conflict` when the person has one of this provider and external id."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "insert into connections.session (key, id, person, provider_type, provider_name, external_id,"
                " token_sealed, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
                *row.values(),
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("the user has such a provider session already", code="provider-session-exists") from None


async def find(work: Work, session_id: str) -> Record | None:
    """One session by its id."""
    return await work.tx.fetchrow(f"{_READ} where id = $1", session_id)


async def lock(work: Work, key: UUID) -> Record | None:
    """One session by its key, held until the end of the work."""
    return await work.tx.fetchrow(f"{_READ} where key = $1 for update", key)


async def list_of(
    work: Work,
    person: PersonKey | None,
    filters: Mapping[str, str],
    *,
    offset: int = 0,
    limit: int | None = None,
    lock: bool = False,
) -> list[Record]:
    """The sessions of a person, of an external id or of both, newest first; `filters` by column name."""
    ending = " for update" if lock else ""
    rows: list[Record] = await work.tx.fetch(
        f"{_READ} where ($1::uuid is null or person = $1) and ($2::text is null or external_id = $2)"
        " and ($3::text is null or provider_type = $3) and ($4::text is null or provider_name = $4)"
        f" order by created_at desc, key desc offset $5 limit $6{ending}",
        person,
        *(filters.get(name) for name in ("external_id", "provider_type", "provider_name")),
        offset,
        limit,
    )
    return rows


async def replace(work: Work, key: UUID, external_id: str | None, token_sealed: bytes | None) -> None:
    """Write what may change of a session that is held; `Conflict` as for `insert`."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "update connections.session set external_id = $2, token_sealed = $3, modified_at = $4 where key = $1",
                key,
                external_id,
                token_sealed,
                work.now,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("the user has such a provider session already", code="provider-session-exists") from None


async def delete(work: Work, key: UUID) -> None:
    """Remove a session and its token."""
    await work.tx.execute("delete from connections.session where key = $1", key)


async def spend(work: Work, hashes: list[bytes], expires_at: Any) -> bool:
    """Mark what is good once as spent; whether all of it still was good. Of two at once one waits for the other."""
    rows = await work.tx.fetch(
        "insert into connections.spent (hash, expires_at) select one, $2 from unnest($1::bytea[]) one order by one"
        " on conflict do nothing returning hash",
        hashes,
        expires_at,
    )
    return len(rows) == len(hashes)


async def sweep(work: Work) -> None:
    """Forget marks of what would not be good any more anyway."""
    await work.tx.execute("delete from connections.spent where expires_at < $1", work.now)
