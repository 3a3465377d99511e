"""Members as coaches: people of an organization with both names and the groups that they look after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from openward.care.organizations import coach_store
from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work


@dataclass(frozen=True, slots=True)
class Coach:
    """A member who is a person, with the groups that he looks after in the order they were made."""

    member: MemberKey
    organization: OrganizationKey
    person: PersonKey
    first_name: str
    last_name: str
    groups: tuple[UUID, ...]
    email: str = ""


async def coaches(work: Work, organization: OrganizationKey, groups: Collection[UUID] | None = None) -> list[Coach]:
    """The coaches of an organization in the order they joined; with `groups`, those who look after one of them."""
    return _read(await coach_store.of_organization(work, organization, None if groups is None else list(groups)))


async def get_coaches(work: Work, members: Sequence[MemberKey]) -> dict[MemberKey, Coach]:
    """These coaches by key, of whatever organization; unknown ones are absent."""
    found = _read(await coach_store.get_many(work, members)) if members else []
    return {coach.member: coach for coach in found}


async def name_coach(work: Work, member: MemberKey, first_name: str, last_name: str) -> None:
    """Keep both names of a member."""
    await coach_store.put(work, member, first_name, last_name)


def _read(rows: Sequence[coach_store.CoachRow]) -> list[Coach]:
    return [
        Coach(row.member, row.organization, row.person, *_names(row), groups=row.groups, email=row.email)
        for row in rows
    ]


def _names(row: coach_store.CoachRow) -> tuple[str, str]:
    """The names as given; else the last word of the member's name is the family name."""
    if row.first_name is not None and row.last_name is not None:
        return row.first_name, row.last_name
    first, _, last = (row.name or row.email.partition("@")[0]).strip().rpartition(" ")
    return (first, last) if first else (last, "")
