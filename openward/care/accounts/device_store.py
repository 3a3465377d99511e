"""The SQL of devices that may be sent notifications: `accounts.device_token`. Tokens come here sealed."""

from uuid import UUID

from openward.care.work import Work


async def put(work: Work, token_hash: bytes, sealed: bytes, platform: str, environment: str, person: UUID) -> None:
    """Keep a token; one that is known goes to this person and counts as new."""
    await work.tx.execute(
        "insert into accounts.device_token (token_hash, token_sealed, platform, environment, person, created_at,"
        " modified_at) values ($1, $2, $3, $4, $5, $6, $6) on conflict (token_hash) do update set"
        " token_sealed = excluded.token_sealed, environment = excluded.environment, person = excluded.person,"
        " modified_at = excluded.modified_at",
        token_hash,
        sealed,
        platform,
        environment,
        person,
        work.now,
    )


async def keep_newest(work: Work, person: UUID, count: int) -> None:
    """Forget the oldest of a person's devices beyond so many."""
    await work.tx.execute(
        "delete from accounts.device_token where token_hash in (select token_hash from accounts.device_token"
        " where person = $1 order by modified_at desc, token_hash offset $2)",
        person,
        count,
    )
