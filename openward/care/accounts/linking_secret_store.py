"""SQL of the secrets of context-aware links: `accounts.linking_secret`."""

from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record


async def own(work: Work, organization: OrganizationKey) -> Record | None:
    """(key, fingerprint, most_apart_s) of the secret that an organization was given itself, held."""
    return await work.tx.fetchrow(
        "select key, fingerprint, most_apart_s from accounts.linking_secret"
        " where organization = $1 and came_with is null for update",
        organization,
    )


async def about(work: Work, organization: OrganizationKey) -> Record | None:
    """(created_at, most_apart_s) of the same, not held."""
    return await work.tx.fetchrow(
        "select created_at, most_apart_s from accounts.linking_secret where organization = $1 and came_with is null",
        organization,
    )


async def insert(
    work: Work, key: UUID, organization: OrganizationKey, sealed: bytes, fingerprint: bytes, most_apart_s: int | None
) -> None:
    """Keep a secret; `Conflict` when another organization has the same."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "insert into accounts.linking_secret (key, organization, secret_sealed, fingerprint, most_apart_s,"
                " created_at) values ($1, $2, $3, $4, $5, $6)",
                key,
                organization,
                sealed,
                fingerprint,
                most_apart_s,
                work.now,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("another organization has the same linking secret") from None


async def set_most_apart(work: Work, organization: OrganizationKey, most_apart_s: int | None) -> None:
    """Say how far a link's date may be from now."""
    await work.tx.execute(
        "update accounts.linking_secret set most_apart_s = $2 where organization = $1", organization, most_apart_s
    )


async def delete(work: Work, key: UUID) -> None:
    """No link is opened with it any more."""
    await work.tx.execute("delete from accounts.linking_secret where key = $1", key)


async def everyone(work: Work) -> list[Record]:
    """(key, organization, secret_sealed, most_apart_s) of all."""
    rows: list[Record] = await work.tx.fetch(
        "select key, organization, secret_sealed, most_apart_s from accounts.linking_secret order by created_at, key"
    )
    return rows


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge links made for the source lead into the target, beside its own."""
    await work.tx.execute(
        "update accounts.linking_secret set organization = $2, came_with = coalesce(came_with, $1)"
        " where organization = $1",
        source,
        target,
    )
