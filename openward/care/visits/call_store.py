"""SQL of calls and of who is in them: `visits.call`, `visits.seat`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from openward.care.visits.call_rules import Seat, Seats, Standing
from openward.care.visits.model import CallStatus, Role
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record


async def insert(work: Work, key: UUID, public: UUID, appointment: UUID) -> None:
    """A new call of a held visit, nobody in it."""
    await work.tx.execute(
        "insert into visits.call (key, id, appointment, status, opened_at) values ($1, $2, $3, $4, $5)",
        key,
        public,
        appointment,
        CallStatus.WAITING,
        work.now,
    )


async def by_id(work: Work, public: UUID) -> tuple[UUID, OrganizationKey] | None:
    """The visit of a call, by the call's public id, and the practice."""
    row = await work.tx.fetchrow(
        "select a.key, a.organization from visits.call c join visits.appointment a on a.key = c.appointment"
        " where c.id = $1",
        public,
    )
    return None if row is None else (row["key"], OrganizationKey(row["organization"]))


async def standing(work: Work, call: UUID) -> tuple[Standing, int]:
    """Where a call stands, and its version."""
    row = await work.tx.fetchrow("select status, held_by, version from visits.call where key = $1", call)
    return Standing(CallStatus(row["status"]), row["held_by"]), row["version"]


async def put(work: Work, call: UUID, standing: Standing) -> int:
    """Keep where a call of a held visit stands; its new version. Beginning and end are stamped once."""
    version: int = await work.tx.fetchval(
        "update visits.call set status = $2, held_by = $3, version = version + 1,"
        " started_at = case when $2 = 'on call' then coalesce(started_at, $4) else started_at end,"
        " ended_at = case when $2 in ('finalizing', 'LWBS', 'complete', 'incomplete') then coalesce(ended_at, $4)"
        "  else ended_at end"
        " where key = $1 returning version",
        call,
        standing.status,
        standing.held_by,
        work.now,
    )
    return version


async def seats(work: Work, calls: Sequence[UUID]) -> dict[UUID, Seats]:
    """Who is in these calls."""
    rows = await work.tx.fetch("select * from visits.seat where call = any($1::uuid[])", list(calls))
    found: dict[UUID, dict[Role, Seat]] = {call: {} for call in calls}
    for row in rows:
        seat = _seat(row)
        found[row["call"]][seat.role] = seat
    return dict(found)


async def put_seat(work: Work, call: UUID, seat: Seat) -> None:
    """Keep one side of the call of a held visit."""
    await work.tx.execute(
        "insert into visits.seat (call, role, page, is_ready, seen_at, away_since) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (call, role) do update set page = excluded.page, is_ready = excluded.is_ready,"
        " seen_at = excluded.seen_at, away_since = excluded.away_since",
        call,
        seat.role,
        seat.page,
        seat.is_ready,
        seat.seen_at,
        seat.away_since,
    )


async def touch(work: Work, call: UUID, role: Role, page: UUID) -> bool:
    """Note a sign of life of a page; False when the seat is not its own, or was given up."""
    done = await work.tx.fetchval(
        "update visits.seat set seen_at = $4 where call = $1 and role = $2 and page = $3 and away_since is null"
        " returning true",
        call,
        role,
        page,
        work.now,
    )
    return bool(done)


async def with_silence(work: Work, lease: timedelta, limit: int) -> list[tuple[UUID, OrganizationKey]]:
    """Visits in whose calls somebody has been silent for so long without being known as away; longest first."""
    rows = await work.tx.fetch(
        "select a.key, a.organization from visits.seat s join visits.call c on c.key = s.call"
        " join visits.appointment a on a.key = c.appointment"
        " where s.away_since is null and s.seen_at < $1 order by s.seen_at limit $2",
        work.now - lease,
        limit,
    )
    return list(dict.fromkeys((row["key"], OrganizationKey(row["organization"])) for row in rows))


async def waiting_before(work: Work, room: UUID, starts_at: datetime, key: UUID, since: datetime) -> int:
    """How many patients sit ready in a waiting room for visits that start in `[since, starts_at)`, or at once."""
    found: int = await work.tx.fetchval(
        "select count(*) from visits.appointment a join visits.call c on c.appointment = a.key"
        " join visits.seat s on s.call = c.key and s.role = 'patient'"
        " where a.room = $1 and a.starts_at >= $4 and (a.starts_at, a.key) < ($2, $3)"
        " and a.status not in ('sign off', 'cancelled', 'not showed up')"
        " and c.status = 'waiting' and s.is_ready and s.away_since is null",
        room,
        starts_at,
        key,
        since,
    )
    return found


def _seat(row: Record) -> Seat:
    return Seat(Role(row["role"]), row["page"], row["is_ready"], row["seen_at"], row["away_since"])
