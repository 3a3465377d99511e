"""SQL of visits: `visits.appointment`, `visits.provider`, and the state of `visits.call`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.visits.model import MOST_DURATION_S, NO_SHOW_AFTER, Appointment, Call, CallStatus, Status
from openward.care.visits.windows import Span
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_OWN = (
    "a.key, a.organization, a.person, a.room, a.starts_at, a.duration_s, a.status, a.reasons, a.external_id,"
    " a.account_number, a.episode, a.meeting_url, a.created_at, a.updated_at"
)
_SELECT = (
    f"select {_OWN}, c.key call_key, c.id call_id, c.status call_status, c.opened_at, c.started_at, c.ended_at,"  # noqa: S608 -- columns from above
    " array(select p.person from visits.provider p where p.appointment = a.key order by p.assigned_at, p.person)"
    "  providers"
    " from visits.appointment a left join visits.call c on c.appointment = a.key"
)


class ExternalIdTaken(Conflict):
    """Another visit of the practice has this external id."""


async def insert(work: Work, made: Appointment) -> None:
    """Keep a new visit; `ExternalIdTaken` when its external id is in use."""
    is_kept = await work.tx.fetchval(
        "insert into visits.appointment (key, organization, person, room, starts_at, duration_s, status, reasons,"
        " external_id, account_number, episode, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"
        " on conflict (organization, external_id) where external_id is not null do nothing returning true",
        made.key,
        made.organization,
        made.person,
        made.room,
        made.starts_at,
        made.duration_s,
        made.status,
        list(made.reasons),
        made.external_id,
        made.account_number,
        made.episode,
        made.created_at,
    )
    if not is_kept:
        raise ExternalIdTaken("this external id is in use")


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Appointment | None:
    """One visit of the practice."""
    row = await work.tx.fetchrow(_SELECT + " where a.key = $1 and a.organization = $2", key, organization)
    return None if row is None else read(row)


async def get_many(work: Work, organization: OrganizationKey, keys: Sequence[UUID]) -> list[Appointment]:
    """Those of these visits that are the practice's."""
    rows = await work.tx.fetch(
        _SELECT + " where a.key = any($1::uuid[]) and a.organization = $2", list(keys), organization
    )
    return [read(row) for row in rows]


async def by_external_id(work: Work, organization: OrganizationKey, external_id: str) -> Appointment | None:
    """The visit that the practice's own system calls so."""
    row = await work.tx.fetchrow(
        _SELECT + " where a.organization = $1 and a.external_id = $2", organization, external_id
    )
    return None if row is None else read(row)


async def by_key(work: Work, key: UUID) -> Appointment | None:
    """One visit of whatever practice, for whoever holds a link to it."""
    row = await work.tx.fetchrow(_SELECT + " where a.key = $1", key)
    return None if row is None else read(row)


async def lock(work: Work, organization: OrganizationKey, key: UUID) -> Appointment | None:
    """One visit, held until the end of the work; its call and providers are those of the moment it is held."""
    held = await work.tx.fetchval(
        "select true from visits.appointment where key = $1 and organization = $2 for no key update",
        key,
        organization,
    )
    return await get(work, organization, key) if held else None


async def of_episode(
    work: Work, organization: OrganizationKey, episode: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Appointment]:
    """The visits of an episode, earliest first, those behind `after` only."""
    from_start, from_key = after or (None, None)
    rows = await work.tx.fetch(
        _SELECT + " where a.episode = $1 and a.organization = $2"
        " and ($3::timestamptz is null or (a.starts_at, a.key) > ($3, $4)) order by a.starts_at, a.key limit $5",
        episode,
        organization,
        from_start,
        from_key,
        limit,
    )
    return [read(row) for row in rows]


async def of_person(work: Work, organization: OrganizationKey, person: PersonKey, limit: int) -> list[Appointment]:
    """The latest visits of a patient, latest first."""
    rows = await work.tx.fetch(
        _SELECT + " where a.person = $1 and a.organization = $2 order by a.starts_at desc, a.key limit $3",
        person,
        organization,
        limit,
    )
    return [read(row) for row in rows]


async def standing_at(work: Work, room: UUID, person: PersonKey, starts_at: datetime) -> Appointment | None:
    """The visit that a patient has in a room at this very time and that is not over."""
    row = await work.tx.fetchrow(
        _SELECT + " where a.room = $1 and a.person = $2 and a.starts_at = $3"
        " and a.status not in ('completed', 'sign off', 'cancelled', 'not showed up') order by a.key limit 1",
        room,
        person,
        starts_at,
    )
    return None if row is None else read(row)


async def between(
    work: Work,
    organization: OrganizationKey,
    start: datetime,
    end: datetime,
    after: tuple[datetime, UUID] | None,
    rooms: Sequence[UUID] | None,
    limit: int,
) -> list[Appointment]:
    """Visits that start in `[start, end)`, earliest first, those behind `after` only."""
    from_start, from_key = after or (start, UUID(int=0))
    rows = await work.tx.fetch(
        _SELECT + " where a.organization = $1 and a.starts_at < $2 and (a.starts_at, a.key) > ($3, $4)"
        " and ($5::uuid[] is null or a.room = any($5)) order by a.starts_at, a.key limit $6",
        organization,
        end,
        from_start,
        from_key,
        None if rooms is None else list(rooms),
        limit,
    )
    return [read(row) for row in rows]


async def set_fields(work: Work, key: UUID, changed: Mapping[str, Any]) -> None:
    """Write some columns of a held visit; `ExternalIdTaken` when its new external id is in use."""
    columns = ", ".join(f"{name} = ${place}" for place, name in enumerate(changed, 3))
    statement = f"update visits.appointment set updated_at = $2, {columns} where key = $1"  # noqa: S608 -- names of columns
    if changed.get("external_id") is None:
        await work.tx.execute(statement, key, work.now, *changed.values())
        return
    try:
        async with work.tx.transaction():
            await work.tx.execute(statement, key, work.now, *changed.values())
    except asyncpg.UniqueViolationError:
        raise ExternalIdTaken("this external id is in use") from None


async def claim_meeting(work: Work, key: UUID, since: datetime) -> bool:
    """Whether nobody else makes the meeting of a visit that has none, or has been at it since before `since`."""
    claimed = await work.tx.fetchval(
        "update visits.appointment set meeting_claimed_at = $2 where key = $1 and meeting_url is null"
        " and (meeting_claimed_at is null or meeting_claimed_at < $3) returning true",
        key,
        work.now,
        since,
    )
    return bool(claimed)


async def assign(work: Work, key: UUID, person: PersonKey) -> bool:
    """Whether this provider is new to the visit; now he is assigned to it."""
    added = await work.tx.fetchval(
        "insert into visits.provider (appointment, person, assigned_at) values ($1, $2, $3)"
        " on conflict do nothing returning true",
        key,
        person,
        work.now,
    )
    return bool(added)


async def taken(work: Work, room: UUID, span: Span) -> list[Span]:
    """When the visits are that take up time of a room within `span`, in no order."""
    row = await work.tx.fetchrow(
        "select array_agg(begins) begins, array_agg(begins + duration_s) ends from ("
        " select extract(epoch from starts_at)::bigint begins, duration_s from visits.appointment where room = $1"
        "  and status not in ('sign off', 'cancelled', 'not showed up')"
        "  and starts_at < to_timestamp($3::bigint) and starts_at > to_timestamp($2::bigint - $4::bigint)) a"
        " where begins + duration_s > $2::bigint",
        room,
        *span,
        MOST_DURATION_S,
    )
    return list(zip(row["begins"] or (), row["ends"] or (), strict=True))


async def take_missed(work: Work, limit: int) -> list[tuple[UUID, OrganizationKey, PersonKey]]:
    """Give up visits whose planned end is long past and to which nobody came; those of other workers are left alone."""
    rows = await work.tx.fetch(
        "update visits.appointment set status = $1, updated_at = $2 where key in ("
        " select key from visits.appointment where status = 'scheduled' and starts_at <= $3"
        "  and starts_at + duration_s * interval '1 s' <= $3 order by starts_at limit $4 for no key update skip locked)"
        " returning key, organization, person",
        Status.NO_SHOW,
        work.now,
        work.now - NO_SHOW_AFTER,
        limit,
    )
    return [(row["key"], OrganizationKey(row["organization"]), PersonKey(row["person"])) for row in rows]


def read(row: Record) -> Appointment:
    """A row of `_SELECT` as a visit."""
    call = None
    if row["call_key"] is not None:
        call = Call(
            row["call_key"],
            row["call_id"],
            CallStatus(row["call_status"]),
            row["opened_at"],
            row["started_at"],
            row["ended_at"],
        )
    return Appointment(
        key=row["key"],
        organization=OrganizationKey(row["organization"]),
        person=PersonKey(row["person"]),
        room=row["room"],
        starts_at=row["starts_at"],
        duration_s=row["duration_s"],
        status=Status(row["status"]),
        reasons=tuple(row["reasons"]),
        external_id=row["external_id"],
        account_number=row["account_number"],
        episode=row["episode"],
        meeting_url=row["meeting_url"],
        call=call,
        providers=tuple(PersonKey(person) for person in row["providers"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
