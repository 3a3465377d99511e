"""The SQL that takes what hangs on enrolments along in a merge: names elsewhere, coaches, invitations, activity."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from openward.care.work import OrganizationKey, PersonKey, Work


async def move(
    work: Work,
    source: OrganizationKey,
    target: OrganizationKey,
    merged: Sequence[PersonKey],
    members: Mapping[UUID, UUID],
) -> None:
    """All rows belong to the target; `merged` people, who have a record there, gain what that lacks.

    members: those of the source who are members of the target, too, with the membership that stays.
    """
    await _move_identifiers(work, source, target)
    await _move_coaches(work, source, target, members)
    await work.tx.execute(
        "insert into patients.invitation as t (organization, person, invited_at)"
        " select $2, person, invited_at from patients.invitation where organization = $1"
        " on conflict (organization, person) do update set invited_at = greatest(t.invited_at, excluded.invited_at)",
        source,
        target,
    )
    await work.tx.execute(
        "update patients.activity set organization = $2 where organization = $1 and not person = any($3::uuid[])",
        source,
        target,
        list(merged),
    )
    await forget(work, source)


async def _move_identifiers(work: Work, source: OrganizationKey, target: OrganizationKey) -> None:
    await work.tx.execute(
        "update patients.identifier s set organization = $2, place = s.place + coalesce((select max(t.place) + 1"
        "  from patients.identifier t where t.organization = $2 and t.person = s.person), 0)"
        " where s.organization = $1 and not exists (select from patients.identifier t where t.organization = $2"
        "  and t.person = s.person and t.system = s.system and t.value = s.value)",
        source,
        target,
    )


async def _move_coaches(
    work: Work, source: OrganizationKey, target: OrganizationKey, members: Mapping[UUID, UUID]
) -> None:
    """Behind the coaches whom a patient has in the target; who looks after him in both does so once."""
    await work.tx.execute(
        "insert into patients.coached_by as c (organization, person, member, place, is_primary)"
        " select $2, s.person, coalesce(r.stays, s.member),"
        "  s.place + coalesce((select max(t.place) from patients.coached_by t where t.organization = $2"
        "   and t.person = s.person), 0),"
        "  s.is_primary and not exists (select from patients.coached_by t"
        "   where t.organization = $2 and t.person = s.person and t.is_primary)"
        " from patients.coached_by s left join unnest($3::uuid[], $4::uuid[]) r (ends, stays) on r.ends = s.member"
        " where s.organization = $1"
        " on conflict (organization, person, member) do update set is_primary = c.is_primary or excluded.is_primary",
        source,
        target,
        list(members),
        list(members.values()),
    )


async def forget(work: Work, organization: OrganizationKey) -> None:
    """Drop the rows of an organization that is about to be deleted."""
    for table in ("identifier", "coached_by", "invitation", "activity"):
        await work.tx.execute(
            f"delete from patients.{table} where organization = $1",  # noqa: S608 -- constant
            organization,
        )
