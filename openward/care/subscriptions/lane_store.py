"""SQL of those who deliver: which endpoints they hold, and what is due there.

An endpoint is held as a whole, so that its deliveries keep their order however many workers there are. When something
is due goes by the work's clock, leases go by the database's, which all machines share.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from openward.care.subscriptions.model import Due, Lane, Topic
from openward.care.work import Work
from openward.infra.db import Record

# The first of each endpoint that has something waiting, one step down the index each: what waits behind costs nothing.
_HEADS = """
with recursive head as (
  (select subscription, due_at from subscriptions.delivery where due_at is not null
   order by subscription, due_at limit 1)
  union all
  select n.subscription, n.due_at from head h cross join lateral (
    select d.subscription, d.due_at from subscriptions.delivery d
    where d.due_at is not null and d.subscription > h.subscription order by d.subscription, d.due_at limit 1) n)
"""
_FREE = "(s.leased_until is null or s.leased_until <= clock_timestamp())"


async def claim(work: Work, limit: int, lease: timedelta, *, is_failing: bool) -> list[Lane]:
    """Take endpoints at which something is due, longest waiting first, for as long as the lease is prolonged."""
    rows = await work.tx.fetch(
        _HEADS + ", free as (select s.key from head h join subscriptions.subscription s on s.key = h.subscription"  # noqa: S608
        f" where h.due_at <= $1 and {_FREE} and (s.failing_since is not null) = $4"
        " order by h.due_at limit $2 for no key update of s skip locked)"
        " update subscriptions.subscription s set lease = gen_random_uuid(), leased_until = clock_timestamp() + $3"
        " from free where s.key = free.key returning s.key, s.lease",
        work.now,
        limit,
        lease,
        is_failing,
    )
    return [Lane(row["key"], row["lease"], is_failing) for row in rows]


async def outlook(work: Work) -> list[Record]:
    """For failing endpoints and for others: (is_failing, due_at, lease_left_s) of the first that is free, or None;
    and the seconds until the first lease among those that are held runs out, or None.
    """
    rows: list[Record] = await work.tx.fetch(
        _HEADS + f"select s.failing_since is not null as is_failing, min(h.due_at) filter (where {_FREE}) as due_at,"  # noqa: S608
        " extract(epoch from min(s.leased_until) filter (where s.leased_until > clock_timestamp())"
        "  - clock_timestamp())::float8 as lease_left_s"
        " from head h join subscriptions.subscription s on s.key = h.subscription group by 1"
    )
    return rows


async def endpoint(work: Work, lane: Lane) -> Record | None:
    """(endpoint, secret_sealed) of a lane that is still held."""
    return await work.tx.fetchrow(
        "select endpoint, secret_sealed from subscriptions.subscription where key = $1 and lease = $2",
        lane.subscription,
        lane.lease,
    )


async def waiting(work: Work, subscription: UUID, limit: int) -> tuple[Due, ...]:
    """What is due at an endpoint, oldest first."""
    rows = await work.tx.fetch(
        "select key, topic, subject, attempts from subscriptions.delivery"
        " where subscription = $1 and due_at <= $2 order by due_at limit $3",
        subscription,
        work.now,
        limit,
    )
    return tuple(Due(row["key"], Topic(row["topic"]), row["subject"], row["attempts"]) for row in rows)


async def hold(work: Work, lane: Lane) -> Record | None:
    """(organization, endpoint, failing_since) of a lane, held until the end of the work; None when it is not ours."""
    return await work.tx.fetchrow(
        "select organization, endpoint, failing_since from subscriptions.subscription"
        " where key = $1 and lease = $2 for no key update",
        lane.subscription,
        lane.lease,
    )


async def set_failing(work: Work, subscription: UUID, since: datetime | None) -> None:
    """Note since when an endpoint that is held fails."""
    await work.tx.execute(
        "update subscriptions.subscription set failing_since = $2 where key = $1", subscription, since
    )


async def disable(work: Work, subscription: UUID) -> bool:
    """Queue nothing new for an endpoint that is held; whether that is news."""
    done: str = await work.tx.execute(
        "update subscriptions.subscription set disabled_at = $2"
        " where key = $1 and disabled_at is null and deleted_at is null",
        subscription,
        work.now,
    )
    return done == "UPDATE 1"


async def prolong(work: Work, lanes: Sequence[Lane], lease: timedelta) -> set[UUID]:
    """Keep what is held; the leases that still hold."""
    rows = await work.tx.fetch(
        "update subscriptions.subscription s set leased_until = clock_timestamp() + $3"
        " from unnest($1::uuid[], $2::uuid[]) as held (key, lease)"
        " where s.key = held.key and s.lease = held.lease returning s.lease",
        [lane.subscription for lane in lanes],
        [lane.lease for lane in lanes],
        lease,
    )
    return {row["lease"] for row in rows}


async def release(work: Work, lanes: Sequence[Lane]) -> None:
    """Give back what is held."""
    await work.tx.execute(
        "update subscriptions.subscription s set lease = null, leased_until = null"
        " from unnest($1::uuid[], $2::uuid[]) as held (key, lease) where s.key = held.key and s.lease = held.lease",
        [lane.subscription for lane in lanes],
        [lane.lease for lane in lanes],
    )
