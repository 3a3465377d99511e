"""The SQL of the schedule: `connections.task` and `connections.trouble`.

Locks are taken in the order session, source, task, as those do who open and close connections. When something is due
goes by the work's clock, leases go by the database's, which all machines share.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from openward.care.connections import lease_store
from openward.care.work import PersonKey, Work
from openward.infra.db import Record, to_json

CHANNEL = "openward_fetches"
"""Where a moment (ISO 8601) is told at which something is due now, or `partners` when their set-up has changed."""


async def begin(work: Work, source: UUID, person: PersonKey, provider: str, session: UUID) -> None:
    """A source is connected: it is due now and goes on where it was."""
    await work.tx.execute(
        "insert into connections.task as t (source, person, provider, session, due_at) values ($1, $2, $3, $4, $5)"
        " on conflict (source) do update set person = $2, provider = $3, session = $4, due_at = $5, lease = null,"
        " leased_until = null, failures = 0, is_backfill = true",
        source,
        person,
        provider,
        session,
        work.now,
    )
    await tell(work, work.now)


async def end(work: Work, session: UUID) -> None:
    """A session is gone: whoever fetches in it holds nothing any more."""
    await work.tx.execute(
        "update connections.task set session = null, due_at = null, lease = null, leased_until = null"
        " where session = $1",
        session,
    )


async def tell(work: Work, due_at: datetime) -> None:
    """Wake the workers that sleep beyond this moment, when the work is committed."""
    await work.tx.execute("select pg_notify($1, $2)", CHANNEL, due_at.isoformat())


async def tell_of_partners(work: Work) -> None:
    """Have the workers read the set-up of partners again, when the work is committed."""
    await work.tx.execute("select pg_notify($1, 'partners')", CHANNEL)


async def claim(
    work: Work, provider: str, limit: int, lease: timedelta, *, is_backfill: bool, engine: int
) -> list[Record]:
    """Take what is due, longest waiting first, for as long as the lease is prolonged; it begins with the engine."""
    rows: list[Record] = await work.tx.fetch(
        "with due as (select source from connections.task where provider = $1 and is_backfill = $2 and lease is null"
        " and due_at <= $3 order by due_at limit $4 for update skip locked)"
        " update connections.task t set lease = overlay(gen_random_uuid()::text placing $6 from 1)::uuid,"
        " leased_until = clock_timestamp() + $5, started_at = $3 from due where t.source = due.source"
        " returning t.source, t.lease, t.person, t.provider, t.session, t.due_at, t.is_backfill, t.failures, t.since,"
        " t.memory, (select token_sealed from connections.session s where s.key = t.session) as token_sealed",
        provider,
        is_backfill,
        work.now,
        limit,
        lease,
        lease_store.written(engine),
    )
    return rows


async def next_due(work: Work, lanes: Sequence[tuple[str, bool]]) -> list[datetime | None]:
    """When the first of each lane (provider, is_backfill) is due; None for an empty lane."""
    rows = await work.tx.fetch(
        "select (select t.due_at from connections.task t where t.provider = l.provider and t.lease is null"
        " and t.is_backfill = l.is_backfill and t.due_at is not null order by t.due_at limit 1) as due"
        " from unnest($1::text[], $2::boolean[]) with ordinality as l (provider, is_backfill, place) order by l.place",
        [provider for provider, _ in lanes],
        [is_backfill for _, is_backfill in lanes],
    )
    return [row["due"] for row in rows]


async def hold(work: Work, source: UUID, session: UUID, lease: UUID) -> Record | None:
    """Session, source and task of a fetch, held until the end of the work; None when it is not ours any more."""
    return await work.tx.fetchrow(
        "with x as materialized (select key from connections.session where key = $2 for key share),"
        " s as materialized (select key, data_sets, earliest_data_at, latest_data_at, last_import_at, error"
        " from connections.source where key = $1 and state = 'connected' and exists (select from x) for update)"
        " select s.* from connections.task t, s where t.source = s.key and t.session = $2 and t.lease = $3"
        " for update of t",
        source,
        session,
        lease,
    )


async def advance(work: Work, source: UUID, since: datetime, memory: Mapping[str, Any]) -> None:
    """Note how far a fetch has come that is held."""
    await work.tx.execute(
        "update connections.task set since = greatest(since, $2), memory = $3, failures = 0 where source = $1",
        source,
        since,
        to_json(memory),
    )


async def settle(
    work: Work, source: UUID, lease: UUID, due_at: datetime | None, *, is_backfill: bool, failures: int
) -> bool:
    """Give a fetch back; whether it was still held. `due_at` None: it is not to be fetched again."""
    done: str = await work.tx.execute(
        "update connections.task set due_at = $3, is_backfill = $4, failures = $5, lease = null, leased_until = null"
        " where source = $1 and lease = $2",
        source,
        lease,
        due_at,
        is_backfill,
        failures,
    )
    return done == "UPDATE 1"


async def hurry(work: Work, provider: str, low: timedelta, high: timedelta) -> None:
    """A shorter interval than before counts for those who wait already; none waits longer for it."""
    await work.tx.execute(
        "update connections.task"
        " set due_at = $2::timestamptz + ($3::interval + ($4::interval - $3::interval) * random())"
        " where provider = $1 and lease is null and due_at > $2::timestamptz + $4::interval",
        provider,
        work.now,
        low,
        high,
    )


async def count_trouble(work: Work, provider: str, reason: str) -> None:
    """One more fetch went wrong in this minute."""
    await work.tx.execute(
        "insert into connections.trouble as t (provider, minute, reason, count) values ($1, $2, $3, 1)"
        " on conflict (provider, minute, reason) do update set count = t.count + 1",
        provider,
        work.now.replace(second=0, microsecond=0),
        reason,
    )


async def forget_trouble(work: Work, before: datetime) -> None:
    """Drop counts from before this moment."""
    await work.tx.execute("delete from connections.trouble where minute < $1", before)


async def states(work: Work, since: datetime) -> list[Record]:
    """For each provider: how many tasks there are of each sort, how late the latest is, how many began since then."""
    rows: list[Record] = await work.tx.fetch(
        "select t.provider, count(*) filter (where s.state = 'connected') as connected,"
        " count(*) filter (where s.state = 'error') as failed,"
        " count(*) filter (where s.state = 'disconnected') as disconnected,"
        " count(*) filter (where t.lease is not null) as running,"
        " count(*) filter (where t.is_backfill and t.due_at is not null) as backfilling,"
        " count(*) filter (where t.lease is null and t.due_at <= $1) as waiting,"
        " min(t.due_at) filter (where t.lease is null and t.due_at <= $1) as oldest_due_at,"
        " count(*) filter (where t.started_at > $2) as started, max(s.last_import_at) as last_import_at"
        " from connections.task t join connections.source s on s.key = t.source group by t.provider",
        work.now,
        since,
    )
    return rows


async def troubles(work: Work, since: datetime) -> list[Record]:
    """(provider, reason, count) since then."""
    rows: list[Record] = await work.tx.fetch(
        "select provider, reason, sum(count)::int as count from connections.trouble where minute > $1"
        " group by provider, reason order by provider, reason",
        since,
    )
    return rows


async def reserve(work: Work, provider: str, count: int, spacing_s: float) -> float:
    """Move the line of a partner's requests on by so many places; the seconds until the first of them."""
    wait: float = await work.tx.fetchval(
        "insert into connections.pace as p (provider, free_at)"
        " values ($1, clock_timestamp() + $2 * make_interval(secs => $3))"
        " on conflict (provider) do update"
        " set free_at = greatest(p.free_at, clock_timestamp()) + $2 * make_interval(secs => $3)"
        " returning extract(epoch from free_at - clock_timestamp())::float8",
        provider,
        count,
        spacing_s,
    )
    return max(wait - count * spacing_s, 0.0)


async def settle_done(work: Work, source: UUID, lease: UUID, due_at: datetime) -> bool:
    """Give back a fetch that went well, and say so on its source; whether it was still held. One statement."""
    done: str = await work.tx.execute(
        "with s as materialized (select key from connections.source where key = $1 and state = 'connected' for update),"
        " t as (update connections.task t set due_at = $3, is_backfill = false, failures = 0, lease = null,"
        " leased_until = null from s where t.source = s.key and t.lease = $2 returning t.source)"
        " update connections.source x set last_import_at = $4, error = null, modified_at = $4, revision = revision + 1"
        " from t where x.key = t.source",
        source,
        lease,
        due_at,
        work.now,
    )
    return done == "UPDATE 1"


async def note_data(
    work: Work,
    source: UUID,
    data_sets: Sequence[str],
    earliest: datetime | None,
    latest: datetime | None,
) -> None:
    """What a stretch has changed about a source that is held."""
    await work.tx.execute(
        "update connections.source set data_sets = $2, earliest_data_at = $3, latest_data_at = $4,"
        " last_import_at = $5, modified_at = $5, revision = revision + 1 where key = $1",
        source,
        list(data_sets),
        earliest,
        latest,
        work.now,
    )
