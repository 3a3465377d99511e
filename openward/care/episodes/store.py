"""The only SQL of the room: `episodes.episode` and `episodes.episode_type`."""

from collections.abc import Sequence
from uuid import UUID

from openward.care.episodes.model import Content, Episode, Status
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_SELECT = (
    "select key, organization, person, name, type, status, begins_on, ends_on, objective, reason_incomplete,"
    " created_at, updated_at from episodes.episode"
)


def _episode(row: Record) -> Episode:
    content = Content(
        row["name"],
        row["type"],
        Status(row["status"]),
        row["begins_on"],
        row["ends_on"],
        row["objective"],
        row["reason_incomplete"],
    )
    return Episode(
        row["key"],
        OrganizationKey(row["organization"]),
        PersonKey(row["person"]),
        content,
        row["created_at"],
        row["updated_at"],
    )


def _values(content: Content) -> tuple[object, ...]:
    return (
        content.name,
        content.type,
        content.status.value,
        content.begins_on,
        content.ends_on,
        content.objective,
        content.reason_incomplete,
    )


async def insert(work: Work, episode: Episode) -> None:
    """Keep a new episode."""
    await work.tx.execute(
        "insert into episodes.episode (key, organization, person, created_at, updated_at,"
        " name, type, status, begins_on, ends_on, objective, reason_incomplete)"
        " values ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11)",
        episode.key,
        episode.organization,
        episode.person,
        work.now,
        *_values(episode.content),
    )


async def update(work: Work, key: UUID, content: Content) -> None:
    """Replace what it says."""
    await work.tx.execute(
        "update episodes.episode set updated_at = $2, name = $3, type = $4, status = $5, begins_on = $6, ends_on = $7,"
        " objective = $8, reason_incomplete = $9 where key = $1",
        key,
        work.now,
        *_values(content),
    )


async def find(work: Work, key: UUID) -> Episode | None:
    """One episode of whatever organization."""
    row = await work.tx.fetchrow(f"{_SELECT} where key = $1", key)
    return None if row is None else _episode(row)


async def of_person(work: Work, organization: OrganizationKey, person: PersonKey) -> list[Episode]:
    """The episodes of a patient, the latest beginning first, then the newest."""
    rows = await work.tx.fetch(
        f"{_SELECT} where organization = $1 and person = $2 order by begins_on desc, key desc", organization, person
    )
    return [_episode(row) for row in rows]


async def types(work: Work, organization: OrganizationKey) -> list[str]:
    """The types of an organization, by name."""
    rows = await work.tx.fetch(
        "select name from episodes.episode_type where organization = $1 order by name", organization
    )
    return [row["name"] for row in rows]


async def set_types(work: Work, organization: OrganizationKey, names: Sequence[str]) -> None:
    """Exactly these."""
    await work.tx.execute(
        "delete from episodes.episode_type where organization = $1 and name <> all($2::text[])",
        organization,
        list(names),
    )
    await work.tx.execute(
        "insert into episodes.episode_type (organization, name) select $1, unnest($2::text[]) on conflict do nothing",
        organization,
        list(names),
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Give the episodes another organization, and that one the types beside its own."""
    await work.tx.execute(
        "insert into episodes.episode_type (organization, name)"
        " select $2, name from episodes.episode_type where organization = $1 on conflict do nothing",
        source,
        target,
    )
    await work.tx.execute("delete from episodes.episode_type where organization = $1", source)
    await work.tx.execute("update episodes.episode set organization = $2 where organization = $1", source, target)
