"""SQL of API keys: `accounts.api_key`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record

_SELECT = "select key, organization, name, is_read_only, created_at, last_used_at from accounts.api_key"


@dataclass(frozen=True, slots=True)
class APIKey:
    """One key, without its secret. `last_used_at` is exact to the hour."""

    key: UUID
    organization: OrganizationKey
    name: str
    is_read_only: bool
    created_at: datetime
    last_used_at: datetime | None


async def insert(work: Work, made: APIKey, secret_hash: bytes) -> None:
    """Keep a new key; `Conflict` when its secret or its name is in use."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "insert into accounts.api_key (key, organization, name, secret_hash, is_read_only, created_at)"
                " values ($1, $2, $3, $4, $5, $6)",
                made.key,
                made.organization,
                made.name,
                secret_hash,
                made.is_read_only,
                made.created_at,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("this API key is in use already") from None


async def by_name(work: Work, organization: OrganizationKey, name: str) -> APIKey | None:
    """The working key of this name, held."""
    row = await work.tx.fetchrow(
        _SELECT + " where organization = $1 and name = $2 and revoked_at is null for no key update",
        organization,
        name,
    )
    return None if row is None else _read(row)


async def by_secret(work: Work, secret_hash: bytes) -> APIKey | None:
    """The working key with this secret."""
    row = await work.tx.fetchrow(_SELECT + " where secret_hash = $1 and revoked_at is null", secret_hash)
    return None if row is None else _read(row)


async def of_organization(work: Work, organization: OrganizationKey) -> list[APIKey]:
    """All working keys of an organization, by name."""
    rows = await work.tx.fetch(
        _SELECT + " where organization = $1 and revoked_at is null order by name",
        organization,
    )
    return [_read(row) for row in rows]


async def set_secret(work: Work, key: UUID, secret_hash: bytes) -> None:
    """Replace the secret; `Conflict` when another key has it."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "update accounts.api_key set secret_hash = $2 where key = $1 and secret_hash <> $2", key, secret_hash
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("this API key is in use already") from None


async def set_read_only(work: Work, key: UUID, is_read_only: bool) -> None:
    """Say whether the key may change anything."""
    await work.tx.execute("update accounts.api_key set is_read_only = $2 where key = $1", key, is_read_only)


async def note_use(work: Work, key: UUID) -> None:
    """Remember that it was used now; skipped while another request does the same."""
    await work.tx.execute(
        "update accounts.api_key set last_used_at = $2 where key ="
        " (select key from accounts.api_key where key = $1 for no key update skip locked)",
        key,
        work.now,
    )


async def revoke(work: Work, organization: OrganizationKey, key: UUID) -> bool:
    """Whether there was such a working key; now it does not work any more."""
    done = await work.tx.fetchval(
        "update accounts.api_key set revoked_at = $3"
        " where organization = $1 and key = $2 and revoked_at is null returning true",
        organization,
        key,
        work.now,
    )
    return bool(done)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge programs of the source act for the target; a name that is taken there is made longer."""
    await work.tx.execute(
        "update accounts.api_key k set organization = $2, name = case when exists (select from accounts.api_key o"
        "  where o.organization = $2 and o.name = k.name and o.revoked_at is null)"
        "  then k.name || ' ' || left(k.key::text, 8) else k.name end"
        " where organization = $1 and revoked_at is null",
        source,
        target,
    )


def _read(row: Record) -> APIKey:
    return APIKey(**dict(row))
