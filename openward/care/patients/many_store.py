"""The SQL that changes many enrolments at once: `patients.enrolment`, with `patients.archive` for those that end."""

from openward.care.patients.store import whole
from openward.care.work import OrganizationKey, PersonKey, Work


async def end_claimed(work: Work, organization: OrganizationKey) -> dict[PersonKey, bool]:
    """Archive and end the enrolments of an organization that it does not look after; whose they were, and if active."""
    rows = await work.tx.fetch(
        "with leaving as materialized ("  # noqa: S608 -- constants
        "  select e.* from patients.enrolment e where organization = $1 and removed_at is null"
        "   and not 'custodian' = any(permissions) order by person for no key update"
        " ), kept as ("
        "  insert into patients.archive (key, organization, person, deleted_at, deleted_by, reason, content)"
        f"  select gen_random_uuid(), organization, person, $2, $3, $4, {whole('leaving')} from leaving"
        " ) update patients.enrolment e set is_active = false, removed_at = $2, updated_at = $2, exclusive_mrn = null,"
        " permissions = '{}'"  # whoever manages the organization later has to be let in anew
        " from leaving where e.organization = $1 and e.person = leaving.person returning e.person, leaving.is_active",
        organization,
        work.now,
        None if work.actor.is_service else work.actor.person,
        work.origin.route,
    )
    return {PersonKey(row["person"]): row["is_active"] for row in rows}


async def still_enrolled(work: Work, people: list[PersonKey]) -> set[PersonKey]:
    """Those of these people whom some organization still has."""
    rows = await work.tx.fetch(
        "select distinct person from patients.enrolment where person = any($1::uuid[]) and removed_at is null", people
    )
    return {PersonKey(row["person"]) for row in rows}


async def present(work: Work, organization: OrganizationKey, people: list[PersonKey]) -> set[PersonKey]:
    """Those of these people whom the organization has."""
    rows = await work.tx.fetch(
        "select person from patients.enrolment where organization = $1 and person = any($2::uuid[])"
        " and removed_at is null",
        organization,
        people,
    )
    return {PersonKey(row["person"]) for row in rows}


async def set_email(work: Work, person: PersonKey, email: str | None) -> list[OrganizationKey]:
    """Give all enrolments of a person this contact address; the organizations for which that is news."""
    rows = await work.tx.fetch(
        "update patients.enrolment set email = $2, updated_at = $3"
        " where person = $1 and removed_at is null and email is distinct from $2 returning organization",
        person,
        email,
        work.now,
    )
    return [OrganizationKey(row["organization"]) for row in rows]
