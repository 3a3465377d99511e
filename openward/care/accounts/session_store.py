"""SQL of sessions, of the buckets that slow guessing down, and of links made for one person."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.work import Work
from openward.infra.db import Record


async def insert(
    work: Work,
    token_hash: bytes,
    *,
    purpose: str,
    person: UUID | None,
    name: str,
    family: UUID,
    identity_provider: str,
    expires_at: datetime,
) -> None:
    """Keep a new token's hash."""
    await work.tx.execute(
        "insert into accounts.session (token_hash, purpose, person, name, family, identity_provider, created_at,"
        " expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        token_hash,
        purpose,
        person,
        name,
        family,
        identity_provider,
        work.now,
        expires_at,
    )


async def find(work: Work, token_hash: bytes, purpose: str) -> Record | None:
    """The session behind a token that is good now: one read by the primary key."""
    return await work.tx.fetchrow(
        "select person, name, family, identity_provider, expires_at from accounts.session"
        " where token_hash = $1 and purpose = $2 and expires_at > $3",
        token_hash,
        purpose,
        work.now,
    )


async def shorten(work: Work, token_hash: bytes, until: datetime) -> None:
    """Let a token end at this moment if it would live longer."""
    await work.tx.execute(
        "update accounts.session set expires_at = $2 where token_hash = $1 and expires_at > $2", token_hash, until
    )


async def end_family(work: Work, token_hash: bytes) -> None:
    """End a token and all that it was renewed from or into."""
    await work.tx.execute(
        "delete from accounts.session where family = (select family from accounts.session where token_hash = $1)",
        token_hash,
    )


async def end_all(work: Work, person: UUID, but_token: bytes | None) -> None:
    """End all sessions of a person, save the family of one token."""
    await work.tx.execute(
        "delete from accounts.session where person = $1"
        " and family is distinct from (select family from accounts.session where token_hash = $2)",
        person,
        but_token,
    )


async def lock_bucket(work: Work, subject: str) -> tuple[float, datetime]:
    """A bucket's level and the moment it was true; held, so that tries side by side are all counted."""
    await work.tx.execute(
        "insert into accounts.throttle (subject, level, at) values ($1, 0, $2) on conflict do nothing",
        subject,
        work.now,
    )
    row = await work.tx.fetchrow("select level, at from accounts.throttle where subject = $1 for update", subject)
    return row["level"], row["at"]


async def peek_bucket(work: Work, subject: str) -> tuple[float, datetime]:
    """The same without holding it."""
    row = await work.tx.fetchrow("select level, at from accounts.throttle where subject = $1", subject)
    return (row["level"], row["at"]) if row else (0.0, work.now)


async def fill_bucket(work: Work, subject: str, level: float) -> None:
    """Set the level of a bucket that is held."""
    await work.tx.execute(
        "update accounts.throttle set level = $2, at = $3 where subject = $1", subject, level, work.now
    )


async def sweep(work: Work, before: datetime) -> None:
    """Remove sessions that ended before this moment, and tries to guess."""
    await work.tx.execute("delete from accounts.session where expires_at < $1", before)
    await work.tx.execute("delete from accounts.throttle where at < $1", before)


_LINK = (
    "select id, token_hash, token_sealed, person, paths, created_at, modified_at, expires_at, used_at"
    " from accounts.restricted_token"
)


async def insert_link(
    work: Work,
    token_hash: bytes,
    sealed: bytes,
    link: UUID,
    person: UUID,
    paths: Sequence[str] | None,
    expires_at: datetime,
) -> None:
    """Keep a link."""
    await work.tx.execute(
        "insert into accounts.restricted_token (token_hash, id, token_sealed, person, paths, created_at, modified_at,"
        " expires_at) values ($1, $2, $3, $4, $5, $6, $6, $7)",
        token_hash,
        link,
        sealed,
        person,
        None if paths is None else list(paths),
        work.now,
        expires_at,
    )


async def find_link(work: Work, token_hash: bytes) -> Record | None:
    """One link by the hash of its token."""
    return await work.tx.fetchrow(f"{_LINK} where token_hash = $1", token_hash)


async def links(work: Work, person: UUID, offset: int, limit: int) -> list[Record]:
    """The links of a person, newest first."""
    return list(
        await work.tx.fetch(
            f"{_LINK} where person = $1 order by created_at desc, id desc offset $2 limit $3", person, offset, limit
        )
    )


async def change_link(work: Work, token_hash: bytes, paths: Sequence[str] | None, expires_at: datetime) -> None:
    """Give a link other paths and another end."""
    await work.tx.execute(
        "update accounts.restricted_token set paths = $2, expires_at = $3, modified_at = $4 where token_hash = $1",
        token_hash,
        None if paths is None else list(paths),
        expires_at,
        work.now,
    )


async def sweep_links(work: Work, before: datetime) -> None:
    """Remove links that ended before this moment."""
    await work.tx.execute("delete from accounts.restricted_token where expires_at < $1", before)


async def mark_link_used(work: Work, token_hash: bytes) -> None:
    """Remember the first use."""
    await work.tx.execute(
        "update accounts.restricted_token set used_at = $2 where token_hash = $1 and used_at is null",
        token_hash,
        work.now,
    )


async def delete_link(work: Work, token_hash: bytes) -> None:
    """Remove one link."""
    await work.tx.execute("delete from accounts.restricted_token where token_hash = $1", token_hash)


async def delete_links(work: Work, person: UUID, paths: Sequence[str] | None) -> None:
    """Remove all links of a person, or only those with exactly these paths."""
    await work.tx.execute(
        "delete from accounts.restricted_token where person = $1 and ($2::text[] is null or paths = $2)",
        person,
        None if paths is None else list(paths),
    )
