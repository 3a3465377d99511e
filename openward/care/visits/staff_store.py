"""SQL of providers and assistants: `visits.staff`."""

from collections.abc import Sequence

import asyncpg

from openward.care.errors import Conflict
from openward.care.visits.model import Staff
from openward.care.work import OrganizationKey, PersonKey, Work
from openward.infra.db import Record

_SELECT = (
    "select organization, person, number, username, first_name, middle_name, last_name, is_provider, is_assistant"
    " from visits.staff"
)


async def put(
    work: Work,
    organization: OrganizationKey,
    person: PersonKey,
    username: str | None,
    names: tuple[str, str, str],
    *,
    is_provider: bool,
    is_assistant: bool,
) -> None:
    """Write who somebody is (first, middle and last name); `Conflict` when the user name is a colleague's."""
    try:
        async with work.tx.transaction():
            await work.tx.execute(
                "insert into visits.staff (organization, person, username, first_name, middle_name, last_name,"
                " is_provider, is_assistant) values ($1, $2, $3, $4, $5, $6, $7, $8)"
                " on conflict (organization, person) do update set username = $3, first_name = $4, middle_name = $5,"
                " last_name = $6, is_provider = $7, is_assistant = $8",
                organization,
                person,
                username,
                *names,
                is_provider,
                is_assistant,
            )
    except asyncpg.UniqueViolationError:
        raise Conflict("this user name is a colleague's") from None


async def get_many(work: Work, organization: OrganizationKey, people: Sequence[PersonKey]) -> dict[PersonKey, Staff]:
    """Those of these people who are staff."""
    rows = await work.tx.fetch(
        _SELECT + " where organization = $1 and person = any($2::uuid[])", organization, list(people)
    )
    return {row["person"]: _read(row) for row in rows}


async def by_username(work: Work, organization: OrganizationKey, username: str) -> Staff | None:
    """Who has this user name, whatever its case."""
    row = await work.tx.fetchrow(
        _SELECT + " where organization = $1 and lower(username) = lower($2)", organization, username
    )
    return None if row is None else _read(row)


async def of_organization(work: Work, organization: OrganizationKey) -> list[Staff]:
    """All staff of a practice, by name."""
    rows = await work.tx.fetch(
        _SELECT + " where organization = $1 order by last_name, first_name, number", organization
    )
    return [_read(row) for row in rows]


def _read(row: Record) -> Staff:
    return Staff(**dict(row))
