"""The SQL that gives what an organization keeps of one patient to another, when the two turn out to be one."""

from collections.abc import Sequence

from openward.care.work import OrganizationKey, PersonKey, Work


async def organizations_of(work: Work, people: Sequence[PersonKey]) -> set[OrganizationKey]:
    """All organizations that these people are or were patients of."""
    rows = await work.tx.fetch(
        "select distinct organization from patients.enrolment where person = any($1::uuid[])", list(people)
    )
    return {OrganizationKey(row["organization"]) for row in rows}


async def join(work: Work, organization: OrganizationKey, gone: PersonKey, kept: PersonKey) -> None:
    """Names elsewhere, coaches, groups, invitations and history go over; the enrolment, archived before, ends."""
    await work.tx.execute(
        "update patients.identifier g set person = $3, place = g.place + coalesce((select max(k.place) + 1"
        "  from patients.identifier k where k.organization = $1 and k.person = $3), 0)"
        " where g.organization = $1 and g.person = $2 and not exists (select from patients.identifier k"
        "  where k.organization = $1 and k.person = $3 and (k.system, k.value) = (g.system, g.value))",
        organization,
        gone,
        kept,
    )
    await work.tx.execute(
        "insert into patients.coached_by (organization, person, member, place, is_primary)"
        " select g.organization, $3, g.member, g.place + coalesce((select max(k.place) + 1 from patients.coached_by k"
        "  where k.organization = $1 and k.person = $3), 0), g.is_primary and not exists ("
        "  select from patients.coached_by k where k.organization = $1 and k.person = $3 and k.is_primary)"
        " from patients.coached_by g where g.organization = $1 and g.person = $2 on conflict do nothing",
        organization,
        gone,
        kept,
    )
    await work.tx.execute(
        "insert into patients.group_place (patient_group, person, organization, enrolled_at, enrolment)"
        " select g.patient_group, $3, g.organization, e.created_at, e.key from patients.group_place g"
        " join patients.enrolment e on e.organization = $1 and e.person = $3"
        " where g.organization = $1 and g.person = $2 on conflict do nothing",
        organization,
        gone,
        kept,
    )
    await work.tx.execute(
        "insert into patients.invitation as k (organization, person, invited_at)"
        " select organization, $3, invited_at from patients.invitation where organization = $1 and person = $2"
        " on conflict (organization, person) do update set invited_at = greatest(k.invited_at, excluded.invited_at)",
        organization,
        gone,
        kept,
    )
    for table in ("identifier", "coached_by", "group_place", "invitation"):
        await work.tx.execute(
            f"delete from patients.{table} where organization = $1 and person = $2",  # noqa: S608 -- constants
            organization,
            gone,
        )
    await work.tx.execute("update patients.activity set person = $2 where person = $1", gone, kept)
    await work.tx.execute("update patients.archive set person = $2 where person = $1", gone, kept)
    await work.tx.execute("delete from patients.enrolment where organization = $1 and person = $2", organization, gone)
    await work.tx.execute("update patients.joined set kept = $2 where kept = $1", gone, kept)
    await work.tx.execute(
        "insert into patients.joined (gone, kept, organization, at) values ($1, $2, $3, $4)",
        gone,
        kept,
        organization,
        work.now,
    )


async def former(work: Work, person: PersonKey) -> list[PersonKey]:
    """Those whose records went into that of this person."""
    rows = await work.tx.fetch("select gone from patients.joined where kept = $1", person)
    return [PersonKey(row["gone"]) for row in rows]


async def move(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    """Follow a merge of organizations."""
    await work.tx.execute("update patients.joined set organization = $2 where organization = $1", source, target)
