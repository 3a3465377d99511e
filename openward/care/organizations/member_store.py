"""The SQL of members: `organizations.member`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from openward.care.errors import Conflict
from openward.care.organizations.model import Member, Role
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work
from openward.infra.db import to_json

_COLUMNS = "key, organization, person, invite, email, name, roles, is_service_account, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class MemberSearch:
    """What to look for among the members of one organization; None means any."""

    words: tuple[str, ...] = ()
    email: str | None = None
    role: Role | None = None


def _member(row: asyncpg.Record) -> Member:
    return Member(
        key=MemberKey(row["key"]),
        organization=OrganizationKey(row["organization"]),
        person=None if row["person"] is None else PersonKey(row["person"]),
        invite=row["invite"],
        email=row["email"],
        name=row["name"],
        roles=tuple(Role(role) for role in row["roles"]),
        is_service_account=row["is_service_account"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def insert(work: Work, member: Member) -> None:
    """Keep a new member; `Conflict` when the person, the invite or the address is there already."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                f"insert into organizations.member ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",  # noqa: S608
                member.key,
                member.organization,
                member.person,
                member.invite,
                member.email,
                member.name,
                list(member.roles),
                member.is_service_account,
                member.created_at,
                member.updated_at,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("the clinician is a member already") from None


async def get(work: Work, organization: OrganizationKey, person: PersonKey) -> Member | None:
    """The membership of a person."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from organizations.member where organization = $1 and person = $2",  # noqa: S608
        organization,
        person,
    )
    return None if row is None else _member(row)


async def by_key(work: Work, key: MemberKey) -> Member | None:
    """A member or pending one."""
    row = await work.tx.fetchrow(f"select {_COLUMNS} from organizations.member where key = $1", key)  # noqa: S608
    return None if row is None else _member(row)


async def by_invite(work: Work, organization: OrganizationKey, invite: str) -> Member | None:
    """The pending member of an invite."""
    row = await work.tx.fetchrow(
        f"select {_COLUMNS} from organizations.member where organization = $1 and invite = $2",  # noqa: S608
        organization,
        invite,
    )
    return None if row is None else _member(row)


async def join(work: Work, member: Member) -> None:
    """A pending member becomes an active one; `Conflict` when the person is a member already."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "update organizations.member set person = $2, invite = null, name = $3, updated_at = $4 where key = $1",
                member.key,
                member.person,
                member.name,
                work.now,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("the clinician is a member already") from None


async def search(
    work: Work, organization: OrganizationKey, wanted: MemberSearch, offset: int, limit: int
) -> list[Member]:
    """Members that fit, pending ones included: best match first, then newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from ("  # noqa: S608
        "  select m.*, (select count(*) from unnest($2::text[]) w"
        "    where strpos(lower(coalesce(m.name, '')), w) > 0 or strpos(m.email, w) > 0) hits"
        "  from organizations.member m where organization = $1"
        "   and ($3::text is null or email = $3) and ($4::text is null or $4 = any(roles))) found"
        " where hits > 0 or cardinality($2::text[]) = 0"
        " order by hits desc, created_at desc, key desc offset $5 limit $6",
        organization,
        [word.lower() for word in wanted.words],
        wanted.email,
        wanted.role,
        offset,
        limit,
    )
    return [_member(row) for row in rows]


async def of_person(work: Work, person: PersonKey, offset: int, limit: int | None) -> list[Member]:
    """All memberships of a person, newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from organizations.member where person = $1"  # noqa: S608
        " order by created_at desc, key desc offset $2 limit $3",
        person,
        offset,
        limit,
    )
    return [_member(row) for row in rows]


async def of_all(
    work: Work, created_from: datetime | None, created_until: datetime | None, offset: int, limit: int
) -> list[Member]:
    """Members of all organizations, made in [created_from, created_until), newest first."""
    rows = await work.tx.fetch(
        f"select {_COLUMNS} from organizations.member"  # noqa: S608
        " where ($1::timestamptz is null or created_at >= $1) and ($2::timestamptz is null or created_at < $2)"
        " order by created_at desc, key desc offset $3 limit $4",
        created_from,
        created_until,
        offset,
        limit,
    )
    return [_member(row) for row in rows]


async def others_who_are_admin(work: Work, member: Member) -> int:
    """How many accepted members of the same organization are admins, without this one."""
    return int(
        await work.tx.fetchval(
            "select count(*) from organizations.member"
            " where organization = $1 and person is not null and $2 = any(roles) and key <> $3",
            member.organization,
            Role.ADMIN,
            member.key,
        )
    )


async def has_admin(work: Work, organizations: Sequence[OrganizationKey]) -> set[OrganizationKey]:
    """Those of these organizations that have at least one admin."""
    rows = await work.tx.fetch(
        "select distinct organization from organizations.member"
        " where organization = any($1::uuid[]) and person is not null and $2 = any(roles)",
        list(organizations),
        Role.ADMIN,
    )
    return {OrganizationKey(row["organization"]) for row in rows}


async def put(work: Work, member: Member, change: dict[str, object] | None) -> None:
    """Write name and roles; `change` is added to the history of roles when there is one."""
    await work.tx.execute(
        "update organizations.member set name = $2, roles = $3, updated_at = $4,"
        " role_history = role_history || coalesce($5::jsonb, '[]') where key = $1",
        member.key,
        member.name,
        list(member.roles),
        work.now,
        None if change is None else to_json([change]),
    )


async def is_free(work: Work, organization: OrganizationKey, email: str, but_person: PersonKey) -> bool:
    """Whether no other member, pending or not, has this address."""
    return not await work.tx.fetchval(
        "select exists (select from organizations.member"
        " where organization = $1 and email = $2 and email <> '' and person is distinct from $3)",
        organization,
        email,
        but_person,
    )


async def set_email(work: Work, organization: OrganizationKey, person: PersonKey, email: str) -> bool:
    """Give a membership another address; whether that was news. Programs have none and keep none."""
    done = await work.tx.execute(
        "update organizations.member set email = $3, updated_at = $4"
        " where organization = $1 and person = $2 and email <> $3 and not is_service_account",
        organization,
        person,
        email,
        work.now,
    )
    return bool(done != "UPDATE 0")


async def delete(work: Work, key: MemberKey) -> str:
    """Remove a member; returns the whole row as JSON, for the archive."""
    return str(
        await work.tx.fetchval("delete from organizations.member m where key = $1 returning to_jsonb(m)::text", key)
    )


async def whole(work: Work, organization: OrganizationKey) -> list[str]:
    """All members of an organization as JSON, for the archive."""
    rows = await work.tx.fetch(
        "select to_jsonb(m)::text content from organizations.member m where organization = $1", organization
    )
    return [row["content"] for row in rows]
