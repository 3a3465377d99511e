"""SQL of the authorization code flow: `accounts.oauth_code`, and where a client has people sent back to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.work import Work
from openward.infra.db import Record


async def set_redirects(work: Work, client_id: str, redirect_uris: Sequence[str]) -> None:
    """Replace where a client may have people sent back to."""
    await work.tx.execute(
        "update accounts.oauth_client set redirect_uris = $2, modified_at = $3"
        " where client_id = $1 and redirect_uris <> $2",
        client_id,
        list(redirect_uris),
        work.now,
    )


async def redirects(work: Work, client_id: str) -> list[str] | None:
    """Where a client may have people sent back to; None for an unknown client."""
    row = await work.tx.fetchrow("select redirect_uris from accounts.oauth_client where client_id = $1", client_id)
    return None if row is None else list(row["redirect_uris"])


async def insert(
    work: Work,
    code_hash: bytes,
    *,
    client_id: str,
    person: UUID,
    redirect_uri: str,
    scope: str,
    nonce: str | None,
    challenge: str | None,
    family: UUID,
    expires_at: datetime,
) -> None:
    """Keep a new code's hash and what it stands for."""
    await work.tx.execute(
        "insert into accounts.oauth_code (code_hash, client_id, person, redirect_uri, scope, nonce, challenge, family,"
        " expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        code_hash,
        client_id,
        person,
        redirect_uri,
        scope,
        nonce,
        challenge,
        family,
        expires_at,
    )


async def lock(work: Work, code_hash: bytes) -> Record | None:
    """A code that has not expired, held: of two who show it at once the second sees that it was used."""
    return await work.tx.fetchrow(
        "select client_id, person, redirect_uri, scope, nonce, challenge, family, is_used from accounts.oauth_code"
        " where code_hash = $1 and expires_at > $2 for update",
        code_hash,
        work.now,
    )


async def mark_used(work: Work, code_hash: bytes) -> None:
    """The code has given its tokens."""
    await work.tx.execute("update accounts.oauth_code set is_used = true where code_hash = $1", code_hash)


async def end_family(work: Work, family: UUID) -> None:
    """End all tokens that came from one code."""
    await work.tx.execute("delete from accounts.session where family = $1", family)


async def sweep(work: Work, before: datetime) -> None:
    """Forget codes that expired before this moment."""
    await work.tx.execute("delete from accounts.oauth_code where expires_at < $1", before)
