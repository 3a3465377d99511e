"""SQL of the queue and the log, which are one table: `subscriptions.delivery`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from openward.care.subscriptions import bell
from openward.care.subscriptions.model import Delivery, State, Tally, Topic
from openward.care.work import OrganizationKey, Work

CHANNEL = "openward_deliveries"
"""Whoever delivers is woken here when something is due."""
_LOG = "select key, topic, state, attempts, created_at, due_at, last_at, status, reason from subscriptions.delivery"
# The work's moment is that of its beginning; what has passed since keeps several events of one work in their order.
_NOW = "($1::timestamptz + (clock_timestamp() - transaction_timestamp()))"


async def enqueue(work: Work, organization: OrganizationKey, topic: Topic, subjects: Sequence[UUID]) -> None:
    """Queue it for every endpoint that asked; one that is being deleted just now is waited for.

    Nobody is told while a deliverer is awake (see `bell`): commits that tell somebody come one after the other.
    """
    await work.tx.execute(
        "with asked as materialized (select key from subscriptions.subscription where organization = $2"  # noqa: S608
        "  and $3 = any(topics) and deleted_at is null and disabled_at is null for key share),"
        " made as (insert into subscriptions.delivery (key, subscription, topic, subject, created_at, due_at)"
        f"  select gen_random_uuid(), key, $3, subject, {_NOW}, {_NOW} from asked, unnest($4::uuid[]) as subject"
        "  returning key)"
        " select case when pg_try_advisory_xact_lock_shared($6) then null else pg_notify($5, '') end"
        " from (select from made limit 1) one",
        work.now,
        organization,
        topic,
        list(subjects),
        CHANNEL,
        bell.LOCK,
    )


async def log(work: Work, subscription: UUID, state: State | None, offset: int, limit: int) -> list[Delivery]:
    """Deliveries to an endpoint, newest first."""
    rows = await work.tx.fetch(
        _LOG + " where subscription = $1 and ($2::text is null or state = $2)"
        " order by created_at desc, key offset $3 limit $4",
        subscription,
        state,
        offset,
        limit,
    )
    return [Delivery(**dict(row) | {"topic": Topic(row["topic"]), "state": State(row["state"])}) for row in rows]


async def tallies(work: Work, subscriptions: Sequence[UUID]) -> dict[UUID, Tally]:
    """What waits and what was given up, for each endpoint."""
    rows = await work.tx.fetch(
        "select s.key, (select count(*) from subscriptions.delivery d where d.subscription = s.key"
        "  and d.due_at is not null) as waiting,"
        " (select count(*) from subscriptions.delivery d where d.subscription = s.key and d.state = 'given-up')"
        " as given_up from unnest($1::uuid[]) as s (key)",
        list(subscriptions),
    )
    return {row["key"]: Tally(row["waiting"], row["given_up"]) for row in rows}


async def replay(work: Work, subscription: UUID, delivery: UUID | None) -> int:
    """Queue one finished delivery again, or (None) all that were given up; how many."""
    done: str = await work.tx.execute(
        "update subscriptions.delivery set state = 'waiting', attempts = 0, due_at = $1"
        " where subscription = $2 and ((key = $3 and due_at is null) or ($3 is null and state = 'given-up'))",
        work.now,
        subscription,
        delivery,
    )
    await wake(work)
    return int(done.split()[1])


async def exists(work: Work, subscription: UUID, delivery: UUID) -> bool:
    """Whether there is such a delivery to this endpoint."""
    found: bool = await work.tx.fetchval(
        "select exists (select from subscriptions.delivery where key = $2 and subscription = $1)",
        subscription,
        delivery,
    )
    return found


async def wake(work: Work) -> None:
    """Have whoever delivers look at once, when the work is committed."""
    await work.tx.execute("select pg_notify($1, '')", CHANNEL)


async def settle(
    work: Work,
    keys: Sequence[UUID],
    states: Sequence[State],
    dues: Sequence[datetime | None],
    lasts: Sequence[datetime],
    statuses: Sequence[int | None],
    reasons: Sequence[str | None],
) -> None:
    """Note what became of attempts."""
    await work.tx.execute(
        "update subscriptions.delivery d set attempts = d.attempts + 1, state = o.state, due_at = o.due_at,"
        " last_at = o.last_at, status = o.status, reason = o.reason"
        " from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::smallint[], $6::text[])"
        " as o (key, state, due_at, last_at, status, reason) where d.key = o.key and d.due_at is not null",
        list(keys),
        list(states),
        list(dues),
        list(lasts),
        list(statuses),
        list(reasons),
    )


async def give_up(work: Work, subscription: UUID, reason: str) -> None:
    """Nothing that waits is sent any more; it can be replayed."""
    await work.tx.execute(
        "update subscriptions.delivery set state = 'given-up', due_at = null, reason = $2"
        " where subscription = $1 and due_at is not null",
        subscription,
        reason,
    )


async def drop_waiting(work: Work, subscription: UUID) -> None:
    """Nothing that waits is sent any more, and nobody will ask for it."""
    await work.tx.execute(
        "delete from subscriptions.delivery where subscription = $1 and due_at is not null", subscription
    )


async def forget(work: Work, before: datetime) -> None:
    """Drop from the log what is over and older than this."""
    await work.tx.execute(
        "delete from subscriptions.delivery d using subscriptions.subscription s"
        " where d.subscription = s.key and d.due_at is null and d.created_at < $1",
        before,
    )
