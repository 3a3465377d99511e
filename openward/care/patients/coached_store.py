"""The SQL of what coaching keeps of patients: `patients.coached_by`, `patients.invitation`, `patients.activity`."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from openward.care.work import MemberKey, OrganizationKey, PersonKey, Work

CoachRow: TypeAlias = tuple[PersonKey, MemberKey, bool]
"""Patient, who looks after him, whether first of all."""


async def coaches(work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]) -> list[CoachRow]:
    """Who looks after these patients, in the order they were named."""
    rows = await work.tx.fetch(
        "select person, member, is_primary from patients.coached_by"
        " where organization = $1 and person = any($2::uuid[]) order by person, place, member",
        organization,
        list(persons),
    )
    return [(PersonKey(row["person"]), MemberKey(row["member"]), row["is_primary"]) for row in rows]


async def people_of(work: Work, organization: OrganizationKey, member: MemberKey) -> list[PersonKey]:
    """Whom a member looks after in an organization."""
    rows = await work.tx.fetch(
        "select person from patients.coached_by where organization = $1 and member = $2", organization, member
    )
    return [PersonKey(row["person"]) for row in rows]


async def insert_coaches(work: Work, organization: OrganizationKey, rows: Sequence[CoachRow]) -> None:
    """Keep who looks after whom, in this order."""
    await work.tx.execute(
        "insert into patients.coached_by (organization, person, member, place, is_primary)"
        " select $1, person, member, row_number() over (), is_primary"
        " from unnest($2::uuid[], $3::uuid[], $4::boolean[]) g (person, member, is_primary)",
        organization,
        *([row[part] for row in rows] for part in range(3)),
    )


async def delete_coaches(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Nobody looks after a patient."""
    await work.tx.execute(
        "delete from patients.coached_by where organization = $1 and person = $2", organization, person
    )


async def note_invitation(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """The patient was asked to claim his account."""
    await work.tx.execute(
        "insert into patients.invitation (organization, person, invited_at) values ($1, $2, $3)"
        " on conflict (organization, person) do update set invited_at = excluded.invited_at",
        organization,
        person,
        work.now,
    )


async def invitations(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> dict[PersonKey, datetime]:
    """When these patients were last asked."""
    rows = await work.tx.fetch(
        "select person, invited_at from patients.invitation where organization = $1 and person = any($2::uuid[])",
        organization,
        list(persons),
    )
    return {PersonKey(row["person"]): row["invited_at"] for row in rows}


async def activity(
    work: Work, organization: OrganizationKey, persons: Sequence[PersonKey]
) -> list[tuple[PersonKey, datetime, bool, str | None, str | None]]:
    """Person, time, whether active from then on, reason and notes; oldest first."""
    rows = await work.tx.fetch(
        "select person, at, is_active, reason, notes from patients.activity"
        " where organization = $1 and person = any($2::uuid[]) order by person, place",
        organization,
        list(persons),
    )
    return [(PersonKey(row[0]), row[1], row[2], row[3], row[4]) for row in rows]


async def say_why(
    work: Work, organization: OrganizationKey, person: PersonKey, reason: str | None, notes: str | None
) -> None:
    """Write reason and notes beside the latest change of state."""
    await work.tx.execute(
        "update patients.activity set reason = $3, notes = $4 where organization = $1 and person = $2 and place ="
        " (select max(place) from patients.activity where organization = $1 and person = $2)",
        organization,
        person,
        reason,
        notes,
    )


async def touch(work: Work, organization: OrganizationKey, person: PersonKey) -> None:
    """Move the time of the last change of an enrolment."""
    await work.tx.execute(
        "update patients.enrolment set updated_at = $3 where organization = $1 and person = $2",
        organization,
        person,
        work.now,
    )
