"""The SQL of who holds what: leases of `connections.task`, `connections.renewal`, and the marks of living engines.

A mark is a lock of the database that ends with the engine's connection, so a killed process is known to be dead at
once. Leases and holders begin with the number of their engine, in eight hexadecimal digits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care.work import Work
from openward.infra.db import Record

_MARKS = 1_190_427
"""The first number of the locks by which engines show that they live."""
_LIVES = (
    "exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.objsubid = 2"  # noqa: S608 -- constants
    f" and l.classid = {_MARKS} and lpad(to_hex(l.objid::int8), 8, '0') = engine"
    " and l.database = (select oid from pg_database where datname = current_database()))"
)


def written(engine: int) -> str:
    """The number of an engine as leases and renewals begin with it."""
    return f"{engine:08x}"


async def mark(tx: Any, engine: int) -> None:
    """Show that an engine lives, for as long as this connection does."""
    await tx.execute("select pg_advisory_lock_shared($1, $2)", _MARKS, engine)


async def leases(work: Work, engine: int, silence: timedelta) -> Record:
    """What is held now.

    left_s: until the first lease runs out, None when nothing is held; has_others: whether any other engine than this
    one holds something; dead: those whose mark is gone and that have not been heard of for the length of `silence`.
    """
    row: Record = await work.tx.fetchrow(
        "with held as (select left(lease::text, 8) as engine, min(leased_until) as first,"  # noqa: S608 -- constants
        " max(leased_until) as last"
        " from connections.task where lease is not null group by 1)"
        " select extract(epoch from min(first) - clock_timestamp())::float8 as left_s,"
        " coalesce(bool_or(engine <> $1), false) as has_others,"
        f" coalesce(array_agg(engine) filter (where engine <> $1 and last < clock_timestamp() + $2 and not {_LIVES}),"
        " '{}') as dead from held",
        written(engine),
        silence,
    )
    return row


async def free(work: Work, dead: Sequence[str]) -> datetime | None:
    """Give back what dead engines hold and what has run out; since when the first of it is due."""
    due_at: datetime | None = await work.tx.fetchval(
        "with freed as (update connections.task set lease = null, leased_until = null where source in (select source"
        " from connections.task where lease is not null"
        " and (leased_until <= clock_timestamp() or left(lease::text, 8) = any($1))"
        " order by leased_until limit 1000 for update skip locked) returning due_at)"
        " select min(due_at) from freed",
        dead,
    )
    return due_at


async def prolong(work: Work, leases: Sequence[UUID], sources: Sequence[UUID], lease: timedelta) -> set[UUID]:
    """Keep what is held; the leases that still hold."""
    rows = await work.tx.fetch(
        "update connections.task t set leased_until = clock_timestamp() + $3"
        " from unnest($1::uuid[], $2::uuid[]) as held (source, lease)"
        " where t.source = held.source and t.lease = held.lease returning t.lease",
        list(sources),
        list(leases),
        lease,
    )
    return {row["lease"] for row in rows}


async def release(work: Work, leases: Sequence[UUID], sources: Sequence[UUID]) -> None:
    """Give back what is held, as it was."""
    await work.tx.execute(
        "update connections.task t set lease = null, leased_until = null"
        " from unnest($1::uuid[], $2::uuid[]) as held (source, lease)"
        " where t.source = held.source and t.lease = held.lease",
        list(sources),
        list(leases),
    )


async def is_being_renewed(work: Work, session: UUID, holder: UUID, off_s: float) -> float:
    """The seconds for which another may still renew the token of a session that is held; 0 when nobody does.

    off_s: so much less when that one's engine is dead.
    """
    left: float | None = await work.tx.fetchval(
        "select extract(epoch from until - clock_timestamp())::float8"  # noqa: S608 -- constants
        f" - case when {_LIVES} then 0 else $3::float8 end"
        " from (select session, holder, until, left(holder::text, 8) as engine from connections.renewal) r"
        " where session = $1 and holder <> $2",
        session,
        holder,
        off_s,
    )
    return max(left or 0.0, 0.0)


async def put_renewal(work: Work, session: UUID, holder: UUID, seconds: float) -> None:
    """Note that the token of a session that is held is being renewed."""
    await work.tx.execute(
        "insert into connections.renewal (session, holder, until)"
        " values ($1, $2, clock_timestamp() + make_interval(secs => $3))"
        " on conflict (session) do update set holder = $2, until = excluded.until",
        session,
        holder,
        seconds,
    )


async def drop_renewal(work: Work, session: UUID, holder: UUID) -> None:
    """The renewal is over."""
    await work.tx.execute("delete from connections.renewal where session = $1 and holder = $2", session, holder)
