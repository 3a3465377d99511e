"""SQL of confirmations and of what people share with each other."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from openward.care.accounts.model import (
    Confirmation,
    ConfirmationStatus,
    ConfirmationType,
    Grant,
)
from openward.care.errors import Conflict
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record, from_json, to_json

_COLUMNS = (
    "id, handle, type, status, email, person, creator, organization, context, extra, created_at, modified_at,"
    " expires_at, key_sealed"
)


def _confirmation(row: Record) -> Confirmation:
    return Confirmation(
        id=row["id"],
        handle=row["handle"],
        type=ConfirmationType(row["type"]),
        status=ConfirmationStatus(row["status"]),
        email=row["email"],
        person=None if row["person"] is None else PersonKey(row["person"]),
        creator=None if row["creator"] is None else PersonKey(row["creator"]),
        organization=None if row["organization"] is None else OrganizationKey(row["organization"]),
        context=from_json(row["context"]),
        extra=from_json(row["extra"]),
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        expires_at=row["expires_at"],
        key_sealed=row["key_sealed"],
    )


async def insert(work: Work, made: Confirmation, key_hash: bytes) -> None:
    """Keep a new one; `Conflict` when another of the same kind is waiting already."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                f"insert into accounts.confirmation (key_hash, {_COLUMNS})"  # noqa: S608 -- constant names
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                key_hash,
                made.id,
                made.handle,
                made.type,
                made.status,
                made.email,
                made.person,
                made.creator,
                made.organization,
                to_json(dict(made.context)),
                to_json(dict(made.extra)),
                made.created_at,
                made.modified_at,
                made.expires_at,
                made.key_sealed,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("an invitation is waiting already", code="confirmation-exists") from None


async def lock_by_key(work: Work, key_hash: bytes) -> Confirmation | None:
    """The one with this key, held until the end of this work: a key is answered once."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from accounts.confirmation where key_hash = $1 for update",  # noqa: S608
        key_hash,
    )
    return _confirmation(row) if row else None


async def lock_by_handle(work: Work, handle: str) -> Confirmation | None:
    """The one with this public handle, held."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from accounts.confirmation where handle = $1 for update",  # noqa: S608
        handle,
    )
    return _confirmation(row) if row else None


async def search(
    work: Work,
    type_: ConfirmationType,
    *,
    statuses: Sequence[ConfirmationStatus],
    email: str | None = None,
    person: UUID | None = None,
    creator: UUID | None = None,
    organization: UUID | None = None,
    should_lock: bool = False,
) -> list[Confirmation]:
    """Those of one type that fit what is given, newest first, expired ones too."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from accounts.confirmation where type = $1 and status = any($2::text[])"  # noqa: S608
        " and ($3::text is null or email = $3) and ($4::uuid is null or person = $4)"
        " and ($5::uuid is null or creator = $5) and ($6::uuid is null or organization = $6)"
        f" order by created_at desc, id desc {'for update' if should_lock else ''}",
        type_,
        [str(status) for status in statuses],
        email,
        person,
        creator,
        organization,
    )
    return [_confirmation(row) for row in rows]


async def set_status(work: Work, confirmation: UUID, status: ConfirmationStatus) -> None:
    """How far it came."""
    await work.tx.execute(
        "update accounts.confirmation set status = $2, modified_at = $3 where id = $1", confirmation, status, work.now
    )


async def cancel_all(work: Work, organization: OrganizationKey, types: Sequence[ConfirmationType]) -> None:
    """Withdraw what waits for an answer in the name of, or from, an organization."""
    await work.tx.execute(
        "update accounts.confirmation set status = $3, modified_at = $4"
        " where organization = $1 and type = any($2::text[]) and status = $5",
        organization,
        list(types),
        ConfirmationStatus.CANCELED,
        work.now,
        ConfirmationStatus.PENDING,
    )


async def renew(work: Work, confirmation: UUID, key_hash: bytes, sealed: bytes, expires_at: datetime | None) -> None:
    """Another key and another end."""
    await work.tx.execute(
        "update accounts.confirmation set key_hash = $2, key_sealed = $3, expires_at = $4, modified_at = $5"
        " where id = $1",
        confirmation,
        key_hash,
        sealed,
        expires_at,
        work.now,
    )


async def take_unreminded(work: Work, before: datetime, limit: int) -> list[Confirmation]:
    """Sign-ups for an organization, made until this moment, that wait and had no reminder; marked as having one."""
    rows = await work.tx.fetch(
        "update accounts.confirmation set reminded_at = $3 where id in ("  # noqa: S608 -- constant names
        "  select id from accounts.confirmation where type = 'signup_confirmation' and status = 'pending'"
        "  and organization is not null and reminded_at is null and created_at <= $1"
        f"  order by created_at limit $2 for update skip locked) returning {_COLUMNS}",
        before,
        limit,
        work.now,
    )
    return [_confirmation(row) for row in rows]


async def mark_reminded(work: Work, confirmation: UUID) -> None:
    """No reminder for this one."""
    await work.tx.execute("update accounts.confirmation set reminded_at = $2 where id = $1", confirmation, work.now)


async def sweep(work: Work, before: datetime) -> None:
    """Forget password resets and finished sign-ups that ended long ago; invitations stay as history."""
    await work.tx.execute(
        "delete from accounts.confirmation where type = any($2::text[]) and expires_at < $1",
        before,
        [ConfirmationType.RESET, ConfirmationType.SIGNUP],
    )


async def grants(work: Work, owner: UUID | None, grantee: UUID | None) -> list[Grant]:
    """What an owner lets others do, what a grantee may do with others' data, or between these two."""
    rows = await work.tx.fetch(
        "select owner, grantee, permissions from accounts.sharing where ($1::uuid is null or owner = $1)"
        " and ($2::uuid is null or grantee = $2) order by created_at, owner, grantee",
        owner,
        grantee,
    )
    return [Grant(PersonKey(row["owner"]), PersonKey(row["grantee"]), frozenset(row["permissions"])) for row in rows]


async def put_grant(work: Work, owner: UUID, grantee: UUID, permissions: Sequence[str]) -> None:
    """Replace what one lets the other do; nothing left means no row."""
    if not permissions:
        await work.tx.execute("delete from accounts.sharing where owner = $1 and grantee = $2", owner, grantee)
        return
    await work.tx.execute(
        "insert into accounts.sharing (owner, grantee, permissions, created_at, modified_at)"
        " values ($1, $2, $3, $4, $4) on conflict (owner, grantee)"
        " do update set permissions = excluded.permissions, modified_at = excluded.modified_at",
        owner,
        grantee,
        list(permissions),
        work.now,
    )


async def drop_custodians(work: Work, owner: UUID) -> None:
    """Nobody is this person's custodian any more; what else they were granted stays."""
    await work.tx.execute("delete from accounts.sharing where owner = $1 and permissions <@ array['custodian']", owner)
    await work.tx.execute(
        "update accounts.sharing set permissions = array_remove(permissions, 'custodian'), modified_at = $2"
        " where owner = $1 and 'custodian' = any(permissions)",
        owner,
        work.now,
    )
