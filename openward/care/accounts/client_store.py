"""SQL of organizations' OAuth clients: `accounts.client`, `accounts.client_token`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record

_SELECT = "select c.client_id, c.organization, c.name, c.secret, c.groups"


@dataclass(frozen=True, slots=True)
class Client:
    """One program. `secret` is its hash; `groups` None is the whole organization."""

    client_id: str
    organization: OrganizationKey
    name: str
    secret: str
    groups: tuple[UUID, ...] | None


async def get(work: Work, client_id: str) -> Client | None:
    """The client with this id."""
    return _read(await work.tx.fetchrow(_SELECT + " from accounts.client c where client_id = $1", client_id))


async def lock(work: Work, client_id: str) -> Client | None:
    """The client with this id, held."""
    query = _SELECT + " from accounts.client c where client_id = $1 for no key update"
    return _read(await work.tx.fetchrow(query, client_id))


async def of_organization(work: Work, organization: OrganizationKey) -> list[Client]:
    """The clients of an organization, by name."""
    query = _SELECT + " from accounts.client c where organization = $1 order by name, client_id"
    return [made for row in await work.tx.fetch(query, organization) if (made := _read(row))]


async def insert(work: Work, client: Client) -> None:
    """Keep a new client."""
    await work.tx.execute(
        "insert into accounts.client (client_id, organization, name, secret, groups, created_at, modified_at)"
        " values ($1, $2, $3, $4, $5, $6, $6)",
        *_values(client),
        work.now,
    )


async def update(work: Work, client: Client) -> None:
    """Write a client anew."""
    await work.tx.execute(
        "update accounts.client set organization = $2, name = $3, secret = $4, groups = $5, modified_at = $6"
        " where client_id = $1",
        *_values(client),
        work.now,
    )


async def delete(work: Work, organization: OrganizationKey, client_id: str) -> bool:
    """Take a client away, with its tokens; whether it was there."""
    done = await work.tx.fetchval(
        "delete from accounts.client where organization = $1 and client_id = $2 returning true", organization, client_id
    )
    return bool(done)


async def insert_tokens(
    work: Work,
    client_id: str,
    name: str,
    access_hash: bytes,
    refresh_hash: bytes,
    expires_at: datetime,
    refresh_expires_at: datetime,
) -> None:
    """Keep a new pair."""
    await work.tx.execute(
        "insert into accounts.client_token"
        " (id, client_id, access_hash, refresh_hash, expires_at, refresh_expires_at) values ($1, $2, $3, $4, $5, $6)",
        name,
        client_id,
        access_hash,
        refresh_hash,
        expires_at,
        refresh_expires_at,
    )


async def replace_tokens(
    work: Work,
    client_id: str,
    former: bytes,
    name: str,
    access_hash: bytes,
    refresh_hash: bytes,
    expires_at: datetime,
    refresh_expires_at: datetime,
) -> bool:
    """Put a new pair in the place of the one with the refresh token `former`; whether that one was good."""
    done = await work.tx.fetchval(
        "update accounts.client_token set id = $3, access_hash = $4, refresh_hash = $5, expires_at = $6,"
        " refresh_expires_at = $7 where refresh_hash = $2 and client_id = $1 and refresh_expires_at > $8"
        " returning true",
        client_id,
        former,
        name,
        access_hash,
        refresh_hash,
        expires_at,
        refresh_expires_at,
        work.now,
    )
    return bool(done)


async def by_access(work: Work, access_hash: bytes) -> tuple[Client, str] | None:
    """The client that holds this access token, and the name of the pair."""
    row = await work.tx.fetchrow(
        _SELECT + ", t.id from accounts.client_token t join accounts.client c using (client_id)"
        " where t.access_hash = $1 and t.expires_at > $2",
        access_hash,
        work.now,
    )
    client = _read(row)
    return None if row is None or client is None else (client, row["id"])


async def sweep(work: Work, before: datetime) -> None:
    """Forget pairs that cannot be refreshed any more."""
    await work.tx.execute("delete from accounts.client_token where refresh_expires_at < $1", before)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge a program of the source sees what it saw: the groups it had; one of the whole, the whole target."""
    await work.tx.execute("update accounts.client set organization = $2 where organization = $1", source, target)


async def replace_groups(work: Work, organization: OrganizationKey, replaced: Sequence[tuple[UUID, UUID]]) -> None:
    """Clients of an organization see the new group wherever they saw the one that is gone."""
    await work.tx.execute(
        "update accounts.client c set groups ="
        " (select array_agg(distinct coalesce(r.kept, g) order by coalesce(r.kept, g))"
        "  from unnest(c.groups) g left join unnest($2::uuid[], $3::uuid[]) r(gone, kept) on r.gone = g)"
        " where organization = $1 and groups && $2::uuid[]",
        organization,
        [gone for gone, _ in replaced],
        [kept for _, kept in replaced],
    )


def _values(client: Client) -> tuple[Any, ...]:
    groups = None if client.groups is None else list(client.groups)
    return client.client_id, client.organization, client.name, client.secret, groups


def _read(row: Record | None) -> Client | None:
    if row is None:
        return None
    groups = None if row["groups"] is None else tuple(row["groups"])
    return Client(row["client_id"], OrganizationKey(row["organization"]), row["name"], row["secret"], groups)
