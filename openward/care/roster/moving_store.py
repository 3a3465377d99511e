"""The SQL that moves entries of the list, with their figures and labels, from one organization to another.

Entries come first, then figures, then labels, then counts, as in every other piece of work that writes them, so that
none of these waits for another in a circle.
"""

from collections.abc import Mapping
from uuid import UUID

from openward.care.roster.model import SCOPES
from openward.care.work import OrganizationKey, PersonKey, Work


async def move_entries(work: Work, source: OrganizationKey, target: OrganizationKey, people: list[PersonKey]) -> int:
    """Move the entries and figures of these people unless they are on the target's list; how many moved."""
    rows = await work.tx.fetch(
        "update roster.entry e set organization = $2 where organization = $1 and person = any($3::uuid[])"
        " and not exists (select from roster.entry t where t.organization = $2 and t.person = e.person)"
        " returning person",
        source,
        target,
        people,
    )
    moved = [row["person"] for row in rows]
    await work.tx.execute(
        "update roster.figures set organization = $2 where scope = any($4::text[]) and organization = $1"
        " and person = any($3::uuid[])",
        source,
        target,
        moved,
        list(SCOPES),
    )
    return len(moved)


async def move_labels(
    work: Work, source: OrganizationKey, target: OrganizationKey, people: list[PersonKey], tags: Mapping[UUID, UUID]
) -> dict[UUID, int]:
    """Give those of these people who are on the target's list the labels of the source's; how many gained which."""
    rows = await work.tx.fetch(
        "with given as (insert into roster.label (organization, label, person, is_site)"
        "  select distinct $2::uuid, coalesce(m.after, l.label), l.person, l.is_site from roster.label l"
        "  join roster.entry e on e.organization = $2 and e.person = l.person"
        "  left join unnest($4::uuid[], $5::uuid[]) m (before, after) on m.before = l.label"
        "  where l.organization = $1 and l.person = any($3::uuid[]) on conflict do nothing returning label)"
        " select label, count(*) n from given group by label",
        source,
        target,
        people,
        list(tags),
        list(tags.values()),
    )
    return {row["label"]: row["n"] for row in rows}


async def empty(work: Work, organization: OrganizationKey) -> None:
    """Take everything that is left off a list."""
    await work.tx.execute(
        "delete from roster.figures where scope = any($2::text[]) and organization = $1", organization, list(SCOPES)
    )
    for table in ("entry", "label", "tally"):
        await work.tx.execute(f"delete from roster.{table} where organization = $1", organization)  # noqa: S608
