"""SQL of accounts, their documents, and the installation's own secrets and OAuth clients."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.work import Work
from openward.infra.db import Record, from_json, to_json

_COMMON = ("custodial_account", "patient")
_LIVE = (
    "select person, email, roles, is_email_verified, password is not null as has_password, terms_accepted,"
    " created_at, modified_at from accounts.account where deleted_at is null"
)


async def insert(
    work: Work,
    person: UUID,
    *,
    email: str | None,
    roles: Sequence[str],
    password: str | None,
    is_verified: bool,
) -> None:
    """Write a new account; of two at once with one address the second gets `Conflict`."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "insert into accounts.account (person, email, roles, password, is_email_verified, created_at,"
                " created_by, modified_at, modified_by) values ($1, $2, $3, $4, $5, $6, $7, $6, $7)",
                person,
                email,
                list(roles),
                password,
                is_verified,
                work.now,
                work.actor.person,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("User already exists", code="email-taken") from None


async def by_keys(work: Work, people: Sequence[UUID]) -> list[Record]:
    """The live ones among these."""
    return list(await work.tx.fetch(f"{_LIVE} and person = any($1::uuid[])", list(people)))


async def by_email(work: Work, email: str) -> Record | None:
    """The live account with this login address."""
    return await work.tx.fetchrow(f"{_LIVE} and email = $1", email)


async def by_role(work: Work, role: str, since: datetime | None, before: datetime | None) -> list[Record]:
    """The live accounts of a role, made in [since, before), oldest first."""
    rare = "" if role in _COMMON else f" and not roles <@ '{{{','.join(_COMMON)}}}'"  # as the index has it
    return list(
        await work.tx.fetch(
            f"{_LIVE} and roles @> array[$1]{rare} and ($2::timestamptz is null or created_at >= $2)"
            " and ($3::timestamptz is null or created_at < $3) order by created_at, person",
            role,
            since,
            before,
        )
    )


async def lock(work: Work, person: UUID) -> Record | None:
    """The live account, held until the end of this work so that two changes come one after the other."""
    return await work.tx.fetchrow(f"{_LIVE} and person = $1 for no key update", person)


async def password_by_email(work: Work, email: str) -> Record | None:
    """Whose address this is, and the hash to check a password against."""
    return await work.tx.fetchrow("select person, password from accounts.account where email = $1", email)


async def password(work: Work, person: UUID) -> str | None:
    """The hash of a live account's password."""
    found: str | None = await work.tx.fetchval("select password from accounts.account where person = $1", person)
    return found


async def change(work: Work, person: UUID, values: dict[str, Any]) -> None:
    """Write these columns of one account; `Conflict` for an address that another one has."""
    names = list(values)
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 4))
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                f"update accounts.account set modified_at = $2, modified_by = $3, {sets} where person = $1",  # noqa: S608
                person,
                work.now,
                work.actor.person,
                *values.values(),
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("User already exists", code="email-taken") from None


async def revive(work: Work, person: UUID, roles: Sequence[str]) -> bool:
    """Let an account that was buried live again; whether it was."""
    done = await work.tx.execute(
        "update accounts.account set deleted_at = null, deleted_by = null, roles = $2, modified_at = $3,"
        " modified_by = $4 where person = $1 and deleted_at is not null",
        person,
        list(roles),
        work.now,
        work.actor.person,
    )
    return bool(done.endswith(" 1"))


async def bury(work: Work, person: UUID) -> None:
    """Take everything off an account but its key."""
    await work.tx.execute("delete from accounts.document where person = $1", person)
    await work.tx.execute("delete from accounts.session where person = $1", person)
    await work.tx.execute("delete from accounts.restricted_token where person = $1", person)
    await work.tx.execute("delete from accounts.sharing where owner = $1 or grantee = $1", person)
    await work.tx.execute("delete from accounts.oauth_client where person = $1", person)
    await work.tx.execute("delete from accounts.device_token where person = $1", person)
    await work.tx.execute("delete from accounts.access where person = $1", person)
    await _bury_confirmations(work, person)
    await work.tx.execute(
        "update accounts.account set email = null, password = null, roles = '{}', is_email_verified = false,"
        " terms_accepted = null, deleted_at = $2, deleted_by = $3, modified_at = $2, modified_by = $3"
        " where person = $1",
        person,
        work.now,
        work.actor.person,
    )


async def _bury_confirmations(work: Work, person: UUID) -> None:
    # An invite to work for an organization belongs to it and to the address, whoever sent it and whoever had the
    # address; so does the sign-up of a patient whom a clinician has invited.
    await work.tx.execute(
        "update accounts.confirmation set person = null where person = $1 and type = 'clinician_invitation'", person
    )
    await work.tx.execute(
        "delete from accounts.confirmation where person = $1 or (creator = $1 and type = 'careteam_invitation')", person
    )


async def documents(work: Work, people: Sequence[UUID], collection: str) -> dict[UUID, dict[str, Any]]:
    """One collection of many accounts."""
    rows = await work.tx.fetch(
        "select person, body from accounts.document where person = any($1::uuid[]) and collection = $2",
        list(people),
        collection,
    )
    return {row["person"]: from_json(row["body"]) for row in rows}


async def merge_document(work: Work, person: UUID, collection: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write the given top-level members and leave the others; in one statement, so writers side by side add up."""
    text = await work.tx.fetchval(
        "insert into accounts.document as kept (person, collection, body, modified_at) values ($1, $2, $3, $4)"
        " on conflict (person, collection) do update set body = kept.body || excluded.body,"
        " modified_at = excluded.modified_at returning body",
        person,
        collection,
        to_json(body),
        work.now,
    )
    merged: dict[str, Any] = from_json(text)
    return merged


async def secret_hash(work: Work, name: str) -> bytes | None:
    """The hash of one of the installation's secrets."""
    found: bytes | None = await work.tx.fetchval(
        "select secret_hash from accounts.installation_secret where name = $1", name
    )
    return found


async def put_secret_hash(work: Work, name: str, hashed: bytes) -> None:
    """Set one of the installation's secrets."""
    await work.tx.execute(
        "insert into accounts.installation_secret (name, secret_hash, modified_at) values ($1, $2, $3)"
        " on conflict (name) do update set secret_hash = excluded.secret_hash, modified_at = excluded.modified_at",
        name,
        hashed,
        work.now,
    )


async def client(work: Work, client_id: str) -> Record | None:
    """One OAuth client."""
    return await work.tx.fetchrow(
        "select client_id, secret, name, person from accounts.oauth_client where client_id = $1", client_id
    )


async def put_client(work: Work, client_id: str, secret: str, name: str, person: UUID) -> None:
    """Make an OAuth client, or give it another secret and name."""
    await work.tx.execute(
        "insert into accounts.oauth_client (client_id, secret, name, person, created_at, modified_at)"
        " values ($1, $2, $3, $4, $5, $5) on conflict (client_id) do update set secret = excluded.secret,"
        " name = excluded.name, modified_at = excluded.modified_at",
        client_id,
        secret,
        name,
        person,
        work.now,
    )
