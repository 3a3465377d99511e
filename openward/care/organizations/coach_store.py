"""The SQL of coaches: `organizations.coach` beside members and their groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_SELECT = (
    "select m.key member, m.organization, m.person, m.name, m.email, c.first_name, c.last_name,"
    " coalesce((select array_agg(g.key order by g.created_at, g.key) from organizations.group_member x"
    "  join organizations.patient_group g on g.key = x.patient_group where x.member = m.key), '{}') groups"
    " from organizations.member m left join organizations.coach c on c.member = m.key"
)
_PEOPLE = " m.person is not null and not m.is_service_account"


@dataclass(frozen=True, slots=True)
class CoachRow:
    """A member as kept; both names are None where they were never given apart."""

    member: MemberKey
    organization: OrganizationKey
    person: PersonKey
    name: str | None
    email: str
    first_name: str | None
    last_name: str | None
    groups: tuple[UUID, ...]


async def of_organization(work: Work, organization: OrganizationKey, groups: list[UUID] | None) -> list[CoachRow]:
    """The people among the members, in the order they joined; with `groups`, those who look after one of them."""
    rows = await work.tx.fetch(
        _SELECT + " where m.organization = $1 and" + _PEOPLE + " and ($2::uuid[] is null or exists (select from"
        " organizations.group_member x where x.member = m.key and x.patient_group = any($2::uuid[])))"
        " order by m.created_at, m.key",
        organization,
        groups,
    )
    return [_read(row) for row in rows]


async def get_many(work: Work, members: Sequence[MemberKey]) -> list[CoachRow]:
    """These members, as far as they are people."""
    query = _SELECT + " where m.key = any($1::uuid[]) and" + _PEOPLE
    return [_read(row) for row in await work.tx.fetch(query, list(members))]


async def put(work: Work, member: MemberKey, first_name: str, last_name: str) -> None:
    """Keep both names."""
    await work.tx.execute(
        "insert into organizations.coach (member, first_name, last_name) values ($1, $2, $3)"
        " on conflict (member) do update set first_name = $2, last_name = $3",
        member,
        first_name,
        last_name,
    )


def _read(row: Record) -> CoachRow:
    values = dict(row)
    return CoachRow(**values | {"groups": tuple(values["groups"])})
