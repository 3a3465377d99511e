"""SQL of waiting rooms and of what a practice has once: `visits.room`, `visits.practice`."""

from uuid import UUID

import asyncpg

from openward.care.errors import Conflict
from openward.care.visits.model import WEEKDAYS, Room, RoomSettings, Window
from openward.care.work import OrganizationKey, Work
from openward.infra.db import Record, from_json, to_json

_SELECT = (
    "select key, organization, name, service_line, service_type, timezone, slot_duration_s, capacity,"
    " enforces_capacity, hours, closed, templates from visits.room"
)


async def insert(work: Work, room: Room) -> bool:
    """Whether the room is new; one of the same name in the practice stays as it is."""
    made = await work.tx.fetchval(
        "insert into visits.room (key, organization, name, service_line, service_type, timezone, slot_duration_s,"
        " capacity, enforces_capacity, hours, closed, templates, created_at, updated_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $13) on conflict do nothing"
        " returning true",
        room.key,
        room.organization,
        *_columns(room.settings),
        work.now,
    )
    return bool(made)


async def update(work: Work, room: Room) -> None:
    """Write the settings of a room that is held; `Conflict` when another room of the practice has its name."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "update visits.room set name = $2, service_line = $3, service_type = $4, timezone = $5,"
                " slot_duration_s = $6, capacity = $7, enforces_capacity = $8, hours = $9::jsonb, closed = $10,"
                " templates = $11, updated_at = $12 where key = $1",
                room.key,
                *_columns(room.settings),
                work.now,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("another waiting room has this name") from None


async def rename_template(work: Work, organization: OrganizationKey, before: str, after: str) -> None:
    """Rooms whose visits carry a template carry it under its new name."""
    await work.tx.execute(
        "update visits.room set templates = array_replace(templates, $2, $3)"
        " where organization = $1 and $2 = any(templates)",
        organization,
        before,
        after,
    )


def _columns(said: RoomSettings) -> tuple[object, ...]:
    hours = {
        WEEKDAYS[day]: [[window.opens_min, window.closes_min] for window in windows]
        for day, windows in sorted(said.hours.items())
    }
    return (
        said.name,
        said.service_line,
        said.service_type,
        said.timezone,
        said.slot_duration_s,
        said.capacity,
        said.enforces_capacity,
        to_json(hours),
        list(said.closed),
        list(said.templates),
    )


async def by_name(work: Work, organization: OrganizationKey, name: str) -> Room | None:
    """The room of exactly this name."""
    row = await work.tx.fetchrow(_SELECT + " where organization = $1 and name = $2", organization, name)
    return None if row is None else _read(row)


async def get(work: Work, organization: OrganizationKey, key: UUID) -> Room | None:
    """One room of the practice."""
    row = await work.tx.fetchrow(_SELECT + " where key = $1 and organization = $2", key, organization)
    return None if row is None else _read(row)


async def lock(work: Work, key: UUID) -> None:
    """Hold a room, so that whoever books its last place does so alone."""
    await work.tx.execute("select from visits.room where key = $1 for no key update", key)


async def of_organization(work: Work, organization: OrganizationKey) -> list[Room]:
    """All rooms of a practice, by name as computers sort it."""
    rows = await work.tx.fetch(_SELECT + ' where organization = $1 order by name collate "C"', organization)
    return [_read(row) for row in rows]


async def first(work: Work, organization: OrganizationKey) -> Room | None:
    """The room that was made first."""
    row = await work.tx.fetchrow(_SELECT + " where organization = $1 order by number limit 1", organization)
    return None if row is None else _read(row)


async def teams_url(work: Work, organization: OrganizationKey) -> str | None:
    """Where the practice's Microsoft Graph is."""
    found: str | None = await work.tx.fetchval(
        "select teams_graph_url from visits.practice where organization = $1", organization
    )
    return found


async def set_teams_url(work: Work, organization: OrganizationKey, url: str | None) -> None:
    """Keep where the practice's Microsoft Graph is; None: it has none."""
    await work.tx.execute(
        "insert into visits.practice (organization, teams_graph_url) values ($1, $2)"
        " on conflict (organization) do update set teams_graph_url = $2"
        " where practice.teams_graph_url is distinct from $2",
        organization,
        url,
    )


def _read(row: Record) -> Room:
    hours = {
        WEEKDAYS.index(day): tuple(Window(opens, closes) for opens, closes in windows)
        for day, windows in from_json(row["hours"]).items()
    }
    said = RoomSettings(
        name=row["name"],
        service_line=row["service_line"],
        service_type=row["service_type"],
        timezone=row["timezone"],
        slot_duration_s=row["slot_duration_s"],
        capacity=row["capacity"],
        enforces_capacity=row["enforces_capacity"],
        hours=hours,
        closed=tuple(row["closed"]),
        templates=tuple(row["templates"]),
    )
    return Room(row["key"], OrganizationKey(row["organization"]), said)
