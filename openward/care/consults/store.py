"""The only SQL of the room: `consults.consult`."""

from datetime import datetime
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work, new_key
from openward.infra.jobs import lock_number


async def lock(work: Work, organization: OrganizationKey, mrn: str) -> None:
    """Of those who ask for the same patient at once, one goes on; a lock without a row, as there may be none yet."""
    await work.tx.execute("select pg_advisory_xact_lock($1)", lock_number(f"consults:{organization}:{mrn}"))


async def after(work: Work, organization: OrganizationKey, mrn: str, moment: datetime) -> list[UUID]:
    """The visits that were made for a patient after a moment."""
    rows = await work.tx.fetch(
        "select appointment from consults.consult where organization = $1 and mrn = $2 and created_at > $3",
        organization,
        mrn,
        moment,
    )
    return [row["appointment"] for row in rows]


async def insert(work: Work, organization: OrganizationKey, mrn: str, person: PersonKey, appointment: UUID) -> None:
    """Remember that a visit was made."""
    await work.tx.execute(
        "insert into consults.consult (key, organization, mrn, person, appointment, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        new_key(work),
        organization,
        mrn,
        person,
        appointment,
        work.now,
    )


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """After a merge the patients' consults count in the target."""
    await work.tx.execute("update consults.consult set organization = $2 where organization = $1", source, target)
