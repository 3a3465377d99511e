"""The SQL of groups: `organizations.patient_group`, `organizations.group_member`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from openward.care.work import MemberKey, OrganizationKey, Work
from openward.infra.db import Record

_SELECT = "select key, organization, name, bio, created_at from organizations.patient_group"


@dataclass(frozen=True, slots=True)
class Group:
    """Patients who are coached together."""

    key: UUID
    organization: OrganizationKey
    name: str
    bio: str | None
    created_at: datetime


async def insert(work: Work, group: Group) -> bool:
    """Keep a new group; False when its name is taken."""
    done = await work.tx.fetchval(
        "insert into organizations.patient_group (key, organization, name, bio, created_at)"
        " values ($1, $2, $3, $4, $5) on conflict (organization, name) do nothing returning true",
        group.key,
        group.organization,
        group.name,
        group.bio,
        group.created_at,
    )
    return bool(done)


async def by_names(work: Work, organization: OrganizationKey, names: Sequence[str]) -> dict[str, Group]:
    """The groups of these names."""
    query = _SELECT + " where organization = $1 and name = any($2::text[])"
    return {row["name"]: _read(row) for row in await work.tx.fetch(query, organization, list(names))}


async def of_organization(work: Work, organization: OrganizationKey) -> list[Group]:
    """All groups of an organization, oldest first."""
    return [
        _read(row)
        for row in await work.tx.fetch(_SELECT + " where organization = $1 order by created_at, key", organization)
    ]


async def get_many(work: Work, keys: Sequence[UUID]) -> dict[UUID, Group]:
    """These groups by key."""
    rows = await work.tx.fetch(_SELECT + " where key = any($1::uuid[])", list(keys)) if keys else []
    return {row["key"]: _read(row) for row in rows}


async def rename(work: Work, key: UUID, name: str) -> bool:
    """Give a group another name; False when its organization has a group of that name."""
    try:
        async with work.tx.transaction():
            await work.tx.execute("update organizations.patient_group set name = $2 where key = $1", key, name)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def set_bio(work: Work, key: UUID, bio: str) -> None:
    """Write what is said about a group."""
    await work.tx.execute("update organizations.patient_group set bio = $2 where key = $1", key, bio)


async def set_member_groups(work: Work, member: MemberKey, keys: Sequence[UUID]) -> None:
    """A member looks after exactly these."""
    await work.tx.execute(
        "delete from organizations.group_member where member = $1 and not patient_group = any($2::uuid[])",
        member,
        list(keys),
    )
    await work.tx.execute(
        "insert into organizations.group_member (patient_group, member) select unnest($2::uuid[]), $1"
        " on conflict do nothing",
        member,
        list(keys),
    )


async def member_groups(work: Work, members: Sequence[MemberKey]) -> dict[MemberKey, tuple[UUID, ...]]:
    """The groups of each member, in the order they were made."""
    rows = await work.tx.fetch(
        "select m.member, array_agg(g.key order by g.created_at, g.key) keys from organizations.group_member m"
        " join organizations.patient_group g on g.key = m.patient_group where m.member = any($1::uuid[])"
        " group by m.member",
        list(members),
    )
    return {MemberKey(row["member"]): tuple(row["keys"]) for row in rows}


async def follow_members(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Members of the source who are members of the target, too, have there what they have as coaches here."""
    twice = (
        " join organizations.member s on s.key = x.member and s.organization = $1"
        " join organizations.member t on t.organization = $2 and t.person = s.person on conflict do nothing"
    )
    await work.tx.execute(
        "insert into organizations.group_member (patient_group, member)"  # noqa: S608 -- constants
        f" select x.patient_group, t.key from organizations.group_member x{twice}",
        source,
        target,
    )
    await work.tx.execute(
        "insert into organizations.coach (member, first_name, last_name)"  # noqa: S608 -- constants
        f" select t.key, x.first_name, x.last_name from organizations.coach x{twice}",
        source,
        target,
    )


async def same_names(work: Work, source: OrganizationKey, target: OrganizationKey) -> dict[UUID, UUID]:
    """Groups of the source whose name the target has too, to the target's."""
    rows = await work.tx.fetch(
        "select s.key gone, t.key kept from organizations.patient_group s join organizations.patient_group t"
        " on t.name = s.name where s.organization = $1 and t.organization = $2",
        source,
        target,
    )
    return {row["gone"]: row["kept"] for row in rows}


async def unite(work: Work, same: Mapping[UUID, UUID]) -> None:
    """The members of each group that goes look after the one that stays."""
    await work.tx.execute(
        "insert into organizations.group_member (patient_group, member) select s.kept, m.member"
        " from unnest($1::uuid[], $2::uuid[]) s(gone, kept) join organizations.group_member m"
        " on m.patient_group = s.gone on conflict do nothing",
        list(same),
        list(same.values()),
    )
    await work.tx.execute("delete from organizations.patient_group where key = any($1::uuid[])", list(same))


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """All groups of the source belong to the target."""
    await work.tx.execute(
        "update organizations.patient_group set organization = $2 where organization = $1", source, target
    )


def _read(row: Record) -> Group:
    return Group(row["key"], OrganizationKey(row["organization"]), row["name"], row["bio"], row["created_at"])
