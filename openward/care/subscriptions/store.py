"""SQL of endpoints: `subscriptions.subscription`."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.subscriptions.model import Subscription, Topic
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record

_SELECT = (
    "select key, organization, endpoint, topics, created_at, failing_since, disabled_at"
    " from subscriptions.subscription where organization = $1 and deleted_at is null"
)


async def insert(work: Work, made: Subscription, secret_sealed: bytes) -> None:
    """Keep a new endpoint."""
    await work.tx.execute(
        "insert into subscriptions.subscription (key, organization, endpoint, topics, secret_sealed, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        made.key,
        made.organization,
        made.endpoint,
        list(made.topics),
        secret_sealed,
        made.created_at,
    )


async def count(work: Work, organization: OrganizationKey) -> int:
    """How many endpoints an organization has."""
    found: int = await work.tx.fetchval(
        "select count(*) from subscriptions.subscription where organization = $1 and deleted_at is null", organization
    )
    return found


async def of_organization(work: Work, organization: OrganizationKey) -> list[Subscription]:
    """All endpoints of an organization, oldest first."""
    return [_read(row) for row in await work.tx.fetch(_SELECT + " order by created_at, key", organization)]


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Subscription | None:
    """One endpoint of an organization."""
    row = await work.tx.fetchrow(_SELECT + " and key = $2", organization, key)
    return None if row is None else _read(row)


async def lock(work: Work, organization: OrganizationKey, key: UUID) -> Subscription | None:
    """The same, held against all who queue or settle something for it."""
    row = await work.tx.fetchrow(_SELECT + " and key = $2 for update", organization, key)
    return None if row is None else _read(row)


async def sealed_secret(work: Work, key: UUID) -> bytes:
    """The secret as it is kept."""
    found: bytes = await work.tx.fetchval("select secret_sealed from subscriptions.subscription where key = $1", key)
    return found


async def change(work: Work, key: UUID, endpoint: str, topics: Sequence[Topic]) -> None:
    """Tell another endpoint of other things, with a clean sheet."""
    await work.tx.execute(
        "update subscriptions.subscription set endpoint = $2, topics = $3, failing_since = null, disabled_at = null"
        " where key = $1",
        key,
        endpoint,
        list(topics),
    )


async def enable(work: Work, key: UUID) -> None:
    """Begin again with a clean sheet."""
    await work.tx.execute(
        "update subscriptions.subscription set failing_since = null, disabled_at = null where key = $1", key
    )


async def delete(work: Work, key: UUID) -> None:
    """Nobody finds it any more."""
    await work.tx.execute("update subscriptions.subscription set deleted_at = $2 where key = $1", key, work.now)


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge endpoints of the source are told what happens in the target."""
    await work.tx.execute(
        "update subscriptions.subscription set organization = $2 where organization = $1", source, target
    )


async def forget_deleted(work: Work) -> None:
    """Drop endpoints that were deleted and of which the log knows nothing more."""
    await work.tx.execute(
        "delete from subscriptions.subscription s where deleted_at is not null"
        " and not exists (select from subscriptions.delivery d where d.subscription = s.key)"
    )


def _read(row: Record) -> Subscription:
    values = dict(row)
    return Subscription(**values | {"topics": tuple(Topic(topic) for topic in values["topics"])})
