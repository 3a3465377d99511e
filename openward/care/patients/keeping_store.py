"""The SQL that takes what hangs on enrolments along in a merge: names elsewhere, coaches, invitations, activity."""

from collections.abc import Sequence

from openward.care.work import OrganizationKey, PersonKey, Work


async def move(work: Work, source: OrganizationKey, target: OrganizationKey, merged: Sequence[PersonKey]) -> None:
    """All rows belong to the target; `merged` people, who have a record there, gain what that lacks."""
    await _move_identifiers(work, source, target)
    await work.tx.execute(
        "insert into patients.coached_by (organization, person, member, place, is_primary)"
        " select $2, s.person, s.member, s.place, s.is_primary and not exists (select from patients.coached_by t"
        "  where t.organization = $2 and t.person = s.person and t.is_primary)"
        " from patients.coached_by s where s.organization = $1 on conflict do nothing",
        source,
        target,
    )
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


async def forget(work: Work, organization: OrganizationKey) -> None:
    """Drop the rows of an organization that is about to be deleted."""
    for table in ("identifier", "coached_by", "invitation", "activity"):
        await work.tx.execute(
            f"delete from patients.{table} where organization = $1",  # noqa: S608 -- constant
            organization,
        )
