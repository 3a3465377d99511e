"""The SQL that moves and merges enrolments of many patients at once."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from openward.care.errors import Invalid
from openward.care.patients.store import whole
from openward.care.work import OrganizationKey, PersonKey, Work

# Labels in their order and without repeats, with tags replaced as two arrays ($before, $after) say.
_MAPPED = (
    "array(select coalesce(m.after, u.label) from unnest({labels}) with ordinality u (label, place)"
    " left join unnest({before}::uuid[], {after}::uuid[]) m (before, after) on m.before = u.label"
    " group by 1 order by min(u.place))"
)


def _mapped(labels: str, before: str, after: str) -> str:
    return _MAPPED.format(labels=labels, before=before, after=after)


async def brief(work: Work, organization: OrganizationKey) -> list[asyncpg.Record]:
    """The columns that a merge looks at, of all who are not for demonstration."""
    return list(
        await work.tx.fetch(
            "select person, full_name, birth_date, mrn, email, tags, sites, is_active from patients.enrolment"
            " where organization = $1 and removed_at is null and not is_demo order by full_name, key",
            organization,
        )
    )


async def people_of(work: Work, organization: OrganizationKey) -> dict[PersonKey, bool]:
    """Who has an enrolment that was not removed and is not for demonstration, and whether it is active."""
    rows = await work.tx.fetch(
        "select person, is_active from patients.enrolment"
        " where organization = $1 and removed_at is null and not is_demo",
        organization,
    )
    return {PersonKey(row["person"]): row["is_active"] for row in rows}


async def end_merged(
    work: Work, source: OrganizationKey, target: OrganizationKey, people: list[PersonKey], tags: Mapping[UUID, UUID]
) -> None:
    """Give the target's records of these people the labels of the source's, and archive and remove the latter.

    The demo patient of the source is archived and removed, too.
    """
    await work.tx.execute(
        f"update patients.enrolment t set tags = {_mapped('t.tags || s.tags', '$4', '$5')},"  # noqa: S608 -- constants
        " sites = array(select label from unnest(t.sites || s.sites) with ordinality u (label, place)"
        "  group by 1 order by min(place)), updated_at = $6 from patients.enrolment s"
        " where t.organization = $2 and s.organization = $1 and s.person = t.person and s.person = any($3::uuid[])",
        source,
        target,
        people,
        list(tags),
        list(tags.values()),
        work.now,
    )
    await work.tx.execute(
        "with gone as (delete from patients.enrolment where organization = $1 and removed_at is null"  # noqa: S608
        "  and (is_demo or person = any($2::uuid[])) returning *)"
        " insert into patients.archive (key, organization, person, deleted_at, deleted_by, reason, content)"
        f" select gen_random_uuid(), organization, person, $3, $4, $5, {whole('gone')} from gone",
        source,
        people,
        work.now,
        None if work.actor.is_service else work.actor.person,
        work.origin.route,
    )


async def move(
    work: Work,
    source: OrganizationKey,
    target: OrganizationKey,
    people: list[PersonKey],
    tags: Mapping[UUID, UUID],
    is_mrn_unique: bool,
) -> list[PersonKey]:
    """Give the records of these people another organization, in place of what was once removed there.

    Those of them who are active.
    """
    await work.tx.execute(
        "delete from patients.enrolment where organization = $1 and person = any($2::uuid[])"
        " and removed_at is not null",
        target,
        people,
    )
    try:
        async with work.tx.transaction():
            rows = await work.tx.fetch(
                "update patients.enrolment e set organization = $2, updated_at = $6,"  # noqa: S608 -- constants
                " exclusive_mrn = case when $7 then mrn end, tags = case when e.tags && $4::uuid[]"
                f" then {_mapped('e.tags', '$4', '$5')} else e.tags end"
                " where organization = $1 and person = any($3::uuid[]) returning person, is_active",
                source,
                target,
                people,
                list(tags),
                list(tags.values()),
                work.now,
                is_mrn_unique,
            )
    except asyncpg.UniqueViolationError:
        raise Invalid("mrn must be unique") from None
    return [PersonKey(row["person"]) for row in rows if row["is_active"]]


async def move_removed(work: Work, source: OrganizationKey, target: OrganizationKey, tags: Mapping[UUID, UUID]) -> None:
    """Give records of patients who were let go another organization; where it knows the person, drop them."""
    await work.tx.execute(
        "delete from patients.enrolment s where organization = $1 and removed_at is not null and exists ("
        "select from patients.enrolment t where t.organization = $2 and t.person = s.person)",
        source,
        target,
    )
    await work.tx.execute(
        f"update patients.enrolment e set organization = $2, tags = {_mapped('e.tags', '$3', '$4')}"  # noqa: S608
        " where organization = $1 and removed_at is not null",
        source,
        target,
        list(tags),
        list(tags.values()),
    )
